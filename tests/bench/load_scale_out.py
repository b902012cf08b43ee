"""The effect of scaling out: `python -m tests.bench.load_scale_out`.

The demo shop with one web server and with two, its gift card ledger left alone; the same campaign
against both. A checkout is ten pages and never asks the ledger; a redemption is two pages and one
loan of the ledger. So the limits are known: 3.3 redemptions a second either way, and what is left
of 37.5 or 75 pages a second for checkouts.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forepost.errors import LoadError
from forepost.model import LoadCell, LoadRun
from forepost.storage.sqlite import SqliteStore
from loadtests import campaign
from loadtests.comparison.compare import Comparison, FlowChange, compare
from loadtests.run import run_load
from tests.bench.rows import Row, table

SLOTS, HOLD_MS = 3, 80  # of each web server: 37.5 pages a second
LEDGER_MS = 300  # one connection: 3.3 loans a second
CAMPAIGN = """
[campaign]
title = "Scale-out: the same load on one web server and on two"
owner = "Benchmarks"
mocked = ["card acquirer (the demo shop's own stand-in)"]
max_rate = "25/s"
max_duration = "120s"
patience = "8s"
max_lateness = "1s"
arrivals = "uniform"
thresholds = [
  "done(checkout) >= 90% of offered per step",
  "done(gift_card) >= 90% of offered per step",
  "p50(gift_card) < 1s per step",
]
[shape]
kind = "steps"
rates = ["4.5/s", "6.3/s", "10.2/s", "12.9/s", "20.4/s"]
hold = "18s"
[flows.checkout]
share = 0.33333333                     # 1.5, 2.1, 3.4, 4.3, 6.8 a second: 14 pages with the cards'
[flows.gift_card]
share = 0.66666667                     # 3, 4.2, 6.8, 8.6, 13.6 a second
[resources]
gift_db = ["giftcard.redeem"]
web = [
  "shop.product", "cart.add", "checkout.address_form", "checkout.address",
  "checkout.delivery", "checkout.pay", "giftcard.redeem_form", "giftcard.redeem",
]
"""
Measured = tuple[LoadRun, list[LoadCell]]


@contextmanager
def shop(out: Path, servers: int) -> Iterator[Mapping[str, Any]]:
    """Run a demo shop with so many web servers; give its addresses and its token."""
    web = ("--web-servers", servers, "--web-slots", SLOTS, "--web-hold-ms", HOLD_MS)
    ledger = ("--ledger-pool", 1, "--ledger-hold-ms", LEDGER_MS)
    command = [sys.executable, "-m", "demoshop", "--out", out, "--no-town", *web, *ledger]
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.communicate(timeout=30)  # the end of its stdin is its end


def walk(out: Path, servers: int) -> Measured:
    """Load a shop with so many web servers; return what became of it."""
    asked = campaign.parse(CAMPAIGN, name="scale-out", origin="scale-out.toml")
    with shop(out / "shop", servers) as at:
        store = SqliteStore(out / "store.sqlite")
        try:
            run = run_load(
                asked,
                target=at["shop"],
                token=at["token"],
                store=store,
                out=out,
                setup={"web": str(servers)},
            )
            return run, store.load_cells(run.id)
        finally:
            store.close()


def measure() -> list[Row]:
    """Return the lines: the factor of each flow, and where the limit lies."""
    with tempfile.TemporaryDirectory() as folder:
        (one, before), (two, after) = (walk(Path(folder) / str(web), web) for web in (1, 2))
    try:
        found = compare(one, two, before, after)
    except LoadError as error:  # a run that this machine was too busy for
        return [Row("web x2", str(error), "two runs that can be compared", met=False)]
    flows = {change.flow: change for change in found.flows}
    return [
        factor(flows["checkout"], (1.6, 2.4)),
        factor(flows["gift_card"], (0.9, 1.1)),
        behind(found),
    ]


def factor(change: FlowChange, between: tuple[float, float]) -> Row:
    """Return how much more a flow holds with twice the web servers."""
    low, high = between
    times = change.factor.value
    said = f"{change.factor.words()}: {change.before.words()}, then {change.after.words()}"
    met = times is not None and low <= times <= high
    return Row(f"web x2: {change.flow}", said, f"{low} to {high}", met)


def behind(found: Comparison) -> Row:
    """Return where the comparison sees the limit that more web servers did not move."""
    effect = found.scale_out
    met = effect is not None and effect.limit == "gift_db" and effect.flat == ("gift_card",)
    words = effect.words if effect else f"no effect told; {found.words()}"
    return Row("web x2: the limit", words, "behind the web tier, in gift_db", met)


if __name__ == "__main__":
    rows = measure()
    sys.stdout.write(f"{table(rows)}\n")
    raise SystemExit(0 if all(row.met for row in rows) else 1)

"""The human checkout under load, a whole run: `python -m tests.bench.load_human [FOLDER]`.

`forepost load run` sends orders at the demo shop behind a web tier of known size while a browser
walks the checkout; then its report is asked at which load a person's checkout leaves the budget.

What it must say follows from the tier alone. Every visit under way, and the walk, has one page in
the tier at a time; so a page takes its hold until all slots are taken, and from then on the number
under way divided by what the tier makes in a second. FOLDER keeps the run and its page.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from html import unescape
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from forepost.model import FlowRun, LoadRun, Outcome
from forepost.storage.sqlite import SqliteStore
from tests.bench.rows import Row, table

SLOTS, HOLD_S = 25, 1.0
TURNS_PER_S = SLOTS / HOLD_S  # 25 turns of the tier a second, whatever comes
ORDER_TURNS = 10  # an order's requests; a form that is sent leads on to a page: two
PAGES = (1, 2, 1, 2, 2, 1, 1, 1, 2, 2, 2)  # turns of each page of a walk: product, cart, address, …
EVERY_S = 5.0  # a walk begins on this grid, when the one before has ended
RATES = (120, 200)  # orders a minute
STEP_S = 82.0
LATE_S = 2.5  # until the main content: the narrower border of the budget
DRAWN_S = 0.08  # what a browser adds to the tier's time to draw such a page
FULL = TURNS_PER_S / ORDER_TURNS * 60  # orders a minute that fill the tier without any walk
LIMIT_S = 300
CALM_S = 0.12  # a first byte this near to its hold: what two busy processors add
CONFIG = f"""
[shop]
name = "Demo shop behind {SLOTS} slots of {HOLD_S * 1000:.0f} ms"
url = "bundled"
storefront = "demo"
environment = "sandbox"
timezone = "UTC"
[paths]
plugins = ["./mine"]
[flows.checkout]
interval = "5s"
interval_failing = "5s"
step_deadline = "60s"
"""
CAMPAIGN = f"""
[campaign]
title = "The human checkout under load"
owner = "Benchmarks"
mocked = ["card acquirer (the demo shop's own stand-in)"]
max_rate = "10/s"
max_duration = "200s"
max_in_flight = 400
patience = "60s"
max_lateness = "1s"
arrivals = "uniform"
thresholds = ["p50(checkout) < 13s per step"]
[shape]
kind = "steps"
rates = [{", ".join(f'"{rate}/min"' for rate in RATES)}]
hold = "{STEP_S:.0f}s"
[flows.checkout]
share = 1.0
peak = "80 orders/min"
products = ["lantern-moth"]            # to look for what is in stock takes a turn a product
[resources]
web = [
  "shop.product", "cart.add", "checkout.address_form", "checkout.address",
  "checkout.delivery", "checkout.pay",
]
"""
TIER = {
    "DEMOSHOP_WEB_SERVERS": "1",
    "DEMOSHOP_WEB_SLOTS": str(SLOTS),
    "DEMOSHOP_WEB_HOLD_MS": str(round(HOLD_S * 1000)),
    "DEMOSHOP_WEB_WAIT_MS": "30000",
}


Seconds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a walk must meet at one load, by the tier's arithmetic."""

    per_min: float
    pages: int
    late: int

    @property
    def within(self) -> bool:
        """Whether no page at all is late."""
        return self.late == 0

    @property
    def outside(self) -> bool:
        """Whether so many are late that no chance makes them a quarter."""
        return self.late > 0.5 * self.pages


def expected(rates: Sequence[float] = RATES, hold_s: float = STEP_S) -> list[Expected]:
    """Return the pages that a walk loads at each load, and how many of them come late."""
    pages: list[list[float]] = [[] for _ in rates]
    walker = _walker()
    under_way, now_s, tick_s = 0.0, 0.0, 0.02
    next(walker)
    for rate in rates:
        until_s = now_s + hold_s
        while now_s < until_s:
            turn_s = max(HOLD_S, (under_way + 1) / TURNS_PER_S)
            under_way += (rate / 60 - under_way / turn_s / ORDER_TURNS) * tick_s
            now_s += tick_s
            page = walker.send((now_s, tick_s / turn_s))
            if page is not None:
                began_s, took_s = page
                pages[int(began_s // hold_s)].append(took_s)
    return [
        Expected(rate, len(own), sum(took_s + DRAWN_S > LATE_S for took_s in own))
        for rate, own in zip(rates, pages, strict=True)
    ]


def _walker() -> Generator[Seconds | None, Seconds, None]:
    """Walk page by page: takes the time and the share of a turn that passed, gives ended pages.

    A page is given as when it began and how long it took.
    """
    now_s, _ = yield None
    while True:
        for turns in PAGES:
            began_s, left = now_s, float(turns)
            while left > 0:
                now_s, passed = yield None
                left -= passed
            now_s, _ = yield began_s, now_s - began_s
        again_s = ceil(now_s / EVERY_S) * EVERY_S
        while now_s < again_s:
            now_s, _ = yield None


def walk(folder: Path) -> tuple[dict[str, Any], LoadRun, list[FlowRun]]:
    """Run the campaign by its command; return what it left."""
    campaigns = folder / "mine" / "loadtests" / "campaigns"
    campaigns.mkdir(parents=True)
    (campaigns / "human.toml").write_text(CAMPAIGN, "utf-8")
    (folder / "config.toml").write_text(CONFIG, "utf-8")
    _forepost(folder, "load", "run", "human")
    return told(folder)


def told(folder: Path) -> tuple[dict[str, Any], LoadRun, list[FlowRun]]:
    """Return what the program keeps of a run: its report as JSON, the run, and the walks."""
    report: dict[str, Any] = json.loads(_forepost(folder, "load", "report", "--json", "-"))
    store = SqliteStore(folder / "out" / "forepost.sqlite")
    try:
        return report, store.load_runs()[-1], store.runs()
    finally:
        store.close()


def _forepost(folder: Path, *arguments: str) -> str:
    """Call the program; a verdict of any kind is an answer, a refusal is none."""
    usual = {name: value for name, value in os.environ.items() if not name.startswith("FOREPOST_")}
    done = subprocess.run(
        [str(Path(sys.executable).absolute().parent / "forepost"), *arguments],
        cwd=folder,
        env=usual | TIER,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode in {0, 1, 4}, f"{arguments}: {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


def measure(folder: Path | None = None) -> list[Row]:
    """Return the lines: what the report says beside what the tier's arithmetic says."""
    if folder is not None:
        return _rows(*walk(folder), folder)
    with tempfile.TemporaryDirectory() as made:
        return _rows(*walk(Path(made)), Path(made))


def _rows(
    report: dict[str, Any], load: LoadRun, runs: Sequence[FlowRun], folder: Path
) -> list[Row]:
    page = unescape((folder / "out" / "loads" / load.id / "report.html").read_text("utf-8"))
    walks = [run for run in runs if run.outcome is not Outcome.BROKEN]
    human = report["browser"][0]
    return [
        _bracket(human),
        _levels(human),
        _tags(load, walks),
        _page(page, human["says"]),
        _first_bytes(load, walks),
    ]


def _page(page: str, says: str) -> Row:
    """Return whether the page tells the same, with its chart drawn."""
    met = says[1:] in page and "chart load_human failed" not in page
    return Row("the page says", says, "the same, and draws it", met)


def _bracket(human: dict[str, Any]) -> Row:
    """Return the report's figure beside the bracket that the tier's settings allow."""
    known = expected()
    low = max(one.per_min for one in known if one.within)
    high = min(one.per_min for one in known if one.outside)
    got_low, got_high = human["low_per_min"], human["high_per_min"]
    met = None not in (got_low, got_high) and low <= got_low < FULL < got_high <= high
    got = f"within at {_number(got_low)}, outside at {_number(got_high)} {human['unit']} a minute"
    return Row("budget", got, f"{low} to {high}; the tier is full at {FULL:.0f}", met)


def _levels(human: dict[str, Any]) -> Row:
    """Return what the walks met at each load; where no page can be late, none was."""
    late = [f"{one['lcps_late']} of {one['lcps']}" for one in human["levels"]]
    known = [f"{one.late} of {one.pages}" for one in expected()]
    calm = {float(one.per_min) for one in expected() if one.within}
    met = all(one["lcps_late"] == 0 for one in human["levels"] if one["to_per_min"] in calm)
    return Row("late pages by level", ", ".join(late), f"about {', '.join(known)}", met)


def _tags(load: LoadRun, walks: Sequence[FlowRun]) -> Row:
    """Return how many walks carry the run's id; exactly those that met any of it must."""
    assert load.finished_at is not None
    meant = {
        run.id
        for run in walks
        if run.started_at <= load.finished_at and run.finished_at >= load.started_at
    }
    tagged = {run.id for run in walks if run.load_run == load.id}
    said = f"{len(tagged)} of {len(walks)}"
    met = tagged == meant != set()
    return Row("walks with the run's id", said, f"the {len(meant)} that met it", met)


def _first_bytes(load: LoadRun, walks: Sequence[FlowRun]) -> Row:
    """Return how true first bytes are before the tier is full, on a machine as busy as this."""
    calm_s = sum(rate < FULL for rate in RATES) * STEP_S
    off_s = [
        min(abs(page.ttfb_ms / 1000 - turns * HOLD_S) for turns in (1, 2))
        for run in walks
        if run.started_at >= load.started_at
        and (run.finished_at - load.started_at).total_seconds() <= calm_s
        for step in run.steps
        for page in step.pages
        if page.ttfb_ms is not None
    ]
    busy = sum(run.contended for run in walks)
    said = f"{len(off_s)} off by {median(off_s) * 1000:.0f} ms (median), {max(off_s) * 1000:.0f} ms"
    said += f" at most; {busy} of {len(walks)} walks on a busy machine"
    target = f"median within {CALM_S * 1000:.0f} ms"
    return Row("first bytes while calm", said, target, median(off_s) < CALM_S)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


if __name__ == "__main__":
    rows = measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    sys.stdout.write(f"{table(rows)}\n")
    raise SystemExit(0 if all(row.met for row in rows) else 1)

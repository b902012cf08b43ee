"""Is the limit found: `python -m tests.bench.load_capacity [--only TEXT]`.

Toy shops whose capacity follows from their settings (a pool of c connections held for h seconds
does c / h visits a second), searched by `run_breakpoint` with a real generator over loopback.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from forepost.model import LoadRun
from forepost.storage import open_store
from loadtests import campaign, users
from loadtests.breakpoint import run_breakpoint
from tests.bench.rows import Row, table
from tests.loadtests.toys import running as toy

LIMIT_S = 120.0
CROWD = 12  # clients; more than any pool here
CROWD_S = 6.0
NEAR_RATIO = 0.05
GIFT = "[flows.gift_card]\nshare = 1.0\n"
CART = "[flows.toy_cart]\nshare = 1.0\n"
MIXED = "[flows.gift_card]\nshare = 0.5\n[flows.browse]\nshare = 0.5\n"
CART_FILE = '''"""Look into the cart of the toy shop, whose carts share one lock."""
from dataclasses import dataclass
ENDPOINTS = ("cart.view",)
@dataclass(frozen=True)
class Settings:
    """Nothing to set."""
def run(session, row, settings):
    """Look."""
    session.get("cart.view", "/cart", shows="a cart")
'''


@dataclass(frozen=True, slots=True)
class Truth:
    """A toy shop and what it takes."""

    what: str
    settings: Mapping[str, float]
    flow: str
    per_s: float  # visits of that flow
    flows: str = GIFT
    start_per_s: float = 8.0  # of the mix: about a quarter of what it takes


TRUTHS = (
    Truth("pool of 2 for 100 ms", {"pool": 2, "hold_s": 0.1, "wait_s": 9}, "gift_card", 20.0),
    Truth(
        "pool of 4 for 100 ms",
        {"pool": 4, "hold_s": 0.1, "wait_s": 9},
        "gift_card",
        40.0,
        GIFT,
        12.0,
    ),
    Truth(
        "pool of 4 for 60 ms",
        {"pool": 4, "hold_s": 0.06, "wait_s": 9},
        "gift_card",
        200 / 3,
        GIFT,
        16.0,
    ),
    Truth("pool of 2, 503 after 1 s", {"pool": 2, "hold_s": 0.1}, "gift_card", 20.0),
    Truth("rate limit", {"pool": 99, "hold_s": 0.01, "redeem_per_s": 20}, "gift_card", 20.0),
    Truth("one lock for 40 ms", {"cart_s": 0.04}, "toy_cart", 25.0, CART),
    Truth(
        "a mix of two flows",
        {"pool": 2, "hold_s": 0.1, "wait_s": 9},
        "gift_card",
        20.0,
        MIXED,
        12.0,
    ),
)


def search(truth: Truth, url: str, folder: Path) -> LoadRun:
    """Search the limit of one toy shop."""
    text = f"""
[campaign]
title = "Toy"
owner = "Benchmark"
mocked = []
max_rate = "200/s"
max_lateness = "1s"
[shape]
kind = "breakpoint"
start = "{truth.start_per_s:g}/s"
hold = "10s"
{truth.flows}
"""
    asked = campaign.parse(text, name="toy", origin="toy.toml")
    store = open_store(folder / "store.sqlite")
    try:
        return run_breakpoint(asked, target=url, token="t0p", store=store, out=folder)
    finally:
        store.close()


def crowd(url: str, truth: Truth) -> float:
    """Return what a crowd of plain clients gets done a second, each waiting for its answer.

    Independent of Forepost: on a busy machine a connection is handed over late, so that the
    toy takes less than its settings say.
    """
    until, done = time.monotonic() + CROWD_S, [0] * CROWD

    def go_on(place: int) -> None:
        with requests.Session() as client:
            client.headers["X-Load-Test"] = "forepost/crowd"
            while time.monotonic() < until:
                if truth.flow == "toy_cart":
                    answer = client.get(f"{url}/cart", timeout=30)
                else:
                    form = {"csrf_token": "t0ken", "code": "G1"}
                    answer = client.post(f"{url}/gift-cards/redeem", data=form, timeout=30)
                done[place] += answer.ok

    threads = [threading.Thread(target=go_on, args=(place,)) for place in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / CROWD_S


def row(truth: Truth) -> Row:
    """Search one truth and say how near it came."""
    with tempfile.TemporaryDirectory() as name, toy(truth.settings) as url:
        began = time.monotonic()
        made = search(truth, url, Path(name))
        took_s = time.monotonic() - began
        crowd_per_s = crowd(url, truth)
    detail: Any = made.detail
    found = detail["brackets"][truth.flow]
    low, high = found["low_per_s"], found["high_per_s"]
    top = detail["search"]["plateaus"].get(truth.flow, {})
    takes_per_s = min(truth.per_s, crowd_per_s)
    near = low is not None and abs(low / takes_per_s - 1) <= NEAR_RATIO
    words = detail["invalid"] or detail["search"]["ended"]
    ends = f"{_rate(top.get('low_per_s'))} to {_rate(top.get('high_per_s'))}"
    value = f"{_rate(low)} to {_rate(high)}, plateau {ends}, in {took_s:.0f} s"
    return Row(
        f"{truth.what}: {truth.per_s:.1f}/s (a crowd gets {crowd_per_s:.1f}/s)",
        value if detail["search"]["confirmed"] else f"{value} ({words})",
        f"low end within {NEAR_RATIO:.0%}, in {LIMIT_S:.0f} s",
        near and took_s <= LIMIT_S and not detail["invalid"],
    )


def measure(only: str = "") -> list[Row]:
    """Return one line a truth."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "toy_cart.py").write_text(CART_FILE, "utf-8")
        room = users.__path__
        room.append(name)
        try:
            return [row(truth) for truth in TRUTHS if only in truth.what]
        finally:
            room.remove(name)


def _rate(per_s: float | None) -> str:
    return "none" if per_s is None else f"{per_s:.1f}"


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="truths whose name has this")
    rows = measure(parser.parse_args().only)
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(one.met for one in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

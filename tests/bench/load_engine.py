"""What the load generator promises of itself: `python -m tests.bench.load_engine`.

Books that balance in overload and with a killed worker, times as customers felt them in a
freeze, percentiles against exact values, the cost of full recording beside a plain FastHttpUser,
a stall of the generator that is not sold as the shop's, and how soon a breach ends the load.
Everything runs on loopback against the toy shop of the tests.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import psutil

from forepost.analysis import histogram
from forepost.model import LoadRun
from forepost.storage import Store, open_store
from loadtests import campaign, cells
from loadtests.cells import WHOLE
from loadtests.generator import engine
from loadtests.generator.engine import Live
from loadtests.generator.plan import Plan
from loadtests.generator.watching import LoadProgress
from loadtests.run import run_load
from loadtests.shapes.shape import Arrival
from tests.bench.rows import Row, table
from tests.loadtests.toys import running

ROOT = Path(__file__).parents[2]
BARE = Path(__file__).with_name("bare_user.py")
PERCENTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
FREEZE_S, FREEZE_RATE, FREEZE_OVER_S = 2.0, 100, 8
COST_PER_S, COST_OVER_S, COST_ROUNDS = 200, 8, 5  # visits of two requests each
BURST_S = 0.1  # visits come in tens on both sides: how they come changes their cost twofold


def toy(**settings: float) -> AbstractContextManager[str]:
    """Run a toy shop with the given limits; yield its address."""
    return running(settings, quiet=True)


@contextmanager
def place() -> Iterator[tuple[Store, Path]]:
    """Yield a store and a folder that are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder, "store.sqlite"))
        yield store, Path(folder)
        store.close()


def asked(flow: str, rate: int, over_s: int, head: str = "") -> campaign.Campaign:
    """Return a campaign of one flow at one rate."""
    text = (
        "[campaign]\ntitle = 'Bench'\nowner = 'Bench'\nmocked = []\narrivals = 'uniform'\n"
        f"max_rate = '500/s'\n{head}\n[shape]\nkind = 'hold'\nrate = '{rate}/s'\n"
        f"over = '{over_s}s'\n[flows.{flow}]\nshare = 1.0\n"
    )
    return campaign.parse(text, name="bench", origin="bench.toml")


def run(
    wanted: campaign.Campaign,
    url: str,
    progress: Callable[[LoadProgress], None] | None = None,
) -> tuple[LoadRun, list[Any]]:
    """Run a campaign; return the run and its cells of whole visits."""
    with place() as (store, folder):
        made = run_load(wanted, target=url, token="t0p", store=store, out=folder, progress=progress)
        found = [cell for cell in store.load_cells(made.id) if cell.endpoint == WHOLE]
    return made, found


def balanced(made: LoadRun, whole: Sequence[Any]) -> bool:
    """Whether every planned visit stands in exactly one count, in the cells and in the run."""
    told: Any = made.detail
    for name in ("started", "done", "failed", "censored", "dropped"):
        if sum(getattr(cell, name) for cell in whole) != told[name]:
            return False
    ended = told["done"] + told["failed"] + told["censored"]
    timed = sum(histogram.count(cell.response_us) for cell in whole)
    return bool(
        told["started"] == ended == timed
        and told["planned"] == told["started"] + told["dropped"] + told["unsent"]
    )


def workers() -> list[psutil.Process]:
    """Return the generator's workers that this process has started."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.cmdline()[-1:] == ["--worker"]]


def once(act: Callable[[], None], second: int) -> Callable[[LoadProgress], None]:
    """Return a listener that acts when that second is over."""
    done: list[bool] = []

    def listen(now: LoadProgress) -> None:
        if now.second >= second and not done:
            done.append(True)
            act()

    return listen


def kill_a_worker() -> None:
    """End one of them without a word."""
    workers()[0].kill()


def books() -> Iterator[Row]:
    """Overload, and one of two workers killed."""
    head = "max_in_flight = 60\npatience = '2s'\nmax_lateness = '5s'"
    with toy(pool=1, hold_s=0.5, wait_s=30.0) as url:
        made, whole = run(asked("gift_card", 40, 6, head), url)
    told: Any = made.detail
    yield Row(
        "overload: planned = started + dropped + unsent, started = done + failed + censored",
        f"{told['planned']} = {told['started']} + {told['dropped']} + {told['unsent']}, "
        f"{told['started']} = {told['done']} + {told['failed']} + {told['censored']}",
        "exactly",
        balanced(made, whole) and not told["invalid"],
    )
    two = "workers = 2\nmax_lateness = '5s'"
    with toy(catalog_s=0.4) as url:
        kill = once(kill_a_worker, 1)
        made, whole = run(asked("browse", 40, 60, two), url, kill)
    told = made.detail
    yield Row(
        "one of two workers killed: the same, and the run is invalid and says so",
        f"{told['planned']} = {told['started']} + {told['dropped']} + {told['unsent']}, "
        f"{told['started']} = {told['done']} + {told['failed']} + {told['censored']}; "
        f"{made.verdict}",
        "exactly, invalid",
        balanced(made, whole) and made.verdict == "invalid" and "died" in str(told["summary"]),
    )


def freeze() -> Iterator[Row]:
    """Visits that come at t into a freeze of F seconds wait F - t."""
    head = "max_lateness = '5s'\nmax_in_flight = 500"
    with toy(freeze_at_s=2.0, freeze_s=FREEZE_S) as url:
        made, whole = run(asked("browse", FREEZE_RATE, FREEZE_OVER_S, head), url)
    times = histogram.merge(cell.response_us for cell in whole)
    for ratio in (0.95, 0.99):
        want_ms = 1000 * (FREEZE_S - (1 - ratio) * FREEZE_OVER_S)
        got_ms = (histogram.percentile_us(times, ratio) or 0.0) / 1000
        off = abs(got_ms - want_ms) / want_ms
        yield Row(
            f"{FREEZE_S:g} s freeze at {FREEZE_RATE}/s: p{100 * ratio:g} of {made.detail['done']}",
            f"{got_ms:,.0f} ms for {want_ms:,.0f} ms ({off:.1%} off)",
            "≤ 5 % off",
            off <= 0.05,
        )


def percentiles() -> Row:
    """Histograms of several workers against all exact values, sorted."""
    draw = random.Random(4)
    times_us = [int(draw.lognormvariate(11.0, 1.2)) for _ in range(200_000)]
    parts = [dict[int, int]() for _ in range(4)]
    for number, value in enumerate(times_us):
        histogram.record(parts[number % 4], value)
    merged = histogram.merge(parts)
    exact = np.quantile(times_us, PERCENTILES, method="inverted_cdf")
    worst = max(
        abs((histogram.percentile_us(merged, ratio) or 0.0) - want) / want
        for ratio, want in zip(PERCENTILES, exact, strict=True)
    )
    return Row(
        "percentiles p50 to p99.9 of 200,000 times in four parts, against exact values",
        f"{worst:.2%} off at most",
        "≤ 0.5 %",
        worst <= 0.005,
    )


def ours_per_cpu_s(url: str) -> float:
    """Return the requests that our worker makes for each processor second."""
    visits = COST_PER_S * COST_OVER_S
    each = round(COST_PER_S * BURST_S)
    arrivals = [Arrival(number // each * BURST_S, "gift_card") for number in range(visits)]
    with tempfile.TemporaryDirectory() as name:
        asked_for = Plan(
            load_run="bench",
            target=url,
            hosts=("127.0.0.1",),
            flows={"gift_card": {"cards": 1}},
            counts={"gift_card": visits},
            patience_s=5.0,
            max_in_flight=100,
            cells=str(Path(name, "cells.jsonl")),
            token="t0p",
        )
        with engine.running(asked_for, Path(name)) as live:
            live.offer(arrivals)
            live.finish(COST_OVER_S)
            follow(live)
    inner = range(1, COST_OVER_S - 1)
    told = live.watching
    cpu_s = sum(one["cpu_ratio"] for one in told.health if one["second"] in inner)
    single = [tally.cell for tally in cells.parts(told.tallies.values())]
    return sum(cell.done for cell in single if cell.second in inner) / float(cpu_s)


def bare_per_cpu_s(url: str) -> float:
    """Return the same of a plain FastHttpUser, in its own Locust."""
    users = str(round(COST_PER_S * BURST_S))
    command = [sys.executable, "-m", "locust", "-f", str(BARE), "--headless", "--host", url]
    command += ["-u", users, "-r", users, "--only-summary", "--loglevel", "ERROR"]
    own = {"BARE_PACE_S": str(BURST_S), "BARE_OVER_S": str(COST_OVER_S - 2)}
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        env={**os.environ, **own, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return float(told["requests"] / told["cpu_s"])


def follow(live: Live) -> None:
    """Look on until a run is over."""
    while live.look():
        time.sleep(0.1)


def cost() -> Row:
    """Both sides at the same time, each with a shop of its own; the median of the ratios.

    One after the other they met a processor of another speed each time: five pairs of the same
    code went from 77 to 107 %, at the same time from 88 to 98 %.
    """
    ratios, ours, bare = list[float](), list[float](), list[float]()
    with (
        toy(pool=50, hold_s=0.0) as one,
        toy(pool=50, hold_s=0.0) as other,
        ThreadPoolExecutor() as beside,
    ):
        for _ in range(COST_ROUNDS):
            told = beside.submit(bare_per_cpu_s, other)
            ours.append(ours_per_cpu_s(one))
            bare.append(told.result())
            ratios.append(ours[-1] / bare[-1])
    middle = statistics.median(ratios)
    return Row(
        f"flow requests a processor second, recorded, to a bare FastHttpUser ({COST_ROUNDS}×)",
        f"{statistics.median(ours):,.0f} to {statistics.median(bare):,.0f}: {middle:.0%} "
        f"({min(ratios):.0%} to {max(ratios):.0%})",
        "≥ 95 %",
        middle >= 0.95,
    )


def stall() -> Row:
    """Two seconds of silence of a worker."""

    def freeze_worker() -> None:
        worker = workers()[0]
        worker.suspend()
        Timer(2.0, worker.resume).start()

    with toy() as url:
        made, _ = run(asked("browse", 50, 8), url, once(freeze_worker, 2))
    told: Any = made.detail
    return Row(
        "a stall of 2 s in the generator",
        f"{made.verdict}: {str(told['invalid'])[:60]}…",
        "invalid",
        made.verdict == "invalid" and "late" in told["invalid"],
    )


def breach() -> Row:
    """A ledger that is too small from the first second; the window of the threshold is 3 s."""
    window_s = 3
    head = (
        "max_lateness = '5s'\nmax_in_flight = 2000\n"
        f"thresholds = ['p50(gift_card) < 200ms for {window_s}s abort']"
    )
    with toy(pool=1, hold_s=1.0, wait_s=30.0) as url, place() as (store, folder):
        wanted = asked("gift_card", 30, 60, head)
        made = run_load(wanted, target=url, token="t0p", store=store, out=folder)
        last = last_sent_s(store, made)
    broken_s = window_s + 0.2  # what came last in the window has waited too long by then
    late_s = last - broken_s
    return Row(
        "from the breach of an abort threshold to the last request",
        f"{late_s:.1f} s ({made.verdict})",
        "≤ 2 s",
        late_s <= 2.0 and made.verdict == "failed",
    )


def last_sent_s(store: Store, made: LoadRun) -> float:
    """Return by when the last visit had begun: an upper bound from its second and its rate."""
    cells_ = [cell for cell in store.load_cells(made.id) if cell.endpoint == WHOLE and cell.started]
    last = max(cells_, key=lambda cell: cell.second)
    return float(last.second + min(1.0, last.started / 30))


def measure() -> list[Row]:
    """Return all lines."""
    return [*books(), *freeze(), percentiles(), cost(), stall(), breach()]


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    rows = measure()
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

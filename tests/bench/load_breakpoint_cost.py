"""What a search for the limit costs each second: `python -m tests.bench.load_breakpoint_cost`.

Ten minutes at 100 visits a second of three flows, each of four requests, with three thresholds.
The full look at all cells and all lines of health stands for how it would be done without sums
that are kept; both are measured in the same seconds.
"""

import json
import random
import sys
from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import cast

from forepost.analysis import histogram
from loadtests import breakpoint as limits
from loadtests import campaign
from loadtests.campaign import Campaign
from loadtests.cells import to_line
from loadtests.generator.engine import Live
from loadtests.generator.watching import Watching
from loadtests.limit.flight import Flight
from loadtests.limit.step import Timing
from loadtests.limit.strain import Strain
from loadtests.shapes.shape import Arrival
from tests.bench.load_guard import FLOWS, cells, drawn, seconds
from tests.bench.rows import Row, table
from tests.loadtests import stepped

LAST_S, MINUTE_S = 600, 60
OPEN_S = 2  # visits of the last seconds still end, so their cells change
LATE_VISITS = 30  # a worker tells of so many in a second
ASKED = """
[campaign]
title = "Toy"
owner = "Benchmark"
mocked = []
max_rate = "400/s"
max_duration = "1h"
max_lateness = "5s"
thresholds = ["p95(gift_card) < 9s", "error_rate(all) < 5%", "p99(browse) < 9s"]
[shape]
kind = "breakpoint"
start = "30/s"
factor = 1.01
hold = "10s"
"""


class Generator:
    """Hears what the search wants and does what it likes: the same in every second."""

    def offer(self, arrivals: Sequence[Arrival]) -> None:
        """Be told of arrivals."""

    def finish(self, at_s: float) -> None:
        """Be told that no more come."""

    def stop(self, reason: str) -> None:
        """Be told to stop."""


def searched() -> Campaign:
    """Return the campaign: a search that climbs so slowly that it takes all the time."""
    text = ASKED + "".join(f"[flows.{flow}]\nshare = {1 / len(FLOWS)}\n" for flow in FLOWS)
    return campaign.parse(text, name="toy", origin="toy.toml")


def health(second: int, draw: random.Random) -> dict[str, object]:
    """Return a worker's line about itself."""
    late_us: dict[int, int] = {}
    for _ in range(LATE_VISITS):
        histogram.record(late_us, int(draw.expovariate(1 / 2000)))
    told = {str(key): number for key, number in late_us.items()}
    rest = {"cpu_ratio": 0.2, "in_flight": 9, "dropped": 0}
    return {"event": "health", "worker": 0, "second": second, "late_us": told, **rest}


def full(asked: Campaign, watching: Watching, span: tuple[int, int] | None) -> None:
    """Look at everything, as one second would have to without sums that are kept."""
    tallies = list(watching.tallies.values())
    Strain(asked.max_lateness).words(watching)
    stepped.counts(asked, tallies)
    if span is not None and span[0] <= watching.second:
        stepped.broken(asked, tallies, (span[0], watching.second + 1))


def measure() -> list[Row]:
    """Compare a second of a search as it goes on with a full look, ten minutes and a minute old."""
    draw, asked, watching = random.Random(9), searched(), Watching("bench")
    pilot = limits.pilot(asked, Timing(grow_s=8, most_s=10, end_s=LAST_S + 10))
    flight = Flight(cast("Live", Generator()), pilot, asked, dict.fromkeys(FLOWS, 10**6))
    watching.feed({"event": "worker", "worker": 0, "name": "here", "host": "h", "pid": 1})
    told: list[list[dict[str, object]]] = []
    took: list[float] = []
    rescans: list[float] = []
    for second in range(LAST_S):
        made = cells(second, lambda: dict(drawn(draw)))
        told.append([json.loads(to_line(one)) for one in made])
        for lines in told[-OPEN_S - 1 :]:
            for line in lines:
                watching.feed(line)
        watching.feed(health(second, draw))
        look_at_all = partial(full, asked, watching, pilot.span)
        took.append(seconds(lambda: flight.each_second(watching)))
        if second >= LAST_S - MINUTE_S:
            rescans.append(seconds(look_at_all))
    if pilot.over is not None:
        raise RuntimeError(f"the search ended before its time: {pilot.over.why}")
    minute, last = median(took[MINUTE_S : 3 * MINUTE_S]), median(took[-2 * MINUTE_S :])
    rescan = median(rescans)
    return [
        Row(
            f"a second of a search after ten minutes ({len(watching.tallies):,} cells), "
            "to a full look at all of them",
            f"{last * 1000:.1f} ms to {rescan * 1000:.0f} ms: 1/{rescan / last:.0f}",
            "≤ 1/10",
            last <= rescan / 10,
        ),
        Row(
            "the same after ten minutes, to the same after a minute",
            f"{last / minute:.2f} ({minute * 1000:.1f} ms)",
            "≤ 1.5",
            last <= 1.5 * minute,
        ),
    ]


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    rows = measure()
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

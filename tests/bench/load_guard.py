"""What `abort` thresholds cost each second of a long run: `python -m tests.bench.load_guard`.

An hour at 100 visits a second of three flows, each of four requests. The full look at all cells
stands for how it would be done without sums that are kept.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from forepost.analysis import histogram
from forepost.analysis.packed import Packed
from forepost.model import LoadCell
from loadtests.cells import WHOLE, WHOLE_STEP, Tally
from loadtests.thresholds.guard import Guard
from loadtests.thresholds.threshold import Context, evaluate_all, parse
from tests.bench.rows import Row, table

LAST_S, EARLY_S = 3600, 60
FLOWS = ("gift_card", "browse", "checkout")
VISITS = 33  # of each flow and second
STEPS = 4
OPEN_S = 5  # visits of the last seconds still end, so their cells change
ROUNDS = 9
ASKED = (
    "error_rate(all) < 50% for 10s abort",
    "p95(gift_card) < 9s for 30s abort",
    "p95(browse.1) < 9s abort",
)


def cells(second: int, times: Callable[[], Mapping[int, int]]) -> Iterator[Tally]:
    """Yield what one second brings: whole visits, steps and requests."""
    for flow in FLOWS:
        names = [("", WHOLE)]
        for number in range(STEPS):
            names += [(f"step {number}", WHOLE_STEP), (f"step {number}", f"{flow}.{number}")]
        for step, endpoint in names:
            own = times()
            yield Tally(
                LoadCell(
                    load_run="bench",
                    second=second,
                    flow=flow,
                    endpoint=endpoint,
                    step=step,
                    started=VISITS,
                    done=VISITS,
                    response_us=own,
                    service_us=own,
                )
            )


def drawn(draw: random.Random) -> Packed:
    """Return the times of one cell."""
    made: dict[int, int] = {}
    for _ in range(VISITS):
        histogram.record(made, int(draw.lognormvariate(11.0, 0.5)))
    return Packed(made)


def seconds(act: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    began = time.process_time()
    act()
    return time.process_time() - began


def measure() -> list[Row]:
    """Compare a second of a run as it goes on with a full look, an hour and a minute old."""
    draw = random.Random(9)
    run = [list(cells(second, lambda: drawn(draw))) for second in range(LAST_S)]
    asked, context = [parse(text) for text in ASKED], Context(FLOWS, LAST_S)
    guard = Guard(asked, context)
    early: list[float] = []
    late: list[float] = []
    for second in range(LAST_S):
        fresh = [one for own in run[max(0, second - OPEN_S) : second + 1] for one in own]

        def look(fresh: list[Tally] = fresh, upto_s: int = second + 1) -> None:
            guard.feed(fresh)
            guard.broken(upto_s)

        took_s = seconds(look)
        if EARLY_S <= second < 2 * EARLY_S:
            early.append(took_s)
        elif second >= LAST_S - EARLY_S:
            late.append(took_s)
    every = [one for own in run for one in own]
    full = [seconds(lambda: evaluate_all(asked, every, context, LAST_S)) for _ in range(ROUNDS)]
    # The least of each: whatever else the machine does only adds.
    minute, hour, rescan = (min(one) for one in (early, late, full))
    return [
        Row(
            f"three abort thresholds in the last second of an hour ({len(every):,} cells), "
            "to a full look at all of them",
            f"{hour * 1000:.1f} ms to {rescan * 1000:.0f} ms: 1/{rescan / hour:.0f}",
            "≤ 1/50",
            hour <= rescan / 50,
        ),
        Row(
            "the same after an hour, to the same after a minute",
            f"{hour / minute:.2f} ({minute * 1000:.1f} ms)",
            "≤ 1.5",
            hour <= 1.5 * minute,
        ),
    ]


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    rows = measure()
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

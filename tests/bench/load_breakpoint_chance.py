"""How often chance misleads a search: `python -m tests.bench.load_breakpoint_chance`.

Simulated shops that lose nothing and keep their thresholds up to a known rate; steps up to 15 s.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from statistics import median

from loadtests.limit.search import Rules
from tests.bench.rows import Row, table
from tests.loadtests.shares import Shop, fly, wrong

SEEDS = 400
P95, P99 = 0.05, 0.01  # of the visits may be slower
ONE, FOUR = ((P95,), 201), ((P95, P95, P99, P99), 1001)  # and the visits that decide them
MOST_RATIO = 0.025


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of shop, and how often the search may be wrong about it; None: as it comes."""

    start_per_s: float
    keeps_to_per_s: float
    max_per_s: float
    below: float
    above: float
    most_ratio: float | None = MOST_RATIO


CASES = (
    Case(8, 40, 40, 1.0, 1.0),
    Case(50, 400, 400, 1.0, 1.0),
    Case(8, 40, 40, 0.9, 0.9),
    Case(50, 400, 400, 0.9, 0.9),
    Case(20, 60, 400, 0.9, 3.0),
    Case(20, 60, 400, 0.9, 2.0),
    Case(8, 20, 400, 0.9, 2.0, None),
    Case(20, 60, 400, 0.9, 1.5, None),
    Case(20, 60, 400, 0.9, 1.1, None),
)


def row(case: Case, thresholds: tuple[tuple[float, ...], int], seeds: int) -> Row:
    """Search many shops of a kind."""
    allowed, visits = thresholds
    shop = Shop(allowed, case.keeps_to_per_s, case.below, case.above)
    rules = Rules(case.start_per_s, case.max_per_s)
    flown = [fly(shop, rules, visits, seed) for seed in range(seeds)]
    found = Counter(wrong(shop, pilot) for pilot in flown)
    seconds = median(len(pilot.rates) for pilot in flown)
    above = f", {case.above:g} above it" if case.max_per_s > case.keeps_to_per_s else ""
    bad = (found["low"] + found["high"]) / seeds
    return Row(
        f"thresholds: {len(allowed)}; bad visits: {case.below:g} of what is allowed up to "
        f"{case.keeps_to_per_s:g}/s{above}",
        f"too low {found['low'] / seeds:.1%}, too high {found['high'] / seeds:.1%}, {seconds:g} s",
        "told" if case.most_ratio is None else f"≤ {case.most_ratio:.1%}",
        case.most_ratio is None or bad <= case.most_ratio,
    )


def measure(seeds: int = SEEDS) -> list[Row]:
    """Return one line a kind of shop."""
    return [row(case, thresholds, seeds) for thresholds in (ONE, FOUR) for case in CASES]


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    rows = measure()
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(one.met for one in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

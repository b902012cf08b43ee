"""The Universal Scalability Law through what was measured: throughput over visits in flight.

X(n) = per_s * n / (1 + contention * (n - 1) + coherence * n * (n - 1)). Only where a plateau
was seen, and only between the smallest and the largest n: on what was never saturated it was
wrong 12 of 12 times (measured).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

_FEWEST = 5
_WORST_RATIO = 0.15  # of what was measured; a curve that misses by more is none


@dataclass(frozen=True, slots=True)
class Point:
    """One step: visits in flight (mean), and visits done a second."""

    in_flight: float
    done_per_s: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A fitted curve and the range in which it may be drawn."""

    per_s: float  # visits a second with one in flight
    contention: float
    coherence: float
    from_in_flight: float
    to_in_flight: float
    worst_ratio: float  # the largest miss, as a share of what was measured

    def at(self, in_flight: float) -> float | None:
        """Return the visits done a second; None outside what was measured."""
        if not self.from_in_flight <= in_flight <= self.to_in_flight:
            return None
        return _throughput(self.per_s, self.contention, self.coherence, in_flight)


def fit(points: Sequence[Point]) -> Curve | None:
    """Fit the law to the steps of one flow.

    Shape:   steps below and in saturation; whoever calls has seen a plateau.
    Returns: None with fewer than five steps, or if the law does not fit them.
    Source:  Gunther 2007, Guerrilla Capacity Planning, ch. 4-5. Linear in its three numbers
             as n / X = a + b (n - 1) + c n (n - 1); least squares of the relative miss, none
             of the three below 0 (every way to hold the last two at 0 is tried).
    """
    used = [one for one in points if one.in_flight > 0 and one.done_per_s > 0]
    if len(used) < _FEWEST:
        return None
    solved = [found for held in product((True, False), repeat=2) if (found := _solve(used, held))]
    if not solved:
        return None
    a, b, c = min(solved, key=lambda found: _misses(used, found)[0])[:3]
    per_s, contention, coherence = 1 / a, b / a, c / a
    worst = _misses(used, (a, b, c))[1]
    if worst > _WORST_RATIO:
        return None
    flights = [one.in_flight for one in used]
    return Curve(per_s, contention, coherence, min(flights), max(flights), worst)


def _solve(points: Sequence[Point], free: tuple[bool, ...]) -> tuple[float, float, float] | None:
    flight = np.array([one.in_flight for one in points])
    done = np.array([one.done_per_s for one in points])
    columns = np.stack([np.ones_like(flight), flight - 1, flight * (flight - 1)], axis=1)
    weighed = columns[:, [True, *free]] * (done / flight)[:, None]
    solution = np.linalg.lstsq(weighed, np.ones_like(flight), rcond=None)[0]
    values = iter(solution.tolist())
    a, b, c = (float(next(values)) if one else 0.0 for one in (True, *free))
    return (a, b, c) if a > 0 and b >= 0 and c >= 0 else None


def _misses(points: Sequence[Point], found: tuple[float, float, float]) -> tuple[float, float]:
    """Return the root of the squared relative misses, and the largest."""
    a, b, c = found
    misses = [
        _throughput(1 / a, b / a, c / a, one.in_flight) / one.done_per_s - 1 for one in points
    ]
    return math.sqrt(sum(miss * miss for miss in misses)), max(abs(miss) for miss in misses)


def _throughput(per_s: float, contention: float, coherence: float, flight: float) -> float:
    below = 1 + contention * (flight - 1) + coherence * flight * (flight - 1)
    return per_s * flight / below if below > 0 else math.inf

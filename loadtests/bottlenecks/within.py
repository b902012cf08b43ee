"""A queue inside a queue: what waits longer than the rest at the same moment.

When a database is full, its requests keep the workers of the web tier busy, and soon every page
waits for a worker. Pages then wait as long as anybody; at the database one waits longer *by its
own queue*, second for second. Only a comparison of the same moments shows it, for behind a growing
queue whoever asks later waits longer.
"""

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forepost.analysis import histogram
from loadtests.bottlenecks.signs import Book, Sign

_LEAST_MS = 50.0
_LEAST_RATIO = 0.5  # of its own calm time
_REST_RATIO = 0.15  # of what the rest waits
_CLEAR_ERRORS, _OPEN_ERRORS = 2.0, 1.0
_FEWEST = 3
_CUT_RATIO = 0.2  # of requests whose customer had gone: nobody knows how long they would wait
_LONGER_RATIO = 1.15
_NEAR_S = 0.25
_WHOLE_S = 2  # behind whole seconds on both sides a line may be drawn


@dataclass(frozen=True, slots=True)
class Excess:
    """How much longer one waits at some endpoints than at the rest, at the same moments."""

    differences_ms: tuple[float, ...]  # one for each endpoint and second that can be compared
    least_ms: float  # less is no queue of its own

    @property
    def mean_ms(self) -> float:
        """The mean difference; 0 where no moment could be compared."""
        if not self.differences_ms:
            return 0.0
        return statistics.fmean(self.differences_ms)

    @property
    def error_ms(self) -> float:
        """The standard error of the mean; of a single difference nothing is known."""
        number = len(self.differences_ms)
        if number < 2:  # noqa: PLR2004 - a spread needs two
            return 0.0
        return statistics.stdev(self.differences_ms) / math.sqrt(number)

    @property
    def clear(self) -> bool:
        """Whether chance does not explain it."""
        enough = len(self.differences_ms) >= _FEWEST and min(self.differences_ms) > 0
        return enough and self.mean_ms - _CLEAR_ERRORS * self.error_ms > self.least_ms

    @property
    def open(self) -> bool:
        """Whether it may be one."""
        return self.mean_ms - _OPEN_ERRORS * self.error_ms > self.least_ms


def excess(
    book: Book,
    signs: Sequence[Sign],
    own: Collection[str],
    rest: Collection[str],
    seconds: Collection[int],
) -> Excess:
    """Compare the added waiting of two groups of endpoints, moment by moment."""
    basis = {one.endpoint: one.basis_ms for one in signs}
    line = _line(book, basis, rest, seconds)
    points = [point for one in own for point in _line(book, basis, (one,), seconds)]
    others = [_at(line, at_s) for at_s, _ in points]
    differences = tuple(
        added_ms - other
        for (_, added_ms), other in zip(points, others, strict=True)
        if other is not None
    )
    usual_ms = max((basis[one] for one in own if one in basis), default=0.0)
    rest_ms = statistics.fmean(added for _, added in line) if line else 0.0
    return Excess(differences, max(_LEAST_MS, _LEAST_RATIO * usual_ms, _REST_RATIO * rest_ms))


def seems_longer(signs: Sequence[Sign], own: Collection[str], rest: Collection[str]) -> bool:
    """Whether one waits longer at some endpoints than at all others, moments aside."""
    added = {one.endpoint: one.added_ms for one in signs if one.judged}
    inside = [added[one] for one in own if one in added]
    outside = [added[one] for one in rest if one in added]
    return bool(inside and outside) and min(inside) > _LONGER_RATIO * max(outside)


def _line(
    book: Book, basis: Mapping[str, float], endpoints: Collection[str], seconds: Collection[int]
) -> list[tuple[float, float]]:
    """Return (when requests left, how much longer than when calm they took), by second."""
    made = []
    for at in sorted(seconds):
        own = [(basis[one], book[one][at]) for one in endpoints if one in basis and at in book[one]]
        number = sum(second.started for _, second in own)
        cut = sum(second.kinds.get("timeout", 0) for _, second in own)
        if not number or cut > _CUT_RATIO * number:
            continue
        waited_us = sum(histogram.total_us(second.times_us) for _, second in own)
        calm_ms = sum(ms * second.started for ms, second in own)
        left_s = sum(second.left_sum_s for _, second in own)
        made.append((left_s / number, (waited_us / 1000 - calm_ms) / number))
    return made


def _at(line: Sequence[tuple[float, float]], at_s: float) -> float | None:
    """Return the height of a line of points at an instant; None beside it or in a gap."""
    for left, right in pairwise(line):
        if left[0] <= at_s <= right[0] and right[0] - left[0] <= _WHOLE_S:
            share = (at_s - left[0]) / (right[0] - left[0]) if right[0] > left[0] else 0.0
            return left[1] + share * (right[1] - left[1])
    near = min(line, key=lambda point: abs(point[0] - at_s), default=None)
    return near[1] if near and abs(near[0] - at_s) <= _NEAR_S else None

"""The plateau: how many visits a second get done while more come than the shop takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import variance

from loadtests.limit.overload import Count

FEWEST_S = 2
"""Seconds in a row that make a stretch; fewer are rounding."""

_SLACK = 1  # visit lost by the rounding at the edge of a second
# Student's t, 97.5 %, for 1, 2, … degrees of freedom; beyond, the normal value is near enough.
_T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds in a row in which a flow was saturated, with the visits done in each."""

    flow: str
    rate_per_s: float  # of the mix
    start_s: int
    done: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plateau:
    """Visits done a second while saturated, with its 95 % interval."""

    per_s: float
    low_per_s: float
    high_per_s: float
    seconds: int


def stretch(
    flow: str, rate_per_s: float, base: Count, seen: Sequence[tuple[int, Mapping[str, Count]]]
) -> Stretch:
    """Return the saturated end of a step: from the last second that had lost nothing.

    Shape: `base`: the books when the step began to be judged; `seen`: (second, books as of its
           end). A shop that refuses only once its allowance of a burst is used up is not
           saturated before.
    """
    series = [(seen[0][0] - 1, base), *((second, counts[flow]) for second, counts in seen)]
    begin = 0
    for index, (_, count) in enumerate(series[:-1]):
        change = count - base
        if change.offered - change.done <= _SLACK:
            begin = index
    done = tuple(
        round((after.done - before.done) / max(1, at - since))
        for (since, before), (at, after) in pairwise(series[begin:])
        for _ in range(max(1, at - since))
    )
    return Stretch(flow, rate_per_s, series[begin][0] + 1, done)


def plateau(stretches: Sequence[Stretch]) -> Plateau | None:
    """Return the plateau of one flow from all its saturated stretches; None without any.

    Units:  visits a second. The interval is Student's over single seconds; visits that end
            evenly make it wider than it needs to be, never narrower.
    """
    done = [number for one in stretches for number in one.done]
    if not done:
        return None
    mean = sum(done) / len(done)
    if len(done) == 1:
        return Plateau(mean, 0.0, 2 * mean, 1)
    student = _T[len(done) - 2] if len(done) - 2 < len(_T) else _Z
    # Each stretch is cut out of the stream at two ends: half a visit of rounding at each.
    rounding = len(stretches) / len(done)
    half = max(student * math.sqrt(variance(done) / len(done)), rounding)
    return Plateau(mean, max(0.0, mean - half), mean + half, len(done))

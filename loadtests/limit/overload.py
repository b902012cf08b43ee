"""Is it too much? The backlog tells within seconds what a percentile tells after minutes.

A little above capacity the 95th percentile creeps (2 % too many visits add 20 ms a second),
while the books already show it: of what came, ever less is done. So a step is judged by what
was *lost* in a window: arrivals minus visits done, that is the growth of the backlog, the
failed and the dropped. If the shop keeps up this stays about zero; if it takes a share x too
little it grows by x of the arrivals.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

ERROR_RATIO = 0.05
"""How often a sure word may be wrong, for a rate at the edge of what it tells apart."""

_SURE = math.log((1 - ERROR_RATIO) / ERROR_RATIO)
_EDGES_VAR = 1.0  # visits²: each end of a window cuts through about one visit
_LEAST_NOISE = 0.02
_MOST_NOISE = 1.5


@dataclass(frozen=True, slots=True)
class Count:
    """Visits of one flow since the run began, as of the end of a second."""

    offered: int = 0  # arrivals, dropped ones included
    done: int = 0
    failed: int = 0
    dropped: int = 0

    @property
    def in_flight(self) -> int:
        """Visits that have begun and not ended."""
        return self.offered - self.done - self.failed - self.dropped

    def __sub__(self, before: "Count") -> "Count":
        return Count(
            self.offered - before.offered,
            self.done - before.done,
            self.failed - before.failed,
            self.dropped - before.dropped,
        )

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.offered + other.offered,
            self.done + other.done,
            self.failed + other.failed,
            self.dropped + other.dropped,
        )


class Word(StrEnum):
    """What a window says."""

    KEPT = "kept up"
    LOST = "lost"
    OPEN = "not decided"


@dataclass(frozen=True, slots=True)
class Weight:
    """How strongly a window speaks: the log of how much likelier it is under overload."""

    log_odds: float
    lost: float  # visits; those that fail on a calm day are taken off
    offered: int

    @property
    def word(self) -> Word:
        """What may be said with at most ERROR_RATIO of wrong words."""
        if abs(self.log_odds) < _SURE:
            return Word.OPEN
        return Word.LOST if self.log_odds > 0 else Word.KEPT

    @property
    def likelier(self) -> Word:
        """What to say when there is no more time."""
        return Word.LOST if self.log_odds > 0 else Word.KEPT

    @property
    def error_ratio(self) -> float:
        """How probably `likelier` is wrong, both being as probable before."""
        return 1 / (1 + math.exp(min(abs(self.log_odds), 50.0)))

    @property
    def lost_ratio(self) -> float:
        """The share of the arrivals that was not done."""
        return self.lost / self.offered if self.offered else 0.0


def weigh(
    change: Count, *, apart_ratio: float, noise: float, standing: int = 0, usual_ratio: float = 0.0
) -> Weight:
    """Weigh "nothing is lost" against "a share `apart_ratio` of the arrivals is lost".

    Shape:   `change`: what happened in the window. `noise`: variance of the visits that end
             in a time, over their mean (0: a clock, 1: chance; see `noise_of`). `standing`:
             visits in flight at its begin. `usual_ratio`: share that fails on a calm day.
    Returns: a weight; offered 0 weighs nothing.
    Source:  Wald 1945, doi:10.1214/aoms/1177731118 (sequential probability ratio test) for a
             normal drift: lost ~ N(share * offered, noise * offered + edges). The rounding at
             the edges makes it approximate; the tests count its errors.
    """
    lost = change.offered - change.done - usual_ratio * change.offered
    expected = apart_ratio * change.offered
    spread = min(max(noise, _LEAST_NOISE), _MOST_NOISE)
    # Failures are chance as well: a shop that refuses does so in bursts.
    variance = spread * (change.offered + standing) + _EDGES_VAR + change.failed * usual_ratio
    return Weight(expected * (lost - expected / 2) / variance, lost, change.offered)


def resolvable(visits: float, noise: float) -> float:
    """Return the share lost that so many visits still tell from nothing (about 1 in 6 wrong)."""
    spread = min(max(noise, _LEAST_NOISE), _MOST_NOISE)
    return 2 * math.sqrt(spread * visits + _EDGES_VAR) / max(visits, 1.0)


def noise_of(times_us: dict[int, int] | None) -> float:
    """Return the noise that visits of these durations bring: their squared variation.

    Shape:   a histogram of the times (µs) of calm visits. While a queue of several servers
             never empties, the visits that end in a time vary like this over their mean
             (renewal theory: Cox 1962, ch. 4). The slowest 2 % are left out: cold starts.
    Returns: 1.0, chance, if there are fewer than ten.
    """
    kept = _without_slowest(times_us or {})
    number = sum(kept.values())
    if number < _FEWEST_TIMES:
        return 1.0
    mean = sum(key * count for key, count in kept.items()) / number
    spread = sum(count * (key - mean) ** 2 for key, count in kept.items()) / number
    return spread / (mean * mean) if mean else 1.0


_FEWEST_TIMES = 10
_SLOWEST_RATIO = 0.02


def _without_slowest(times_us: dict[int, int]) -> dict[int, int]:
    left = math.ceil(sum(times_us.values()) * _SLOWEST_RATIO)
    kept: dict[int, int] = {}
    for key in sorted(times_us, reverse=True):
        taken = min(left, times_us[key])
        left -= taken
        if times_us[key] > taken:
            kept[key] = times_us[key] - taken
    return kept

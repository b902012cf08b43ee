"""What sums say of a limit: kept, broken, or not to be said, each with its 95 % interval.

Percentiles are judged by counting how many exceed the limit: that number is binomial, so its
interval needs no assumption about how times are spread (Conover 1999, Practical Nonparametric
Statistics, 3rd ed., sec. 3.2). A share is surely kept by Wilson's interval, as in
forepost.analysis.availability, and surely broken by `loadtests.thresholds.chance`.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from forepost.analysis.availability import wilson
from loadtests.thresholds.chance import lowest, reach, surely_above
from loadtests.thresholds.grammar import PERCENTILES, Threshold, Unit
from loadtests.thresholds.tallied import Sums

Z95 = 1.959963984540054  # 95 %, two-sided
FEW_BEYOND = 10  # a percentile p needs n (1 - p) >= 10
_FEW_MEAN = 30  # below, times are too skewed for a normal interval of their mean


class State(StrEnum):
    """What became of a threshold."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    NO_DATA = "no data"
    TOO_FEW = "too few"
    UNDECIDED = "not decided"
    FAIL = "fail"


BY_WEIGHT = tuple(State)
"""From the best to the worst: the worst of several stands for all of them."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `n` were bad, and how many more may turn out to be."""

    n: int
    bad: int
    unknown: int
    allowed: float  # a ratio
    few: bool  # too few for a PASS, whatever they show

    looks: int = 1  # windows that are judged together

    @property
    def low(self) -> float:
        """The low end of the share that is bad."""
        return lowest(self.bad, self.n, self.looks)

    @property
    def high(self) -> float:
        """The high end, with those counted as bad that are not known to be good."""
        return wilson(min(self.n, self.bad + self.unknown), self.n, Z95)[1]

    @property
    def state(self) -> State:
        """Whether no more are bad than allowed. A demand of none at all is a plain fact."""
        if self.n == 0:
            return State.NO_DATA
        if surely_above(self.bad, self.n, self.allowed, self.looks):
            return State.FAIL
        if self.few:
            return State.TOO_FEW
        kept = self.unknown == 0 if self.allowed == 0 else self.high <= self.allowed
        return State.PASS if kept else State.UNDECIDED


def share(threshold: Threshold, sums: Sums, looks: int = 1) -> Share:
    """Return what a percentile or a share in per cent counts as bad."""
    if threshold.metric in PERCENTILES:
        n = sums.timed + sums.open
        beyond = round(n * (1 - threshold.ratio), 9)
        few = beyond < FEW_BEYOND
        return Share(n, sums.over, sums.unknown, round(1 - threshold.ratio, 12), few, looks)
    ratio = threshold.limit / 100
    if threshold.metric == "error_rate":
        return _share(sums.started, sums.failed, sums.unknown, ratio, looks)
    if threshold.metric == "dropped":
        return _share(sums.offered, sums.dropped, 0, ratio, looks)
    bad = sums.offered - sums.done - sums.pending
    return _share(sums.offered, bad, sums.pending, round(1 - ratio, 12), looks)


def leans(threshold: Threshold, sums: Sums) -> bool:
    """Return whether a share or a mean is beyond its limit as it stands, if only by chance."""
    if is_share(threshold):
        found = share(threshold, sums)
        return found.bad > found.allowed * found.n
    if threshold.metric == "mean":
        return sums.total_us > threshold.limit * 1000 * sums.timed
    return False


def least(threshold: Threshold) -> int:
    """Return how many visits or requests a PASS takes at least; 0: no such number.

    For a share as many as a clean sheet needs: Wilson's upper end for none bad is z² / (n + z²).
    """
    if threshold.metric in PERCENTILES:
        return ceil(round(FEW_BEYOND / (1 - threshold.ratio), 6))
    if threshold.unit is not Unit.PERCENT:
        return 0
    ratio = threshold.limit / 100
    allowed = 1 - ratio if threshold.metric == "done" else ratio
    return ceil(Z95 * Z95 * (1 - allowed) / allowed) if allowed > 0 else 0


def _share(n: int, bad: int, unknown: int, allowed: float, looks: int) -> Share:
    few = n > 0 and allowed > 0 and wilson(0, n, Z95)[1] > allowed
    return Share(n, bad, unknown, allowed, few, looks)


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure that is no share, in the unit of its threshold; None: not known."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    state: State


def amount(
    threshold: Threshold, sums: Sums, seconds: int, *, complete: bool, looks: int = 1
) -> Amount:
    """Return a mean, a rate or a number, judged; `complete`: the stretch is over."""
    if threshold.metric == "mean":
        return _mean(threshold.limit, sums, looks)
    if threshold.metric == "rate":
        return _rate(threshold, sums, seconds, looks, complete=complete)
    return _number(threshold, sums, complete=complete)


def maximum(sums: Sums) -> State:
    """Return whether none was above the limit."""
    if sums.timed + sums.open == 0:
        return State.NO_DATA
    if sums.over:
        return State.FAIL
    return State.UNDECIDED if sums.unknown else State.PASS


def _mean(limit_ms: float, sums: Sums, looks: int) -> Amount:
    """Return the mean time with its normal interval. What is censored only makes it longer."""
    n = sums.timed
    if n == 0:
        return Amount(None, None, None, 0, State.NO_DATA)
    mean = sums.total_us / n
    spread = max(0.0, sums.squares_us2 / n - mean * mean)
    error = sqrt(spread / max(1, n - 1))
    low = (mean - reach(looks) * error) / 1000
    high = None if sums.unknown else (mean + Z95 * error) / 1000
    if n < _FEW_MEAN:
        state = State.TOO_FEW
    elif low > limit_ms:
        state = State.FAIL
    else:
        state = State.PASS if high is not None and high <= limit_ms else State.UNDECIDED
    return Amount(mean / 1000, low, high, n, state)


def _rate(threshold: Threshold, sums: Sums, seconds: int, looks: int, *, complete: bool) -> Amount:
    """Return how many were done a second, with the score interval of a Poisson count.

    Before its stretch is over a rate is not broken: a ramp begins below what it comes to.

    Source: Rao 1948 (score test), solved for the mean: k + z²/2 ± z √(k + z²/4).
    """
    if sums.offered == 0:
        return Amount(None, None, None, 0, State.NO_DATA)
    upper = threshold.op.startswith("<")
    wide = reach(looks)  # on the side of the breach
    low = poisson(sums.done, wide if upper else Z95)[0] / seconds
    high = poisson(sums.done + sums.pending, Z95 if upper else wide)[1] / seconds
    if upper:
        wrong, right = low > threshold.limit, high <= threshold.limit
    else:
        wrong, right = high < threshold.limit, low >= threshold.limit
    state = State.FAIL if wrong and complete else State.PASS if right else State.UNDECIDED
    return Amount(sums.done / seconds, low, high, sums.done, state)


def poisson(count: int, z: float) -> tuple[float, float]:
    """Return the score interval of a Poisson mean of which `count` were seen."""
    middle, half = count + z * z / 2, z * sqrt(count + z * z / 4)
    return max(0.0, middle - half), middle + half


def _number(threshold: Threshold, sums: Sums, *, complete: bool) -> Amount:
    """Return a plain number: it is what it is, without an interval."""
    if sums.offered == 0:
        return Amount(None, None, None, 0, State.NO_DATA)
    seen = sums.done if threshold.metric == "done" else sums.dropped
    most = sums.done + sums.pending if threshold.metric == "done" else sums.dropped
    if threshold.metric == "dropped":
        state = State.PASS if _kept(threshold, seen) else State.FAIL
    elif _kept(threshold, seen):
        state = State.PASS
    else:
        late = complete and not _kept(threshold, most)
        state = State.FAIL if late else State.UNDECIDED
    return Amount(seen, seen, most, sums.offered, state)


def _kept(threshold: Threshold, number: int) -> bool:
    limit = threshold.limit
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
    }[threshold.op]


def is_share(threshold: Threshold) -> bool:
    """Return whether a threshold bounds a share of visits or requests."""
    return threshold.metric in PERCENTILES or threshold.unit is Unit.PERCENT

"""What number of complaints a bucket would have on a usual day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forepost.model import ComplaintCount

BIN_S = 300  # the figures of this file are of five minutes, as measured
GUARD_S = 7200  # a surge must not raise its own baseline
LEVEL_SPAN_S = 86_400
SEASON_S = 28 * 86_400
LEARNED_AFTER_S = 14 * 86_400
CLIPPED_AT = 0.995
FLOOR_PER_BIN = 0.02
LEVEL_WEIGHT = 20.0  # complaints of evidence before a day counts as louder than others
LEVEL_LOW, LEVEL_HIGH = 0.5, 3.0
DISPERSION_LEAST = 0.01
DISPERSION_GUESS = 0.5  # until it is learned; own histories showed 0.5 to 0.8
GUESS_PER_HOUR = 1.0
GUESS_WORTH = 2.0  # complaints: the shape of the Gamma prior while learning
GROUPS = 48  # weekend or not × hour of the day, UTC


@dataclass(frozen=True, slots=True)
class Baseline:
    """Expected complaints `mu` for each bucket and the dispersion of the counts around it."""

    mu: NDArray[np.float64]
    alpha: float
    learning: bool  # fewer than 14 days known: the figures are a guess that learns


@dataclass(frozen=True, slots=True)
class Series:
    """Counts as arrays; `known` is False where a bucket was not covered whole."""

    at_s: NDArray[np.int64]
    y: NDArray[np.float64]
    known: NDArray[np.bool_]
    bucket_s: int

    @classmethod
    def of(cls, counts: Sequence[ComplaintCount]) -> "Series":
        """Put counts of one topic together.

        Raises: ValueError if the buckets do not follow each other at one length.
        """
        at_s = np.array([int(count.bucket_at.timestamp()) for count in counts], dtype=np.int64)
        lengths = {count.bucket_s for count in counts} or {BIN_S}
        bucket_s = min(lengths)
        if len(lengths) > 1 or np.any(np.diff(at_s) != bucket_s):
            raise ValueError("counts must be of buckets of one length that follow each other")
        return cls(
            at_s=at_s,
            y=np.array([count.complaints for count in counts], dtype=float),
            known=np.array([count.coverage >= 1.0 for count in counts], dtype=bool),
            bucket_s=bucket_s,
        )

    def __len__(self) -> int:
        return len(self.y)

    @property
    def group(self) -> NDArray[np.int64]:
        """Return weekend × 24 + hour for each bucket."""
        days = self.at_s // 86_400 + 3  # 1970 began on a Thursday; Monday = 0
        return np.asarray((days % 7 >= 5) * 24 + self.at_s // 3600 % 24)  # noqa: PLR2004 - Saturday


def baseline(series: Series, guess_per_hour: float = GUESS_PER_HOUR) -> Baseline:
    """Return the baseline for every bucket, from what was known 2 h before the last one.

    Shape:   `mu` as long as the series. Buckets that were not covered whole teach nothing.
    Units:   complaints a bucket.
    Returns: season × level after 14 known days, else a Gamma(2, 2 / guess) prior on one
             rate, which learns. The level of a bucket is that of the 24 h before its 2 h.
    """
    usable = series.known & (series.at_s + series.bucket_s <= last_end(series) - GUARD_S)
    usable &= series.at_s >= last_end(series) - SEASON_S
    if usable.sum() * series.bucket_s < LEARNED_AFTER_S:
        return learning(series, usable, guess_per_hour)
    season = seasonal(series, usable)
    mu = season * level(series, season)
    y, expected = series.y[usable], mu[usable]
    alpha = float(np.sum((y - expected) ** 2 - expected) / np.sum(expected**2))
    return Baseline(mu, max(DISPERSION_LEAST, alpha), learning=False)


def last_end(series: Series) -> int:
    """Return the end of the last bucket, in seconds since 1970."""
    return int(series.at_s[-1]) + series.bucket_s if len(series) else 0


def learning(series: Series, usable: NDArray[np.bool_], guess_per_hour: float) -> Baseline:
    """Return one rate for all buckets: the Gamma prior and what has been seen so far.

    Not knowing the rate is dispersion too: 1 / (2 + seen), as in the negative binomial that
    a Gamma mixture of Poisson counts is.
    """
    guess = guess_per_hour * series.bucket_s / 3600
    seen = float(series.y[usable].sum())
    rate = (GUESS_WORTH + seen) / (GUESS_WORTH / guess + usable.sum())
    alpha = DISPERSION_GUESS + 1.0 / (GUESS_WORTH + seen)
    return Baseline(np.full(len(series), rate), alpha, learning=True)


def seasonal(series: Series, usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the usual count by hour and kind of day, smoothed (1, 2, 1) / 4 over the hours."""
    y, group = series.y[usable], series.group[usable]
    clipped = np.minimum(y, np.quantile(y, CLIPPED_AT))
    n = np.bincount(group, minlength=GROUPS)
    sums = np.bincount(group, weights=clipped, minlength=GROUPS)
    # An hour that was never covered is not a quiet hour: it takes the mean of all.
    means = np.where(n > 0, sums / np.maximum(n, 1), clipped.mean()).reshape(2, 24)
    smooth = (np.roll(means, 1, axis=1) + 2 * means + np.roll(means, -1, axis=1)) / 4
    floor = FLOOR_PER_BIN * series.bucket_s / BIN_S
    return np.asarray(np.maximum(smooth.reshape(GROUPS), floor)[series.group])


def level(series: Series, season: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how loud the 24 h up to 2 h before each bucket's end were against the season."""
    n = len(series)
    guard, span = GUARD_S // series.bucket_s, LEVEL_SPAN_S // series.bucket_s
    ends = np.clip(np.arange(n) + 1 - guard, 0, n)
    starts = np.clip(ends - span, 0, n)

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        reached = np.concatenate(([0.0], np.cumsum(np.where(series.known, values, 0.0))))
        return np.asarray(reached[ends] - reached[starts])

    ratio = (summed(series.y) + LEVEL_WEIGHT) / (summed(season) + LEVEL_WEIGHT)
    return np.asarray(np.clip(ratio, LEVEL_LOW, LEVEL_HIGH))

"""How high a score must be, so that false alarms stay within their budget."""

from math import erfc

import numpy as np
from numpy.typing import NDArray

from forepost.analysis.baseline import Series
from forepost.analysis.glr import Scores

WEEK_S = 7 * 86_400
DAY_S = 86_400
SLOT_S = 7200  # alarms less than two hours apart are one
ENOUGH_DAYS = 14
RESAMPLES = 500
TESTS_A_BUCKET = 2.0
SEED = 20_261_101
LEAST = 3.0  # a likelihood ratio of 20 at the least, however quiet the history was
COUNT_LEAST = 3  # complaints: fewer are never a surge


def threshold(
    series: Series, found: Scores, per_week: float, quiet: NDArray[np.bool_] | None = None
) -> float:
    """Return the score that gives `per_week` false alarms on a history without incidents.

    Shape:   `quiet` marks buckets that may teach (False: a confirmed incident).
    Returns: from the shop's own days, drawn with replacement 500 times, once there are 14
             whole ones; else `default`.
    Raises:  ValueError if per_week <= 0.
    """
    if per_week <= 0:
        raise ValueError(f"surge_per_week: {per_week:g}; give more than 0, for example 1.0")
    peaks = daily_peaks(series, found, quiet)
    if len(peaks) < ENOUGH_DAYS:
        return default(series.bucket_s, per_week)
    dice = np.random.default_rng(SEED)
    drawn = peaks[dice.integers(0, len(peaks), (RESAMPLES, len(peaks)))].reshape(RESAMPLES, -1)
    allowed = per_week * len(peaks) / 7
    # Between the scores that give one alarm too few and one too many.
    rank = np.clip(drawn.shape[1] - allowed - 0.5, 0, drawn.shape[1] - 1)
    at = np.arange(drawn.shape[1])
    each = [np.interp(rank, at, row) for row in np.sort(drawn, axis=1)]
    return max(LEAST, float(np.median(each)))


def daily_peaks(
    series: Series, found: Scores, quiet: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """Return the highest score of each two hours (columns) of each whole day (rows)."""
    may = series.known if quiet is None else series.known & quiet
    g = np.where(may & (found.count >= COUNT_LEAST), found.g, 0.0)
    if DAY_S % series.bucket_s or SLOT_S % series.bucket_s or len(series) == 0:
        return np.empty((0, DAY_S // SLOT_S))
    first = int(-series.at_s[0] % DAY_S) // series.bucket_s
    per_day = DAY_S // series.bucket_s
    days = max(0, len(series) - first) // per_day
    whole = slice(first, first + days * per_day)
    slots = g[whole].reshape(days, DAY_S // SLOT_S, SLOT_S // series.bucket_s).max(axis=2)
    covered = may[whole].reshape(days, per_day).any(axis=1)
    return np.asarray(slots[covered])


def default(bucket_s: int, per_week: float) -> float:
    """Return the threshold before there is a history.

    Returns: the g that one-sided likelihood-ratio scores, 2 g ~ chi-squared(1) in half of
             the cases, pass `per_week` times. Its windows overlap so much that a bucket is
             worth two tests, not seven (simulated: 0.3 complaints a bucket, dispersion 0.8).
    Source:  Wilks 1938, doi:10.1214/aoms/1177732360.
    """
    tests = TESTS_A_BUCKET * WEEK_S / bucket_s
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        expected = tests * erfc(middle**0.5) / 2
        low, high = (middle, high) if expected > per_week else (low, middle)
    return max(LEAST, high)

"""The score of a surge: how much likelier the last buckets are under a raised rate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forepost.analysis.baseline import BIN_S, Baseline, Series

WINDOWS = (1, 2, 3, 4, 6, 9, 12)  # in bins of five minutes, and in buckets


@dataclass(frozen=True, slots=True)
class Scores:
    """For each bucket the best window that ends with it: score, count, expectation, length."""

    g: NDArray[np.float64]
    count: NDArray[np.float64]
    expected: NDArray[np.float64]
    window: NDArray[np.int64]  # buckets


def scores(series: Series, base: Baseline) -> Scores:
    """Return the negative-binomial likelihood ratio, maximised over windows and the rate.

    Shape:   as long as the series. Buckets that were not covered whole are left out of
             count and expectation alike: unknown is not quiet.
    Returns: G >= 0; 0 exactly where no window holds more than is expected.
    Source:  Höhle, Paul 2008 (generalised likelihood ratio for negative-binomial counts).
    """
    n = len(series)
    best = Scores(np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=np.int64))
    y, mu = np.where(series.known, series.y, 0.0), np.where(series.known, base.mu, 0.0)
    for width in windows(series.bucket_s):
        count, expected, squares = (rolled(values, width) for values in (y, mu, mu**2))
        spread = np.divide(
            base.alpha * squares, expected**2, out=np.ones(n) * base.alpha, where=expected > 0
        )
        g = glr(count, expected, spread)
        better = g > best.g
        for kept, new in ((best.g, g), (best.count, count), (best.expected, expected)):
            kept[better] = new[better]
        best.window[better] = width
    return best


def windows(bucket_s: int) -> list[int]:
    """Return the windows in buckets: up to 12 buckets, and five minutes to an hour."""
    an_hour = {max(1, round(bins * BIN_S / bucket_s)) for bins in WINDOWS}
    return sorted(an_hour | set(WINDOWS))


def rolled(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the sum of the last `width` values, for each."""
    reached = np.concatenate((np.zeros(width), np.cumsum(values)))
    # Differences of sums leave crumbs where all values are zero.
    return np.asarray(np.maximum(reached[width:] - reached[:-width], 0.0).round(12))


def glr(
    y: NDArray[np.float64], mean: NDArray[np.float64], a: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return y ln k - (y + 1/a) ln((1 + a k M) / (1 + a M)) with k = max(1, y / M).

    Units:   y counted, M expected, a the dispersion (> 0); 0 where nothing is expected.
    Returns: as a -> 0 this is the Poisson form y ln k - (k - 1) M. Written with log1p: the
             plain form loses its digits below a = 1e-6.
    """
    expected = np.where(mean > 0, mean, 1.0)
    raised = np.maximum(y, expected)  # k M
    fit = y * np.log(raised / expected)
    price = (y + 1 / a) * np.log1p(a * (raised - expected) / (1 + a * expected))
    return np.asarray(np.where((mean > 0) & (y > mean), np.maximum(fit - price, 0.0), 0.0))

"""Histograms that merge by adding: the 8 leading bits of a time in microseconds.

A bucket is named by its lowest value, so its key reads as microseconds. Below 256 µs a
bucket holds one value; above, its width is at most 1/128 of its key, and the value that
stands for it lies in its middle: at most 1/256 (0.4 %) from what was recorded.
"""

import math
from collections.abc import Iterable, Mapping

EXACT_BELOW_US = 256
_LEADING_BITS = 8


def bucket(value_us: int) -> int:
    """Return the key of the bucket that holds a time (µs, >= 0)."""
    if value_us < EXACT_BELOW_US:
        return max(value_us, 0)
    shift = value_us.bit_length() - _LEADING_BITS
    return value_us >> shift << shift


def middle(key: int) -> float:
    """Return the time (µs) that stands for all those in a bucket."""
    if key < EXACT_BELOW_US:
        return float(key)
    return key + ((1 << (key.bit_length() - _LEADING_BITS)) - 1) / 2


def record(histogram: dict[int, int], value_us: int) -> None:
    """Count one time (µs)."""
    key = bucket(value_us)
    histogram[key] = histogram.get(key, 0) + 1


def merge(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Return the histogram of everything that was counted in any of them."""
    total: dict[int, int] = {}
    for histogram in histograms:
        for key, count in histogram.items():
            total[key] = total.get(key, 0) + count
    return total


def count(histogram: Mapping[int, int]) -> int:
    """Return how many times were counted."""
    return sum(histogram.values())


def total_us(histogram: Mapping[int, int]) -> float:
    """Return the sum of the times (µs)."""
    return sum(middle(key) * number for key, number in histogram.items())


def mean_us(histogram: Mapping[int, int]) -> float | None:
    """Return the mean time (µs); None when nothing was counted."""
    number = count(histogram)
    return total_us(histogram) / number if number else None


def percentile_us(histogram: Mapping[int, int], ratio: float) -> float | None:
    """Return the time (µs) that a share `ratio` of the counted times does not exceed.

    Shape:   nearest rank, as numpy's method "inverted_cdf".
    Returns: None when nothing was counted.
    Raises:  ValueError unless 0 <= ratio <= 1.
    """
    if not 0 <= ratio <= 1:
        raise ValueError(f"a percentile is a ratio from 0 to 1, not {ratio}")
    number = count(histogram)
    rank = max(1, math.ceil(round(ratio * number, 9)))
    passed = 0
    for key in sorted(histogram):
        passed += histogram[key]
        if passed >= rank:
            return middle(key)
    return None


def above(histogram: Mapping[int, int], limit_us: float) -> int:
    """Return how many of the counted times exceed a limit (µs)."""
    return sum(number for key, number in histogram.items() if middle(key) > limit_us)

"""The histograms that every percentile comes from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.analysis import histogram

TIMES_US = st.lists(st.integers(0, 600_000_000), min_size=1, max_size=400)


def of(times_us: list[int]) -> dict[int, int]:
    """Record all times."""
    made: dict[int, int] = {}
    for time_us in times_us:
        histogram.record(made, time_us)
    return made


@given(TIMES_US, st.sampled_from([0.0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_percentiles_agree_with_numpy_to_four_thousandths(times: list[int], ratio: float) -> None:
    """Whatever was recorded, a percentile is within 0.4 % of the exact one."""
    got = histogram.percentile_us(of(times), ratio)
    want = np.percentile(times, 100 * ratio, method="inverted_cdf")

    assert got == pytest.approx(want, rel=0.004)


@given(TIMES_US, TIMES_US)
def test_merging_is_recording_together(one: list[int], other: list[int]) -> None:
    """Two workers' histograms make the same as one that saw everything."""
    assert histogram.merge([of(one), of(other)]) == of(one + other)


@given(TIMES_US)
def test_counts_are_exact_and_sums_near(times: list[int]) -> None:
    """No time is lost; the sum is as near as the buckets allow."""
    made = of(times)

    assert histogram.count(made) == len(times)
    assert histogram.total_us(made) == pytest.approx(sum(times), rel=0.004)


def test_nothing_recorded_has_no_percentile() -> None:
    """Missing is None, never zero."""
    assert histogram.percentile_us({}, 0.95) is None
    assert histogram.mean_us({}) is None


def test_a_percentile_in_percent_is_refused() -> None:
    """95 for 0.95 would silently be the maximum."""
    with pytest.raises(ValueError, match="ratio from 0 to 1, not 95"):
        histogram.percentile_us({1: 1}, 95)


@given(TIMES_US)
def test_a_key_is_the_lowest_time_of_its_bucket(times: list[int]) -> None:
    """Readers take the key for microseconds: it is never above what it stands for."""
    for time_us in times:
        key = histogram.bucket(time_us)
        assert key <= time_us
        assert histogram.bucket(key) == key

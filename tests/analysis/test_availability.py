"""A share never travels without its interval."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from forepost.analysis.availability import availability
from forepost.model import Outcome

PASSED, DEGRADED, FAILED, BROKEN = (
    Outcome.PASSED,
    Outcome.DEGRADED,
    Outcome.FAILED,
    Outcome.BROKEN,
)
Z95 = 1.959963984540054


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_interval_agrees_with_scipy(worked: int, failed: int) -> None:
    """Any counts: the same interval as an independent implementation."""
    got = availability([PASSED] * worked + [FAILED] * failed, z=Z95)
    if worked + failed == 0:
        assert got is None
        return
    want = binomtest(worked, worked + failed).proportion_ci(0.95, method="wilson")
    assert got is not None
    assert (got.low, got.high) == pytest.approx((want.low, want.high), abs=1e-12)
    assert 0.0 <= got.low <= got.value <= got.high <= 1.0
    assert (got.worked, got.n) == (worked, worked + failed)


def test_no_data_is_not_100_percent() -> None:
    """Nothing counted, nothing said."""
    assert availability([]) is None
    assert availability([BROKEN, BROKEN]) is None


def test_broken_runs_are_not_counted_and_degraded_ones_worked() -> None:
    """Our own faults are neither for nor against the shop."""
    got = availability([PASSED, DEGRADED, FAILED, BROKEN, PASSED])
    assert got is not None
    assert (got.value, got.n) == (0.75, 4)


@pytest.mark.parametrize("outcomes", [[], [PASSED]])
def test_a_width_below_zero_is_refused(outcomes: list[Outcome]) -> None:
    """A wrong z is told, whatever there is to count."""
    with pytest.raises(ValueError, match=r"^z: 0 standard deviations"):
        availability(outcomes, z=0)

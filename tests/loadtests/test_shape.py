"""Rates over time and the arrivals drawn from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from loadtests import shape

RATES = st.lists(st.floats(0.5, 40), min_size=1, max_size=5).map(tuple)


def test_poisson_gaps_are_exponential() -> None:
    """At a constant rate the gaps follow the exponential law (Kolmogorov-Smirnov)."""
    instants = np.fromiter(shape.instants(shape.hold(50, 100), "a"), float)

    assert stats.kstest(np.diff(instants), "expon", args=(0, 1 / 50)).pvalue > 0.01


def test_a_ramp_brings_its_area_under_the_line() -> None:
    """From 0 to 100/s in 40 s: 2000 arrivals, a quarter of them in the first half."""
    instants = np.fromiter(shape.instants(shape.ramp(0, 100, 40), "b"), float)

    assert len(instants) == pytest.approx(2000, abs=4 * 2000**0.5)
    assert np.mean(instants < 20) == pytest.approx(0.25, abs=0.05)


@given(RATES, st.integers(1, 5))
def test_uniform_arrivals_are_the_cumulative_rate_rounded(
    rates: tuple[float, ...], hold_s: int
) -> None:
    """At any instant the number that came is within one of what the rate asks for."""
    made = shape.steps(rates, hold_s)
    instants = list(shape.instants(made, "c", spacing="uniform"))

    assert instants == sorted(instants)
    for place, instant in enumerate(instants):
        asked = sum(
            rate * min(max(instant - index * hold_s, 0), hold_s) for index, rate in enumerate(rates)
        )
        assert place + 0.5 == pytest.approx(asked, abs=1e-6)


@given(RATES, st.integers(0, 9))
def test_the_same_seed_gives_the_same_schedule(rates: tuple[float, ...], seed: int) -> None:
    """A run can be repeated, and each flow has a stream of its own."""
    made = shape.steps(rates, 2)
    both = shape.schedule(made, {"a": 0.7, "b": 0.3}, seed=seed)
    again = shape.schedule(made, {"a": 0.7, "b": 0.3}, seed=seed)
    alone = shape.schedule(made, {"a": 0.7}, seed=seed)

    assert both == again
    assert [one for one in both if one.flow == "a"] == alone
    assert all(0 <= one.at_s < made.duration_s for one in both)
    assert both == sorted(both, key=lambda one: one.at_s)


def test_another_spacing_is_refused() -> None:
    """A word that is not known is an error, never a default."""
    with pytest.raises(ValueError, match='"poisson" or "uniform", not "burst"'):
        list(shape.instants(shape.hold(1, 1), "d", spacing="burst"))

"""Rates over time and the arrivals drawn from them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.shapes import shape

# On a busy machine drawing values may take long: that says nothing of what is tested.
CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
RATES = st.lists(st.floats(0.5, 40), min_size=1, max_size=5).map(tuple)


def test_poisson_gaps_are_exponential() -> None:
    """At a constant rate the gaps follow the exponential law (Kolmogorov-Smirnov)."""
    instants = np.fromiter(shape.instants(shape.hold(50, 100), "a"), float)

    assert stats.kstest(np.diff(instants), "expon", args=(0, 1 / 50)).pvalue > 0.01


def test_every_level_brings_what_its_rate_says_and_is_drawn_all_the_same() -> None:
    """3/s for 24 s are 72 visits with every seed, not 60; any second of them is binomial."""
    made = shape.steps((1.5, 3.0), 24)
    seconds = []
    for seed in range(200):
        instants = np.fromiter(shape.instants(made, f"{seed}:balance"), float)
        assert [np.sum(instants < 24), np.sum(instants >= 24)] == [36, 72]
        seconds.append(int(np.sum((instants >= 30) & (instants < 31))))

    law = stats.binom(72, 1 / 24)
    want = [200 * law.pmf(k) for k in range(5)]
    seen = [seconds.count(k) for k in range(5)]
    rest = 200 * law.sf(4), sum(one > 4 for one in seconds)
    assert stats.chisquare([*seen, rest[1]], [*want, rest[0]]).pvalue > 0.01


MINUTES = tuple(  # of a replay at seven times the speed
    shape.Segment(place * 60 / 7, (place + 1) * 60 / 7, rate, rate)
    for place, rate in enumerate((4.0, 9.0, 2.0))
)


@pytest.mark.parametrize("spacing", ["poisson", "uniform"])
@pytest.mark.parametrize(
    "made", [shape.ramp(1, 20, 60), shape.ramp(12, 0, 33.5, 4), shape.Shape(MINUTES)]
)
def test_whatever_is_judged_by_itself_brings_what_its_rate_says(
    made: shape.Shape, spacing: str
) -> None:
    """A flow that held the top of a ramp has held that rate, and not what chance made of it."""
    for seed in range(50):
        drawn = list(shape.instants(made, f"{seed}:browse", spacing=spacing))
        assert drawn == sorted(drawn)
        assert drawn[-1] < made.duration_s
        assert abs(len(drawn) - made.arrivals) <= 1
        for one in made.stretches():
            came = sum(one.start_s <= at_s < one.end_s for at_s in drawn)
            wanted = one.per_s * (min(one.end_s, made.duration_s) - one.start_s)
            assert abs(came - wanted) < 1 + 1e-6


def test_a_ramp_brings_its_area_under_the_line() -> None:
    """From 0 to 100/s in 40 s: 2000 arrivals, a quarter of them in the first half."""
    instants = np.fromiter(shape.instants(shape.ramp(0, 100, 40), "b"), float)

    assert len(instants) == 2000
    assert np.mean(instants < 20) == pytest.approx(0.25, abs=0.05)


@CALM
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


@CALM
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


@CALM
@given(RATES, st.integers(1, 5), st.floats(0, 20), st.floats(0.1, 20))
def test_the_mean_rate_is_the_area_under_the_line(
    rates: tuple[float, ...], hold_s: int, start: float, width: float
) -> None:
    """Summed in small slices."""
    made = shape.steps(rates, hold_s)
    slices = np.linspace(start, start + width, 4001)
    middles = (slices[:-1] + slices[1:]) / 2
    each = [rates[int(at // hold_s)] if at < made.duration_s else 0.0 for at in middles.tolist()]

    assert made.per_s(start, start + width) == pytest.approx(np.mean(each), abs=0.2)


def test_a_spike_jumps_up_and_back() -> None:
    """Three phases; a second belongs to the one in which it begins."""
    made = shape.spike(2, 20, 10, 5, 15)

    assert [(one.name, *one.seconds) for one in made.phases] == [
        ("base", 0, 10), ("spike", 10, 15), ("recovery", 15, 30),
    ]  # fmt: skip
    assert [made.per_s(*one.seconds) for one in made.phases] == [2, 20, 2]


def test_a_soak_rises_gently_and_then_lasts() -> None:
    """Half the arrivals of its rate while it rises."""
    made = shape.soak(4, 60, 10)

    assert made.arrivals == pytest.approx(4 * 60 + 4 * 10 / 2)
    assert [one.name for one in made.phases] == ["rise", "soak"]


def test_stretches_are_whole_seconds_of_one_rate() -> None:
    """A ramp is read five seconds at a time; a second that two rates share belongs to none."""
    ramp = shape.ramp(0, 12, 12, 8).stretches()
    odd = shape.hold(3, 2.5).stretches()
    minutes = shape.Shape(
        (shape.Segment(0, 2.5, 4, 4), shape.Segment(2.5, 5, 0, 0), shape.Segment(5, 7.5, 6, 6))
    ).stretches()

    assert [(one.start_s, one.end_s, one.per_s) for one in ramp] == [
        (0, 5, 2.5), (5, 10, 7.5), (10, 12, 11), (12, 20, 12),
    ]  # fmt: skip
    assert [one.name for one in ramp] == [
        "ramp (2.5/s)", "ramp (7.5/s)", "ramp (11/s)", "hold (12/s)",
    ]  # fmt: skip
    assert [(one.start_s, one.end_s, one.per_s) for one in odd] == [(0, 3, 3)]
    assert [(one.start_s, one.end_s, one.per_s) for one in minutes] == [(0, 2, 4), (5, 8, 6)]


@CALM
@given(st.floats(0.5, 20), st.floats(1.05, 4), st.floats(1, 8))
def test_a_climb_ends_at_the_ceiling(start: float, factor: float, room: float) -> None:
    """No step is more than `factor` above the one before, and the last is the ceiling."""
    rates = shape.Climb(start, factor, 5).rates(start * room)

    assert rates[0] == start
    assert rates[-1] == pytest.approx(start * room)
    assert all(low < high <= low * factor * (1 + 1e-9) for low, high in pairwise(rates))


def test_flows_may_each_have_a_shape_of_their_own() -> None:
    """As in a replay: one is busy while the other is quiet."""
    made = shape.merged(
        {"a": shape.ramp(0, 10, 20), "b": shape.ramp(10, 0, 20)}, seed=1, spacing="uniform"
    )
    first = [one.flow for one in made if one.at_s < 5]

    assert made == sorted(made, key=lambda one: one.at_s)
    assert len(made) == 200
    assert (first.count("a"), first.count("b")) == (6, 44)  # 6.25 and 43.75 are due

"""Customers and posts, against scipy and against simulation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forepost.analysis.beta import beta_quantiles
from forepost.analysis.fallout import (
    affected,
    beta_binomial_quantiles,
    expected_posts,
    failure_share,
    inverse,
)
from forepost.analysis.prior import CONTACT, POSTING, RECALL, Prior
from forepost.model import Estimate, FlowRun, Outcome

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
SHARES = [0.0005, 0.025, 0.05, 0.5, 0.95, 0.975, 0.9995]


@settings(max_examples=80, deadline=None)
@given(st.floats(0.5, 5000), st.floats(0.5, 5000))
def test_beta_quantiles_agree_with_scipy(a: float, b: float) -> None:
    """From the Jeffreys prior to thousands of runs."""
    want = stats.beta.ppf(SHARES, a, b)
    assert beta_quantiles(a, b, SHARES) == pytest.approx(want, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5000), st.sampled_from([POSTING, CONTACT, RECALL]))
def test_beta_binomial_quantiles_agree_with_scipy(customers: int, prior: Prior) -> None:
    """The recurrence against the library's gamma functions, to one post."""
    want = stats.betabinom.ppf(SHARES, customers, prior.a, prior.b)
    got = beta_binomial_quantiles(customers, prior, SHARES)
    assert np.abs(got - want).max() <= 1


def test_expected_posts_are_those_of_the_table() -> None:
    """17 (6-31) of 100, 170 (78-287) of 1,000, 1,700 (802-2,848) of 10,000, at 95 %."""
    for customers, low, high in ((100, 6, 31), (1000, 78, 287), (10_000, 802, 2848)):
        got = expected_posts(customers, level=0.95)
        assert got.value == pytest.approx(0.17 * customers)
        assert (got.low, got.high) == pytest.approx((low, high), abs=1)
        assert got.level == 0.95
    assert expected_posts(10_000, CONTACT).value == pytest.approx(200)


def test_customers_behind_posts_are_those_of_the_table() -> None:
    """X = 1: 4 (1-25); 5: 28 (10-80); 20: 119 (60-270); 100: 602 (340-1,271), at 95 %."""
    table = ((1, 4, 1, 25), (5, 28, 10, 80), (20, 119, 60, 270), (100, 602, 340, 1271))
    for seen, middle, low, high in table:
        got = inverse(seen, level=0.95)
        assert got is not None
        assert (got.value, got.low, got.high) == pytest.approx((middle, low, high), rel=0.01)


def test_no_posts_cannot_tell() -> None:
    """Zero posts give no lower bound, so no figure at all."""
    assert inverse(0) is None


def test_posts_that_are_seen_by_half_stand_for_about_twice_the_people() -> None:
    """A collector's recall is part of the estimate."""
    whole, half = inverse(50), inverse(50, POSTING.seen(RECALL))
    assert whole is not None
    assert half is not None
    assert half.value == pytest.approx(2 * whole.value, rel=0.08)
    assert half.high - half.low > whole.high - whole.low


def test_many_posts_scale() -> None:
    """Beyond the exact sums the answer goes on in proportion."""
    few, many = inverse(200), inverse(20_000)
    assert few is not None
    assert many is not None
    assert many.value == pytest.approx(100 * few.value, rel=0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(100, 20_000))
def test_the_inverse_of_the_mean_is_the_number_of_customers(customers: int) -> None:
    """There and back within 20 %."""
    got = inverse(round(expected_posts(customers).value))
    assert got is not None
    assert got.value == pytest.approx(customers, rel=0.2)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30_000), st.integers(0, 30_000))
def test_more_customers_never_post_less(one: int, other: int) -> None:
    """0 <= X <= A, and every figure grows with A."""
    few, many = expected_posts(min(one, other)), expected_posts(max(one, other))
    assert 0 <= few.low <= few.high <= min(one, other)
    assert few.low <= many.low
    assert few.high <= many.high
    assert few.value <= many.value


def test_a_higher_rate_never_posts_less() -> None:
    """Quantiles grow with the share that posts."""
    rates = [Prior(a / 50, a, 50 - a, "a guess") for a in (2.0, 8.5, 20.0, 40.0)]
    got = [expected_posts(700, rate) for rate in rates]
    assert got == sorted(got, key=lambda one: (one.low, one.high))


def simulated(customers: int, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Posts of n incidents of so many customers, from the model itself."""
    dice = np.random.default_rng(1)
    return dice.binomial(customers, dice.beta(8.5, 41.5, n))


@pytest.mark.parametrize("customers", [60, 100, 1000, 30_000])
def test_ninety_percent_intervals_cover_ninety_percent(customers: int) -> None:
    """87-93 % of simulated incidents, and the mean within 1 %."""
    posts = simulated(customers, 20_000)
    got = expected_posts(customers)
    assert got.level == 0.90
    covered = np.mean((posts >= got.low) & (posts <= got.high))
    assert 0.87 <= covered <= 0.93
    assert got.value == pytest.approx(posts.mean(), rel=0.01)


def test_the_whole_chain_covers_ninety_percent() -> None:
    """Rate, minutes and probe runs in; the people and posts of simulated incidents out.

    The share that fails is drawn as the Jeffreys interval supposes, so both intervals are
    held to what they promise. Twelve runs an incident, 30 customers a minute.
    """
    dice = np.random.default_rng(2)
    people = posts = 0
    n = 600
    for _ in range(n):
        share = dice.beta(0.5, 0.5)
        failed = dice.binomial(12, share)
        minutes = dice.uniform(5, 60)
        hit = dice.poisson(30 * minutes * share)
        wrote = dice.binomial(hit, dice.beta(8.5, 41.5))
        estimate = affected(30, minutes, int(failed), 12 - int(failed))
        later = expected_posts(estimate)
        people += estimate.low - 0.5 <= hit <= estimate.high + 0.5
        posts += later.low <= wrote <= later.high
    assert 0.87 <= people / n <= 0.93
    assert 0.86 <= posts / n <= 0.96


def test_an_estimate_carries_its_spread_into_the_posts() -> None:
    """Not knowing how many were hit makes the posts less certain, not more."""
    sure = expected_posts(1000)
    unsure = expected_posts(Estimate(1000, 500, 1700, 0.9))
    assert unsure.value == sure.value
    assert unsure.low < sure.low
    assert unsure.high > sure.high


def test_affected_is_rate_times_minutes_times_share() -> None:
    """30 a minute, 20 minutes, 3 of 4 runs failed: 600 × 3.5 / 5."""
    got = affected(30, 20, failed=3, worked=1)
    assert got.value == pytest.approx(420)
    assert got.low < 420 < got.high
    assert got.low / 600 == pytest.approx(stats.beta.ppf(0.05, 3.5, 1.5), abs=0.02)
    assert got.high / 600 == pytest.approx(stats.beta.ppf(0.95, 3.5, 1.5), abs=0.04)


def test_nobody_tried_nobody_was_hit() -> None:
    """A rate of zero is a known zero."""
    got = affected(0, 20, failed=3, worked=1)
    assert got.value == 0
    assert expected_posts(got).value == 0


def test_only_runs_that_count_are_in_the_share() -> None:
    """Broken runs, loaded runs and those outside the span say nothing."""
    outcomes = [Outcome.FAILED, Outcome.BROKEN, Outcome.PASSED, Outcome.DEGRADED, Outcome.FAILED]
    runs = []
    for minute, outcome in enumerate(outcomes):
        when = NOON + timedelta(minutes=minute)
        load = "load-1" if minute == 3 else None
        runs.append(FlowRun(str(minute), "f", "l", when, when, when, outcome, load_run=load))
    assert failure_share(runs, NOON, NOON + timedelta(minutes=3)) == (1, 1)


WRONG: dict[str, Callable[[], object]] = {
    "a rate below zero": lambda: affected(-1, 1, 1, 1),
    "customers below zero": lambda: expected_posts(-1),
    "posts below zero": lambda: inverse(-1),
    "a level of one": lambda: expected_posts(10, level=1.0),
    "a density without end": lambda: beta_quantiles(0.1, 1, [0.5]),
    "a mean of another prior": lambda: Prior(0.5, 1, 3, "x"),
    "a prior without weight": lambda: Prior(0.01, 0.1, 9.9, "x"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_cannot_be_is_refused_in_one_line(what: str) -> None:
    """Bad input gets one line with the value."""
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        WRONG[what]()


def test_every_prior_says_where_it_comes_from() -> None:
    """They are printed with their source, never as facts."""
    assert "FireScope" in POSTING.source
    assert "contradicted" in CONTACT.source
    assert "guess" in RECALL.source


def test_own_incidents_teach_with_a_cap() -> None:
    """One incident of 10,000 people weighs as 50 of them."""
    learned = POSTING.learned(affected=10_000, posts=400)
    assert learned.a + learned.b == pytest.approx(100)
    assert learned.a == pytest.approx(8.5 + 2)
    assert learned.mean == pytest.approx(learned.a / 100)
    assert learned.source.endswith("; own incidents")
    assert learned.learned(10, 1).source == learned.source

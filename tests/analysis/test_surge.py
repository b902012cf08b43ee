"""Surges of complaints: the score's properties, its budget of false alarms, its incidents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from forepost.analysis.baseline import Baseline, Series, baseline
from forepost.analysis.glr import glr, rolled, scores, windows
from forepost.analysis.surge import Surge, surge, surge_transition
from forepost.analysis.threshold import daily_peaks, default, threshold
from forepost.model import (
    ComplaintCount,
    Incident,
    IncidentKind,
    TransitionKind,
)

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
BIN_S = 300
DAY = 288


def series(y: NDArray[np.float64], bucket_s: int = BIN_S) -> Series:
    """Counts that were covered whole."""
    at_s = int(START.timestamp()) + np.arange(len(y)) * bucket_s
    return Series(at_s.astype(np.int64), y.astype(float), np.ones(len(y), dtype=bool), bucket_s)


def counts(
    complaints: list[int], *, coverage: float = 1.0, reposts: int = 0, bucket_s: int = BIN_S
) -> list[ComplaintCount]:
    """Buckets of one topic that follow each other."""
    return [
        ComplaintCount(
            "payment",
            START + timedelta(seconds=index * bucket_s),
            bucket_s,
            complaint + reposts,
            complaint,
            reposts,
            coverage,
        )
        for index, complaint in enumerate(complaints)
    ]


def seasonal_counts(days: int, mean: float, alpha: float, seed: int) -> NDArray[np.float64]:
    """Negative-binomial counts with a daily season."""
    dice = np.random.default_rng(seed)
    hour = np.arange(days * DAY) * BIN_S // 3600 % 24
    mu = mean * (1 + 0.6 * np.sin((hour - 9) / 24 * 2 * np.pi))
    return dice.poisson(dice.gamma(1 / alpha, mu * alpha)).astype(float)


def flat(n: int, mean: float, alpha: float = 0.5) -> Baseline:
    """A known baseline."""
    return Baseline(np.full(n, mean), alpha, learning=False)


counted = st.lists(st.integers(0, 30), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(counted, st.floats(0.01, 20), st.floats(0.01, 3))
def test_the_score_is_zero_exactly_without_excess(y: list[int], mean: float, alpha: float) -> None:
    """G >= 0, and G = 0 if and only if no window holds more than is expected."""
    one = series(np.array(y))
    got = scores(one, flat(len(y), mean, alpha))
    mu = np.full(len(y), mean)
    excess = np.any(
        [rolled(one.y, w) > rolled(mu, w) * (1 + 1e-6) + 1e-6 for w in windows(BIN_S)], axis=0
    )
    assert np.all(got.g >= 0)
    assert np.all(got.g[excess] > 0)
    below = np.all([rolled(one.y, w) <= rolled(mu, w) for w in windows(BIN_S)], axis=0)
    assert np.all(got.g[below] == 0)


@settings(max_examples=60, deadline=None)
@given(counted, st.floats(0.01, 20), st.floats(0.01, 3), st.floats(1, 5))
def test_a_complaint_more_never_lowers_and_dispersion_never_raises_the_score(
    y: list[int], mean: float, alpha: float, factor: float
) -> None:
    """Monotone in the last count; a wider spread makes the same count less surprising."""
    before = scores(series(np.array(y)), flat(len(y), mean, alpha)).g[-1]
    more = scores(series(np.array([*y[:-1], y[-1] + 1])), flat(len(y), mean, alpha)).g[-1]
    wider = scores(series(np.array(y)), flat(len(y), mean, alpha * factor)).g[-1]
    assert more >= before - 1e-9
    assert wider <= before + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.floats(0.05, 100), st.floats(0.001, 5))
def test_the_score_is_a_log_likelihood_ratio(y: int, mean: float, a: float) -> None:
    """Against scipy's negative binomial at the raised and at the usual rate."""
    raised = max(mean, float(y))

    def logs(m: float) -> float:
        return float(stats.nbinom.logpmf(y, 1 / a, 1 / (1 + a * m)))

    got = glr(np.array([float(y)]), np.array([mean]), np.array([a]))[0]
    assert got == pytest.approx(logs(raised) - logs(mean), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("a", [1e-3, 1e-6, 1e-9, 1e-12])
def test_without_dispersion_it_is_the_poisson_score(a: float) -> None:
    """The limit is y ln k - (k - 1) M, also where the plain formula has lost its digits."""
    y, mean = 12.0, 3.0
    want = y * np.log(y / mean) - (y - mean)
    got = glr(np.array([y]), np.array([mean]), np.array([a]))[0]
    assert got == pytest.approx(want, rel=max(1e-9, 30 * a))


def test_the_baseline_does_not_look_at_the_last_two_hours() -> None:
    """A surge must not raise what is expected of it."""
    quiet = seasonal_counts(20, 0.5, 0.5, 1)
    loud = quiet.copy()
    loud[-24:] += 50
    for cut in (len(quiet), 5 * DAY):  # learned, and still learning
        before, after = baseline(series(quiet[-cut:])), baseline(series(loud[-cut:]))
        assert np.array_equal(before.mu, after.mu)
        assert before.alpha == after.alpha
    louder = quiet.copy()
    louder[-36:-24] += 50
    assert baseline(series(louder)).mu[-1] > baseline(series(quiet)).mu[-1]


def test_the_baseline_learns_season_and_dispersion() -> None:
    """28 days of a known process: mean, hours and dispersion come back."""
    got = baseline(series(seasonal_counts(28, 3.0, 0.5, 3)))
    assert not got.learning
    assert got.alpha == pytest.approx(0.5, rel=0.25)
    assert got.mu.mean() == pytest.approx(3.0, rel=0.1)
    busy, calm = got.mu[15 * 12], got.mu[3 * 12]
    assert busy / calm == pytest.approx(1.6 / 0.4, rel=0.35)


def test_less_than_fourteen_days_are_a_guess_that_learns() -> None:
    """From one an hour towards what is seen."""
    start = baseline(series(np.zeros(12)), guess_per_hour=1.0)
    assert start.learning
    assert start.mu[-1] == pytest.approx(1 / 12)
    later = baseline(series(np.full(3 * DAY, 2.0)), guess_per_hour=1.0)
    assert later.learning
    assert later.mu[-1] == pytest.approx(2.0, rel=0.03)
    assert later.alpha < start.alpha


def test_buckets_that_were_not_covered_are_neither_quiet_nor_loud() -> None:
    """Whatever stands in them, the baseline and the score stay the same."""
    y = seasonal_counts(20, 0.5, 0.5, 4)
    hidden = np.zeros(len(y), dtype=bool)
    hidden[::7] = True
    hidden[-2] = True
    found = []
    for value in (0.0, 40.0):
        one = series(np.where(hidden, value, y))
        one = replace(one, known=~hidden)
        base = baseline(one)
        found.append((base.mu.tolist(), base.alpha, scores(one, base).g.tolist()))
    assert found[0] == found[1]


def test_the_surge_is_seen_and_told() -> None:
    """Twelve people in ten minutes where one an hour is usual."""
    state = surge(counts([0] * 30 + [5, 7]))
    assert state is not None
    assert state.alarm
    assert state.learning
    assert (state.count, state.at) == (12, START + timedelta(minutes=160))
    assert state.since == START + timedelta(minutes=150)
    transition = surge_transition("payment", state, None, state.at)
    assert transition is not None
    assert transition.kind is TransitionKind.OPENED
    assert transition.incident.kind is IncidentKind.COMPLAINTS
    assert transition.incident.subject == "payment"
    assert transition.incident.onset_at == state.since
    assert transition.reason == (
        "12 complaints in 10 min, 0.1 expected (still learning what is usual)"
    )


def test_fewer_than_three_are_never_a_surge() -> None:
    """Two people are two people, however quiet the topic."""
    state = surge(counts([0] * 300 + [2]), guess_per_hour=0.001)
    assert state is not None
    assert state.g > state.threshold
    assert not state.alarm


def test_reposts_do_not_change_the_score() -> None:
    """Reach is not first-hand; it is counted apart."""
    plain, loud = surge(counts([0] * 20 + [4])), surge(counts([0] * 20 + [4], reposts=900))
    assert plain == loud


def test_unknown_is_not_quiet() -> None:
    """Nothing covered in the last two hours: no state, and an open surge stays open."""
    assert surge([]) is None
    assert surge(counts([9] * 30, coverage=0.9)) is None
    covered_long_ago = counts([0] * 10) + counts([0] * 60, coverage=0.5)[10:]
    assert surge(covered_long_ago) is None
    lasting = Incident("i", IncidentKind.COMPLAINTS, "payment", START, START, START)
    assert surge_transition("payment", None, lasting, START) is None


def test_the_bucket_that_still_lasts_is_not_taken_for_quiet() -> None:
    """The state is that of the last bucket that was covered whole."""
    running = counts([0] * 20 + [9, 0])
    running[-1] = replace(running[-1], coverage=0.4)
    state = surge(running)
    assert state is not None
    assert state.alarm
    assert state.count == 9


def test_a_surge_closes_after_a_quiet_while_and_not_before() -> None:
    """Fifteen minutes without an alarm; and never by the flow's own incident."""
    loud = surge(counts([0] * 30 + [9]))
    assert loud is not None
    opened = surge_transition("payment", loud, None, loud.at)
    assert opened is not None
    assert surge_transition("payment", loud, opened.incident, loud.at) is None
    soon = replace(loud, at=loud.at + timedelta(minutes=10), g=0.0)
    assert surge_transition("payment", soon, opened.incident, soon.at) is None
    later = replace(loud, at=loud.at + timedelta(minutes=15), g=0.0)
    closed = surge_transition("payment", later, opened.incident, later.at)
    assert closed is not None
    assert closed.kind is TransitionKind.CLOSED
    assert closed.incident.closed_at == later.at
    probe = replace(opened.incident, kind=IncidentKind.PROBE)
    reopened = surge_transition("payment", loud, probe, loud.at)
    assert reopened is not None
    assert reopened.kind is TransitionKind.OPENED


def test_a_quiet_topic_changes_nothing() -> None:
    """No alarm, no incident."""
    state = surge(counts([0] * 40))
    assert isinstance(state, Surge)
    assert not state.alarm
    assert surge_transition("payment", state, None, state.at) is None


def test_false_alarms_stay_in_their_budget_before_and_after_learning() -> None:
    """One a week is promised; on fresh weeks of the same process it is about one."""
    own, guessed, weeks = 0, 0, 0
    for seed in range(12):
        y = series(seasonal_counts(56, 0.3, 0.8, 100 + seed))
        first = series(y.y[: 28 * DAY])
        base = baseline(first)
        limit = threshold(first, scores(first, base), 1.0)
        second = series(y.y[28 * DAY :])
        peaks = daily_peaks(second, scores(second, base), None)
        own += int((peaks >= limit).sum())
        guessed += int((peaks >= default(BIN_S, 1.0)).sum())
        weeks += 4
    assert 0.5 <= own / weeks <= 1.7
    assert 0.4 <= guessed / weeks <= 2.0


def test_a_surge_of_a_sparse_topic_is_found_within_the_hour() -> None:
    """25 extra posts in an hour on 0.3 a bucket, at one false alarm a week: 75 % and 95 %."""
    dice = np.random.default_rng(5)
    waits = []
    for seed in range(40):
        y = seasonal_counts(28, 0.3, 0.8, 200 + seed)
        base = baseline(series(y))
        limit = threshold(series(y), scores(series(y), base), 1.0)
        start = int(dice.integers(14 * DAY, len(y) - 12))
        y[start : start + 12] += dice.multinomial(25, np.full(12, 1 / 12))
        found = scores(series(y), base)
        alarms = (found.g >= limit) & (found.count >= 3)
        rang = np.flatnonzero(alarms[start : start + 12])
        waits.append(rang[0] + 1 if len(rang) else 99)
    assert np.mean(np.array(waits) <= 6) >= 0.75
    assert np.mean(np.array(waits) <= 12) >= 0.95


def test_confirmed_incidents_do_not_raise_the_threshold() -> None:
    """What was a real surge is not what chance does."""
    y = seasonal_counts(28, 0.3, 0.8, 9)
    for day in (3, 7, 12, 18, 22):
        y[day * DAY + 150 : day * DAY + 160] += 8
    told = [
        Incident(
            str(day),
            IncidentKind.COMPLAINTS,
            "payment",
            onset_at=START + timedelta(days=day, minutes=150 * 5),
            first_failed_at=START + timedelta(days=day, minutes=150 * 5),
            opened_at=START + timedelta(days=day, minutes=150 * 5),
            closed_at=START + timedelta(days=day, minutes=180 * 5),
        )
        for day in (3, 7, 12, 18, 22)
    ]
    series_of = counts([int(n) for n in y])
    blind, informed = surge(series_of), surge(series_of, incidents=told)
    assert blind is not None
    assert informed is not None
    assert informed.threshold < blind.threshold


def test_a_tighter_budget_is_a_higher_threshold() -> None:
    """Both from own history and without one."""
    one = series(seasonal_counts(28, 0.3, 0.8, 11))
    found = scores(one, baseline(one))
    limits = [threshold(one, found, per_week) for per_week in (0.25, 1.0, 7.0)]
    assert limits == sorted(limits, reverse=True)
    guesses = [default(60, per_week) for per_week in (0.25, 1.0, 7.0)]
    assert guesses == sorted(guesses, reverse=True)


def test_windows_reach_an_hour_whatever_the_bucket() -> None:
    """Five-minute bins as specified; minutes from one to sixty."""
    assert windows(300) == [1, 2, 3, 4, 6, 9, 12]
    assert windows(60)[0] == 1
    assert windows(60)[-1] == 60


def test_a_budget_of_nothing_is_refused() -> None:
    """No alarm can promise never to be wrong, and no rate of zero can be learned from."""
    with pytest.raises(ValueError, match="surge_per_week: 0; give more than 0"):
        surge(counts([0] * 30), alarms_per_week=0.0)
    with pytest.raises(ValueError, match="guess_per_hour: 0; give more than 0"):
        surge(counts([0] * 30), guess_per_hour=0.0)


def test_buckets_with_a_gap_are_refused() -> None:
    """A missing bucket is coverage 0, not a hole."""
    with pytest.raises(ValueError, match="follow each other"):
        surge(counts([0] * 3)[::2])

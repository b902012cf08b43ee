"""Who was first, over all incidents: against lifelines and against plain means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import binomtest

from forepost.analysis.lead import Lead, LeadClass, classify, lead, restricted_mean
from forepost.model import Incident, IncidentKind, Story

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=2)
H = 240 * 60.0


def story(
    alert_s: float,
    complaint_s: float | None,
    recovery_s: float | None = 7200,
    kind: IncidentKind = IncidentKind.PROBE,
) -> Story:
    """An incident with times in seconds after its onset."""
    opened_at = NOON + timedelta(seconds=alert_s)
    first = None if complaint_s is None else NOON + timedelta(seconds=complaint_s)
    closed_at = None if recovery_s is None else NOON + timedelta(seconds=recovery_s)
    incident = Incident("i", kind, "payment", NOON, NOON, opened_at, closed_at)
    lead_s = None if first is None else (first - opened_at).total_seconds()
    return Story(incident, first, lead_s, 0, None, None)


def told(*stories: Story, resamples: int = 50) -> Lead:
    """The summary of these."""
    got = lead(stories, NOW, resamples=resamples)
    assert got is not None
    return got


seconds = st.floats(0, 20_000)
stories = st.lists(
    st.builds(
        story,
        seconds,
        st.none() | seconds,
        st.none() | seconds,
        st.sampled_from(list(IncidentKind)),
    ),
    min_size=1,
    max_size=12,
)


CLASSES = {
    "told first": (story(60, 300), LeadClass.FIRST),
    "half a second apart": (story(60, 60.5), LeadClass.TIE),
    "a second apart": (story(60, 61), LeadClass.TIE),
    "a customer first": (story(60, 10), LeadClass.LATE),
    "nobody posted": (story(60, None), LeadClass.SILENT),
    "no probe told": (story(60, 10, kind=IncidentKind.COMPLAINTS), LeadClass.MISSED),
    "told after the horizon": (story(H + 1, H + 600), LeadClass.MISSED),
}


@pytest.mark.parametrize("case", sorted(CLASSES))
def test_each_story_is_one_of_five(case: str) -> None:
    """First, tie, late, missed, silent."""
    one, kind = CLASSES[case]
    assert classify(one) is kind


@settings(max_examples=50, deadline=None)
@given(stories)
def test_the_five_classes_are_all_incidents(some: list[Story]) -> None:
    """None is left out, none counted twice; and the mean leads lie within the horizon."""
    got = told(*some, resamples=5)
    assert got.n == len(some)
    for mean in (got.mean_lead_censored_s, got.mean_lead_quiet_s):
        assert -H <= mean.low <= mean.high <= H
        assert -H <= mean.value <= H


def test_the_chance_of_being_first_is_of_those_that_were_posted_about() -> None:
    """Silent incidents are no wins; ties are no wins either."""
    got = told(story(60, 300), story(60, 60), story(60, None), story(60, 200))
    want = binomtest(2, 3).proportion_ci(0.95, method="wilson")
    assert got.p_first is not None
    assert got.p_first.value == pytest.approx(2 / 3)
    assert (got.p_first.low, got.p_first.high) == pytest.approx((want.low, want.high))
    assert got.counts[LeadClass.SILENT] == 1


def test_without_any_post_nothing_is_said_of_being_first() -> None:
    """Not 100 %."""
    assert told(story(60, None)).p_first is None
    assert lead([], NOW) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=12))
def test_without_censoring_it_is_the_plain_mean(times: list[tuple[float, float]]) -> None:
    """The mean of the paired differences, each time cut at the horizon."""
    got = told(*(story(alert, complaint) for alert, complaint in times), resamples=2)
    want = np.mean([min(complaint, H) - min(alert, H) for alert, complaint in times])
    assert got.mean_lead_censored_s.value == pytest.approx(want, abs=1e-3)
    assert got.mean_lead_quiet_s.value == pytest.approx(want, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), min_size=1, max_size=30),
)
def test_the_restricted_mean_agrees_with_lifelines(rows: list[tuple[int, bool]]) -> None:
    """An independent Kaplan-Meier, its area up to the horizon."""
    times = np.array([min(float(second), H) for second, _ in rows])
    censored = np.array([gone for _, gone in rows])
    fitter = KaplanMeierFitter().fit(times, ~censored)
    want = restricted_mean_survival_time(fitter, t=H)
    assert restricted_mean(times, censored, H) == pytest.approx(want, abs=1e-6)


def test_silent_incidents_are_taken_both_ways() -> None:
    """As unknown after recovery, and as quiet until the horizon: the truth lies between."""
    got = told(story(60, 600), story(60, None, 1200), story(60, 3000))
    assert got.mean_lead_censored_s.value == pytest.approx(
        restricted_mean(np.array([600.0, 1200, 3000]), np.array([False, True, False]), H) - 60
    )
    assert got.mean_lead_quiet_s.value == pytest.approx((600 + H + 3000) / 3 - 60)


def test_an_incident_that_probes_missed_has_no_alert_within_the_horizon() -> None:
    """It costs the whole horizon, so misses cannot hide behind wins."""
    got = told(story(60, 300, kind=IncidentKind.COMPLAINTS))
    assert got.mean_lead_censored_s.value == pytest.approx(300 - H)


@settings(max_examples=30, deadline=None)
@given(stories, st.integers(0, 11), st.floats(0, 1))
def test_an_earlier_alert_never_lowers_the_mean_lead(
    some: list[Story], which: int, factor: float
) -> None:
    """Whatever the other incidents were."""
    index = which % len(some)
    incident = some[index].incident
    sooner = incident.onset_at + (incident.opened_at - incident.onset_at) * factor
    better = list(some)
    better[index] = replace(some[index], incident=replace(incident, opened_at=sooner))
    before, after = told(*some, resamples=2), told(*better, resamples=2)
    assert after.mean_lead_censored_s.value >= before.mean_lead_censored_s.value - 1e-6
    assert after.mean_lead_quiet_s.value >= before.mean_lead_quiet_s.value - 1e-6


def test_the_clock_does_not_matter() -> None:
    """All times a week later: the same ledger; and the same seed, the same interval."""
    some = [story(60, 300), story(90, None, None), story(20, 10)]
    week = timedelta(days=7)

    def later(one: Story) -> Story:
        incident = one.incident
        moved = replace(
            incident,
            onset_at=incident.onset_at + week,
            opened_at=incident.opened_at + week,
            closed_at=None if incident.closed_at is None else incident.closed_at + week,
        )
        first = None if one.first_complaint_at is None else one.first_complaint_at + week
        return replace(one, incident=moved, first_complaint_at=first)

    assert lead(some, NOW) == lead([later(one) for one in some], NOW + week)


def test_the_interval_is_that_of_the_incidents() -> None:
    """One incident says nothing of its spread; several do, around the mean."""
    single = told(story(60, 300)).mean_lead_quiet_s
    assert single.low == single.value == single.high == pytest.approx(240)
    several = told(*(story(60, 60 + 300 * n) for n in range(12)), resamples=500).mean_lead_quiet_s
    assert several.low < several.value < several.high
    assert several.high - several.low == pytest.approx(2 * 1.96 * 300 * 3.45 / 12**0.5, rel=0.2)


def test_a_horizon_of_nothing_is_refused() -> None:
    """A wrong setting, in one line."""
    with pytest.raises(ValueError, match="horizon_s 0 must be above 0"):
        lead([story(1, 2)], NOW, horizon_s=0.0)
    with pytest.raises(ValueError, match="tie_s -1 not below"):
        lead([story(1, 2)], NOW, tie_s=-1.0)

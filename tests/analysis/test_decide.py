"""The simple rule, one test a row of its table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.analysis.decide import Policy, decide, suspect
from forepost.model import (
    FlowRun,
    Incident,
    IncidentKind,
    Outcome,
    StepResult,
    Transition,
    TransitionKind,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)
POLICY = Policy()
P, D, F, B = Outcome.PASSED, Outcome.DEGRADED, Outcome.FAILED, Outcome.BROKEN


def run(
    minute: int, outcome: Outcome, *, attempts: int = 1, load_run: str | None = None
) -> FlowRun:
    """A run of `checkout` that starts at that minute and lasts 20 s."""
    at = NOON + timedelta(minutes=minute)
    return FlowRun(
        id=f"run{minute:02d}",
        flow="checkout",
        location="local",
        slot_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=20),
        outcome=outcome,
        failed_step="pay" if outcome is F else None,
        message="the shop answered 500" if outcome is F else "",
        attempts=attempts,
        load_run=load_run,
    )


def runs(*outcomes: Outcome) -> list[FlowRun]:
    """One run a minute, one attempt each."""
    return [run(minute, outcome) for minute, outcome in enumerate(outcomes)]


def opened(history: Sequence[FlowRun], policy: Policy = POLICY) -> Transition:
    """What opens for a history without an incident."""
    transition = decide(history, None, policy, NOW)
    assert transition is not None
    assert transition.kind is TransitionKind.OPENED
    return transition


OPEN = opened(runs(P, F, F)).incident


def test_nothing_known_changes_nothing() -> None:
    """No run that counts: neither opens nor closes."""
    assert decide([], None, POLICY, NOW) is None
    assert decide([], OPEN, POLICY, NOW) is None


def test_one_failed_attempt_makes_the_flow_suspect_only() -> None:
    """One failure does not wake anybody, but it is looked at again soon."""
    history = runs(P, F)
    assert decide(history, None, POLICY, NOW) is None
    assert suspect(history)


def test_failed_attempts_in_a_row_open_an_incident() -> None:
    """Two failures in a row: opened, with onset, first evidence and the words people read."""
    transition = opened(runs(P, P, F, F))
    incident = transition.incident

    assert transition.reason == "failed 2 of the last 2 attempts"
    assert transition.at == incident.opened_at == NOW
    assert (incident.kind, incident.subject) == (IncidentKind.PROBE, "checkout")
    assert incident.onset_at == NOON + timedelta(minutes=1, seconds=20)
    assert incident.first_failed_at == NOON + timedelta(minutes=2)
    assert (incident.run_id, incident.step) == ("run02", "pay")
    assert incident.message == "the shop answered 500"
    assert incident.open


def test_a_failed_retry_counts_as_the_second_attempt() -> None:
    """A run whose repetition in a fresh context failed too opens at once."""
    assert opened([run(0, P), run(1, F, attempts=2)]).incident.run_id == "run01"


def test_without_a_good_run_the_onset_is_the_first_failure() -> None:
    """Nothing is known of the time before the first run."""
    assert opened(runs(F, F)).incident.onset_at == NOON


def test_an_open_incident_is_not_opened_again() -> None:
    """More failures say what is known."""
    assert decide(runs(P, F, F, F, F), OPEN, POLICY, NOW) is None


def test_a_worked_run_without_incident_changes_nothing() -> None:
    """The usual case."""
    assert decide(runs(F, P), None, POLICY, NOW) is None


def test_one_worked_run_does_not_close_yet() -> None:
    """A fault that comes and goes must not ring twice a minute."""
    assert decide(runs(F, F, P), OPEN, POLICY, NOW) is None
    assert decide(runs(F, F, P, F, P), OPEN, POLICY, NOW) is None


def test_worked_runs_in_a_row_close_the_incident() -> None:
    """Two good runs: closed, and nothing else about the incident changes."""
    transition = decide(runs(F, F, P, P), OPEN, POLICY, NOW)
    assert transition is not None
    assert transition.kind is TransitionKind.CLOSED
    assert transition.reason == "worked in 2 of the last 2 runs"
    assert transition.incident.closed_at == NOW
    assert transition.incident.id == OPEN.id
    assert transition.incident.onset_at == OPEN.onset_at


def test_a_pass_on_retry_ends_the_row() -> None:
    """The second attempt reached the goal: the customer could have, too."""
    assert decide([run(0, F), run(1, P, attempts=2), run(2, F)], None, POLICY, NOW) is None


def test_degraded_ends_the_row_and_closes() -> None:
    """Slow is not down: the goal was met."""
    assert decide(runs(F, D, F), None, POLICY, NOW) is None
    assert decide(runs(F, F, D, D), OPEN, POLICY, NOW) is not None


def test_broken_runs_neither_count_nor_break_the_row() -> None:
    """A browser missing on our side says nothing about the shop, either way."""
    assert decide(runs(B, B, B, B), None, POLICY, NOW) is None
    assert opened(runs(P, F, B, F)).incident.run_id == "run01"
    assert decide(runs(F, F, P, B), OPEN, POLICY, NOW) is None
    assert decide(runs(F, F, P, B, P), OPEN, POLICY, NOW) is not None


def test_runs_under_our_own_load_test_are_not_decided_upon() -> None:
    """What our own load test breaks is its result, not the shop's incident."""
    loaded = [run(minute, F, attempts=2, load_run="load1") for minute in range(3)]
    assert decide(loaded, None, POLICY, NOW) is None
    assert not suspect(loaded)
    passed = [run(minute, P, load_run="load1") for minute in range(3, 6)]
    assert decide([run(0, F), *passed], OPEN, POLICY, NOW) is None


def test_an_incident_of_another_kind_is_not_looked_at() -> None:
    """A topic may be named like a flow: a complaint surge is not the flow's incident."""
    surge = Incident("i", IncidentKind.COMPLAINTS, "checkout", NOON, NOON, NOON)
    assert opened_with(surge).kind is TransitionKind.OPENED


def opened_with(incident: Incident) -> Transition:
    """What follows two failures beside that incident."""
    transition = decide(runs(P, F, F), incident, POLICY, NOW)
    assert transition is not None
    return transition


def test_a_flow_with_an_open_incident_stays_suspect() -> None:
    """Until it closes, recovery is looked for at the fast pace."""
    assert suspect(runs(F, F, P), OPEN)
    assert not suspect(runs(F, F, P, P))
    assert suspect(runs(P, F, B))
    assert not suspect(runs(B, B))


@pytest.mark.parametrize("name", ["open_after", "close_after"])
def test_a_policy_below_one_is_refused(name: str) -> None:
    """An incident that opens after no failure is a wrong setting."""
    with pytest.raises(ValueError, match=rf"^\[decide\] {name}: 0 is below 1"):
        Policy(**{name: 0})


outcomes = st.lists(st.sampled_from(list(Outcome)), max_size=12)


@settings(max_examples=100, deadline=None)
@given(outcomes, st.integers(1, 4))
def test_a_later_failure_never_delays_an_opening(history: list[Outcome], open_after: int) -> None:
    """If a history opens, the same history and one more failure opens too."""
    policy = Policy(open_after=open_after)
    if decide(runs(*history), None, policy, NOW) is not None:
        assert decide(runs(*history, F), None, policy, NOW) is not None


@settings(max_examples=100, deadline=None)
@given(outcomes)
def test_broken_runs_could_as_well_not_be_there(history: list[Outcome]) -> None:
    """Taking the broken runs out changes no decision."""
    with_broken = decide(runs(*history), None, POLICY, NOW)
    without = decide(runs(*(one for one in history if one is not B)), None, POLICY, NOW)
    assert (with_broken is None) == (without is None)


def test_runs_in_planned_work_change_nothing() -> None:
    """Excluded runs neither open, close nor break a row; the state before stands after."""
    excluded = [replace(run(minute, F), maintenance="move") for minute in range(3)]
    assert decide(excluded, None, POLICY, NOW) is None
    assert not suspect(excluded)
    good = [replace(run(minute, P), maintenance="move") for minute in range(2, 9)]
    assert decide([*runs(P, F), *good], OPEN, POLICY, NOW) is None
    opening = opened([*runs(P, F), *good, run(10, F)])
    assert opening.incident.first_failed_at == run(1, F).started_at


def short_of_pay(minute: int, why: str = "2 of 2 orders of the day are used up") -> FlowRun:
    """A run that worked as far as it had leave: it ended before it paid."""
    steps = (StepResult("cart", P, 10.0),)
    stopped = (("stopped", f'before "pay": {why}'),)
    return replace(run(minute, P), steps=steps, facts=stopped)


def test_a_run_without_leave_to_pay_neither_ends_nor_hides_a_failed_payment() -> None:
    """A cap or the kill switch in an outage is no recovery: nobody came to the step that fails."""
    short = [short_of_pay(4), short_of_pay(5)]

    assert decide([*runs(P, F, F), *short], OPEN, POLICY, NOW) is None
    assert opened([run(1, F), *short, run(6, F)]).incident.step == "pay"
    assert suspect([run(1, F), *short])
    assert not suspect([run(1, F), *short, run(6, P)])


def test_a_run_without_leave_still_speaks_for_the_steps_that_it_walked() -> None:
    """The cart failed and works again; and a shop never paid is judged as far as it goes."""
    in_cart = replace(OPEN, step="cart")
    never = [short_of_pay(at, '[shop] environment = "stop_before_pay"') for at in (4, 5)]

    for incident, worked in ((in_cart, [short_of_pay(4), short_of_pay(5)]), (OPEN, never)):
        closed = decide(worked, incident, POLICY, NOW)
        assert closed is not None
        assert closed.kind is TransitionKind.CLOSED

"""The live view: what was heard is what is drawn, hostile text stays text."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from forepost.demo.stage import Stage
from forepost.demo.view import View
from forepost.model import (
    Fault,
    FlowRun,
    Incident,
    IncidentKind,
    Outcome,
    Poll,
    StepResult,
    Transition,
    TransitionKind,
    new_id,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def run_of(flow: str, outcome: Outcome, message: str = "", fault: Fault | None = None) -> FlowRun:
    """Return a run of one step."""
    return FlowRun(
        id=new_id(NOW),
        flow=flow,
        location="here",
        slot_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        outcome=outcome,
        steps=() if fault is Fault.SCHEDULER else (StepResult("pay", outcome, 1_234),),
        message=message,
        fault=fault,
    )


def change(kind: TransitionKind, flow: str, cause: IncidentKind) -> Transition:
    """Return an opening or a closing."""
    incident = Incident("i1", cause, flow, NOW, NOW, NOW, step="pay")
    return Transition(kind, NOW, incident, "failed 2 of the last 2 attempts")


def drawn(stage: Stage, width: int = 120) -> str:
    """Return the view as a terminal of that width shows it."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(View(stage, console, limit_s=240).draw(stage.scene()))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_view_tells_the_act_the_flows_and_the_last_events() -> None:
    """An audience sees what is played, how each flow stands, and why."""
    stage = Stage()
    stage.begin("A server error after the card is submitted", 0.3)
    stage.heard(run_of("payment", Outcome.FAILED, 'payment, step "pay": no order number'))
    stage.heard(change(TransitionKind.OPENED, "payment", IncidentKind.PROBE))
    stage.heard(run_of("browse", Outcome.PASSED))
    stage.heard(Poll("mastodon", NOW, NOW, NOW))
    stage.complaints = 3

    text = drawn(stage)

    assert "A server error after the card is submitted" in text
    assert 'incident since 09:00:00, step "pay"' in text
    assert "INCIDENT" in text
    assert "no order number" in text
    assert "3 complaints heard in 1 polls" in text
    assert "1 of 1" in text


def test_runs_without_leave_to_pay_stand_beside_the_share() -> None:
    """The kill switch is thrown: green runs that paid nothing are not counted as worked."""
    stage = Stage()
    short = replace(
        run_of("payment", Outcome.PASSED),
        facts=(("stopped", 'before "pay": paying is stopped: stocktaking'),),
    )
    stage.heard(short)
    assert "unknown, 1 unpaid" in drawn(stage)
    assert "◇ unpaid" in drawn(stage)
    assert "● passed" not in drawn(stage)
    for run in (run_of("payment", Outcome.PASSED), run_of("payment", Outcome.FAILED), short):
        stage.heard(run)

    assert "1 of 2, 2 unpaid" in drawn(stage)


def test_a_recovered_flow_shows_no_incident() -> None:
    """The mark goes with the all-clear."""
    stage = Stage()
    stage.heard(run_of("payment", Outcome.FAILED, "no order number"))
    stage.heard(change(TransitionKind.OPENED, "payment", IncidentKind.PROBE))
    stage.heard(change(TransitionKind.CLOSED, "payment", IncidentKind.PROBE))

    assert "incident since" not in drawn(stage)


def test_a_slot_that_did_not_run_is_no_state_of_the_flow() -> None:
    """A skipped slot says nothing about the shop: the last verdict stays."""
    stage = Stage()
    stage.heard(run_of("payment", Outcome.PASSED))
    stage.heard(run_of("payment", Outcome.BROKEN, "payment: skipped", Fault.SCHEDULER))

    text = drawn(stage)

    assert "● passed" in text
    assert "1 of 1" in text
    assert "skipped" in text


def test_hostile_text_is_text() -> None:
    """Neither markup nor a terminal escape of a page reaches the screen as such."""
    stage = Stage()
    stage.heard(run_of("payment", Outcome.FAILED, "[bold red]x[/] \x1b[2J\x07 end"))

    text = drawn(stage)

    assert "[bold red]x[/]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_surge_of_a_topic_does_not_mark_the_flow_of_that_name() -> None:
    """`payment` is a flow and a topic: only probes decide how the flow stands."""
    stage = Stage()
    stage.heard(run_of("payment", Outcome.PASSED))
    stage.heard(change(TransitionKind.OPENED, "payment", IncidentKind.COMPLAINTS))

    text = drawn(stage)

    assert "incident since" not in text
    assert "surge" in text


def test_without_a_terminal_every_event_is_one_line() -> None:
    """A log of a pipeline stays readable; nothing is drawn over."""
    stage = Stage()
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    with View(stage, console, limit_s=240):
        stage.begin("The town goes shopping", 0.2)
        stage.heard(run_of("payment", Outcome.FAILED, "no order number"))

    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("The town goes shopping")
    assert "no order number" in lines[1]

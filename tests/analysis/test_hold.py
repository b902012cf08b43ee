"""Whether an alert waits after flows were idle: what was seen before planned work is old."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from forepost.analysis.hold import PATIENCES, Needs, Seen, end_held, held, was_held
from forepost.model import (
    FlowRun,
    Incident,
    IncidentKind,
    Maintenance,
    MaintenanceSwitch,
    Outcome,
    StepResult,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
PATIENCE_MIN = 4
NEEDS = Needs(
    {"browse": (), "checkout": ("browse",)},
    dict.fromkeys(("browse", "checkout"), timedelta(minutes=PATIENCE_MIN)),
)
PAUSE = frozenset({MaintenanceSwitch.PAUSE})
EXCLUDE = frozenset({MaintenanceSwitch.EXCLUDE})
MUTE = frozenset({MaintenanceSwitch.MUTE})
OUTCOMES = {"F": Outcome.FAILED, "P": Outcome.PASSED, "B": Outcome.BROKEN, "C": Outcome.PASSED}
UNPAID = {"C": (("stopped", 'before "pay": paying is stopped: stocktaking'),)}
WORK = (10, 20)  # the window, in minutes
OVER = 20 + PATIENCES * PATIENCE_MIN  # when nobody waits any longer for a run after it


def at(minute: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minute)


def incident(subject: str = "checkout", closed: float | None = None) -> Incident:
    """One that began at minute 1 and was opened at minute 2."""
    closed_at = None if closed is None else at(closed)
    return Incident(subject, IncidentKind.PROBE, subject, at(2), at(0), at(1), closed_at)


def run(flow: str, minute: float, letter: str) -> FlowRun:
    """A run of six seconds; "C": one that worked to the cart and had no leave to pay."""
    name, began, ended = f"{flow}{minute}", at(minute), at(minute + 0.1)
    cart = (StepResult("add to cart", OUTCOMES[letter], 90.0),)
    made = FlowRun(name, flow, "local", began, began, ended, OUTCOMES[letter], cart)
    return replace(made, facts=UNPAID.get(letter, ()))


@dataclass(frozen=True, slots=True)
class Case:
    """What was seen by a minute, and the beginning of why the alert of `checkout` waits then.

    Shape: `runs` as "checkout 21 F"; `ask` the flow that is to be looked at now.
    """

    name: str
    now: float
    waits: str
    runs: tuple[str, ...] = ()
    ask: str | None = None
    browse: tuple[Incident, ...] = ()
    switches: frozenset[MaintenanceSwitch] = PAUSE
    flows: tuple[str, ...] = ()


OPEN, CLOSED = incident("browse"), incident("browse", closed=9)
WELL = "browse 20.5 P"
WELL_SINCE, ITS_RUN = "a run of checkout that fails", "a run of checkout after"
SEEN = ("checkout 1 F", "browse 3 P")  # before the work: it was about to be told
CASES = (
    # the window is just over, and nobody has looked yet
    Case("old evidence", 20, "a look at browse", SEEN, "browse"),
    Case("old evidence, excluded", 20, "a look at browse", SEEN, "browse", switches=EXCLUDE),
    Case("work on the flow below", 20, "a look at browse", SEEN, "browse", flows=("browse",)),
    Case("work on the flow itself", 20, "a look at browse", SEEN, "browse", flows=("checkout",)),
    Case("work on another flow", 20, "", SEEN, flows=("search",)),
    Case("silence alone: runs went on", 20, "", SEEN, switches=MUTE),
    Case("the other had just recovered", 20, "a look at browse", SEEN, "browse", (CLOSED,)),
    Case("the other fails", 20, "incident of browse", SEEN, browse=(OPEN,)),
    # one of the two has told
    Case("the one below works", 21, ITS_RUN, (WELL,), "checkout"),
    Case("the one below fails once", 21, "a second look at browse", ("browse 20.5 F",)),
    Case("only the flow itself", 21, "a look at browse", ("checkout 20.5 F",), "browse"),
    Case("a run broke on our side", 21, ITS_RUN, (WELL, "checkout 20.6 B")),
    # both have
    Case("both told, it fails", 21, "", (WELL, "checkout 20.6 F")),
    Case("both told, it works", 21, WELL_SINCE, (WELL, "checkout 20.6 P")),
    Case("it works, then fails", 22, "", (WELL, "checkout 20.6 P", "checkout 21 F")),
    Case("a run begun in the work", 21, ITS_RUN, (WELL, "checkout 19.9 F"), "checkout"),
    # a run without leave to pay says nothing of what failed
    Case("it had no leave to pay", 21, ITS_RUN, (WELL, "checkout 20.6 C")),
    Case("it fails, then had no leave", 22, "", (WELL, "checkout 20.6 F", "checkout 21 C")),
    Case("too long without leave to pay", OVER, "", (WELL, "checkout 20.6 C", "checkout 25 C")),
    Case("the one below can say no more", 21, "", ("browse 20.5 C", "checkout 20.6 F")),
    Case("it failed, then had none", 21, "a second look at", ("browse 20.5 F", "browse 20.7 C")),
    # no run comes, or none that tells
    Case("almost too long", OVER - 0.1, "a look at browse", SEEN, "browse"),
    Case("too long", OVER, "", SEEN),
    Case("too long, broken runs", OVER, "", ("browse 21 B", "checkout 21 B", "checkout 25 B")),
    Case("too long for one of them", OVER, "", ("checkout 20.6 F",)),
    Case("long ago, and it works", 600, WELL_SINCE, (WELL, "checkout 20.6 P")),
    # the work still goes on
    Case("patience does not run out meanwhile", 19, "a look at browse", ("checkout 1 F",)),
    Case("it had told before the work", 12, "", SEEN),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_told_on_what_was_seen_before_planned_work(case: Case) -> None:
    """It waits for a run of the flow and of those it stands on, but not for ever."""
    runs: dict[str, list[FlowRun]] = {"browse": [], "checkout": []}
    for text in case.runs:
        flow, minute, letter = text.split()
        runs[flow].append(run(flow, float(minute), letter))
    work = Maintenance("move", at(WORK[0]), at(WORK[1]), case.flows, case.switches)
    hold = held(incident(), Seen(case.browse, runs, (work,)), NEEDS, at(case.now))

    assert (hold.reason if hold else "").startswith(case.waits), hold
    assert bool(hold) is bool(case.waits), hold
    assert (hold and hold.ask) == case.ask


def test_an_incident_that_was_opened_after_the_work_is_told_at_once() -> None:
    """Its own runs were seen after it; only the one below must have told since."""
    late = Incident("late", IncidentKind.PROBE, "checkout", at(22), at(0), at(9))
    runs = {"browse": [run("browse", 9.5, "P")], "checkout": [run("checkout", 21.9, "F")]}
    work = (Maintenance("move", at(10), at(20), (), PAUSE),)
    hold = held(late, Seen((), runs, work), NEEDS, at(22))
    assert hold is not None
    assert (hold.reason, hold.ask) == ("a look at browse", "browse")
    runs["browse"].append(run("browse", 22.1, "P"))

    assert held(late, Seen((), runs, work), NEEDS, at(22.3)) is None


@pytest.mark.parametrize(
    ("now", "letter", "waits"),
    [
        (20.0, "", True),
        (21.0, "B", True),
        (21.0, "P", False),
        (21.0, "F", False),
        (21.0, "C", True),
        (OVER, "", False),
    ],
)
def test_an_end_that_a_window_held_back_waits_for_a_run_too(
    now: float, letter: str, waits: bool
) -> None:
    """It was seen before the work; whatever the run after it says, the end is told first."""
    runs = {"checkout": [run("checkout", 20.5, letter)] if letter else []}
    work = (Maintenance("move", at(10), at(20), (), PAUSE | MUTE),)
    hold = end_held(incident(closed=10.5), Seen((), runs, work), NEEDS, at(now))

    assert bool(hold) is waits


def test_a_run_without_leave_to_pay_speaks_of_the_steps_that_it_walked() -> None:
    """The cart had failed, and works since the work ended: nobody is woken for it."""
    cart = replace(incident(), step="add to cart")
    work = (Maintenance("move", at(10), at(20), (), PAUSE),)
    runs = {"browse": [run("browse", 20.5, "P")], "checkout": [run("checkout", 20.6, "C")]}
    hold = held(cart, Seen((), runs, work), NEEDS, at(21))

    assert hold is not None
    assert hold.reason.startswith(WELL_SINCE)


def test_an_alert_that_nobody_could_confirm_says_so() -> None:
    """Told with what is known: that no run since the work could tell anything."""
    work = (Maintenance("move", at(10), at(20), (), PAUSE),)
    seen = Seen((), {"checkout": [run("checkout", 21, "B")]}, work)
    assert was_held(incident(), seen, NEEDS, at(OVER)) == (
        'maintenance "move", a run of checkout since then, and none could tell'
    )
    told = Seen((), {"checkout": [run("checkout", 21, "F")]}, work)
    assert was_held(incident(), told, NEEDS, at(22)) == 'maintenance "move"'

"""Maintenance windows: what they silence, what they leave out, and what is remembered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from forepost.config.tables import MaintenancePlan
from forepost.model import (
    Incident,
    IncidentKind,
    Maintenance,
    MaintenanceSwitch,
    Outcome,
    Transition,
    TransitionKind,
)
from tests.scheduler.world import EXCLUDE, MUTE, World, at, window

FAILED = Outcome.FAILED


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh store."""
    made = World(tmp_path / "forepost.sqlite")
    yield made
    made.store.close()


def test_a_run_in_an_excluding_window_decides_nothing(world: World) -> None:
    """It carries the window's name; nothing opens, and the flow is not even suspect."""
    world.store.add_maintenance(window(10, 20, EXCLUDE))
    world.works(5)
    seen = world.fails(11)

    assert seen.run.maintenance == "move"
    assert seen.transition is None
    assert not seen.suspect
    assert world.store.runs()[-1].maintenance == "move"
    assert world.store.incidents() == []


def test_a_run_that_began_before_the_work_is_part_of_it(world: World) -> None:
    """It may have failed by it; one that ended before is not."""
    world.store.add_maintenance(window(10, 20, EXCLUDE))

    assert world.works(9.8).run.maintenance is None
    assert world.fails(9.95).run.maintenance == "move"
    assert world.works(20).run.maintenance is None


def test_a_window_of_another_flow_changes_nothing(world: World) -> None:
    """Work on the search does not excuse the checkout."""
    world.store.add_maintenance(window(10, 20, flows=("browse",)))

    assert world.fails(11).transition is not None
    assert world.told == ["checkout opened"]


def test_an_incident_of_before_outlives_an_excluding_window(world: World) -> None:
    """Runs inside neither close it nor tell; runs after it do."""
    world.fails(1)
    world.store.add_maintenance(window(10, 20, EXCLUDE))
    for minute in range(10, 20):
        world.works(minute)
    still = world.store.open_incident("checkout")
    assert still is not None
    assert world.works(21).transition is None
    assert world.works(22).transition is not None

    assert world.told == ["checkout opened", "checkout closed"]


def test_a_flow_suspect_before_is_suspect_after_however_long_it_took(world: World) -> None:
    """One failed attempt, 150 excluded runs, one more failed attempt: two in a row."""
    world.works(0)
    assert world.walk(1, "checkout", FAILED, attempts=1).suspect
    world.store.add_maintenance(window(2, 152, EXCLUDE))
    for minute in range(2, 152):
        assert world.works(minute).suspect
    opened = world.walk(152, "checkout", FAILED, attempts=1).transition

    assert opened is not None
    assert opened.incident.onset_at == at(0.1)
    assert opened.incident.first_failed_at == at(1)


def test_a_day_without_leave_to_pay_hides_nothing_of_before(world: World) -> None:
    """The second failed attempt comes after 70 runs that a cap ended: since the last that paid."""
    world.works(0, "payment")
    world.walk(1, "payment", FAILED, attempts=1)
    for minute in range(2, 72):
        seen = world.walk(minute, "payment", Outcome.PASSED, stopped="the orders are used up")
        assert seen.transition is None
        assert seen.suspect, "that it worked as far as the cart clears nothing"
    opened = world.walk(72, "payment", FAILED, attempts=1).transition

    assert opened is not None
    assert (opened.incident.onset_at, opened.incident.first_failed_at) == (at(0.1), at(1))


def test_a_muted_incident_that_outlives_its_window_is_told_at_the_end(world: World) -> None:
    """Once, with what it waited for; also after a restart in between."""
    world.store.add_maintenance(window(0, 10, MUTE))
    assert world.fails(1).transition is not None
    world.fails(9)
    assert world.owed(9.9).told == ()
    world.restart()
    (told,) = world.owed(10).told
    assert told.incident.subject == "checkout"
    assert world.owed(11).told == ()

    assert world.told == ["checkout opened"]
    assert world.lines("checkout opened") == ('waited for maintenance "move"',)
    assert [row.alert.at for row in world.store.due_alerts(at(10))] == [at(10)] * 2


def test_a_muted_flow_is_looked_at_as_soon_as_any_that_fails(world: World) -> None:
    """The short interval is of the incident, not of who is told; two passes end both."""
    world.store.add_maintenance(window(0, 60, MUTE))
    assert world.fails(1).suspect
    assert world.works(2).suspect
    assert not world.works(3).suspect
    assert world.store.open_incident("checkout") is None


def test_an_open_incident_keeps_the_short_interval_in_an_excluding_window(world: World) -> None:
    """It is still open, whatever the runs inside say."""
    world.fails(1)
    world.store.add_maintenance(window(2, 60, EXCLUDE))
    for minute in (3, 4, 5):
        assert world.works(minute).suspect


def test_an_incident_that_opened_and_closed_inside_a_muting_window_is_never_told(
    world: World,
) -> None:
    """It is in the store, for reports; nobody is woken."""
    world.store.add_maintenance(window(0, 10, MUTE))
    world.fails(1)
    world.works(2)
    world.works(3)
    world.owed(20)

    assert world.told == []
    assert len(world.store.transitions()) == 2


def test_who_was_told_of_the_opening_is_told_of_the_end_after_the_window(world: World) -> None:
    """An alarm without an end would be looked after for ever."""
    world.fails(1)
    world.store.add_maintenance(window(5, 10, MUTE))
    world.works(6)
    world.works(7)
    world.owed(9)
    assert world.told == ["checkout opened"]
    world.owed(10)
    world.owed(11)

    assert world.told == ["checkout opened", "checkout closed"]


def test_an_end_does_not_overtake_its_beginning(world: World) -> None:
    """The window ended, nobody has looked yet, and the run that closes the incident comes."""
    world.store.add_maintenance(window(0, 10, MUTE))
    world.fails(1)
    world.works(9)
    world.works(11)

    assert world.told == ["checkout opened", "checkout closed"]


def test_a_window_that_another_program_ends_early_is_over(world: World, tmp_path: Path) -> None:
    """`forepost maintenance end` while a watch runs on the same store."""
    other = World(tmp_path / "forepost.sqlite")
    other.store.add_maintenance(window(0, 600, MUTE))
    world.fails(1)
    assert world.told == []
    other.store.add_maintenance(window(0, 5, MUTE))
    world.owed(5)

    assert world.told == ["checkout opened"]
    other.store.close()


def surge(minute: float) -> Transition:
    """More complaints than usual."""
    incident = Incident(
        "surge", IncidentKind.COMPLAINTS, "payment", at(minute), at(minute), at(minute)
    )
    return Transition(TransitionKind.OPENED, at(minute), incident, "9 in 5 min")


def test_complaints_are_silenced_only_by_work_on_everything(world: World) -> None:
    """A topic is no flow, even if it has the same name."""
    world.store.add_maintenance(window(0, 10, MUTE, ("payment",)))
    assert set(world.watcher.news(surge(1), None, at(1))) == {"terminal", "mail"}
    world.store.add_maintenance(window(0, 10, MUTE, (), "all"))
    assert world.watcher.news(surge(1), None, at(1)) == {}
    world.store.add_transition(surge(1))
    world.owed(5)
    assert world.told == []
    world.owed(10)
    assert world.told == ["payment opened"]


def test_a_planned_window_is_written_down_when_it_begins(world: World) -> None:
    """From then on the store speaks for it: it can be ended, and reports know of it."""
    plans = {"nightly": MaintenancePlan(at="daily 12:10", lasts=1_200.0)}
    world.watcher = replace(world.watcher, plans=plans)
    world.watcher.note_windows(at(9))
    assert world.store.maintenance() == []
    world.watcher.note_windows(at(10))
    world.watcher.note_windows(at(11))
    (kept,) = world.store.maintenance()
    assert (kept.name, kept.starts_at, kept.ends_at) == ("nightly", at(10), at(30))
    world.store.add_maintenance(replace(kept, ends_at=at(12)))
    world.watcher.note_windows(at(13))

    assert world.watcher.windows(at(13), at(14)) == []
    assert world.works(13).run.maintenance is None
    assert [one.ends_at for one in world.store.maintenance()] == [at(12)]


def test_a_planned_window_works_before_anybody_wrote_it_down(world: World) -> None:
    """A run in its first second is in it."""
    plans = {"nightly": MaintenancePlan(at="daily 12:10", lasts=1_200.0)}
    world.watcher = replace(world.watcher, plans=plans)

    assert world.fails(10).run.maintenance == "nightly"
    since, until = at(10), at(11)
    pausing = MaintenanceSwitch.PAUSE
    assert world.watcher.window_of("checkout", since, until, pausing) is None
    everything = Maintenance("now", at(10), at(12))
    world.store.add_maintenance(everything)
    assert world.watcher.window_of("checkout", since, until, pausing) == everything


def test_alerts_of_long_ago_are_not_owed(world: World) -> None:
    """What closed in a window two weeks ago interests nobody now."""
    world.fails(1)
    world.store.add_maintenance(window(5, 10, MUTE))
    world.works(6)
    world.works(7)
    late = at(7) + timedelta(days=15)

    assert world.watcher.owed(late).told == ()

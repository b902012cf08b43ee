"""A flow that stands on another: its alerts wait, its runs and incidents go on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.analysis.hold import Needs
from forepost.model import MaintenanceSwitch, Outcome, TransitionKind
from forepost.model.proof import counts
from forepost.watcher import Owed
from tests.scheduler.world import ALL, EXCLUDE, MUTE, PAUSE, World, at, window

PATIENCE = timedelta(minutes=4)
FLOWS = ("browse", "checkout", "payment")
# browse ← checkout ← payment
NEEDS = Needs(
    {"browse": (), "checkout": ("browse",), "payment": ("checkout", "browse")},
    dict.fromkeys(FLOWS, PATIENCE),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three flows, each standing on the one before."""
    made = World(tmp_path / "forepost.sqlite", NEEDS)
    yield made
    made.store.close()


def test_an_alert_waits_while_the_flow_below_is_down(world: World) -> None:
    """One alert wakes people, not three; runs and incidents of all go on."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    world.fails(3, "payment")
    world.owed(30)

    assert world.told == ["browse opened"]
    assert [one.subject for one in world.store.incidents()] == list(FLOWS)


def test_the_alert_of_the_flow_below_names_what_fails_with_it(world: World) -> None:
    """What depends on it and fails, whether its incident is open or it is only suspect."""
    world.fails(1, "payment")
    world.walk(2, "checkout", Outcome.FAILED, attempts=1)
    world.fails(3, "browse")

    assert world.told == ["browse opened"]
    assert world.lines("browse opened") == ("with checkout, payment",)


def test_a_flow_that_fails_on_after_the_other_recovered_is_told_then(world: World) -> None:
    """Not at the recovery itself, but with its own next failure; once; with what it waited for."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    world.works(3, "browse")
    world.works(4, "browse")
    assert world.owed(4.2).ask == ("checkout",)
    assert world.told == ["browse opened", "browse closed"]
    world.restart()
    world.fails(5, "checkout")
    world.owed(6)

    assert world.told == ["browse opened", "browse closed", "checkout opened"]
    assert world.lines("checkout opened") == ("waited for the incident of browse",)


def test_a_flow_that_recovers_with_the_other_is_never_told(world: World) -> None:
    """Neither its beginning nor its end: the other one's alert told of it."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    for minute in (3, 4):
        world.works(minute, "browse")
        world.works(minute + 0.5, "checkout")
    world.owed(60)

    assert world.told == ["browse opened", "browse closed"]


def test_a_flow_that_nobody_can_run_after_the_recovery_is_told_in_the_end(world: World) -> None:
    """Its incident is open, and silence is no proof that it works: patience ends."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    world.works(3, "browse")
    world.works(4, "browse")
    world.walk(5, "checkout", Outcome.BROKEN)
    assert world.owed(8).told == ()
    world.owed(8.2)

    assert world.told[-1] == "checkout opened"


def test_a_flow_that_fails_first_asks_for_the_word_of_the_one_below(world: World) -> None:
    """Both broke at once and the upper one was looked at first: still one alert."""
    seen = world.fails(1, "checkout")
    assert seen.ask == ("browse",)
    assert world.told == []
    world.fails(1.5, "browse")
    world.owed(30)

    assert world.told == ["browse opened"]
    assert world.lines("browse opened") == ("with checkout",)


def test_a_flow_is_told_as_soon_as_the_one_below_is_seen_well(world: World) -> None:
    """No longer than one run of the other; that run must have begun after the failure."""
    world.works(0.95, "browse")
    world.fails(1, "checkout")
    assert world.told == []
    world.works(1.3, "browse")
    assert world.owed(1.5).ask == ()

    assert world.told == ["checkout opened"]


def test_a_second_look_is_waited_for_but_not_asked_for_every_time(world: World) -> None:
    """One failed attempt of the other: it is looked at again by itself."""
    world.fails(1, "checkout")
    world.walk(1.3, "browse", Outcome.FAILED, attempts=1)
    owed = world.owed(1.5)
    assert (owed.told, owed.ask) == ((), ())
    world.walk(2, "browse", Outcome.FAILED, attempts=1)
    world.owed(30)

    assert world.told == ["browse opened"]


def test_nobody_waits_longer_than_the_patience(world: World) -> None:
    """The flow below breaks on our side, or is not run at all."""
    world.fails(1, "checkout")
    world.walk(1.3, "browse", Outcome.BROKEN)
    assert world.owed(5).told == ()
    world.owed(5.1)

    assert world.told == ["checkout opened"]


def test_flows_that_depend_on_nothing_are_told_at_once(world: World) -> None:
    """No look at anything else, no delay."""
    assert world.fails(1, "browse").ask == ()
    assert world.fails(2, "autopay").ask == ()

    assert world.told == ["browse opened", "autopay opened"]


def test_work_on_the_flow_below_silences_those_above(world: World) -> None:
    """Planned work explains what it breaks; afterwards what still fails is told."""
    world.store.add_maintenance(window(0, 10, MUTE, ("browse",)))
    world.fails(1, "checkout")
    world.works(2, "browse")
    world.owed(9)
    assert world.told == []
    world.owed(10)

    assert world.told == ["checkout opened"]


def test_after_a_pause_nothing_is_told_before_both_have_run_again(world: World) -> None:
    """What held the alert back went away with the work, and nobody has looked since then."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    world.store.add_maintenance(window(3, 20, PAUSE, ("browse", "checkout")))
    world.works(2.95, "browse")
    world.works(2.96, "browse")  # these two had begun before: the incident of browse closes
    world.restart()
    assert world.owed(20.1) == Owed((), ("browse",))
    world.works(20.2, "browse")
    assert world.owed(20.4) == Owed((), ("checkout",))
    world.walk(20.5, "checkout", Outcome.FAILED, attempts=1)
    world.owed(20.7)

    assert world.told == ["browse opened", "browse closed", "checkout opened"]
    assert world.lines("checkout opened") == (
        'waited for maintenance "move", the incident of browse',
    )


def test_an_alert_is_dropped_if_the_flow_works_after_the_pause(world: World) -> None:
    """Nobody hears of it, and the end of the incident says why."""
    world.fails(1, "browse")
    world.fails(2, "checkout")
    world.store.add_maintenance(window(3, 20, PAUSE))
    for minute in (20.2, 21.2):
        world.works(minute, "browse")
        world.works(minute + 0.5, "checkout")
        world.owed(minute + 0.7)
    world.owed(60)

    assert world.told == ["browse opened", "browse closed"]
    end = world.store.transitions()[-1]
    assert (end.incident.subject, end.kind) == ("checkout", TransitionKind.CLOSED)
    assert end.reason == (
        "worked in 2 of the last 2 runs; its alert was dropped, it waited for "
        'maintenance "move", the incident of browse'
    )


def test_an_alert_that_was_dropped_is_told_once_the_flow_fails_again(world: World) -> None:
    """One good run after the work closes nothing, and excuses no bad one."""
    world.store.add_maintenance(window(3, 20, PAUSE, name="move"))
    world.fails(2, "checkout")
    world.works(20.2, "browse")
    world.works(20.4, "checkout")
    world.owed(59)
    assert world.told == []
    world.walk(60, "checkout", Outcome.FAILED, attempts=1)
    world.owed(60.2)

    assert world.told == ["checkout opened"]


@pytest.mark.parametrize(("after", "titles"), [("works", 2), ("fails", 3)])
def test_an_end_that_was_held_back_is_told_with_the_first_run_after_the_pause(
    world: World, after: str, titles: int
) -> None:
    """That it works again was seen before; if it fails by now, both are told in their order."""
    world.fails(1, "browse")
    world.store.add_maintenance(window(3, 20, MUTE | PAUSE))
    world.works(2.5, "browse")
    world.works(2.95, "browse")
    assert world.owed(20.1) == Owed((), ("browse",))
    getattr(world, after)(20.2, "browse")

    assert world.told == ["browse opened", "browse closed", "browse opened"][:titles]


def test_two_threads_that_look_at_once_tell_once(world: World) -> None:
    """A run that ends and the clock's tick, at the same moment."""
    world.fails(1, "checkout")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: world.watcher.owed(at(9)).told, range(8)))

    assert sum(map(len, told)) == 1
    assert world.told == ["checkout opened"]


STEP = st.tuples(st.sampled_from(FLOWS), st.sampled_from("FFFPPPB"))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(STEP, max_size=25),
    st.integers(0, 25),
    st.integers(0, 12),
    st.sampled_from([MUTE, PAUSE, EXCLUDE, ALL]),
)
def test_no_alert_is_lost_or_told_twice(
    steps: list[tuple[str, str]], began: int, lasts: int, work: frozenset[MaintenanceSwitch]
) -> None:
    """Whatever happens in whatever order, with planned work of any kind anywhere in it.

    In the end, when everything has been looked at again: told is each incident that is open,
    stands on none that is, and did not work when it was looked at after the work. An end is told
    if and only if its beginning was.
    """
    outcomes = {"F": Outcome.FAILED, "P": Outcome.PASSED, "B": Outcome.BROKEN}
    with TemporaryDirectory() as folder:
        world = World(Path(folder) / "forepost.sqlite", NEEDS)
        world.store.add_maintenance(window(began, began + lasts, work))
        for minute, (flow, letter) in enumerate(steps):
            world.walk(minute, flow, outcomes[letter])
        world.owed(60)
        keys = [str(row["key"]) for row in world.store.alerts() if row["channel"] == "mail"]
        assert len(keys) == len(set(keys))
        lasting = {one.subject for one in world.store.incidents() if one.open}
        over = at(began + lasts)
        for one in world.store.incidents():
            since = world.store.runs(flow=one.subject, since=over)
            told = [run.outcome.worked for run in since if counts(run)]
            dropped = work != MUTE and one.opened_at < over and told[-1:] == [True]
            opened, closed = f"{one.id}:opened" in keys, f"{one.id}:closed" in keys
            assert closed == (opened and not one.open)
            if one.open and not dropped and not lasting & set(NEEDS.of(one.subject)):
                assert opened
        world.store.close()

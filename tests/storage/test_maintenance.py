"""Maintenance windows in every kind of store."""

from dataclasses import replace
from datetime import timedelta

from forepost.model import Maintenance, MaintenanceSwitch
from forepost.storage import Store
from tests.storage.conftest import Opener
from tests.storage.nouns import at

MOVE = Maintenance(
    "move", at(0), at(30), ("payment",), frozenset({MaintenanceSwitch.MUTE, MaintenanceSwitch.SHOW})
)


def test_a_window_comes_back_as_it_went_in(store: Store, opener: Opener) -> None:
    """Seen at once by another program on the same store; flows and switches kept."""
    other = opener()
    store.add_maintenance(MOVE)
    everything = Maintenance("all of it", at(10), at(20), (), frozenset())
    store.add_maintenance(everything)
    assert other.maintenance() == [MOVE, everything]


def test_a_window_is_replaced_by_name_and_start(store: Store) -> None:
    """Ended early: the same window with another end; next week's is another one."""
    later = replace(MOVE, starts_at=at(100), ends_at=at(130))
    for window in (MOVE, later, replace(MOVE, ends_at=at(5))):
        store.add_maintenance(window)
    assert store.maintenance() == [replace(MOVE, ends_at=at(5)), later]


def test_windows_that_last_in_the_span(store: Store) -> None:
    """Half-open: the end is no part of a window, nor the end of a span of it."""
    store.add_maintenance(MOVE)
    assert store.maintenance(since=at(29), until=at(30)) == [MOVE]
    assert store.maintenance(since=at(30), until=at(31)) == []
    assert store.maintenance(since=at(-5), until=at(0)) == []
    assert store.maintenance(since=at(-5), until=at(0.5)) == [MOVE]


def test_a_window_that_was_called_off_lasts_never(store: Store) -> None:
    """Ended before it began."""
    store.add_maintenance(replace(MOVE, ends_at=MOVE.starts_at))
    assert store.maintenance() == []


def test_windows_go_with_the_runs_of_their_time(store: Store) -> None:
    """After 400 days, as runs do."""
    store.add_maintenance(MOVE)
    assert store.prune(at(0) + timedelta(days=399)) == 0
    assert store.prune(at(31) + timedelta(days=400)) == 1
    assert store.maintenance() == []

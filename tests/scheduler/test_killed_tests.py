"""Planned load tests that were killed with the watch: who is told when they are settled.

Store and outbox are the real ones; what was found is made up. How it is found is in
tests/loadtests/test_interrupted.py, the whole of it in tests/system/test_kill_load.py.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from forepost.campaigns import Interrupted, Left
from forepost.errors import StoreError
from forepost.storage import Store, open_store
from tests.scheduler.test_spells import PLAN, Nights, at, made


def interrupted(night: int, name: str) -> Left:
    """Return a test of that night that was killed with the watch."""
    short = "whoever ran it ended after 9 s"
    run = replace(made("interrupted", short), id=f"killed{night}{name}", started_at=at(night))
    return Left((Interrupted(run, name),))


def settle(nights: Nights, store: Store, *left: Left, night: int) -> list[str]:
    """Settle what is found, look by look; return the titles that are new in the outbox."""
    found = iter([*left, Left()])
    before = len(store.alerts())
    campaigns, stop = nights.campaigns(store), threading.Event()
    list(campaigns.settle(lambda _: next(found), {"nightly": PLAN}, lambda: at(night), stop))
    return [str(row["title"]) for row in store.alerts()[before:]]


def raising(error: Exception) -> Callable[..., None]:
    """Return what raises that."""

    def fails(*_told: object) -> None:
        raise error

    return fails


def test_a_test_that_was_killed_with_the_watch_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the watch is killed again before the row is stored; by hand is nobody's news."""
    nights = Nights(tmp_path / "forepost.sqlite")
    store = open_store(nights.path)
    with monkeypatch.context() as patch:
        patch.setattr(type(store), "add_load_run", raising(StoreError("killed here")))
        with pytest.raises(StoreError):
            settle(nights, store, interrupted(0, "nightly"), night=3)
    (told,) = store.alerts()
    assert told["title"] == "planned load test nightly proved nothing"
    assert told["lines"][:2] == (  # type: ignore[index]
        "interrupted: whoever ran it ended after 9 s",
        "nothing was proved at 4 planned times, since 2026-10-20 02:30 CEST",
    )
    assert settle(nights, store, interrupted(0, "nightly"), night=4) == []
    assert settle(nights, store, interrupted(5, "nightly"), night=5) == []  # the same spell
    assert settle(nights, store, interrupted(5, ""), night=5) == []
    gone = settle(nights, store, interrupted(5, "weekly"), night=5)  # not in the config any more
    assert gone == ["planned load test weekly proved nothing"]
    assert {run.verdict for run in store.load_runs()} == {"interrupted"}
    assert len(store.load_runs()) == 4
    store.close()

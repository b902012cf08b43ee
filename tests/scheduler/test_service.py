"""The service: no overlap, re-probing while suspect, a row for every slot, an orderly end.

The browser is the only thing faked: a pool that answers as told. Store, scheduler and
decisions are the real ones.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from forepost.analysis.decide import Policy
from forepost.claim import claim
from forepost.config import Complaints, Config, FlowPlan, Shop, Watch
from forepost.errors import StoreBusyError, StoreError
from forepost.model import (
    Alert,
    Fault,
    FlowRun,
    LoadRun,
    Outcome,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.service import Doors, Service
from forepost.storage.sqlite import SqliteStore
from forepost.watch import Watcher

LIMIT_S = 60.0
SHOP = "http://127.0.0.1"


class Stand:
    """Stands in for the browser workers."""

    def __init__(self) -> None:
        self.outcome = Outcome.PASSED
        self.takes_s = 0.0
        self.under_way = 0
        self.most_at_once = 0
        self.closed = threading.Event()
        self.jobs: list[tuple[str, datetime]] = []
        self._lock = threading.Lock()

    def run(self, job: tuple[str, datetime]) -> FlowRun:
        """Answer as told, after as long as told."""
        with self._lock:
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            self.jobs.append(job)
        began = datetime.now(UTC)
        killed = self.closed.wait(self.takes_s)
        with self._lock:
            self.under_way -= 1
        outcome = Outcome.BROKEN if killed else self.outcome
        failed = outcome is Outcome.FAILED
        return FlowRun(
            id=new_id(began),
            flow=job[0],
            location="local",
            slot_at=job[1],
            started_at=began,
            finished_at=datetime.now(UTC),
            outcome=outcome,
            attempts=2 if failed else 1,
            failed_step="pay" if failed else None,
            fault=Fault.SHOP if failed else Fault.OURS if killed else None,
            message="no order number" if failed else "",
        )

    def close(self) -> None:
        """Kill what is under way."""
        self.closed.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Return a store of its own."""
    made = SqliteStore(tmp_path / "forepost.sqlite")
    yield made
    made.close()


def word(change: Transition, *, fails_too: Sequence[str] = (), waited: str = "") -> Alert:
    """Word an alert shortly."""
    key = f"{change.incident.id}:{change.kind}"
    return Alert(
        key, change.at, "critical", change.reason, (*fails_too, waited), change.incident.id
    )


def doors_of(pool: Stand, **more: Any) -> Doors:
    """Return the rooms as stand-ins that do nothing."""
    return Doors(
        pool=pool,
        job=lambda flow, _plan, slot: (flow, slot),
        polls={},
        deliver=lambda _now: 0,
        report=lambda _now: None,
        forget=lambda _now: None,
        **more,
    )


def service_of(store: SqliteStore, pool: Stand, *, drain_s: float = 5.0, **plan: Any) -> Service:
    """Return a service with one flow."""
    config = Config(
        shop=Shop(url=SHOP),
        watch=Watch(drain=drain_s),
        flows={"checkout": FlowPlan(**plan)},
        complaints=Complaints(poll=3_600),
    )
    watcher = Watcher(store, Policy(), ("terminal", "webhook"), word)
    return Service(config, watcher, doors_of(pool))


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait for a condition, at most LIMIT_S."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def walked(store: SqliteStore) -> list[FlowRun]:
    """Return the runs that the pool made: a row of a slot that did not run has no attempt."""
    return [run for run in store.runs() if run.attempts]


def test_a_failing_flow_opens_one_incident_with_one_alert_a_channel(store: SqliteStore) -> None:
    """Two failed attempts are enough, and however often it fails on, nobody is told twice."""
    pool = Stand()
    pool.outcome = Outcome.FAILED
    service = service_of(store, pool, interval=1.0, interval_failing=0.2)
    service.start()
    wait_for(lambda: len(store.runs()) >= 4)
    service.stop()

    assert [change.kind for change in store.transitions()] == [TransitionKind.OPENED]
    assert sorted(str(row["channel"]) for row in store.alerts()) == ["terminal", "webhook"]


def test_a_suspect_flow_is_looked_at_sooner_and_recovers_after_two_passes(
    store: SqliteStore,
) -> None:
    """interval_failing holds while it fails; two passed runs close the incident."""
    pool = Stand()
    pool.outcome = Outcome.FAILED
    service = service_of(store, pool, interval=4.0, interval_failing=0.3)
    service.start()
    wait_for(lambda: len(store.runs()) >= 3)
    pool.outcome = Outcome.PASSED
    wait_for(lambda: len(store.transitions()) == 2)
    service.stop()

    slots = [run.slot_at for run in store.runs()]
    soonest = min(after - before for before, after in pairwise(slots))
    assert soonest < timedelta(seconds=1.5)
    assert store.open_incident("checkout") is None
    assert len({run.slot_at for run in store.runs()}) == len(slots)


def test_a_run_that_outlasts_its_interval_never_overlaps_and_leaves_a_row(
    store: SqliteStore,
) -> None:
    """The slot that could not run says why; it is broken, not a failure of the shop."""
    pool = Stand()
    pool.takes_s = 2.5
    service = service_of(store, pool, interval=1.0, interval_failing=0.5)
    service.start()
    said = "checkout: skipped: the run before it had not ended"
    wait_for(lambda: any(run.message == said for run in store.runs()))
    service.stop()

    # A machine that was stopped meanwhile has rows of slots that it missed, too.
    skipped = [run for run in store.runs() if run.fault is Fault.SCHEDULER]
    assert {run.outcome for run in skipped} == {Outcome.BROKEN}
    assert pool.most_at_once == 1
    assert not store.transitions()


def test_a_stop_drains_the_run_in_flight(store: SqliteStore) -> None:
    """SIGTERM must not lose a verdict that was a second away."""
    pool = Stand()
    pool.takes_s = 1.0
    service = service_of(store, pool, interval=1.0, interval_failing=0.5)
    service.start()
    wait_for(lambda: pool.under_way == 1)
    service.stop()

    assert [run.outcome for run in walked(store)] == [Outcome.PASSED] * len(pool.jobs)
    assert pool.closed.is_set()


def test_a_run_that_outlasts_the_drain_ends_as_broken_and_is_stored(store: SqliteStore) -> None:
    """Nothing is left running, and nothing ends as a silent gap."""
    pool = Stand()
    pool.takes_s = 60.0
    service = service_of(store, pool, drain_s=0.5, interval=1.0, interval_failing=0.5)
    service.start()
    wait_for(lambda: pool.under_way == 1)
    service.stop()

    assert [run.outcome for run in walked(store)] == [Outcome.BROKEN]
    assert not store.transitions()


def test_runs_during_a_load_test_carry_its_id(store: SqliteStore) -> None:
    """Page loads are drawn against the load, also when another process sends it.

    A test that was killed never says that it is over; its planned end does. One on another
    host is none of the shop's; the same one counts however it is written.
    """
    at = datetime.now(UTC)
    dead = {"planned_end_at": (at - timedelta(seconds=1)).isoformat()}
    alive = {"planned_end_at": (at + timedelta(minutes=5)).isoformat()}
    earlier = at - timedelta(minutes=2)
    store.add_load_run(
        LoadRun("load-1", "holiday-gift-cards", "http://localhost:80/", earlier, detail=alive)
    )
    store.add_load_run(
        LoadRun("killed", "holiday-gift-cards", "http://127.0.0.1", earlier, detail=dead)
    )
    staging = "http://staging.shop.example"
    store.add_load_run(LoadRun("elsewhere", "flash-sale", staging, earlier, detail=alive))
    later = at + timedelta(hours=1)
    store.add_load_run(LoadRun("later", "flash-sale", "http://127.0.0.1", later, detail=alive))
    pool = Stand()
    service = service_of(store, pool, interval=1.0, interval_failing=0.5)
    service.start()
    wait_for(lambda: len(walked(store)) >= 1)
    service.stop()

    assert walked(store)[0].load_run == "load-1"


def test_the_first_look_is_at_once_but_not_after_every_restart(store: SqliteStore) -> None:
    """Who starts a watch wants to know now; a restart in a loop must not storm the shop."""
    first = service_of(store, Stand(), interval=3_600.0, interval_failing=30.0)
    first.start()
    wait_for(lambda: len(store.runs()) == 1)
    first.stop()
    again = service_of(store, Stand(), interval=3_600.0, interval_failing=30.0)
    again.start()

    assert again._brought == {}
    again.stop()


def test_an_error_in_a_room_is_a_row_and_the_next_slot_runs(store: SqliteStore) -> None:
    """A bug of ours may cost a slot, never the service."""

    class Bad(Stand):
        def run(self, job: tuple[str, datetime]) -> FlowRun:
            if not self.jobs:
                self.jobs.append(job)
                raise RuntimeError("out of luck")
            return super().run(job)

    pool = Bad()
    service = service_of(store, pool, interval=1.0, interval_failing=0.5)
    service.start()
    wait_for(lambda: any(run.outcome is Outcome.PASSED for run in store.runs()))
    service.stop()

    lost = [run.message for run in store.runs() if run.fault is Fault.SCHEDULER]
    assert sum("out of luck" in message for message in lost) == 1


def test_a_second_start_on_the_same_store_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Two writers would decide twice; the line names the process that is there."""
    with (
        claim(tmp_path / "forepost.sqlite"),
        pytest.raises(StoreBusyError, match=r"another Forepost \(process \d+\) runs"),
    ):
        claim(tmp_path / "forepost.sqlite")
    claim(tmp_path / "forepost.sqlite").close()


def test_a_store_in_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "out").write_text("", "utf-8")

    with pytest.raises(StoreError, match=r"\[store\] path"):
        claim(tmp_path / "out" / "forepost.sqlite")

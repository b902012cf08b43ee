"""The service's upkeep: pauses, words that are awaited, what probes left in the shop."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forepost.analysis.decide import Policy
from forepost.analysis.hold import Needs
from forepost.config import Complaints, Config, FlowPlan, Watch
from forepost.config.tables import MaintenancePlan
from forepost.errors import ProbeError
from forepost.model import (
    Fault,
    FlowRun,
    LedgerEntry,
    MadeKind,
    Maintenance,
    MaintenanceSwitch,
    Outcome,
    new_id,
)
from forepost.service import Doors, Service
from forepost.slots import Slots, offset_s
from forepost.storage import Store, open_store
from forepost.watcher import Watcher
from tests.scheduler.test_service import wait_for
from tests.scheduler.world import orphan, word

Job = tuple[str, datetime]
SOON = timedelta(seconds=3)


@dataclass(slots=True)
class Stand:
    """Stands in for the browser workers; `down` names the flows that fail."""

    down: set[str] = field(default_factory=set)
    walked: list[str] = field(default_factory=list)

    def run(self, job: Job) -> FlowRun:
        """Answer at once."""
        flow, slot = job
        self.walked.append(flow)
        now = datetime.now(UTC)
        failed = flow in self.down
        return FlowRun(
            id=new_id(now),
            flow=flow,
            location="local",
            slot_at=slot,
            started_at=now,
            finished_at=datetime.now(UTC),
            outcome=Outcome.FAILED if failed else Outcome.PASSED,
            attempts=2 if failed else 1,
        )

    def close(self) -> None:
        """Nothing is under way."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of its own."""
    made = open_store(tmp_path / "forepost.sqlite")
    yield made
    made.close()


Settle = Callable[[Sequence[LedgerEntry]], Sequence[LedgerEntry]]


def service_of(
    store: Store, pool: Stand, flows: dict[str, FlowPlan], settle: Settle | None = None
) -> Service:
    """A service on a real store and scheduler."""
    config = Config(watch=Watch(drain=5.0), flows=flows, complaints=Complaints(poll=3_600))
    doors = Doors(
        pool=pool,
        job=lambda flow, _plan, slot: (flow, slot),
        polls={},
        deliver=lambda _now: 0,
        report=lambda _now: None,
        forget=lambda _now: None,
        settle=settle or (lambda entries: entries),
    )
    needs = Needs({"checkout": ("browse",)}, dict.fromkeys(flows, timedelta(minutes=4)))
    watcher = Watcher(store, Policy(), ("terminal",), word, needs=needs, orphan=orphan)
    return Service(config, watcher, doors)


def test_a_paused_flow_leaves_no_rows_and_runs_when_the_window_ends(store: Store) -> None:
    """Planned is not missed: nothing is broken on our side. Other flows run on."""
    now = datetime.now(UTC)
    pause = frozenset({MaintenanceSwitch.PAUSE})
    store.add_maintenance(Maintenance("move", now, now + SOON, ("checkout",), pause))
    pool = Stand()
    flows = {"checkout": FlowPlan(interval=3_600.0), "browse": FlowPlan(interval=3_600.0)}
    service = service_of(store, pool, flows)
    service.start()
    wait_for(lambda: "browse" in pool.walked)
    wait_for(lambda: bool(store.runs(flow="checkout")))
    service.stop()

    (run,) = store.runs(flow="checkout")
    assert run.outcome is Outcome.PASSED
    assert run.started_at >= now + SOON


def test_a_slot_that_was_missed_in_a_pause_is_no_row(store: Store) -> None:
    """This machine was asleep, and so was the flow."""
    service = service_of(store, Stand(), {"checkout": FlowPlan()})
    now = datetime.now(UTC)
    pause = frozenset({MaintenanceSwitch.PAUSE})
    store.add_maintenance(Maintenance("move", now - SOON, now, (), pause))

    assert service._pause_of("checkout", now - SOON / 2) is not None
    assert service._pause_of("checkout", now) is None


def test_slots_that_nobody_watched_are_one_row_at_the_first_of_them(store: Store) -> None:
    """After a kill no gap is silent: the row tells how many slots, those of a pause apart.

    Walks beside a load test tell of none: they come at its pace, and begin with it.
    """
    flows = {"checkout": FlowPlan(interval=3_600.0)}
    slots = Slots(3_600.0, offset_s("flow:checkout", "local", 3_600.0))
    last = slots.at_or_before(datetime.now(UTC))
    seen = [passed_at(last - timedelta(hours=ago)) for ago in (31, 30)]
    assert all(store.add_run(run) for run in seen)
    pause = frozenset({MaintenanceSwitch.PAUSE})
    for begins, ends in ((20, 12), (15, 10)):  # overlapping: 10 slots, not 13
        began, ended = last - timedelta(hours=begins), last - timedelta(hours=ends)
        store.add_maintenance(Maintenance(f"move {begins}", began, ended, (), pause))

    beside = service_of(store, Stand(), flows)
    beside.start(gaps=False)
    beside.stop()
    assert not [run for run in store.runs() if run.fault is Fault.SCHEDULER]

    for _ in range(2):  # a second start adds nothing: the gap is known
        service = service_of(store, Stand(), flows)
        service.start()
        service.stop()
    rows = [run for run in store.runs() if run.fault is Fault.SCHEDULER]

    assert [(run.slot_at, run.outcome) for run in rows] == [
        (last - timedelta(hours=29), Outcome.BROKEN)
    ]
    assert f"{29 - 10} slots without a run" in rows[0].message


def test_an_interval_that_was_shortened_leaves_no_gap(store: Store) -> None:
    """At the pace of before nothing was missed, whatever the new grid has held since."""
    now = datetime.now(UTC)
    for ago in (110, 50):
        store.add_run(passed_at(now - timedelta(minutes=ago)))
    service = service_of(store, Stand(), {"checkout": FlowPlan(interval=60.0)})
    service.start()
    service.stop()

    assert all(run.fault is None for run in store.runs())


def passed_at(at: datetime) -> FlowRun:
    """A run of the checkout that worked."""
    return FlowRun(new_id(at), "checkout", "local", at, at, at, Outcome.PASSED)


def test_planned_windows_stand_in_the_store_from_their_beginning(store: Store) -> None:
    """A watch that starts inside one writes it down at once."""
    service = service_of(store, Stand(), {"checkout": FlowPlan(interval=3_600.0)})
    now = datetime.now(UTC)
    starts, ends = (f"{now + timedelta(hours=hour):%Y-%m-%d %H:%M}" for hour in (-1, 1))
    plan = MaintenancePlan(starts=starts, ends=ends)
    service.watcher = replace(service.watcher, plans={"move": plan})
    service.start()
    wait_for(lambda: bool(store.runs()))
    service.stop()

    assert [one.name for one in store.maintenance()] == ["move"]
    assert store.runs()[0].maintenance == "move"


def test_the_flow_below_is_looked_at_at_once(store: Store) -> None:
    """Its next slot is an hour away; the alert above waits for seconds only."""
    pool = Stand(down={"checkout"})
    flows = {
        "browse": FlowPlan(interval=3_600.0),
        "checkout": FlowPlan(interval=3_600.0, interval_failing=3_600.0),
    }
    service = service_of(store, pool, flows)
    service._observe("browse")
    service.start()
    wait_for(lambda: bool(store.alerts()))
    service.stop()

    assert pool.walked == ["browse", "checkout", "browse"]
    assert [row["title"] for row in store.alerts()] == ["checkout opened"]


def test_a_restart_looks_at_an_open_incident_at_once(store: Store) -> None:
    """The short interval holds while an incident is open, also over a restart."""
    pool = Stand(down={"checkout"})
    flows = {"checkout": FlowPlan(interval=3_600.0, interval_failing=0.1)}
    first = service_of(store, pool, flows)
    first._observe("checkout")
    again = service_of(store, pool, flows)
    again.start()
    wait_for(lambda: len(store.runs()) >= 3)
    again.stop()

    assert len(store.incidents()) == 1


def entry(minutes_ago: float, name: str = "order") -> LedgerEntry:
    """Something that a probe of checkout was given leave to make."""
    return LedgerEntry(
        id=name,
        run_id="run-1",
        flow="checkout",
        attempt=1,
        step="pay",
        kind=MadeKind.ORDER,
        customer="probe@forepost.example",
        asked_at=datetime.now(UTC) - timedelta(minutes=minutes_ago),
    )


def test_what_a_killed_run_left_is_settled(store: Store) -> None:
    """Once its run must be over; nobody is told of what is cleaned up."""
    asked: list[str] = []

    def settle(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        asked.extend(one.id for one in entries)
        at = datetime.now(UTC)
        return [replace(one, voided_at=at, restocked_at=at, note="voided") for one in entries]

    plans = {"checkout": FlowPlan(deadline=120.0)}
    service = service_of(store, Stand(), plans, settle)
    store.ledger_note([entry(3.9, "young"), entry(4.1, "old")])
    service._settle()

    assert asked == ["old"]
    assert [one.id for one in store.ledger(unsettled_only=True)] == ["young"]
    assert store.alerts() == []


def test_what_nobody_can_settle_is_told_once(store: Store) -> None:
    """One alert an entry, however often it is tried; each try comes later than the last."""
    tries: list[int] = []

    def settle(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        tries.append(len(entries))
        return [replace(one, note="the shop answered 500") for one in entries]

    service = service_of(store, Stand(), {"checkout": FlowPlan()}, settle)
    store.ledger_note([entry(10, "a"), entry(10, "b")])
    for _ in range(3):
        service._settle()
    again = service_of(store, Stand(), {"checkout": FlowPlan()}, settle)
    again._settle()

    assert tries == [2, 2]
    assert sorted(str(row["key"]) for row in store.alerts()) == ["orphan:a", "orphan:b"]
    assert {one.note for one in store.ledger()} == {"the shop answered 500"}


def test_a_door_that_fails_still_leaves_an_alert(store: Store) -> None:
    """No browser, say: what is left is left. What other flows left is settled all the same."""

    def settle(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        if entries[0].flow == "checkout":
            raise ProbeError("no storefront")
        return [replace(one, nothing_at=datetime.now(UTC)) for one in entries]

    service = service_of(store, Stand(), {"checkout": FlowPlan()}, settle)
    store.ledger_note([entry(10), replace(entry(10, "card"), flow="gift_card")])
    service._settle()

    assert [row["key"] for row in store.alerts()] == ["orphan:order"]
    assert [one.id for one in store.ledger(unsettled_only=True)] == ["order"]


def test_what_a_run_under_way_has_made_is_its_own_to_settle(store: Store) -> None:
    """Its clean-up is still to come; what an earlier run left is not."""
    asked: list[str] = []

    def settle(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        asked.extend(one.id for one in entries)
        return entries

    service = service_of(store, Stand(), {"checkout": FlowPlan()}, settle)
    store.ledger_note([entry(30, "earlier"), entry(10, "mine")])
    service._running["checkout"] = datetime.now(UTC) - timedelta(minutes=20)
    service._settle()

    assert asked == ["earlier"]


def test_a_flow_that_was_taken_out_of_the_config_is_settled_too(store: Store) -> None:
    """What it left does not go away with its table."""
    service = service_of(store, Stand(), {})
    store.ledger_note([entry(10)])
    service._settle()

    assert [row["title"] for row in store.alerts()] == ["order is left"]


def test_a_watch_heeds_what_another_program_plans(store: Store, tmp_path: Path) -> None:
    """`forepost maintenance add` and `end`, as real processes, while the service runs."""
    config = '[flows.checkout]\n[store]\npath = "forepost.sqlite"\n'
    (tmp_path / "config.toml").write_text(config, "utf-8")

    def maintenance(*arguments: str) -> None:
        forepost = Path(sys.executable).parent / "forepost"
        command = [str(forepost), "--config", str(tmp_path / "config.toml"), "maintenance"]
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=240)

    flows = {"checkout": FlowPlan(interval=0.5, interval_failing=0.5)}
    service = service_of(store, Stand(), flows)
    service.start()
    wait_for(lambda: bool(store.runs()))
    maintenance("add", "move", "--for", "30m", "--flow", "checkout")
    wait_for(lambda: store.runs(limit=1)[0].maintenance == "move")
    maintenance("end", "move")
    wait_for(lambda: store.runs(limit=1)[0].maintenance is None)
    service.stop()

    assert [one.name for one in store.maintenance()] == ["move"]
    assert store.check() == []

"""The use cases: observe a flow or a source, decide, record. Rooms come in as callables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from forepost.analysis.decide import Policy, decide, suspect
from forepost.analysis.surge import Surge, surge, surge_transition
from forepost.model import (
    Alert,
    Fault,
    FlowRun,
    IncidentKind,
    MaintenanceSwitch,
    Outcome,
    Poll,
    Transition,
    new_id,
)
from forepost.model.proof import proves
from forepost.slots import MS, Slots
from forepost.storage import Store
from forepost.watcher import Watcher
from forepost.windows import merged

__all__ = [
    "Observation",
    "Pool",
    "SurgePlan",
    "Watcher",
    "judge_topics",
    "latest",
    "note_unrun",
    "note_unwatched",
    "observe_flow",
    "observe_source",
]

# Far more than any rule looks back, far less than would cost time.
HISTORY_RUNS = 60
HISTORY_PAGES = 20
PACED_RUNS = 4  # tell how often a flow was really looked at


class Pool(Protocol):
    """Whoever runs flows: `probes.pool.ProbePool`, or a fake in a test."""

    def run(self, job: Any) -> FlowRun:
        """Run one job to its verdict."""
        ...

    def close(self) -> None:
        """End the workers."""
        ...


@dataclass(frozen=True, slots=True)
class Observation:
    """One run, what it changed, and whether the flow deserves a closer look."""

    run: FlowRun
    transition: Transition | None
    suspect: bool
    ask: tuple[str, ...] = ()  # flows that should be looked at now: their word is awaited


def observe_flow(
    watcher: Watcher, run: Callable[[], FlowRun], now: Callable[[], datetime]
) -> Observation:
    """Run a flow, decide, and store run, transition and outbox rows in one transaction.

    What had waited is told first: an end must not overtake its beginning.
    """
    made = _placed(watcher, run())
    at = now()
    store = watcher.store
    watcher.owed(at, made)
    history = [*_history(store, made.flow, watcher.policy), made]
    incident = store.open_incident(made.flow, IncidentKind.PROBE)
    transition = decide(history, incident, watcher.policy, at)
    alerts: Mapping[str, Alert] = {}
    if transition is not None:
        transition = watcher.recorded(transition, at)
        alerts = watcher.news(transition, made, at)
    store.add_run(made, transition, alerts)
    lasting = transition.incident if transition else incident
    ask = watcher.owed(at).ask if transition else ()
    return Observation(made, transition, suspect(history, lasting), ask)


def _placed(watcher: Watcher, run: FlowRun) -> FlowRun:
    """Return a run with the window that excludes it, if it touched one."""
    window = watcher.window_of(run.flow, run.started_at, run.finished_at, MaintenanceSwitch.EXCLUDE)
    return run if window is None else replace(run, maintenance=window.name)


def _history(store: Store, flow: str, policy: Policy) -> list[FlowRun]:
    """Return the latest runs, at least as many that prove anything as the rule needs, if there are.

    After a long window that excluded its runs the ones before it must not be out of sight:
    the state before a window is the state after it. Whole windows are stepped over. The same
    holds for the time in which no run had leave to pay.
    """
    enough = policy.open_after + policy.close_after + 1
    found = store.runs(flow=flow, limit=HISTORY_RUNS)
    for _ in range(HISTORY_PAGES):
        if not found or sum(map(proves, found)) >= enough:
            break
        page = store.runs(flow=flow, until=_before(store, found[0]), limit=HISTORY_RUNS)
        if not page:
            break
        found = page + found
    return found


def _before(store: Store, run: FlowRun) -> datetime:
    """Return the start of a run or of the window that excluded it, whichever is earlier."""
    if run.maintenance is None:
        return run.started_at
    touched = store.maintenance(since=run.started_at, until=run.finished_at)
    starts = [window.starts_at for window in touched if window.name == run.maintenance]
    return min([run.started_at, *starts])


def note_unrun(
    watcher: Watcher, flow: str, location: str, *, slot_at: datetime, at: datetime, reason: str
) -> FlowRun:
    """Store a slot that was missed, skipped or lost: a row, never a silent gap."""
    row = _unrun(flow, location, slot_at, at, reason)
    watcher.store.add_run(row)
    return row


def _unrun(flow: str, location: str, slot_at: datetime, at: datetime, reason: str) -> FlowRun:
    return FlowRun(
        id=new_id(at),
        flow=flow,
        location=location,
        slot_at=slot_at,
        started_at=at,
        finished_at=at,
        outcome=Outcome.BROKEN,
        message=f"{flow}: {reason}",
        fault=Fault.SCHEDULER,
        attempts=0,
    )


def note_unwatched(
    watcher: Watcher, flow: str, location: str, slots: Slots, now: datetime
) -> FlowRun | None:
    """Store that slots went by while nobody watched, after a kill or a stop; None if none did.

    One row however many they were: it lasts from the first of them and tells their number. The
    latest is not among them, since the first look comes in its place; paused ones are no gap.
    Before the pace of the latest runs has gone by nothing is: the interval may be a new one.
    """
    known = watcher.store.runs(flow=flow, limit=PACED_RUNS)
    if not known:
        return None
    seen_at, caught_up = known[-1].finished_at, slots.at_or_before(now) - MS
    starts = [run.started_at for run in known]
    pace = min((later - sooner for sooner, later in pairwise(starts)), default=timedelta())
    if seen_at >= caught_up or now - seen_at <= pace:
        return None
    missed = slots.between(seen_at, caught_up)
    for begins_at, ends_at in _pauses(watcher, flow, seen_at, caught_up):
        missed -= slots.between(max(begins_at - MS, seen_at), min(ends_at - MS, caught_up))
    if missed < 1:
        return None
    first_at = slots.after(seen_at)
    since = f"{first_at.astimezone(watcher.zone):%Y-%m-%d %H:%M:%S %Z}"
    count = f"{missed} slot{'' if missed == 1 else 's'}"
    reason = f"missed: nobody watched from {since} on, {count} without a run"
    row = replace(_unrun(flow, location, first_at, first_at, reason), finished_at=now)
    watcher.store.add_run(row)
    return row


def _pauses(
    watcher: Watcher, flow: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when the flow was not to run, each instant once."""
    return merged(
        (one.starts_at, one.ends_at)
        for one in watcher.windows(since, until)
        if MaintenanceSwitch.PAUSE in one.switches and (not one.flows or flow in one.flows)
    )


@dataclass(frozen=True, slots=True)
class SurgePlan:
    """How complaint counts are watched."""

    topics: tuple[str, ...]
    bucket_s: int
    alarms_per_week: float
    history: timedelta = timedelta(days=28)


def observe_source(
    watcher: Watcher, poll: Callable[[], Poll], plan: SurgePlan | None, now: datetime
) -> tuple[Poll, list[Transition]]:
    """Poll one source; with a plan, judge every topic's counts too.

    A source that failed leaves a poll without coverage: its buckets are unknown, not quiet.
    """
    made = poll()
    if made.covered_to is None or plan is None:
        return made, []
    return made, judge_topics(watcher, plan, now)


def judge_topics(watcher: Watcher, plan: SurgePlan, now: datetime) -> list[Transition]:
    """Open and close the incidents of complaint surges; return what changed."""
    changed = []
    for topic in plan.topics:
        found = _surge(watcher.store, topic, plan, now)
        lasting = watcher.store.open_incident(topic, IncidentKind.COMPLAINTS)
        transition = surge_transition(topic, found, lasting, now)
        if transition is None:
            continue
        alerts = watcher.news(transition, None, now)
        if watcher.store.add_transition(transition, alerts):
            changed.append(transition)
    return changed


def _surge(store: Store, topic: str, plan: SurgePlan, now: datetime) -> Surge | None:
    """Judge one topic since we have been listening, at most over `plan.history`."""
    listening = store.listening_since()
    if listening is None:
        return None
    since = max(listening, now - plan.history)
    counts = store.complaint_counts(topic, since, now, plan.bucket_s)
    return surge(
        counts, alarms_per_week=plan.alarms_per_week, incidents=store.incidents(since=since)
    )


def latest(runs: Sequence[FlowRun]) -> Mapping[str, FlowRun]:
    """Return the last run of each flow."""
    return {run.flow: run for run in runs}

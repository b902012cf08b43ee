"""The use cases: observe a flow or a source, decide, record. Rooms come in as callables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forepost.analysis.decide import Policy, decide, suspect
from forepost.analysis.surge import Surge, surge, surge_transition
from forepost.model import (
    Alert,
    Fault,
    FlowRun,
    IncidentKind,
    Outcome,
    Poll,
    Transition,
    new_id,
)
from forepost.storage import Store

# Far more than any rule looks back, far less than would cost time.
HISTORY_RUNS = 60


@dataclass(frozen=True, slots=True)
class Watcher:
    """What every observation needs: memory, rule, and who is told."""

    store: Store
    policy: Policy
    channels: tuple[str, ...]
    word: Callable[[Transition], Alert]

    def alerts(self, transition: Transition | None) -> dict[str, Alert]:
        """Return one alert a channel for a transition, none without one."""
        if transition is None:
            return {}
        alert = self.word(transition)
        return dict.fromkeys(self.channels, alert)


@dataclass(frozen=True, slots=True)
class Observation:
    """One run, what it changed, and whether the flow deserves a closer look."""

    run: FlowRun
    transition: Transition | None
    suspect: bool


def observe_flow(
    watcher: Watcher, run: Callable[[], FlowRun], now: Callable[[], datetime]
) -> Observation:
    """Run a flow, decide, and store run, transition and outbox rows in one transaction."""
    made = run()
    store = watcher.store
    history = [*store.runs(flow=made.flow, limit=HISTORY_RUNS), made]
    incident = store.open_incident(made.flow, IncidentKind.PROBE)
    transition = decide(history, incident, watcher.policy, now())
    store.add_run(made, transition, watcher.alerts(transition))
    lasting = transition.incident if transition else incident
    return Observation(made, transition, suspect(history, lasting))


def note_unrun(
    watcher: Watcher, flow: str, location: str, *, slot_at: datetime, at: datetime, reason: str
) -> FlowRun:
    """Store a slot that was missed, skipped or lost: a row, never a silent gap."""
    row = FlowRun(
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
    watcher.store.add_run(row)
    return row


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
        if transition and watcher.store.add_transition(transition, watcher.alerts(transition)):
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

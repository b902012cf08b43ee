"""What the audience knows so far: fed from many threads, read by the view."""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from alerts.plain import plain
from forepost.model import (
    Fault,
    FlowRun,
    Incident,
    IncidentKind,
    Outcome,
    Poll,
    Transition,
    TransitionKind,
)
from forepost.model.proof import capped

EVENTS_KEPT = 200


@dataclass(frozen=True, slots=True)
class FlowState:
    """One flow as the table shows it."""

    runs: int = 0
    worked: int = 0
    capped: int = 0  # no leave to pay: neither worked nor not
    last: FlowRun | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of the stage, for drawing."""

    act: str
    done_ratio: float
    flows: dict[str, FlowState]
    events: tuple[tuple[datetime, str, str], ...]  # at, kind, words
    polls: int
    complaints: int
    noted: int
    source_error: str


@dataclass(slots=True)
class Stage:
    """Collects what is heard."""

    flows: dict[str, FlowState] = field(default_factory=dict)
    act: str = "starting"
    done_ratio: float = 0.0
    polls: int = 0
    complaints: int = 0
    noted: int = 0  # events ever, also those no longer kept
    source_error: str = ""
    events: deque[tuple[datetime, str, str]] = field(
        default_factory=lambda: deque(maxlen=EVENTS_KEPT)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, act: str, done_ratio: float) -> None:
        """Note a new act."""
        with self._lock:
            self.act, self.done_ratio = act, done_ratio
            self._note(datetime.now(UTC), "act", act)

    def say(self, kind: str, words: str) -> None:
        """Note an event."""
        with self._lock:
            self._note(datetime.now(UTC), kind, words)

    def tell(self, kind: str, words: str) -> None:
        """Note an event, in place of the last one if that is of the same kind."""
        with self._lock:
            if self.events and self.events[-1][1] == kind:
                self.events.pop()
            self._note(datetime.now(UTC), kind, words)

    def heard(self, event: object) -> None:
        """Take what the scheduler tells."""
        with self._lock:
            match event:
                case FlowRun():
                    self._run(event)
                case Transition():
                    self._transition(event)
                case Poll():
                    self.polls += 1
                    self.source_error = event.error

    def _note(self, at: datetime, kind: str, words: str) -> None:
        """Keep an event; what pages and posts say loses its control characters here."""
        self.events.append((at, kind, plain(words)))
        self.noted += 1

    def scene(self) -> Scene:
        """Return a copy to draw."""
        with self._lock:
            return Scene(
                act=self.act,
                done_ratio=self.done_ratio,
                flows=dict(self.flows),
                events=tuple(self.events),
                polls=self.polls,
                complaints=self.complaints,
                noted=self.noted,
                source_error=self.source_error,
            )

    def _run(self, run: FlowRun) -> None:
        if run.fault is Fault.SCHEDULER:
            self._note(run.finished_at, "skipped", run.message.replace("skipped: ", "", 1))
            return
        state = self.flows.get(run.flow, FlowState())
        short = capped(run)
        self.flows[run.flow] = replace(
            state,
            runs=state.runs + 1,
            worked=state.worked + (run.outcome.worked and not short),
            capped=state.capped + short,
            last=run,
        )
        if not run.outcome.worked:
            kind = "failed" if run.outcome is Outcome.FAILED else "broken"
            self._note(run.finished_at, kind, run.message)

    def _transition(self, change: Transition) -> None:
        incident = change.incident
        opened = change.kind is TransitionKind.OPENED
        if incident.kind is IncidentKind.PROBE and incident.subject in self.flows:
            state = self.flows[incident.subject]
            self.flows[incident.subject] = replace(state, incident=incident if opened else None)
        surge = incident.kind is IncidentKind.COMPLAINTS
        verb = ("surge" if surge else "INCIDENT") if opened else "recovered"
        self._note(change.at, verb, f"{incident.subject}: {change.reason}")

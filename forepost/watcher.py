"""What every observation needs: memory, rule, planned work, and who is told of what, and when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from forepost.analysis.decide import Policy, suspect
from forepost.analysis.hold import Hold, Needs, Seen, end_held, held, muting, was_held
from forepost.model import (
    Alert,
    FlowRun,
    Incident,
    IncidentKind,
    LedgerEntry,
    Maintenance,
    MaintenanceSwitch,
    Transition,
    TransitionKind,
)
from forepost.storage import Store
from forepost.windows import Plan, covering, together

# How far back an alert may be owed: longer than planned work lasts.
LOOK_BACK = timedelta(days=14)
LATEST_RUNS = 10  # of a flow, to know how it is
MOMENT = timedelta(microseconds=1)


class Word(Protocol):
    """Puts a change of state into words."""

    def __call__(
        self, change: Transition, *, fails_too: Sequence[str] = (), waited: str = ""
    ) -> Alert:
        """Return the alert.

        Shape: `fails_too` are flows that depend on this one and whose alerts wait for it;
               `waited` says what the alert itself has waited for.
        """
        ...


@dataclass(frozen=True, slots=True)
class Owed:
    """What was sent that had waited, and the flows whose word others still wait for."""

    told: tuple[Transition, ...] = ()
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watcher:
    """Memory, rule, planned work, dependencies, channels and words.

    All that an alert waits for is read from the store, so that it survives a restart.
    """

    store: Store
    policy: Policy
    channels: tuple[str, ...]
    word: Word
    needs: Needs = field(default_factory=Needs)
    plans: Mapping[str, Plan] = field(default_factory=dict)  # [maintenance.x]
    zone: tzinfo = UTC  # in which plans are written
    orphan: Callable[[LedgerEntry, datetime], Alert] | None = None

    def windows(self, since: datetime, until: datetime) -> list[Maintenance]:
        """Return the maintenance windows that last at any moment of [since, until), by start."""
        return together(self.plans, self.zone, self.store.maintenance, since, until)

    def note_windows(self, now: datetime) -> None:
        """Write down the planned windows that have begun: reports read them from the store."""
        known = {(one.name, one.starts_at) for one in self.store.maintenance(since=now)}
        for window in self.windows(now, now + MOMENT):
            if (window.name, window.starts_at) not in known:
                self.store.add_maintenance(window)

    def window_of(
        self, flow: str, since: datetime, until: datetime, switch: MaintenanceSwitch
    ) -> Maintenance | None:
        """Return the window with that switch that lasted for a flow during [since, until]."""
        return covering(self.windows(since, until + MOMENT), flow, since, until, switch)

    def news(self, change: Transition, made: FlowRun | None, now: datetime) -> Mapping[str, Alert]:
        """Return the alerts (channel → alert) of a change that is about to be stored.

        None while they are held back. Whoever was not told of the opening is not told of
        the end.
        """
        seen = self._seen(change.incident, now, made)
        if change.kind is TransitionKind.CLOSED:
            waits = end_held(change.incident, seen, self.needs, now) is not None
            opening = f"{change.incident.id}:{TransitionKind.OPENED}"
            if waits or opening not in self._keys([change.incident]):
                return {}
        elif held(change.incident, seen, self.needs, now) is not None:
            return {}
        return self._alerts(change, seen, now)

    def recorded(self, change: Transition, now: datetime) -> Transition:
        """Return a change as it is stored: an end says so if the alert of its beginning fell away.

        The alert was held back, and what had waited has recovered before it was told.
        """
        incident = change.incident
        opening = f"{incident.id}:{TransitionKind.OPENED}"
        if change.kind is not TransitionKind.CLOSED or opening in self._keys([incident]):
            return change
        waited = was_held(incident, self._seen(incident, now, None), self.needs, now)
        if not (waited and self.channels):
            return change
        return replace(
            change, reason=f"{change.reason}; its alert was dropped, it waited for {waited}"
        )

    def owed(self, now: datetime, made: FlowRun | None = None) -> Owed:
        """Put into the outbox what has waited long enough; say whose word is still awaited.

        Never twice: the outbox holds each alert once a channel. What closed untold stays so.
        Shape: `made` is a run that is not stored yet.
        """
        told: list[Transition] = []
        ask: list[str] = []
        for incident, kind in self._untold(now):
            seen = self._seen(incident, now, made)
            hold = self._hold(incident, kind, seen, now)
            if hold is not None:
                ask += [hold.ask] if hold.ask else []
                continue
            change = self._change(incident, kind, now)
            if change and self.store.add_alerts(self._alerts(change, seen, now)):
                told.append(change)
        return Owed(tuple(told), tuple(dict.fromkeys(ask)))

    def _untold(self, now: datetime) -> list[tuple[Incident, TransitionKind]]:
        """Return the incidents that somebody is still to be told of, and of what."""
        since = now - LOOK_BACK
        lately = self.windows(since, now + MOMENT)
        maybe = [
            one
            for one in self.store.incidents(since=since)
            if one.closed_at is None or muting(one, lately, self.needs, one.closed_at)
        ]
        keys = self._keys(maybe)
        found = []
        for one in maybe:
            opening_told = f"{one.id}:{TransitionKind.OPENED}" in keys
            if one.open and not opening_told:
                found.append((one, TransitionKind.OPENED))
            elif not one.open and opening_told and f"{one.id}:{TransitionKind.CLOSED}" not in keys:
                found.append((one, TransitionKind.CLOSED))
        return found

    def _hold(
        self, incident: Incident, kind: TransitionKind, seen: Seen, now: datetime
    ) -> Hold | None:
        if kind is TransitionKind.OPENED:
            return held(incident, seen, self.needs, now)
        return end_held(incident, seen, self.needs, now)

    def _keys(self, incidents: Sequence[Incident]) -> set[object]:
        """Return the keys of the alerts of these incidents that the outbox has, sent or not."""
        if not incidents:
            return set()
        since = min(one.opened_at for one in incidents)
        return {row["key"] for row in self.store.alerts(since=since)}

    def _change(self, incident: Incident, kind: TransitionKind, now: datetime) -> Transition | None:
        """Return the stored change, as it is told now."""
        for change in self.store.transitions(since=incident.opened_at):
            if change.incident.id == incident.id and change.kind is kind:
                return replace(change, at=now)
        return None

    def _alerts(self, change: Transition, seen: Seen, now: datetime) -> dict[str, Alert]:
        opened = change.kind is TransitionKind.OPENED
        alert = self.word(
            change,
            fails_too=self._fail_too(change.incident) if opened else (),
            waited=was_held(change.incident, seen, self.needs, now) if opened else "",
        )
        return dict.fromkeys(self.channels, alert)

    def _fail_too(self, incident: Incident) -> tuple[str, ...]:
        """Return the flows that depend on this one and fail: their alerts wait."""
        if incident.kind is not IncidentKind.PROBE:
            return ()
        return tuple(
            flow
            for flow in self.needs.on(incident.subject)
            if suspect(
                self.store.runs(flow=flow, limit=LATEST_RUNS),
                self.store.open_incident(flow, IncidentKind.PROBE),
            )
        )

    def _seen(self, incident: Incident, now: datetime, made: FlowRun | None) -> Seen:
        """Return what is known now; `made` is a run that is not stored yet."""
        since = min(incident.first_failed_at, incident.opened_at, now)
        windows = self.windows(since, now + MOMENT)
        others = self.needs.of(incident.subject)
        flows = (incident.subject, *others) if others or windows else ()
        runs = {flow: self.store.runs(flow=flow, limit=LATEST_RUNS) for flow in flows}
        if made is not None and made.flow in runs:
            runs[made.flow] = [*runs[made.flow], made]
        incidents = self.store.incidents(since=min(incident.opened_at, now)) if others else []
        return Seen(incidents, runs, windows)

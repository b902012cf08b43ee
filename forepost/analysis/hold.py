"""Whether an alert waits: planned work, or another flow that explains it. Monitoring goes on.

| the flow's incident is open and untold, and …               | its alert                   |
|-------------------------------------------------------------|-----------------------------|
| a window that mutes the flow, or one it depends on, lasts   | waits until the window ends |
| a flow that it depends on has an open incident              | waits until that closes     |
| … failed in its latest run, or has not run since the flow   | waits for that flow's word, |
|   failed first (it is looked at now)                        | at most its patience        |
| … recovered, and the flow has not failed in a run since     | waits for a run of its own, |
|                                                             | at most its own patience    |
| none of these                                               | is sent                     |

An incident that closes before its alert was sent is never told: it is in the report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forepost.analysis.decide import counts
from forepost.model import FlowRun, Incident, IncidentKind, Maintenance, MaintenanceSwitch


@dataclass(frozen=True, slots=True)
class Needs:
    """Which flows a flow stands on, and how long others wait for a flow's word.

    Shape: `flows` holds for each flow all that it depends on, directly or not. Patience is
           the time in which a flow that was brought forward has told how it is.
    """

    flows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patience: Mapping[str, timedelta] = field(default_factory=dict)

    def of(self, flow: str) -> tuple[str, ...]:
        """Return what a flow depends on."""
        return self.flows.get(flow, ())

    def on(self, flow: str) -> tuple[str, ...]:
        """Return the flows that depend on a flow."""
        return tuple(name for name, others in self.flows.items() if flow in others)

    def wait(self, flow: str) -> timedelta:
        """Return how long to wait for a flow's word; none for one that is not known."""
        return self.patience.get(flow, timedelta())


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when it is asked whether an alert waits.

    Shape: probe incidents that are open or closed lately; of each flow that matters its
           latest runs, oldest first; windows that last at the time or lasted lately.
    """

    incidents: Sequence[Incident]
    runs: Mapping[str, Sequence[FlowRun]]
    windows: Sequence[Maintenance] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an alert waits, and the flow that should be looked at now so that it need not."""

    reason: str
    ask: str | None = None


def held(incident: Incident, seen: Seen, needs: Needs, now: datetime) -> Hold | None:
    """Return why the opening alert of an incident waits at `now`; None: it is to be sent."""
    window = muting(incident, seen.windows, needs, now)
    if window is not None:
        return Hold(f"maintenance: {window.name}")
    if incident.kind is not IncidentKind.PROBE:
        return None
    for other in needs.of(incident.subject):
        hold = _by(other, incident, seen, needs, now)
        if hold is not None:
            return hold
    return None


def muting(
    incident: Incident, windows: Sequence[Maintenance], needs: Needs, now: datetime
) -> Maintenance | None:
    """Return the window that silences an incident at `now`.

    Complaints are of a topic, not of a flow: only a window for everything silences them.
    """
    probe = incident.kind is IncidentKind.PROBE
    subjects = (incident.subject, *needs.of(incident.subject)) if probe else ()
    return next(
        (
            window
            for window in windows
            if MaintenanceSwitch.MUTE in window.switches
            and window.starts_at <= now < window.ends_at
            and (not window.flows or set(subjects) & set(window.flows))
        ),
        None,
    )


def was_held(incident: Incident, seen: Seen, needs: Needs, now: datetime) -> str:
    """Return in words what an alert that is sent at `now` has waited for; "" for nothing."""
    muted = [
        f'maintenance "{window.name}"'
        for window in seen.windows
        if muting(incident, [window], needs, max(window.starts_at, incident.opened_at))
        and window.ends_at > incident.opened_at
        and window.starts_at < now
    ]
    others = [
        f"the incident of {one.subject}"
        for one in seen.incidents
        if one.kind is IncidentKind.PROBE
        and one.subject in needs.of(incident.subject)
        and incident.kind is IncidentKind.PROBE
        and (one.closed_at is None or one.closed_at > incident.opened_at)
    ]
    return ", ".join(dict.fromkeys([*muted, *others]))


def _by(other: str, incident: Incident, seen: Seen, needs: Needs, now: datetime) -> Hold | None:
    """Return how a flow that this one depends on explains its incident."""
    theirs = [
        one
        for one in seen.incidents
        if one.kind is IncidentKind.PROBE and one.subject == other and one.opened_at <= now
    ]
    if any(one.open for one in theirs):
        return Hold(f"incident of {other}")
    ended = max((one.closed_at for one in theirs if one.closed_at is not None), default=None)
    if ended is not None and ended >= incident.opened_at:
        return _after(ended, incident, seen, needs, now)
    since = [run for run in seen.runs.get(other, ()) if run.started_at >= incident.first_failed_at]
    if now >= incident.opened_at + needs.wait(other):
        return None
    told = [run for run in since if counts(run)]
    if not told:
        return Hold(f"a look at {other}", ask=None if since else other)
    return None if told[-1].outcome.worked else Hold(f"a second look at {other}")


def _after(
    ended: datetime, incident: Incident, seen: Seen, needs: Needs, now: datetime
) -> Hold | None:
    """Return the wait for the flow's own word after the other one recovered."""
    flow = incident.subject
    own = [run for run in seen.runs.get(flow, ()) if counts(run) and run.started_at >= ended]
    if own and not own[-1].outcome.worked:
        return None
    if now >= ended + needs.wait(flow):
        return None
    looked = any(run.started_at >= ended for run in seen.runs.get(flow, ()))
    return Hold(f"a run of {flow}", ask=None if looked else flow)

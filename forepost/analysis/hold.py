"""Whether an alert waits: planned work, or another flow that explains it. Monitoring goes on.

| the flow's incident is open and untold, and …               | its alert                   |
|-------------------------------------------------------------|-----------------------------|
| a window that mutes the flow, or one it depends on, lasts   | waits until the window ends |
| a flow that it depends on has an open incident              | waits until that closes     |
| … failed in its latest run, or has not run since the flow   | waits for that flow's word, |
|   failed first (it is looked at now)                        | at most its patience        |
| … recovered, and the flow has not failed in a run since     | waits for a run of its own, |
|                                                             | at most its own patience    |
| an idle window of the flow, or of one it depends on, ended  | waits for a run of each     |
|   after it was opened: what was seen before is old          | since, at most 3 patiences  |
| … and the flow's own latest run since then worked           | is dropped, unless a later  |
|                                                             | run fails                   |
| none of these                                               | is sent                     |

In an idle window no run decides anything: it pauses flows, or excludes their runs. While it lasts
no patience runs out. An incident that closes before its alert was sent is never told: it is in the
report, and the change that closes it says what its alert had waited for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forepost.analysis.decide import silent
from forepost.model import FlowRun, Incident, IncidentKind, Maintenance, MaintenanceSwitch
from forepost.model.proof import capped, counts

IDLE = frozenset({MaintenanceSwitch.PAUSE, MaintenanceSwitch.EXCLUDE})
PATIENCES = 3  # after an idle window: one run that breaks on our side must not end the wait


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
           latest runs, oldest first; windows that lasted since the first failure, or last now.
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
    fresh_at = _idle_until(incident, seen, needs, now)
    if fresh_at is None or fresh_at <= incident.opened_at:
        return None
    own = _own(incident, seen, fresh_at)
    if own and own[-1].outcome.worked:
        return Hold(f"a run of {incident.subject} that fails: it works since planned work ended")
    return None if own else _first_word(incident.subject, fresh_at, seen, needs, now)


def end_held(incident: Incident, seen: Seen, needs: Needs, now: datetime) -> Hold | None:
    """Return why the closing alert of an incident waits at `now`; None: it is to be sent."""
    window = muting(incident, seen.windows, needs, now)
    if window is not None:
        return Hold(f"maintenance: {window.name}")
    fresh_at = _idle_until(incident, seen, needs, now)
    if incident.closed_at is None or fresh_at is None or fresh_at <= incident.closed_at:
        return None
    if _own(incident, seen, fresh_at):
        return None
    return _first_word(incident.subject, fresh_at, seen, needs, now)


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
    worked_on = [
        f'maintenance "{window.name}"'
        for window in seen.windows
        if window.starts_at < now
        and window.ends_at > incident.opened_at
        and (
            muting(incident, [window], needs, max(window.starts_at, incident.opened_at))
            or (window.ends_at <= now and _idle(window, _subjects(incident, needs)))
        )
    ]
    others = [
        f"the incident of {one.subject}"
        for one in seen.incidents
        if one.kind is IncidentKind.PROBE
        and one.subject in needs.of(incident.subject)
        and incident.kind is IncidentKind.PROBE
        and (one.closed_at is None or one.closed_at > incident.opened_at)
    ]
    fresh_at = _idle_until(incident, seen, needs, now)
    waited = fresh_at is not None and incident.opened_at < fresh_at
    if fresh_at and waited and not _own(incident, seen, fresh_at):
        others.append(f"a run of {incident.subject} since then, and none could tell")
    return ", ".join(dict.fromkeys([*worked_on, *others]))


def _by(other: str, incident: Incident, seen: Seen, needs: Needs, now: datetime) -> Hold | None:
    """Return how a flow that this one depends on explains its incident."""
    theirs = [
        one
        for one in seen.incidents
        if one.kind is IncidentKind.PROBE and one.subject == other and one.opened_at <= now
    ]
    if any(one.open for one in theirs):
        return Hold(f"incident of {other}")
    fresh_at = _idle_until(incident, seen, needs, now) or incident.first_failed_at
    ended = max((one.closed_at for one in theirs if one.closed_at is not None), default=None)
    if ended is not None and ended >= max(incident.opened_at, fresh_at):
        return _after(ended, incident, seen, needs, now)
    told = _telling(other, seen, max(incident.first_failed_at, fresh_at))
    if told and told[-1].outcome.worked:
        return None
    patience = needs.wait(other) * (PATIENCES if fresh_at > incident.opened_at else 1)
    if now >= _begins(other, max(incident.opened_at, fresh_at), seen, now) + patience:
        return None
    if told:
        return Hold(f"a second look at {other}")
    return Hold(f"a look at {other}", _ask(other, fresh_at, seen, now))


def _after(
    ended: datetime, incident: Incident, seen: Seen, needs: Needs, now: datetime
) -> Hold | None:
    """Return the wait for the flow's own word after the other one recovered."""
    flow = incident.subject
    own = _own(incident, seen, ended)
    if own and not own[-1].outcome.worked:
        return None
    if now >= _begins(flow, ended, seen, now) + needs.wait(flow):
        return None
    return Hold(f"a run of {flow}", _ask(flow, ended, seen, now))


def _first_word(
    flow: str, fresh_at: datetime, seen: Seen, needs: Needs, now: datetime
) -> Hold | None:
    """Return the wait for the first run of a flow that decides after an idle window."""
    if now >= _begins(flow, fresh_at, seen, now) + PATIENCES * needs.wait(flow):
        return None
    return Hold(f"a run of {flow} after planned work", _ask(flow, fresh_at, seen, now))


def _telling(flow: str, seen: Seen, since: datetime) -> list[FlowRun]:
    """Return the runs of a flow that decide and began at `since` or later.

    Those that had no leave to pay only where there is no other: the flow can say no more, and
    nobody waits for a word that cannot come.
    """
    runs = [run for run in seen.runs.get(flow, ()) if counts(run) and run.started_at >= since]
    return [run for run in runs if not capped(run)] or runs


def _own(incident: Incident, seen: Seen, since: datetime) -> list[FlowRun]:
    """Return the runs since then of the incident's flow that decide, as `decide` has it."""
    runs = [run for run in seen.runs.get(incident.subject, ()) if run.started_at >= since]
    return [run for run in runs if counts(run) and not silent(run, incident.step)]


def _ask(flow: str, since: datetime, seen: Seen, now: datetime) -> str | None:
    """Return the flow if it should be looked at now: nobody has since, and it is not paused."""
    looked = any(run.started_at >= since for run in seen.runs.get(flow, ()))
    return None if looked or _begins(flow, since, seen, now) > now else flow


def _begins(flow: str, since: datetime, seen: Seen, now: datetime) -> datetime:
    """Return when patience for a flow's word begins: not while its runs decide nothing."""
    idle = [
        one.ends_at
        for one in seen.windows
        if _idle(one, {flow}) and one.starts_at <= now < one.ends_at
    ]
    return max([since, *idle])


def _idle_until(incident: Incident, seen: Seen, needs: Needs, now: datetime) -> datetime | None:
    """Return the end of the last idle window since the first failure; None if there was none.

    It may be one of a flow that this one depends on: its work may have made this one fail.
    """
    subjects = _subjects(incident, needs)
    ends = [
        one.ends_at
        for one in seen.windows
        if _idle(one, subjects) and incident.first_failed_at < one.ends_at <= now
    ]
    return max(ends, default=None)


def _idle(window: Maintenance, flows: set[str]) -> bool:
    """Whether runs of one of these flows decide nothing while a window lasts."""
    concerned = flows & set(window.flows) if window.flows else flows
    return bool(IDLE & window.switches and concerned)


def _subjects(incident: Incident, needs: Needs) -> set[str]:
    """Return the flows whose work may explain an incident; none for complaints."""
    if incident.kind is not IncidentKind.PROBE:
        return set()
    return {incident.subject, *needs.of(incident.subject)}

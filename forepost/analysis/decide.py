"""Whether a flow is down: the simple rule, on attempts in a row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from forepost.model import (
    FlowRun,
    Incident,
    IncidentKind,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.model.proof import capped, counts


@dataclass(frozen=True, slots=True)
class Policy:
    """When an incident opens and closes.

    Units:  `open_after` in failed attempts in a row, `close_after` in worked runs in a row.
    Raises: ValueError if either is below 1.
    """

    open_after: int = 2
    close_after: int = 2

    def __post_init__(self) -> None:
        for name in ("open_after", "close_after"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"[decide] {name}: {getattr(self, name)} is below 1; give 1 or more"
                )


def decide(
    history: Sequence[FlowRun],
    open_incident: Incident | None,
    policy: Policy,
    now: datetime,
) -> Transition | None:
    """Return the change of state that the latest runs of one flow call for, if any.

    | the latest runs that count          | incident | what follows                     |
    |-------------------------------------|----------|----------------------------------|
    | none                                | any      | nothing                          |
    | failed attempts < open_after        | none     | nothing; the flow is suspect     |
    | failed attempts >= open_after       | none     | opens                            |
    | failed attempts, any number         | open     | nothing: it is known             |
    | worked                              | none     | nothing                          |
    | worked runs < close_after           | open     | nothing yet                      |
    | worked runs >= close_after          | open     | closes                           |
    | passed on the second attempt        | any      | a worked run: it ends the row    |
    | degraded                            | any      | a worked run: the goal was met   |
    | broken, anywhere                    | any      | as if it had not been            |
    | during a load test of ours          | any      | as if it had not been            |
    | in a window that excludes it        | any      | as if it had not been            |
    | worked, but had no leave to pay and | any      | as if it had not been            |
    |   so never came to the step at issue|          |                                  |

    Shape:   `history` is of one flow, oldest first; `open_incident` is that flow's probe
             incident (one of another kind is not looked at).
    Units:   a failed run whose repetition failed too counts as two attempts. `now` becomes
             `opened_at` or `closed_at`.
    Returns: the transition with the incident as it stands after it; None: no change.
    """
    counted = _telling(history, open_incident)
    if open_incident is not None and open_incident.kind is IncidentKind.PROBE:
        worked = latest(counted, worked=True)
        if len(worked) < policy.close_after:
            return None
        closed = replace(open_incident, closed_at=now)
        reason = f"worked in {len(worked)} of the last {len(worked)} runs"
        return Transition(TransitionKind.CLOSED, now, closed, reason)
    failed = latest(counted, worked=False)
    attempts = sum(run.attempts for run in failed)
    if not failed or attempts < policy.open_after:
        return None
    before = counted[: len(counted) - len(failed)]
    reason = f"failed {attempts} of the last {attempts} attempts"
    return Transition(TransitionKind.OPENED, now, raised(failed[0], before, now), reason)


def silent(run: FlowRun, step: str | None) -> bool:
    """Whether a run that was `capped` never came to `step`, and so says nothing of it."""
    return capped(run) and step not in [one.name for one in run.steps]


def latest(counted: Sequence[FlowRun], *, worked: bool) -> Sequence[FlowRun]:
    """Return the last runs in a row that all worked, or all did not."""
    start = len(counted)
    while start > 0 and counted[start - 1].outcome.worked is worked:
        start -= 1
    return counted[start:]


def raised(first: FlowRun, before: Sequence[FlowRun], now: datetime) -> Incident:
    """Return the incident that begins with `first`, the first failed run of the row.

    The fault began at some moment after the last good run: its end is the earliest.
    """
    return Incident(
        id=new_id(now),
        kind=IncidentKind.PROBE,
        subject=first.flow,
        onset_at=min(before[-1].finished_at, first.started_at) if before else first.started_at,
        first_failed_at=first.started_at,
        opened_at=now,
        run_id=first.id,
        step=first.failed_step,
        message=first.message,
    )


def suspect(history: Sequence[FlowRun], open_incident: Incident | None = None) -> bool:
    """Return whether to look again soon: a failure since the last good run, or an incident.

    Shape:   as for `decide`; what does not count there says nothing here.
    """
    if open_incident is not None and open_incident.open:
        return True
    return bool(latest(_telling(history, open_incident), worked=False))


def _telling(history: Sequence[FlowRun], open_incident: Incident | None) -> list[FlowRun]:
    """Return the runs that count and came to the step that failed, if one did."""
    counted = [run for run in history if counts(run)]
    if open_incident is not None and open_incident.kind is IncidentKind.PROBE:
        return [run for run in counted if not silent(run, open_incident.step)]
    failed = next((run for run in reversed(counted) if not run.outcome.worked), None)
    if failed is None:
        return counted
    return [run for run in counted if not silent(run, failed.failed_step)]

"""Planned work and what probes left, as a report tells them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from forepost.model import FlowRun, Maintenance, MaintenanceSwitch, Outcome
from reports.data import Planned
from reports.words import clip

DOES = {
    MaintenanceSwitch.PAUSE: "no runs",
    MaintenanceSwitch.MUTE: "no alerts",
    MaintenanceSwitch.EXCLUDE: "runs count for nothing",
}


def told(windows: Iterable[Maintenance]) -> tuple[Maintenance, ...]:
    """Return the windows that a report shows."""
    return tuple(one for one in windows if MaintenanceSwitch.SHOW in one.switches)


def does(window: Maintenance) -> str:
    """Say what a window does."""
    said = [words for switch, words in DOES.items() if switch in window.switches]
    return ", ".join(said) or "only told"


def planned(
    flow: str,
    runs: Sequence[FlowRun],
    windows: Sequence[Maintenance],
    since: datetime,
    until: datetime,
) -> Planned:
    """Return what planned work takes out of a flow's figures; `runs` are the flow's own.

    Windows that are not to be shown are counted all the same, without their names.
    """
    own = [one for one in windows if not one.flows or flow in one.flows]
    excluding = [one for one in own if MaintenanceSwitch.EXCLUDE in one.switches]
    pausing = [one for one in own if MaintenanceSwitch.PAUSE in one.switches]
    named = [one.name for one in told(own) if one in excluding or one in pausing]
    return Planned(
        excluded=sum(run.maintenance is not None for run in runs),
        out_s=union_s([*excluding, *pausing], since, until),
        excluded_s=union_s(excluding, since, until),
        paused_s=union_s(pausing, since, until),
        names=tuple(dict.fromkeys(named)),
    )


def union_s(windows: Iterable[Maintenance], since: datetime, until: datetime) -> float:
    """Return the seconds of the period in any of the windows; where two overlap, once."""
    total, reached = timedelta(), since
    for window in sorted(windows, key=lambda one: one.starts_at):
        begins, ends = max(window.starts_at, reached), min(window.ends_at, until)
        if ends > begins:
            total += ends - begins
            reached = ends
    return total.total_seconds()


def left_by(runs: Iterable[FlowRun]) -> tuple[tuple[str, int], ...]:
    """Return what failed clean-ups said, most frequent first."""
    said = [
        clip(run.cleanup.message or "something is left in the shop", 200)
        for run in runs
        if run.cleanup is not None and run.cleanup.outcome is Outcome.FAILED
    ]
    return tuple(Counter(said).most_common())


def unproved(runs: Iterable[FlowRun]) -> int:
    """Return how many clean-ups broke on our side: nobody knows what they left."""
    return sum(run.cleanup is not None and run.cleanup.outcome is Outcome.BROKEN for run in runs)

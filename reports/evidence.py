"""Evidence of an incident: the failed runs that show it, with what they left on disk."""

from collections.abc import Collection, Sequence
from pathlib import Path

from forepost.model import FlowRun, Incident, Outcome, Story
from reports.data import Evidence, Link
from reports.pictures import inside

SHOWN = 3  # steps an incident: the one that raised it first


def evidence_of(story: Story, runs: Sequence[FlowRun], out: Path) -> tuple[Evidence, ...]:
    """Return one failed run for each step that failed, the one that raised it in front."""
    flows = {story.incident.subject, *story.explains}
    return tuple(
        _evidence(run, more, out) for run, more in telling_runs(story.incident, flows, runs)
    )


def telling_runs(
    incident: Incident, flows: Collection[str], runs: Sequence[FlowRun]
) -> list[tuple[FlowRun, int]]:
    """Return a failed run for each step that failed, and how many more there were of it."""
    failed = [
        run
        for run in runs
        if run.outcome is Outcome.FAILED
        and run.load_run is None
        and run.maintenance is None
        and run.flow in flows
        and run.started_at >= incident.onset_at
        and (incident.closed_at is None or run.started_at <= incident.closed_at)
    ]
    failed.sort(key=lambda run: (run.id != incident.run_id, run.flow != incident.subject))
    same: dict[tuple[str, str | None], list[FlowRun]] = {}
    for run in failed:
        same.setdefault((run.flow, run.failed_step), []).append(run)
    return [(_telling(runs_), len(runs_) - 1) for runs_ in list(same.values())[:SHOWN]]


def _telling(runs: Sequence[FlowRun]) -> FlowRun:
    """Return the first of the runs, or the first that left something behind."""
    return next((run for run in runs if run.artefacts), runs[0])


def _evidence(run: FlowRun, more: int, out: Path) -> Evidence:
    kept = {artefact.path: artefact for artefact in run.artefacts}
    picture = next((s.picture for s in reversed(run.steps) if s.picture is not None), None)
    if picture is None:
        picture = next((a.path for a in kept.values() if a.path.endswith((".png", ".jpg"))), None)
    return Evidence(
        run_id=run.id,
        flow=run.flow,
        step=run.failed_step or "",
        at=run.started_at,
        message=run.message,
        more=more,
        links=tuple(
            Link(artefact.kind, artefact.path, artefact.size_bytes, _there(artefact.path, out))
            for artefact in kept.values()
        ),
        picture=picture,
    )


def _there(path: str, out: Path) -> bool:
    place = inside(out, path)
    return place is not None and place.is_file()

"""What a person's browser met during a load test: probes' walks, each at the load of its moment."""

from collections.abc import Iterable, Mapping, Sequence

from forepost.analysis.human import human
from forepost.analysis.walks import Walk
from forepost.model import Fault, FlowRun, LoadRun, Outcome
from forepost.model.proof import capped
from reports.load_data import HumanView, LevelResult, LoadFacts, ProbePoint, ProbeWalk, VisitLoad
from reports.load_spans import Span, Stretch, cut, load_of

WAKE_S = 30.0  # so long the queue of a higher load may still be felt: well above a patience
WAKE_RATIO = 0.8  # below this share of what had just come a walk is in its wake


def under(load: LoadRun, run: FlowRun) -> bool:
    """Whether a probe walked beside a load test: the service notes it when the walk is over."""
    return run.load_run == load.id


def probe_points(load: LoadRun, runs: Iterable[FlowRun]) -> Iterable[ProbePoint]:
    """Return the pages that probes loaded while a load test ran."""
    for run in _under(load, runs):
        second = (run.started_at - load.started_at).total_seconds()
        for step in run.steps:
            for page in step.pages:
                if page.begins_ms is not None:
                    worked = step.outcome.worked
                    yield ProbePoint(max(0.0, second), page.begins_ms, worked, page.lcp_ms)
            second += step.duration_ms / 1000


def humans(
    load: LoadRun,
    facts: LoadFacts,
    visits: Sequence[VisitLoad],
    slice_s: int,
    runs: Sequence[FlowRun],
) -> tuple[HumanView, ...]:
    """Return a view for each flow that a probe walked, those with a forecast first.

    Shape: a flow's load is its own arrivals; for one that was not loaded itself, all of them.
    """
    stretches = _stretches(facts.levels, visits, slice_s)
    walked: dict[str, list[FlowRun]] = {}
    for run in runs:
        if under(load, run) and run.fault is not Fault.SCHEDULER:
            walked.setdefault(run.flow, []).append(run)
    units = {one.flow: one.unit for one in facts.flows}
    found = [
        _view(load, flow, units.get(flow, "visits"), own, stretches) for flow, own in walked.items()
    ]
    forecast = {one.flow for one in facts.flows if one.peak_per_s is not None}
    found.sort(key=lambda one: (one.flow not in forecast, not one.own, -len(one.walks), one.flow))
    return tuple(found)


def _under(load: LoadRun, runs: Iterable[FlowRun]) -> Iterable[FlowRun]:
    return (r for r in runs if under(load, r) and r.outcome is not Outcome.BROKEN)


def _view(
    load: LoadRun,
    flow: str,
    unit: str,
    runs: Sequence[FlowRun],
    stretches: Mapping[str, Sequence[Stretch]],
) -> HumanView:
    own = flow in stretches
    felt = [stretches[flow]] if own else list(stretches.values())
    whole = list(_under(load, runs))
    walks = tuple(_part(run, part, felt) for run in whole for part in cut(load, run, felt))
    return HumanView(
        flow=flow,
        unit=unit if own else "visits of all flows",
        own=own,
        walks=walks,
        broken=len(runs) - len(whole),
        found=human(
            Walk(
                offered_per_min=walk.offered_per_min,
                worked=walk.worked,
                begins_ms=walk.begins_ms,
                lcp_ms=walk.lcp_ms,
                first_byte_ms=walk.first_byte_ms,
                busy=walk.busy,
                wake=walk.wake,
                least_per_min=walk.least_per_min,
                most_per_min=walk.most_per_min,
                walk=walk.walk,
                capped=walk.capped,
            )
            for walk in walks
            if walk.offered_per_min is not None
        ),
    )


def _part(run: FlowRun, span: Span, felt: Sequence[Sequence[Stretch]]) -> ProbeWalk:
    found = load_of(felt, span)
    higher = sum(_highest(flow, span.start_s - WAKE_S, span.start_s) for flow in felt)
    return ProbeWalk(
        second=max(0.0, span.start_s),
        offered_per_min=None if found is None else found.mean * 60,
        least_per_min=None if found is None else found.least * 60,
        most_per_min=None if found is None else found.most * 60,
        worked=span.worked,
        busy=run.contended,
        wake=found is not None and found.mean < WAKE_RATIO * higher,
        begins_ms=tuple(p.begins_ms for p in span.pages if p.begins_ms is not None),
        lcp_ms=tuple(p.lcp_ms for p in span.pages if p.lcp_ms is not None),
        first_byte_ms=tuple(p.ttfb_ms for p in span.pages if p.ttfb_ms is not None),
        walk=run.id,
        capped=capped(run),
    )


def _highest(stretches: Sequence[Stretch], start_s: float, end_s: float) -> float:
    inside = (one.per_s for one in stretches if one.start_s < end_s and one.end_s > start_s)
    return max(inside, default=0.0)


def _stretches(
    levels: Sequence[LevelResult], visits: Sequence[VisitLoad], slice_s: int
) -> Mapping[str, Sequence[Stretch]]:
    """Return each flow's load by its levels; by what really came where none were recorded."""
    found: dict[str, list[Stretch]] = {}
    for level in levels:
        stretch = Stretch(level.start_s, level.end_s, level.planned_per_s)
        found.setdefault(level.flow, []).append(stretch)
    if found:
        return found
    return {visit.flow: _smooth(visit.offered, slice_s) for visit in visits}


def _smooth(offered: Sequence[float], slice_s: int) -> list[Stretch]:
    """Return arrivals in stretches of at least ten seconds: single seconds are chance."""
    width = max(1, round(10 / slice_s))
    pieces = [offered[n : n + width] for n in range(0, len(offered), width)]
    starts = range(0, len(offered), width)
    return [
        Stretch(first * slice_s, (first + len(piece)) * slice_s, sum(piece) / len(piece))
        for first, piece in zip(starts, pieces, strict=True)
    ]

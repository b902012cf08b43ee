"""A load test made ready to draw: cells of a second become slices that a page can show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

from forepost.analysis import histogram
from forepost.model import FlowRun, LoadCell, LoadRun, Outcome
from reports.data import EndpointLoad, LoadView, ProbePoint
from reports.figures import pages, spread

SLICES = 120  # as many as a page's width shows apart


def load_view(run: LoadRun, cells: Sequence[LoadCell], runs: Sequence[FlowRun]) -> LoadView:
    """Return slices of requests per second and p95 by endpoint, and the probes' pages.

    Shape:  `runs` are the probes' runs of the period; those that the load test bears on
            carry its id, the others are the comparison without load.
    """
    last = max((cell.second for cell in cells), default=0)
    slice_s = max(1, ceil((last + 1) / SLICES))
    slices = range(0, last + 1, slice_s) if cells else range(0)
    named: dict[tuple[str, str], list[LoadCell]] = {}
    for cell in cells:
        named.setdefault((cell.flow, cell.endpoint), []).append(cell)
    endpoints = [
        _endpoint(flow, name, own, slice_s, len(slices)) for (flow, name), own in named.items()
    ]
    endpoints.sort(key=lambda one: (one.total_done - one.total_offered, -one.total_offered))
    flows = {run_.flow for run_ in runs if run_.load_run == run.id}
    quiet = spread(
        page.begins_ms for page in pages(r for r in runs if not r.load_run and r.flow in flows)
    )
    return LoadView(
        run=run,
        slice_s=slice_s,
        seconds=tuple(slices),
        endpoints=tuple(endpoints),
        probes=tuple(_probe_points(run, runs)),
        quiet_p75_ms=None if quiet is None else quiet.p75,
        quiet_pages=0 if quiet is None else quiet.n,
    )


def _endpoint(
    flow: str, name: str, cells: Sequence[LoadCell], slice_s: int, count: int
) -> EndpointLoad:
    offered, done, failed = [0] * count, [0] * count, [0] * count
    times: list[Counter[int]] = [Counter() for _ in range(count)]
    for cell in cells:
        place = cell.second // slice_s
        offered[place] += cell.started + cell.dropped
        done[place] += cell.done
        failed[place] += cell.failed
        times[place].update(cell.response_us)
    return EndpointLoad(
        name=name,
        flow=flow,
        offered=tuple(value / slice_s for value in offered),
        done=tuple(value / slice_s for value in done),
        failed=tuple(value / slice_s for value in failed),
        p95_ms=tuple(percentile_ms(slice_, 0.95) for slice_ in times),
        total_offered=sum(offered),
        total_done=sum(done),
        total_failed=sum(failed),
        overall_p95_ms=percentile_ms(sum(times, Counter()), 0.95),
    )


def percentile_ms(times: Mapping[int, int], ratio: float) -> float | None:
    """Return a nearest-rank percentile (milliseconds) of a histogram of microseconds."""
    us = histogram.percentile_us(times, ratio)
    return None if us is None else us / 1000


def _probe_points(load: LoadRun, runs: Iterable[FlowRun]) -> Iterable[ProbePoint]:
    for run in runs:
        if run.load_run != load.id or run.outcome is Outcome.BROKEN:
            continue
        second = (run.started_at - load.started_at).total_seconds()
        for step in run.steps:
            for page in step.pages:
                if page.begins_ms is not None:
                    yield ProbePoint(max(0.0, second), page.begins_ms, step.outcome.worked)
            second += step.duration_ms / 1000


def choose(runs: Sequence[LoadRun], until: datetime) -> LoadRun | None:
    """Return the latest load test that has a verdict, else the latest one."""
    before = [run for run in runs if run.started_at <= until]
    judged = [run for run in before if run.verdict is not None]
    return max(judged or before, key=lambda run: run.started_at, default=None)


def took_s(run: LoadRun) -> float | None:
    """Return how long a load test ran; None while it runs."""
    if run.finished_at is None:
        return None
    return (run.finished_at.astimezone(UTC) - run.started_at.astimezone(UTC)).total_seconds()

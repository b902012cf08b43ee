"""A load test made ready to draw: cells of a second become slices that a page can show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

from forepost.analysis import histogram
from forepost.model import FlowRun, LoadCell, LoadRun
from reports.figures import pages, spread
from reports.load_data import CampaignDays, EndpointLoad, LoadView, VisitLoad
from reports.load_human import humans, probe_points, under
from reports.load_read import facts

SLICES = 120  # as many as a page's width shows apart
# The two endpoints that stand for more than one request; a test holds them against loadtests.
WHOLE = "whole visit"
WHOLE_STEP = "whole step"

Cells = Sequence[LoadCell]


def load_view(
    run: LoadRun, cells: Cells, runs: Sequence[FlowRun], days: CampaignDays | None = None
) -> LoadView:
    """Return slices of requests per second and times by endpoint, and the probes' pages.

    Shape:  `runs` are the probes' runs of the period; those that the load test bears on
            carry its id, the others are the comparison without load. `days` are the
            campaign's, if they are to be laid over.
    """
    told = facts(run)
    last = max((cell.second for cell in cells), default=0)
    slice_s = max(1, ceil((last + 1) / SLICES))
    slices = range(0, last + 1, slice_s) if cells else range(0)
    single = [cell for cell in cells if cell.endpoint not in (WHOLE, WHOLE_STEP)]
    endpoints = [
        _endpoint(flow, name, own, slice_s, len(slices))
        for (flow, name), own in _by(single, "flow", "endpoint").items()
    ]
    endpoints.sort(key=lambda one: (one.total_done - one.total_offered, -one.total_offered))
    visits = _visits([cell for cell in cells if cell.endpoint == WHOLE], slice_s, len(slices))
    order = [flow.flow for flow in told.flows]
    visits = tuple(
        sorted(visits, key=lambda one: order.index(one.flow) if one.flow in order else len(order))
    )
    flows = {run_.flow for run_ in runs if under(run, run_)}
    calm = [r for r in runs if not r.load_run and r.flow in flows and not under(run, r)]
    quiet = spread(page.begins_ms for page in pages(calm))
    return LoadView(
        run=run,
        facts=told,
        slice_s=slice_s,
        seconds=tuple(slices),
        endpoints=tuple(endpoints),
        visits=visits,
        steps=_visits([c for c in cells if c.endpoint == WHOLE_STEP], slice_s, len(slices)),
        probes=tuple(probe_points(run, runs)),
        humans=humans(run, told, visits, slice_s, runs),
        quiet_p75_ms=None if quiet is None else quiet.p75,
        quiet_pages=0 if quiet is None else quiet.n,
        days=days,
    )


def _by(cells: Cells, *names: str) -> Mapping[tuple[str, str], list[LoadCell]]:
    """Return cells by two of their names, in order of appearance."""
    found: dict[tuple[str, str], list[LoadCell]] = {}
    for cell in cells:
        first, second = (str(getattr(cell, name)) for name in names)
        found.setdefault((first, second), []).append(cell)
    return found


def _times(cells: Cells, slice_s: int, count: int) -> list[Counter[int]]:
    times: list[Counter[int]] = [Counter() for _ in range(count)]
    for cell in cells:
        times[cell.second // slice_s].update(cell.response_us)
    return times


def _sums(cells: Cells, slice_s: int, count: int, *names: str) -> list[int]:
    sums = [0] * count
    for cell in cells:
        sums[cell.second // slice_s] += sum(getattr(cell, name) for name in names)
    return sums


def _endpoint(flow: str, name: str, cells: Cells, slice_s: int, count: int) -> EndpointLoad:
    offered = _sums(cells, slice_s, count, "started", "dropped")
    done, failed = (_sums(cells, slice_s, count, what) for what in ("done", "failed"))
    times = _times(cells, slice_s, count)
    whole = sum(times, Counter())
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
        overall_p95_ms=percentile_ms(whole, 0.95),
        total_censored=sum(cell.censored for cell in cells),
        overall_p50_ms=percentile_ms(whole, 0.50),
        overall_p99_ms=percentile_ms(whole, 0.99),
        service_p95_ms=percentile_ms(histogram.merge(cell.service_us for cell in cells), 0.95),
    )


def _visits(cells: Cells, slice_s: int, count: int) -> tuple[VisitLoad, ...]:
    return tuple(
        _visit(flow, step, own, slice_s, count)
        for (flow, step), own in _by(cells, "flow", "step").items()
    )


def _visit(flow: str, step: str, cells: Cells, slice_s: int, count: int) -> VisitLoad:
    offered = _sums(cells, slice_s, count, "started", "dropped")
    done, failed = (_sums(cells, slice_s, count, what) for what in ("done", "failed"))
    times = _times(cells, slice_s, count)
    whole = sum(times, Counter())
    waiting: list[int | None] = [None] * count
    for cell in cells:
        place = cell.second // slice_s
        waiting[place] = max(waiting[place] or 0, cell.in_flight)
    ratios = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return VisitLoad(
        flow=flow,
        step=step,
        offered=tuple(value / slice_s for value in offered),
        done=tuple(value / slice_s for value in done),
        failed=tuple(value / slice_s for value in failed),
        p50_ms=tuple(percentile_ms(slice_, 0.50) for slice_ in times),
        p95_ms=tuple(percentile_ms(slice_, 0.95) for slice_ in times),
        p99_ms=tuple(percentile_ms(slice_, 0.99) for slice_ in times),
        in_flight=tuple(waiting),
        total_offered=sum(offered),
        total_done=sum(done),
        total_failed=sum(failed),
        total_censored=sum(cell.censored for cell in cells),
        total_dropped=sum(cell.dropped for cell in cells),
        overall_ms={name: percentile_ms(whole, ratio) for name, ratio in ratios.items()},
    )


def percentile_ms(times: Mapping[int, int], ratio: float) -> float | None:
    """Return a nearest-rank percentile (milliseconds) of a histogram of microseconds."""
    us = histogram.percentile_us(times, ratio)
    return None if us is None else us / 1000


def choose(runs: Sequence[LoadRun], until: datetime) -> LoadRun | None:
    """Return the latest load test that came to a verdict, else the latest one."""
    before = [run for run in runs if run.started_at <= until]
    judged = [run for run in before if run.verdict not in (None, "interrupted")]
    return max(judged or before, key=lambda run: run.started_at, default=None)


def took_s(run: LoadRun) -> float | None:
    """Return how long a load test ran; None while it runs."""
    if run.finished_at is None:
        return None
    return (run.finished_at.astimezone(UTC) - run.started_at.astimezone(UTC)).total_seconds()

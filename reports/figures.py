"""Figures of many runs: percentiles, vitals, steps and counts, from samples, never averages."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from forepost.analysis.availability import availability, coverage, proving, wilson
from forepost.model import Fault, FlowRun, Outcome, PageTiming, StepResult
from forepost.model.proof import capped, never_pays
from reports.data import (
    CAPPED,
    FlowSection,
    Mark,
    PagePoint,
    Planned,
    Share,
    Spread,
    StepFigures,
    Vital,
)
from reports.planned import left_by, unproved
from reports.proof import state_of
from reports.words import clip

# Good and poor at p75: web.dev/articles/defining-core-web-vitals-thresholds (analysis §4, S17);
# 3 s until a page begins to load: see priors.py.
BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "TTFB": (800, 1800),
    "begins": (3000, None),
    "LCP": (2500, 4000),
    "CLS": (0.1, 0.25),
    "TBT": (200, 600),
    "loaded": (None, None),
}
MESSAGES = 4
_AFTER = re.compile(r" after [0-9.]+ s(?= \(budget|;|$)")
Z95 = 1.96


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return nearest-rank percentiles of the values that are there; None for none.

    Nearest rank always returns a value that was measured, so p95 of fewer than 20
    values is the largest one, and the report can say so.
    """
    there = sorted(value for value in values if value is not None)
    if not there:
        return None
    p50, p75, p95 = (there[ceil(round(part * len(there), 9)) - 1] for part in (0.50, 0.75, 0.95))
    return Spread(n=len(there), p50=p50, p75=p75, p95=p95)


def share(count: int, of: int) -> Share | None:
    """Return a share with its 95 % Wilson interval; None of nothing."""
    if not of:
        return None
    low, high = wilson(count, of, Z95)
    return Share(count, of, count / of, low, high)


def pages(runs: Iterable[FlowRun]) -> list[PageTiming]:
    """Return the pages a customer would have waited for: failed steps too, broken runs not."""
    return [
        page
        for run in runs
        if run.outcome is not Outcome.BROKEN
        for step in run.steps
        for page in step.pages
    ]


def flow_section(
    name: str,
    runs: Sequence[FlowRun],
    work: Planned | None = None,
    span: tuple[datetime, datetime] | None = None,
    interval_s: float | None = None,
) -> FlowSection:
    """Return the figures of one flow; runs under our own load or in planned work do not count.

    One that a cap or the kill switch ended before it paid counts for its steps and pages only.

    Shape: `work` is what planned work takes out; `span` and `interval_s` (planned seconds
           from run to run) give the share of the period that the runs speak for.
    """
    own = [run for run in runs if run.load_run is None and run.maintenance is None]
    states = Counter(state_of(run) for run in own)
    proof = proving(own)
    worked = availability(run.outcome for run in proof)
    counted = [run for run in own if run.outcome is not Outcome.BROKEN]
    failed = [run for run in runs if run.outcome is Outcome.FAILED and run.maintenance is None]
    # Each run's picture and tenths of a second are its own; what went wrong is the same.
    plain = (_AFTER.sub("", run.message.partition("; screenshot: ")[0]) for run in failed)
    said = Counter(clip(message, 200) for message in plain)
    same = on_one_device(counted)
    return FlowSection(
        name=name,
        outcomes=states,
        availability=None
        if worked is None
        else Share(worked.worked, worked.n, worked.value, worked.low, worked.high),
        flakes=share(sum(run.passed_on_retry for run in proof), len(proof)),
        under_load=sum(run.load_run is not None for run in runs),
        skipped=sum(run.fault is Fault.SCHEDULER for run in runs),
        contended=sum(run.contended for run in counted),
        steps=tuple(step_figures(same)),
        vitals=tuple(vitals(pages(quiet(same)))),
        messages=tuple(said.most_common(MESSAGES)),
        planned=work or Planned(excluded=sum(run.maintenance is not None for run in runs)),
        coverage=None
        if span is None or interval_s is None
        else coverage((run.started_at for run in proof), *span, interval_s),
        left=left_by(runs),
        unproved=unproved(runs),
        device=same[-1].device if same else "",
        elsewhere=tuple(sorted({run.device for run in counted if run not in same})),
        capped=states[CAPPED],
        unpaid=sum(never_pays(run) for run in proof if run.outcome.worked),
        proved_until=_proved_until(counted),
    )


def _proved_until(counted: Sequence[FlowRun]) -> datetime | None:
    """Return when the last run that proves anything ended, if those since had no leave to pay."""
    latest = max(counted, key=lambda run: run.started_at, default=None)
    if latest is None or not capped(latest):
        return None
    return max((run.finished_at for run in proving(counted)), default=None)


def on_one_device(runs: Sequence[FlowRun]) -> list[FlowRun]:
    """Return the runs on the device of the latest: figures of two are never put together."""
    latest = max(runs, key=lambda run: run.started_at, default=None)
    return [run for run in runs if latest is not None and run.device == latest.device]


def quiet(runs: Sequence[FlowRun]) -> Sequence[FlowRun]:
    """Return the runs whose times are true: those of a machine that was not too busy.

    All if none are; the report says so.
    """
    return [run for run in runs if not run.contended] or runs


def step_figures(runs: Sequence[FlowRun]) -> list[StepFigures]:
    """Return every step in the order in which customers meet it."""
    named: dict[str, list[StepResult]] = {}
    timed: dict[str, list[StepResult]] = {}
    for run in sorted(runs, key=lambda one: -len(one.steps)):
        for step in run.steps:
            named.setdefault(step.name, []).append(step)
            if step.outcome.worked and not run.contended:
                timed.setdefault(step.name, []).append(step)
    return [
        StepFigures(
            name=name,
            n=len(steps),
            failed=sum(step.outcome is Outcome.FAILED for step in steps),
            degraded=sum(step.outcome is Outcome.DEGRADED for step in steps),
            # Where every run of it was on a busy machine, its times are those; the report says so.
            took_ms=spread(
                step.duration_ms for step in timed.get(name, steps) if step.outcome.worked
            ),
            budget_ms=next((s.budget_ms for s in steps if s.budget_ms is not None), None),
        )
        for name, steps in named.items()
    ]


def vitals(timings: Sequence[PageTiming]) -> list[Vital]:
    """Return what the browser measured, each with the bounds it is judged by."""
    columns: dict[str, list[float | None]] = {
        "TTFB": [page.ttfb_ms for page in timings],
        "begins": [page.begins_ms for page in timings],
        "LCP": [page.lcp_ms for page in timings],
        "loaded": [page.load_ms for page in timings],
        "TBT": [page.tbt_ms for page in timings],
        "CLS": [page.cls for page in timings],
    }
    return [
        Vital(name, "" if name == "CLS" else "ms", spread(values), *BOUNDS[name])
        for name, values in columns.items()
    ]


def marks(runs: Sequence[FlowRun], since: datetime, bucket_s: int, most: int) -> tuple[Mark, ...]:
    """Return one mark a run; above `most` runs one a bucket, the worst state showing."""
    if len(runs) <= most:
        return tuple(Mark(run.started_at, state_of(run)) for run in runs)
    buckets: dict[int, list[str]] = {}
    for run in runs:
        buckets.setdefault(_place(run.started_at, since, bucket_s), []).append(state_of(run))
    return tuple(
        Mark(
            at=since + timedelta(seconds=(place + 0.5) * bucket_s),
            state=max(seen, key=_BADNESS.__getitem__),
            runs=len(seen),
        )
        for place, seen in sorted(buckets.items())
    )


# A run of ours that broke, or had no leave to pay, never hides a failure of the shop in the same
# bucket, and is not hidden by one that passed.
_BADNESS: Mapping[str, int] = {
    Outcome.PASSED: 0,
    CAPPED: 1,
    Outcome.BROKEN: 2,
    Outcome.DEGRADED: 3,
    Outcome.FAILED: 4,
}


def page_points(
    runs: Sequence[FlowRun], since: datetime, until: datetime, bucket_s: int
) -> tuple[PagePoint, ...]:
    """Return p75 of page begin and page loaded for every bucket; None where none was loaded."""
    buckets: dict[int, list[PageTiming]] = {}
    for run in runs:
        buckets.setdefault(_place(run.started_at, since, bucket_s), []).extend(pages([run]))
    count = max(1, ceil((until - since).total_seconds() / bucket_s))
    return tuple(
        _point(since + timedelta(seconds=place * bucket_s), buckets.get(place, []))
        for place in range(count)
    )


def _point(at: datetime, timings: Sequence[PageTiming]) -> PagePoint:
    begins = spread(page.begins_ms for page in timings)
    loaded = spread(page.load_ms for page in timings)
    return PagePoint(
        at=at,
        pages=len(timings),
        begins_p75_ms=None if begins is None else begins.p75,
        loaded_p75_ms=None if loaded is None else loaded.p75,
    )


def _place(at: datetime, since: datetime, bucket_s: int) -> int:
    return int((at - since).total_seconds() // bucket_s)

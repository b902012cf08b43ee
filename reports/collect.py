"""Collecting: one pass over the store, the pure analysis on it, and a ReportData comes out."""

import platform
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import forepost
from forepost.analysis.lead import classify
from forepost.analysis.link import link
from forepost.errors import ReportError
from forepost.model import (
    ComplaintCount,
    Fault,
    FlowRun,
    IncidentKind,
    LoadRun,
    Maintenance,
    Outcome,
    Story,
)
from forepost.storage import Store
from reports.data import (
    Coverage,
    FlowSection,
    LedgerRow,
    ReportContext,
    ReportData,
    Timeline,
)
from reports.evidence import evidence_of
from reports.figures import flow_section, marks, page_points
from reports.lead_figures import lead_figures
from reports.load_data import LoadView
from reports.load_view import choose, load_view
from reports.planned import planned, told
from reports.truth import Town

NICE_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400)
BUCKETS = 96  # as many bars as a page's width shows apart
LANE_MARKS = 300  # runs of one flow that a lane shows one by one
SHOWN_VERSIONS = ("playwright", "locust", "matplotlib")


def collect(
    store: Store,
    context: ReportContext,
    since: datetime,
    until: datetime,
    out: Path,
    made_at: datetime,
) -> ReportData:
    """Return everything the report of [since, until] says; `out` holds the evidence files.

    An empty store is no error: its report says that nothing was measured.
    Raises: StoreError from the store; ReportError for a time zone that is not there.
    """
    zone = zone_of(context.timezone)
    runs = store.runs(since=since, until=until)
    town = Town.of(context.extra)
    stories = _stories(store, context, runs, since, until)
    rows = [
        LedgerRow(
            story=story,
            lead_class=classify(story, context.horizon_s),
            situation=town.situation(story.incident.subject),
            evidence=evidence_of(story, runs, out),
            truth=town.truth(story.incident.subject),
        )
        for story in stories
    ]
    probed = tuple(row for row in rows if row.story.incident.kind is IncidentKind.PROBE)
    bucket_s = bucket_for((until - since).total_seconds())
    counts = tuple(store.complaint_counts(None, since, until, bucket_s))
    loads = [run for run in store.load_runs(since=since) if run.started_at <= until]
    polls = store.polls(since=since, until=until)
    windows = store.maintenance(since=since, until=until)
    worked_on = {flow for window in windows for flow in window.flows}
    names = sorted({run.flow for run in runs} | set(context.attempts_per_minute) | worked_on)
    return ReportData(
        shop_name=context.shop_name,
        zone=zone,
        since=since,
        until=until,
        made_at=made_at,
        rows=probed,
        surges=tuple(row for row in rows if row not in probed),
        lead=lead_figures(stories, context.horizon_s, until),
        flows=_sections(names, runs, windows, context, (since, until)),
        timeline=_timeline(runs, counts if polls else (), since, until, bucket_s, worked_on),
        load=_load(store, loads, runs, until),
        load_runs=tuple(loads),
        coverage=_coverage(store, runs, counts if polls else (), since, until),
        attempts_per_minute=dict(context.attempts_per_minute),
        parameters=town.parameters,
        truth_other=town.others({row.situation for row in probed}),
        seed=town.seed,
        versions=_versions(runs),
        windows=told(windows),
        left=tuple(store.ledger(unsettled_only=True)),
    )


def _sections(
    names: Sequence[str],
    runs: Sequence[FlowRun],
    windows: Sequence[Maintenance],
    context: ReportContext,
    span: tuple[datetime, datetime],
) -> tuple[FlowSection, ...]:
    """Return the figures of every flow."""
    own = {name: [run for run in runs if run.flow == name] for name in names}
    return tuple(
        flow_section(
            name,
            own[name],
            planned(name, own[name], windows, *span),
            span,
            context.intervals_s.get(name),
        )
        for name in names
    )


def bucket_for(span_s: float) -> int:
    """Return the shortest nice bucket (seconds) that gives at most BUCKETS of them."""
    return next((nice for nice in NICE_S if span_s / nice <= BUCKETS), ceil(span_s / BUCKETS))


def zone_of(name: str) -> ZoneInfo:
    """Return the shop's time zone.

    Raises: ReportError, one line, if there is none of that name here.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ReportError(
            f'[shop] timezone: no zone "{name}" here; a name from the IANA list, e.g. "UTC"'
        ) from error


def _stories(
    store: Store,
    context: ReportContext,
    runs: Sequence[FlowRun],
    since: datetime,
    until: datetime,
) -> list[Story]:
    incidents = store.incidents(since=since, until=until)
    if not incidents:
        return []
    earliest = min([since, *(incident.onset_at for incident in incidents)])
    before = earliest - timedelta(seconds=context.horizon_s)
    posts = store.posts(since=before, until=until)
    walked = runs if earliest >= since else store.runs(since=earliest, until=until)
    return link(
        incidents=incidents,
        posts=posts,
        flows_of_topic=context.flows_of_topic,
        attempts_per_minute=context.attempts_per_minute,
        runs=walked,
        now=until,
        horizon_s=context.horizon_s,
    )


def _timeline(
    runs: Sequence[FlowRun],
    counts: tuple[ComplaintCount, ...],
    since: datetime,
    until: datetime,
    bucket_s: int,
    worked_on: AbstractSet[str],
) -> Timeline | None:
    """Return the series; a flow that was paused all the time has a lane too."""
    if not runs and not counts:
        return None
    flows = sorted({run.flow for run in runs} | worked_on)
    return Timeline(
        bucket_s=bucket_s,
        lanes={
            flow: marks([r for r in runs if r.flow == flow], since, bucket_s, LANE_MARKS)
            for flow in flows
        },
        pages=page_points([r for r in runs if r.maintenance is None], since, until, bucket_s),
        complaints=counts,
    )


def _load(
    store: Store, loads: Sequence[LoadRun], runs: Sequence[FlowRun], until: datetime
) -> LoadView | None:
    chosen = choose(loads, until)
    return None if chosen is None else load_view(chosen, store.load_cells(chosen.id), runs)


def _coverage(
    store: Store,
    runs: Sequence[FlowRun],
    counts: Sequence[ComplaintCount],
    since: datetime,
    until: datetime,
) -> Coverage:
    measured = [run for run in runs if run.outcome is not Outcome.BROKEN]
    polls = store.polls(since=since, until=until)
    gaps = _gaps_s(measured)
    alerts = [str(row.get("state", "")) for row in store.alerts(since=since)]
    return Coverage(
        runs=len(runs),
        broken=len(runs) - len(measured),
        skipped=sum(run.fault is Fault.SCHEDULER for run in runs),
        complaint_ratio=sum(c.coverage for c in counts) / len(counts) if counts else None,
        posts=sum(count.posts for count in counts),
        complaints=sum(count.complaints for count in counts),
        polls=len(polls),
        failed_polls=sum(poll.covered_from is None for poll in polls),
        first_run_at=min((run.started_at for run in measured), default=None),
        last_run_at=max((run.finished_at for run in measured), default=None),
        longest_gap_s=gaps[-1] if gaps else None,
        typical_gap_s=median(gaps) if gaps else None,
        alerts_sent=alerts.count("sent"),
        alerts_open=len(alerts) - alerts.count("sent"),
        browsers=tuple(sorted({_browser(run) for run in measured if run.browser})),
        locations=tuple(sorted({run.location for run in measured})),
        contended=sum(run.contended for run in measured),
    )


def _gaps_s(measured: Sequence[FlowRun]) -> list[float]:
    """Return the times (seconds) without any run, shortest first."""
    gaps: list[float] = []
    seen_until: datetime | None = None
    for run in sorted(measured, key=lambda run: run.started_at):
        if seen_until is not None:
            gaps.append(max(0.0, (run.started_at - seen_until).total_seconds()))
        seen_until = run.finished_at if seen_until is None else max(seen_until, run.finished_at)
    return sorted(gaps)


def _browser(run: FlowRun) -> str:
    if run.browser is None:
        return "unknown"
    return f"{run.browser.name} {run.browser.version} ({run.browser.kind})"


def _versions(runs: Sequence[FlowRun]) -> Mapping[str, str]:
    """Return what made this report; packages are asked for their metadata, not imported."""
    found = {"forepost": forepost.__version__, "python": platform.python_version()}
    for name in SHOWN_VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    browsers = sorted({_browser(run) for run in runs if run.browser})
    return {**found, "browser": ", ".join(browsers)} if browsers else found

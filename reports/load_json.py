"""A load test as JSON for machines. The schema is told in docs/load.md; `schema` names its version.

Unknown is null, never zero. Rates are arrivals a second unless a name says per minute.
"""

from collections.abc import Mapping
from datetime import datetime

from forepost.analysis.human import Level
from reports import load_detail, load_people
from reports.load_data import (
    EndpointLoad,
    FlowCapacity,
    HumanView,
    LoadReport,
    LoadView,
    ThresholdResult,
    TopicDays,
    VisitLoad,
)
from reports.load_view import took_s

SCHEMA = "forepost.load-report/1"

Json = Mapping[str, object]


def as_json(report: LoadReport) -> Json:
    """Return everything that the page says, as JSON values."""
    view = report.load
    run, told = view.run, view.facts
    return {
        "schema": SCHEMA,
        "made_at": report.made_at.isoformat(),
        "forepost": report.version,
        "run": {
            "id": run.id,
            "campaign": run.campaign,
            "kind": told.kind,
            "title": told.title,
            "owner": told.owner,
            "target": run.target,
            "started_at": run.started_at.isoformat(),
            "finished_at": _iso(run.finished_at),
            "took_s": took_s(run),
            "dates": None if told.dates is None else [day.isoformat() for day in told.dates],
            "setup": dict(told.setup),
            "seed": told.seed,
            "repeat": load_detail.repeat(view),
        },
        "verdict": run.verdict,
        "invalid": told.invalid or None,
        "cut_short": told.cut_short or None,
        "headroom": told.headroom,
        "mocked": None if told.mocked is None else list(told.mocked),
        "flows": [_flow(flow) for flow in told.flows],
        "bottleneck": {
            "resource": run.bottleneck,
            "evidence": list(told.evidence),
            "runner_up": told.runner_up or None,
        },
        "thresholds": None
        if told.thresholds is None
        else [_threshold(one) for one in told.thresholds],
        "visits": [_visit(one) for one in view.visits],
        "steps": [_visit(one) for one in view.steps],
        "endpoints": [_endpoint(one) for one in view.endpoints],
        "books": _books(view),
        "generator": _generator(view),
        "browser": [_human(one) for one in view.humans],
        "days": None if view.days is None else [_topic(one) for one in view.days.topics],
        "says": [*told.lines, *load_people.days(view.days, report.zone)],
    }


def _flow(flow: FlowCapacity) -> Json:
    return {
        "flow": flow.flow,
        "unit": flow.unit,
        "peak_per_s": flow.peak_per_s,
        "need_per_s": flow.need_per_s,
        "low_per_s": flow.low_per_s,
        "high_per_s": flow.high_per_s,
        "plateau_per_s": flow.plateau_per_s,
        "plateau_range": None if flow.plateau_range is None else list(flow.plateau_range),
        "sure_per_s": flow.sure_per_s,
        "why": flow.why or None,
        "holds": flow.holds,
        "margin_ratio": flow.margin_ratio,
        "failing_per_min": None if flow.failing_per_min is None else list(flow.failing_per_min),
        "posts_per_hour": None if flow.posts_per_hour is None else list(flow.posts_per_hour),
    }


def _threshold(one: ThresholdResult) -> Json:
    return {
        "text": one.text,
        "state": one.state,
        "value": one.value,
        "unit": one.unit,
        "limit": one.limit,
        "low": one.low,
        "high": one.high,
        "n": one.n,
        "where": one.where,
        "abort": one.abort,
    }


def _visit(one: VisitLoad) -> Json:
    return {
        "flow": one.flow,
        "step": one.step or None,
        "offered": one.total_offered,
        "done": one.total_done,
        "failed": one.total_failed,
        "censored": one.total_censored,
        "dropped": one.total_dropped,
        "response_ms": dict(one.overall_ms),
    }


def _endpoint(one: EndpointLoad) -> Json:
    return {
        "endpoint": one.name,
        "flow": one.flow,
        "offered": one.total_offered,
        "done": one.total_done,
        "failed": one.total_failed,
        "censored": one.total_censored,
        "response_ms": {
            "p50": one.overall_p50_ms,
            "p95": one.overall_p95_ms,
            "p99": one.overall_p99_ms,
        },
        "service_ms": {"p95": one.service_p95_ms},
    }


def _books(view: LoadView) -> Json:
    books, told = view.facts.books, view.facts
    return {
        **{name: getattr(books, name) for name in type(books).__dataclass_fields__},
        "plan_adds_up": books.plan_adds_up,
        "starts_add_up": books.starts_add_up,
        "errors": dict(told.errors),
        "requests": told.requests,
        "cleanup": None
        if told.cleanup is None
        else {
            one.flow: {
                "made": one.made,
                "undone": one.undone,
                "left": one.left,
                "error": one.error or None,
            }
            for one in told.cleanup
        },
    }


def _generator(view: LoadView) -> Json:
    told = view.facts
    return {
        "cpu_ratio_max": told.cpu_ratio_max,
        "lateness_p99_ms": told.lateness_p99_ms,
        "workers": [
            {
                "index": one.index,
                "host": one.host,
                "lost": one.lost or None,
                "cpu_ratio_max": one.cpu_ratio_max,
                "lateness_p99_ms": one.lateness_p99_ms,
            }
            for one in told.workers
        ],
    }


def _human(one: HumanView) -> Json:
    return {
        "flow": one.flow,
        "unit": one.unit,
        "low_per_min": one.found.low_per_min,
        "high_per_min": one.found.high_per_min,
        "walks": one.found.walks,
        "in_wake": one.found.wake,
        "capped": one.found.capped,
        "broken": one.broken,
        "contradicted": one.found.contradicted,
        "levels": [_level(level) for level in one.found.levels],
        "says": load_people.sentence(one),
    }


def _level(level: Level) -> Json:
    return {
        "from_per_min": level.from_per_min,
        "to_per_min": level.to_per_min,
        "band": str(level.band),
        "beyond": list(level.broken),
        "walks": level.walks,
        "failed": level.failed,
        "busy": level.busy,
        "begins": level.begins,
        "begins_late": level.begins_late,
        "lcps": level.lcps,
        "lcps_late": level.lcps_late,
    }


def _topic(one: TopicDays) -> Json:
    return {
        "topic": one.topic,
        "hours": [
            {
                "at": hour.bucket_at.isoformat(),
                "complaints": hour.complaints if hour.coverage > 0 else None,
                "coverage": round(hour.coverage, 4),
            }
            for hour in one.hours
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

"""The lead-time ledger as plain values: rows for a terminal, a dict for `--json`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from forepost.model import Estimate, LedgerEntry, Maintenance, Outcome
from reports import words
from reports.data import FlowSection, LedgerRow, ReportData, Truth

HEADINGS = (
    "flow",
    "step",
    "detected",
    "first complaint",
    "lead time",
    "customers affected",
    "expected posts",
    "posts seen",
)


def rows(data: ReportData) -> list[tuple[str, ...]]:
    """Return one row of text an incident, in the order of HEADINGS; every estimate has its range.

    In a demo the town's own count follows in the same cell: `14 (9 to 21), truth 13`.
    """
    return [_row(row, data) for row in data.rows + data.surges]


def _row(row: LedgerRow, data: ReportData) -> tuple[str, ...]:
    story = row.story
    truth = row.truth or Truth()
    return (
        words.listed([words.label(name) for name in (row.flow, *story.explains)]),
        words.clip(story.incident.step or words.NONE, 40),
        words.moment(story.incident.opened_at, data.zone, dated=data.dated),
        words.moment(story.first_complaint_at, data.zone, dated=data.dated),
        words.lead(story.lead_time_s) if data.heard else "unknown",
        words.estimate(story.customers_affected) + _truth(truth.customers_hit),
        words.estimate(story.expected_posts),
        (words.number(story.posts_seen) if data.heard else "unknown") + _truth(truth.posts),
    )


def _truth(count: int | None) -> str:
    return "" if count is None else f", truth {words.number(count)}"


def summary(data: ReportData, report: Path | None = None) -> dict[str, object]:
    """Return the ledger as JSON values: times in ISO 8601 (UTC), seconds, counts, paths.

    `lead_time_s` is negative when customers were first and None when nobody posted;
    a `_range` is [low, high] of a 95 % interval, None where there is no estimate. Of a flow,
    `worked_ratio` is None where no run proves it; `capped` runs ended before they paid for want
    of leave and are in no share; `proved_until` is not None where all since then did; `unpaid` ones
    worked up to payment, at a shop never paid.
    """
    return {
        "incidents": [_incident(row) for row in data.rows],
        "complaint_surges": [_incident(row) for row in data.surges],
        "lead_time": _lead(data),
        "flows": [_flow(flow) for flow in data.flows],
        "maintenance": [_window(window) for window in data.windows],
        "left_behind": [_left(entry) for entry in data.left],
        "report": None if report is None else str(report),
        "versions": dict(data.versions),
    }


def _incident(row: LedgerRow) -> dict[str, object]:
    story = row.story
    found: dict[str, object] = {
        "flow": row.flow,
        "situation": row.situation,
        "step": story.incident.step,
        "message": words.clip(story.incident.message),
        "onset_at": _iso(story.incident.onset_at),
        "detected_at": _iso(story.incident.opened_at),
        "closed_at": _iso(story.incident.closed_at),
        "first_complaint_at": _iso(story.first_complaint_at),
        "lead_time_s": None if story.lead_time_s is None else round(story.lead_time_s, 3),
        "lead_class": row.lead_class,
        "customers_affected": _value(story.customers_affected),
        "customers_affected_range": _range(story.customers_affected),
        "expected_posts": _value(story.expected_posts),
        "expected_posts_range": _range(story.expected_posts),
        "posts_seen": story.posts_seen,
        "evidence": _paths(row),
        "also": list(story.explains),
    }
    if row.truth is not None:
        found["truth"] = {
            "customers_hit": row.truth.customers_hit,
            "posts": row.truth.posts,
            "first_hit_at": _iso(row.truth.first_hit_at),
            "first_post_at": _iso(row.truth.first_post_at),
        }
    return found


def _flow(flow: FlowSection) -> dict[str, object]:
    share = flow.availability
    return {
        "flow": flow.name,
        "worked": 0 if share is None else share.count,
        "of": 0 if share is None else share.of,
        "worked_ratio": None if share is None else round(share.value, 6),
        "worked_ratio_range": None
        if share is None
        else [round(share.low, 6), round(share.high, 6)],
        "seen_ratio": flow.coverage,
        "capped": flow.capped,
        "proved_until": _iso(flow.proved_until),
        "unpaid": flow.unpaid,
        "broken": flow.outcomes.get(Outcome.BROKEN, 0),
    }


def _window(window: Maintenance) -> dict[str, object]:
    return {
        "name": words.clip(window.name),
        "starts_at": _iso(window.starts_at),
        "ends_at": _iso(window.ends_at),
        "flows": list(window.flows),
        "switches": sorted(window.switches),
    }


def _left(entry: LedgerEntry) -> dict[str, object]:
    return {
        "kind": str(entry.kind),
        "reference": words.clip(entry.reference),
        "amount_cents": entry.amount_cents,
        "flow": entry.flow,
        "asked_at": _iso(entry.asked_at),
        "note": words.clip(entry.note),
    }


def _lead(data: ReportData) -> Mapping[str, object] | None:
    lead = data.lead
    if lead is None:
        return None
    return {
        "classes": dict(lead.classes),
        "first": None if lead.first is None else lead.first.count,
        "of_incidents_with_complaints": None if lead.first is None else lead.first.of,
        "first_ratio_range": None if lead.first is None else [lead.first.low, lead.first.high],
        "restricted_mean_s": _value(lead.mean_s),
        "restricted_mean_range_s": _range(lead.mean_s),
        "restricted_mean_if_silent_s": _value(lead.mean_if_silent_s),
        "horizon_s": lead.horizon_s,
    }


def _paths(row: LedgerRow) -> Sequence[str]:
    pictures = [one.picture for one in row.evidence if one.picture]
    files = [link.path for one in row.evidence for link in one.links if link.there]
    return list(dict.fromkeys([*pictures, *files]))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else round(estimate.value, 1)


def _range(estimate: Estimate | None) -> list[float] | None:
    return None if estimate is None else [round(estimate.low, 1), round(estimate.high, 1)]

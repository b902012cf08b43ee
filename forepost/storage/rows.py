"""Noun ↔ row: nothing else knows the columns. Missing stays None both ways."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from forepost.errors import StoreError
from forepost.model import (
    Alert,
    Artefact,
    Browser,
    Cleanup,
    Fault,
    FlowRun,
    HostTraffic,
    Incident,
    IncidentKind,
    LoadCell,
    LoadRun,
    OutboxRow,
    Outcome,
    PageTiming,
    Poll,
    ScoredPost,
    StepResult,
    Transition,
    TransitionKind,
)

Row = dict[str, Any]


def stamp(at: datetime) -> str:
    """Return a time as text: UTC, microseconds, fixed width, so that texts sort as times do.

    Raises: StoreError for a time without a zone: guessing one would move an incident.
    """
    if at.tzinfo is None:
        raise StoreError(f"{at!r}: a time without a zone cannot be stored; make it aware (UTC)")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def stamp_or_none(at: datetime | None) -> str | None:
    """Return `stamp`, or None for None."""
    return None if at is None else stamp(at)


def time(text: str) -> datetime:
    """Return the aware time of a stamp."""
    return datetime.fromisoformat(text)


def time_or_none(text: str | None) -> datetime | None:
    """Return `time`, or None for None."""
    return None if text is None else time(text)


def clean(row: Row) -> Row:
    """Replace halves of characters: a page may send them, UTF-8 cannot hold them."""
    return {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }


def dump(value: object) -> str:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def run_row(run: FlowRun) -> Row:
    """Return the row of a run, without its steps."""
    browser = run.browser
    return clean(
        {
            "id": run.id,
            "flow": run.flow,
            "location": run.location,
            "slot_at": stamp(run.slot_at),
            "started_at": stamp(run.started_at),
            "finished_at": stamp(run.finished_at),
            "outcome": run.outcome.value,
            "failed_step": run.failed_step,
            "message": run.message,
            "fault": None if run.fault is None else run.fault.value,
            "attempts": run.attempts,
            "first_message": run.first_message,
            "queued_ms": run.queued_ms,
            "cpu_ratio": run.cpu_ratio,
            "browser_name": None if browser is None else browser.name,
            "browser_version": None if browser is None else browser.version,
            "browser_kind": None if browser is None else browser.kind,
            "artefacts": dump([asdict(artefact) for artefact in run.artefacts]),
            "facts": dump(run.facts),
            "load_run": run.load_run,
            "device": run.device,
            "maintenance": run.maintenance,
            "cleanup": None if run.cleanup is None else dump(asdict(run.cleanup)),
            "step_count": len(run.steps),
            "steps_kept": 1,
        }
    )


def step_rows(run: FlowRun) -> list[Row]:
    """Return the rows of a run's steps."""
    return [
        clean(
            {
                "run_id": run.id,
                "position": position,
                "name": step.name,
                "outcome": step.outcome.value,
                "duration_ms": step.duration_ms,
                "url": step.url,
                "message": step.message,
                "budget_ms": step.budget_ms,
                "picture": step.picture,
            }
        )
        for position, step in enumerate(run.steps)
    ]


def page_rows(run: FlowRun) -> list[Row]:
    """Return the rows of the pages inside a run's steps."""
    return [
        clean({"run_id": run.id, "step": step_no, "position": position, **page_row(page)})
        for step_no, step in enumerate(run.steps)
        for position, page in enumerate(step.pages)
    ]


def page_row(page: PageTiming) -> Row:
    """Return what is kept of a page; its hosts as JSON."""
    row = asdict(page)
    return {**row, "hosts": dump(row["hosts"])}


def page_of(row: Row) -> PageTiming:
    """Return the page of a row."""
    hosts = tuple(HostTraffic(**host) for host in json.loads(row.pop("hosts")))
    return PageTiming(**row, hosts=hosts)


def cleanup_of(text: str | None) -> Cleanup | None:
    """Return the verdict on what a run left; None where no step that pays was entered."""
    if text is None:
        return None
    row = json.loads(text)
    return Cleanup(**{**row, "outcome": Outcome(row["outcome"])})


def runs_of(runs: Iterable[Row], steps: Iterable[Row], pages: Iterable[Row]) -> list[FlowRun]:
    """Put runs together from the rows of three tables, each in its order."""
    pages_of: dict[tuple[str, int], list[PageTiming]] = {}
    for row in pages:
        key = (row.pop("run_id"), row.pop("step"))
        del row["position"]
        pages_of.setdefault(key, []).append(page_of(row))
    steps_of: dict[str, list[StepResult]] = {}
    for row in steps:
        run_id, position = row.pop("run_id"), row.pop("position")
        row["outcome"] = Outcome(row["outcome"])
        page = tuple(pages_of.get((run_id, position), ()))
        steps_of.setdefault(run_id, []).append(StepResult(**row, pages=page))
    return [run_of(row, tuple(steps_of.get(row["id"], ()))) for row in runs]


def run_of(row: Row, steps: tuple[StepResult, ...]) -> FlowRun:
    """Return the run of a row."""
    name, version = row.pop("browser_name"), row.pop("browser_version")
    kind = row.pop("browser_kind")
    del row["step_count"], row["steps_kept"]
    return FlowRun(
        **{
            **row,
            "slot_at": time(row["slot_at"]),
            "started_at": time(row["started_at"]),
            "finished_at": time(row["finished_at"]),
            "outcome": Outcome(row["outcome"]),
            "fault": None if row["fault"] is None else Fault(row["fault"]),
            "artefacts": tuple(Artefact(**one) for one in json.loads(row["artefacts"])),
            "facts": facts_of(row["facts"]),
            "cleanup": cleanup_of(row["cleanup"]),
        },
        browser=None if name is None else Browser(name, version, kind),
        steps=steps,
    )


def facts_of(text: str) -> tuple[tuple[str, str], ...]:
    """Return what a run noted, by name."""
    return tuple((key, value) for key, value in json.loads(text))


def incident_row(incident: Incident) -> Row:
    """Return the row of an incident."""
    row = asdict(incident)
    for key in ("onset_at", "first_failed_at", "opened_at", "closed_at"):
        row[key] = stamp_or_none(row[key])
    return clean({**row, "kind": incident.kind.value})


def incident_of(row: Row) -> Incident:
    """Return the incident of a row."""
    return Incident(
        **{
            **row,
            "kind": IncidentKind(row["kind"]),
            "onset_at": time(row["onset_at"]),
            "first_failed_at": time(row["first_failed_at"]),
            "opened_at": time(row["opened_at"]),
            "closed_at": time_or_none(row["closed_at"]),
        }
    )


def transition_row(transition: Transition, run_id: str | None) -> Row:
    """Return the row of a change of state and of the run that caused it."""
    return clean(
        {
            "incident_id": transition.incident.id,
            "kind": transition.kind.value,
            "at": stamp(transition.at),
            "reason": transition.reason,
            "run_id": run_id,
        }
    )


def transition_of(kind: str, at: str, reason: str, incident: Incident) -> Transition:
    """Return a change of state with the incident as it stood after it."""
    opened = kind == TransitionKind.OPENED
    as_it_stood = replace(incident, closed_at=None) if opened else incident
    return Transition(TransitionKind(kind), time(at), as_it_stood, reason)


def outbox_row(channel: str, alert: Alert) -> Row:
    """Return an alert that waits for one channel, due at once."""
    return clean(
        {
            "key": alert.key,
            "channel": channel,
            "at": stamp(alert.at),
            "severity": alert.severity,
            "title": alert.title,
            "lines": dump(alert.lines),
            "incident_id": alert.incident_id,
            "state": "waiting",
            "tries": 0,
            "next_at": stamp(alert.at),
            "sent_at": None,
            "error": "",
        }
    )


def outbox_of(row: Row) -> OutboxRow:
    """Return the waiting alert of a row."""
    alert = Alert(
        key=row["key"],
        at=time(row["at"]),
        severity=row["severity"],
        title=row["title"],
        lines=tuple(json.loads(row["lines"])),
        incident_id=row["incident_id"],
    )
    return OutboxRow(id=row["id"], channel=row["channel"], alert=alert, tries=row["tries"])


def told_of(row: Row) -> Mapping[str, object]:
    """Return an outbox row with times as times and lines as texts, for people."""
    times = {key: time_or_none(row[key]) for key in ("at", "next_at", "sent_at")}
    return {**row, **times, "lines": tuple(json.loads(row["lines"]))}


def post_row(post: ScoredPost) -> Row:
    """Return the row of what is kept of a post."""
    return clean(
        {
            "source": post.source,
            "key": post.key,
            "author_key": post.author_key,
            "author_no": None,
            "posted_at": stamp(post.posted_at),
            "arrived_at": stamp(post.arrived_at),
            "score": post.score,
            "complaint": int(post.complaint),
            "topics": dump(post.topics),
            "repost": int(post.repost),
        }
    )


def post_of(row: Row) -> ScoredPost:
    """Return what is kept of a post."""
    del row["author_no"]
    return ScoredPost(
        **{
            **row,
            "posted_at": time(row["posted_at"]),
            "arrived_at": time(row["arrived_at"]),
            "complaint": bool(row["complaint"]),
            "topics": tuple(json.loads(row["topics"])),
            "repost": bool(row["repost"]),
        }
    )


def poll_row(poll: Poll) -> Row:
    """Return the row of a look at a source."""
    return clean(
        {
            "source": poll.source,
            "at": stamp(poll.at),
            "covered_from": stamp_or_none(poll.covered_from),
            "covered_to": stamp_or_none(poll.covered_to),
            "error": poll.error,
        }
    )


def poll_of(row: Row) -> Poll:
    """Return the look at a source of a row."""
    return Poll(
        source=row["source"],
        at=time(row["at"]),
        covered_from=time_or_none(row["covered_from"]),
        covered_to=time_or_none(row["covered_to"]),
        error=row["error"],
    )


def load_run_row(run: LoadRun) -> Row:
    """Return the row of a load test."""
    return clean(
        {
            "id": run.id,
            "campaign": run.campaign,
            "target": run.target,
            "started_at": stamp(run.started_at),
            "finished_at": stamp_or_none(run.finished_at),
            "verdict": run.verdict,
            "bottleneck": run.bottleneck,
            "detail": dump(dict(run.detail)),
        }
    )


def load_run_of(row: Row) -> LoadRun:
    """Return the load test of a row."""
    return LoadRun(
        **{
            **row,
            "started_at": time(row["started_at"]),
            "finished_at": time_or_none(row["finished_at"]),
            "detail": json.loads(row["detail"]),
        }
    )


def cell_row(cell: LoadCell) -> Row:
    """Return the row of one second of one endpoint."""
    histograms = {
        "response_us": dump(dict(cell.response_us.items())),
        "service_us": dump(dict(cell.service_us.items())),
    }
    plain = {key: getattr(cell, key) for key in LoadCell.__slots__ if key not in histograms}
    return clean({**plain, **histograms})


def cell_of(row: Row) -> LoadCell:
    """Return the cell of a row; JSON knows only texts as keys."""
    for key in ("response_us", "service_us"):
        row[key] = {int(bucket): count for bucket, count in json.loads(row[key]).items()}
    return LoadCell(**row)

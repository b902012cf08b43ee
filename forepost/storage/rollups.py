"""Figures per hour and per day, so that a year is read in a fraction of a second.

Out stay broken runs (our fault), contended ones (this machine was too busy for true
times), those during our own load tests and those that a maintenance window excludes. `n`
counts what is in, `ok` what worked; times are of what worked, since the time of a failed
step is only a limit that we set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlite_utils import Database

from forepost.model import CONTENDED_ABOVE_RATIO, Outcome
from forepost.storage.histogram import LogHistogram
from forepost.storage.rows import stamp, time

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REBUILT_BACK = {HOUR: 2 * HOUR, DAY: 2 * DAY}
TABLES = {HOUR: ("rollup_hour", "hour_at"), DAY: ("rollup_day", "day_at")}
PERCENTILES = {"p50_ms": 50, "p75_ms": 75, "p95_ms": 95}
WHOLE = ""  # the step that stands for the whole journey

STEPS = """
SELECT runs.id, runs.started_at, flow, runs.outcome, steps.name, steps.outcome, duration_ms
FROM runs LEFT JOIN steps ON steps.run_id = runs.id
WHERE runs.started_at >= :since AND runs.started_at < :until AND steps_kept = 1
  AND runs.outcome != 'broken' AND load_run IS NULL AND maintenance IS NULL
  AND coalesce(cpu_ratio, 0) <= :busy
ORDER BY runs.id, position
"""


@dataclass(slots=True)
class Group:
    """One step of one flow in one span."""

    n: int = 0
    samples_ms: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome, duration_ms: float) -> None:
        """Count a step or a journey; its time only if it worked."""
        if outcome is Outcome.BROKEN:
            return
        self.n += 1
        if outcome.worked:
            self.samples_ms.append(duration_ms)


def floor(at: datetime, span: timedelta) -> datetime:
    """Return the start of the UTC hour or day that holds `at`."""
    return datetime.fromtimestamp(
        at.timestamp() // span.total_seconds() * span.total_seconds(), UTC
    )


def spans_to_rebuild(db: Database, now: datetime, span: timedelta) -> list[datetime]:
    """Return the starts of the last 2 h (2 days), and of all since the last roll-up.

    Whoever was switched off for a week finds the last runs before it rolled up too. Spans
    whose steps have been pruned are never rebuilt: their figures are all that is left.
    """
    table, column = TABLES[span]
    oldest = db.execute("SELECT min(started_at) FROM runs WHERE steps_kept = 1").fetchone()[0]
    if oldest is None:
        return []
    last = db.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]  # noqa: S608 - our names
    start = min(floor(now - REBUILT_BACK[span], span), floor(time(last or oldest), span))
    start = max(start, floor(time(oldest), span))
    return [start + span * i for i in range((floor(now, span) - start) // span + 1)]


def rebuild(db: Database, start: datetime, span: timedelta) -> None:
    """Replace the figures of one hour or day by those of the runs as they are now."""
    table, column = TABLES[span]
    db.table(table).delete_where(f"{column} = ?", [stamp(start)])
    db.table(table).insert_all(
        {
            column: stamp(start),
            "flow": flow,
            "step": step,
            "n": group.n,
            "ok": len(group.samples_ms),
            "sum_ms": float(sum(group.samples_ms)),
            "max_ms": max(group.samples_ms, default=None),
            **(figures(group) if span == HOUR else packed(group)),
        }
        for (flow, step), group in groups(db, start, start + span).items()
    )


def groups(db: Database, since: datetime, until: datetime) -> dict[tuple[str, str], Group]:
    """Return the samples by flow and step."""
    found: dict[tuple[str, str], Group] = {}
    journeys: dict[str, tuple[str, Outcome, float]] = {}
    span = {"since": stamp(since), "until": stamp(until), "busy": CONTENDED_ABOVE_RATIO}
    for run_id, _, flow, ended, step, outcome, duration_ms in db.execute(STEPS, span):
        sofar = journeys.get(run_id, (flow, Outcome(ended), 0.0))
        journeys[run_id] = (*sofar[:2], sofar[2] + (duration_ms or 0.0))
        if step is not None:
            found.setdefault((flow, step), Group()).add(Outcome(outcome), duration_ms)
    for flow, ended, total_ms in journeys.values():
        found.setdefault((flow, WHOLE), Group()).add(ended, total_ms)
    return found


def figures(group: Group) -> dict[str, float | None]:
    """Return the percentiles of the samples themselves; None where nothing worked."""
    if not group.samples_ms:
        return dict.fromkeys(PERCENTILES)
    values = np.percentile(group.samples_ms, list(PERCENTILES.values()))
    return dict(zip(PERCENTILES, values.tolist(), strict=True))


def packed(group: Group) -> dict[str, bytes]:
    """Return the histogram of the samples."""
    return {"histogram": LogHistogram.of(group.samples_ms).to_bytes()}


def hourly(db: Database, flow: str, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
    """Return the hours that begin in the span."""
    rows = db.table("rollup_hour").rows_where(
        "flow = ? AND hour_at >= ? AND hour_at < ?",
        [flow, stamp(since), stamp(until)],
        order_by="hour_at, step",
    )
    return [{**row, "hour_at": time(row["hour_at"])} for row in rows]


def daily(db: Database, flow: str, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
    """Return the days that begin in the span, each with its LogHistogram, to be added up."""
    rows = db.table("rollup_day").rows_where(
        "flow = ? AND day_at >= ? AND day_at < ?",
        [flow, stamp(since), stamp(until)],
        order_by="day_at, step",
    )
    return [
        {
            **row,
            "day_at": time(row["day_at"]),
            "histogram": LogHistogram.from_bytes(row["histogram"]),
        }
        for row in rows
    ]

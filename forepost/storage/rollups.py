"""Figures per hour and per day, so that a year is read in a fraction of a second.

Out stay broken runs (our fault), contended ones (this machine was too busy for true
times), those during our own load tests and those that a maintenance window excludes. `n`
counts what is in, `ok` what worked; times are of what worked, since the time of a failed
step is only a limit that we set. A run that had no leave to pay counts for the steps that it
walked; of the whole journey it proves nothing: it is in `capped`, and neither in `n` nor in `ok`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from sqlite_utils import Database

from forepost.model import CONTENDED_ABOVE_RATIO, Outcome
from forepost.model.proof import capped, counts
from forepost.storage.histogram import LogHistogram
from forepost.storage.rows import facts_of, stamp, time

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REBUILT_BACK = {HOUR: 2 * HOUR, DAY: 2 * DAY}
TABLES = {HOUR: ("rollup_hour", "hour_at"), DAY: ("rollup_day", "day_at")}
PERCENTILES = {"p50_ms": 50, "p75_ms": 75, "p95_ms": 95}
WHOLE = ""  # the step that stands for the whole journey

STEPS = """
SELECT runs.id, flow, runs.outcome, facts, load_run, maintenance,
  steps.name, steps.outcome, duration_ms
FROM runs LEFT JOIN steps ON steps.run_id = runs.id
WHERE runs.started_at >= :since AND runs.started_at < :until AND steps_kept = 1
  AND coalesce(cpu_ratio, 0) <= :busy
ORDER BY runs.id, position
"""


@dataclass(frozen=True, slots=True)
class Journey:
    """A run as its row tells it: enough to know what it proves."""

    flow: str
    outcome: Outcome
    facts: tuple[tuple[str, str], ...]
    load_run: str | None
    maintenance: str | None
    steps: tuple[tuple[str, Outcome, float], ...]  # name, how it ended, ms


@dataclass(slots=True)
class Group:
    """One step of one flow in one span."""

    n: int = 0
    capped: int = 0  # journeys that had no leave to pay: not in `n`
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
    whose steps have been pruned are never rebuilt: their figures are all that is left. Of
    before `capped` was told apart (NULL) the others are rebuilt.
    """
    table, column = TABLES[span]
    oldest = db.execute("SELECT min(started_at) FROM runs WHERE steps_kept = 1").fetchone()[0]
    if oldest is None:
        return []
    told = f"SELECT max({column}) FROM {table} WHERE capped IS NOT NULL"  # noqa: S608 - our names
    last = db.execute(told).fetchone()[0]
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
            "capped": group.capped,
            "sum_ms": float(sum(group.samples_ms)),
            "max_ms": max(group.samples_ms, default=None),
            **(figures(group) if span == HOUR else packed(group)),
        }
        for (flow, step), group in groups(db, start, start + span).items()
    )


def groups(db: Database, since: datetime, until: datetime) -> dict[tuple[str, str], Group]:
    """Return the samples by flow and step."""
    found: dict[tuple[str, str], Group] = {}
    span = {"since": stamp(since), "until": stamp(until), "busy": CONTENDED_ABOVE_RATIO}
    for _, rows in groupby(db.execute(STEPS, span), key=itemgetter(0)):
        journey = journey_of(rows)
        if not counts(journey):
            continue
        for name, outcome, duration_ms in journey.steps:
            found.setdefault((journey.flow, name), Group()).add(outcome, duration_ms)
        whole = found.setdefault((journey.flow, WHOLE), Group())
        if capped(journey):
            whole.capped += 1
        else:
            whole.add(journey.outcome, sum(duration_ms for _, _, duration_ms in journey.steps))
    return found


def journey_of(rows: Iterable[tuple[Any, ...]]) -> Journey:
    """Return a run from its rows, one a step; a run without steps has one row."""
    (_, flow, ended, facts, load_run, maintenance, *_), *_ = kept = list(rows)
    return Journey(
        flow=flow,
        outcome=Outcome(ended),
        facts=facts_of(facts),
        load_run=load_run,
        maintenance=maintenance,
        steps=tuple(
            (name, Outcome(outcome), duration_ms)
            for *_, name, outcome, duration_ms in kept
            if name is not None
        ),
    )


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

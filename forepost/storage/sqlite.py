"""The store on one SQLite file: what happened, written down before anyone hears of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from forepost.model import (
    Alert,
    ComplaintCount,
    FlowRun,
    Incident,
    IncidentKind,
    LoadCell,
    LoadRun,
    OutboxRow,
    Poll,
    ScoredPost,
    Transition,
    TransitionKind,
)
from forepost.storage import counts, health, retention, rollups, rows
from forepost.storage.books import Books
from forepost.storage.connection import Connections
from forepost.storage.rows import stamp, stamp_or_none


class SqliteStore(Books):
    """The Store protocol on one file; one writer program, any number of readers.

    A kill at any moment loses at most the write under way. With `synchronous=NORMAL` a
    power cut may also lose the last writes before it, never the file.
    Raises: StoreError, one line, from every method and on opening.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        keep_steps_days: int = 90,
        busy_s: float = 15.0,
    ) -> None:
        self.path = path
        self.keep_steps_days = keep_steps_days
        self._coverage: counts.Remembered = {}
        self._file = Connections(path, read_only=read_only, busy_s=busy_s)

    def add_run(
        self,
        run: FlowRun,
        transition: Transition | None = None,
        alerts: Mapping[str, Alert] | None = None,
    ) -> bool:
        """Store run, transition, incident and outbox rows together; False if it is there."""
        row = rows.run_row(run)
        with self._file.writing() as db:
            if _has(
                db, "runs", "flow = :flow AND location = :location AND slot_at = :slot_at", row
            ):
                return False
            if _has(db, "runs", "id = :id", row):
                return False
            db.table("runs").insert(row)
            db.table("steps").insert_all(rows.step_rows(run))
            db.table("pages").insert_all(rows.page_rows(run))
            if transition is not None:
                _change(db, transition, alerts or {}, run.id)
        return True

    def run(self, run_id: str) -> FlowRun | None:
        """Return one run with its steps."""
        found = self._runs("id = :id", {"id": run_id}, None)
        return found[0] if found else None

    def runs(
        self,
        *,
        flow: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[FlowRun]:
        """Return runs by start; with `limit` the latest ones, still oldest first."""
        where, values = _span("started_at", since, until)
        if flow is not None:
            where, values = f"{where} AND flow = :flow", {**values, "flow": flow}
        return self._runs(where, values, limit)

    def _runs(self, where: str, values: Mapping[str, Any], limit: int | None) -> list[FlowRun]:
        latest = f"ORDER BY started_at DESC, id DESC LIMIT {-1 if limit is None else int(limit)}"
        ids = f"SELECT id FROM runs WHERE {where} {latest}"  # noqa: S608 - written in this file
        chosen = dict(values)
        order = {"runs": "started_at, id", "steps": "position", "pages": "step, position"}
        with self._file.reading() as db:
            runs, steps, pages = (
                list(db.table(table).rows_where(f"{key} IN ({ids})", chosen, order_by=order[table]))
                for table, key in (("runs", "id"), ("steps", "run_id"), ("pages", "run_id"))
            )
        return rows.runs_of(runs, steps, pages)

    def add_transition(
        self, transition: Transition, alerts: Mapping[str, Alert] | None = None
    ) -> bool:
        """Store a transition that no run caused; False if it is there."""
        with self._file.writing() as db:
            return _change(db, transition, alerts or {}, None)

    def add_alerts(self, alerts: Mapping[str, Alert]) -> int:
        """Put alerts that no transition caused into the outbox; return how many were new."""
        with self._file.writing() as db:
            return _tell(db, alerts)

    def incidents(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Incident]:
        """Return the incidents that lasted at any moment of the span, by opening."""
        where = "(:since IS NULL OR closed_at IS NULL OR closed_at >= :since)"
        where += " AND (:until IS NULL OR onset_at < :until)"
        span = {"since": stamp_or_none(since), "until": stamp_or_none(until)}
        return [
            rows.incident_of(row) for row in self._rows("incidents", where, span, "opened_at, id")
        ]

    def open_incident(self, subject: str, kind: IncidentKind | None = None) -> Incident | None:
        """Return the incident of a flow or topic that still lasts."""
        where = "subject = :subject AND closed_at IS NULL AND (:kind IS NULL OR kind = :kind)"
        # Without a kind the probes' word comes first: a flow must not miss its own incident.
        order = "kind = 'probe' DESC, opened_at"
        found = self._rows("incidents", where, {"subject": subject, "kind": kind}, order)
        return rows.incident_of(found[0]) if found else None

    def transitions(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Transition]:
        """Return the changes of state."""
        where, values = _span("at", since, until)
        with self._file.reading() as db:
            changes = list(db.table("transitions").rows_where(where, values, order_by="at, rowid"))
            wanted = {change["incident_id"] for change in changes}
            incidents = {
                row["id"]: row for row in db.table("incidents").rows if row["id"] in wanted
            }
        return [
            rows.transition_of(
                change["kind"],
                change["at"],
                change["reason"],
                rows.incident_of(incidents[change["incident_id"]]),
            )
            for change in changes
        ]

    def due_alerts(self, now: datetime) -> list[OutboxRow]:
        """Return what waits to be sent and whose next try is due."""
        where = "state = 'waiting' AND next_at <= :now"
        found = self._rows("outbox", where, {"now": stamp(now)}, "id")
        return [rows.outbox_of(row) for row in found]

    def alert_sent(self, row_id: int, at: datetime) -> None:
        """Note that a channel took its alert; it is never due again."""
        with self._file.writing() as db:
            db.execute(
                "UPDATE outbox SET state = 'sent', sent_at = ?, tries = tries + 1, error = '',"
                " next_at = NULL WHERE id = ?",
                [stamp(at), row_id],
            )

    def alert_failed(
        self, row_id: int, at: datetime, error: str, retry_at: datetime | None
    ) -> None:
        """Note a failed try; None for `retry_at` gives up and keeps the row as failed."""
        told = rows.clean({"error": f"{stamp(at)} {error}"})["error"]
        state = "failed" if retry_at is None else "waiting"
        with self._file.writing() as db:
            db.execute(
                "UPDATE outbox SET state = ?, next_at = ?, tries = tries + 1, error = ?"
                " WHERE id = ? AND state = 'waiting'",
                [state, stamp_or_none(retry_at), told, row_id],
            )

    def alerts(self, *, since: datetime | None = None) -> list[Mapping[str, object]]:
        """Return the outbox as rows: key, channel, title, state, tries, sent_at, error."""
        where, values = _span("at", since, None)
        return [rows.told_of(row) for row in self._rows("outbox", where, values, "id")]

    def cursor(self, source: str) -> str | None:
        """Return where a source stopped reading."""
        found = self._rows("cursors", "source = :source", {"source": source}, "source")
        return str(found[0]["cursor"]) if found else None

    def add_posts(self, poll: Poll, posts: Sequence[ScoredPost], cursor: str | None) -> int:
        """Store a poll: posts (unique by source and key), its coverage, the new cursor."""
        kept = [rows.post_row(post) for post in posts]
        with self._file.writing() as db:
            before = db.conn.total_changes
            db.table("posts").insert_all(kept, pk=("source", "key"), ignore=True)
            new = db.conn.total_changes - before
            db.table("polls").insert(rows.poll_row(poll))
            if cursor is not None:
                row = {"source": poll.source, "cursor": cursor, "at": stamp(poll.at)}
                db.table("cursors").upsert(rows.clean(row), pk="source")
        return new

    def posts(
        self,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        complaints_only: bool = True,
    ) -> list[ScoredPost]:
        """Return what is kept of posts, by posting time."""
        where, values = _span("posted_at", since, until)
        if complaints_only:
            where += " AND complaint = 1"
        if topic is not None:
            where += " AND EXISTS (SELECT 1 FROM json_each(topics) WHERE value = :topic)"
            values = {**values, "topic": topic}
        found = self._rows("posts", where, values, "posted_at, source, key")
        return [rows.post_of(row) for row in found]

    def polls(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Poll]:
        """Return the looks at sources, by time."""
        where, values = _span("at", since, until)
        return [rows.poll_of(row) for row in self._rows("polls", where, values, "at, id")]

    def listening_since(self) -> datetime | None:
        """Return the earliest posting time that any source has covered; None before that."""
        with self._file.reading() as db:
            found = db.execute("SELECT min(covered_from) FROM polls").fetchone()[0]
        return None if found is None else rows.time(found)

    def complaint_counts(
        self, topic: str | None, since: datetime, until: datetime, bucket_s: int
    ) -> list[ComplaintCount]:
        """Return one count for every bucket of the span, each with its coverage."""
        with self._file.reading() as db:
            return counts.counts(db, topic, since, until, bucket_s, self._coverage)

    def add_load_run(self, run: LoadRun) -> None:
        """Store a load test, or replace what is known of it (same id)."""
        with self._file.writing() as db:
            db.table("load_runs").insert(rows.load_run_row(run), replace=True)

    def add_load_cells(self, cells: Sequence[LoadCell]) -> None:
        """Store cells; a cell that is there (run, second, flow, step, endpoint) is replaced."""
        with self._file.writing() as db:
            db.table("load_cells").insert_all((rows.cell_row(cell) for cell in cells), replace=True)

    def load_runs(self, *, since: datetime | None = None) -> list[LoadRun]:
        """Return load tests by start."""
        where, values = _span("started_at", since, None)
        found = self._rows("load_runs", where, values, "started_at, id")
        return [rows.load_run_of(row) for row in found]

    def load_cells(self, load_run: str) -> list[LoadCell]:
        """Return the cells of one load test by second."""
        found = self._rows(
            "load_cells", "load_run = :id", {"id": load_run}, "second, flow, step, endpoint"
        )
        return [rows.cell_of(row) for row in found]

    def refresh_rollups(self, now: datetime) -> None:
        """Rebuild the hourly figures of the last 2 h and the daily ones of the last 2 days."""
        for span in (rollups.HOUR, rollups.DAY):
            with self._file.reading() as db:
                starts = rollups.spans_to_rebuild(db, now, span)
            for start in starts:
                with self._file.writing() as db:
                    rollups.rebuild(db, start, span)

    def hourly(self, flow: str, since: datetime, until: datetime) -> list[Mapping[str, object]]:
        """Return n, ok, capped, sum_ms, p50_ms, p75_ms, p95_ms, max_ms by hour_at and step."""
        with self._file.reading() as db:
            return rollups.hourly(db, flow, since, until)

    def daily(self, flow: str, since: datetime, until: datetime) -> list[Mapping[str, object]]:
        """Return n, ok, capped, sum_ms, max_ms and a LogHistogram by day_at and step."""
        with self._file.reading() as db:
            return rollups.daily(db, flow, since, until)

    def prune(self, now: datetime) -> int:
        """Delete what has outlived its retention, in slices; return the number of rows."""
        self.refresh_rollups(now)  # what goes must be in the figures first
        gone = retention.prune(self._file.writing, now, self.keep_steps_days)
        self._file.outside(retention.give_back)
        return gone

    def salt(self) -> bytes:
        """Return this store's own random salt for hashing ids and authors."""
        return bytes(self._rows("salt", "id = :id", {"id": 1}, "id")[0]["salt"])

    def check(self) -> list[str]:
        """Return what is wrong with the store, one line each; empty when sound."""
        with self._file.reading() as db:
            return health.check(db, self.path)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _rows(
        self, table: str, where: str, values: Mapping[str, Any], order_by: str
    ) -> list[rows.Row]:
        with self._file.reading() as db:
            return list(db.table(table).rows_where(where, dict(values), order_by=order_by))


def _has(db: Database, table: str, where: str, values: Mapping[str, Any]) -> bool:
    sql = f"SELECT 1 FROM {table} WHERE {where}"  # noqa: S608 - written in this file
    return db.execute(sql, dict(values)).fetchone() is not None


def _span(
    column: str, since: datetime | None, until: datetime | None
) -> tuple[str, dict[str, str | None]]:
    """Return the condition since <= column < until, open where None."""
    where = f"(:since IS NULL OR {column} >= :since) AND (:until IS NULL OR {column} < :until)"
    return where, {"since": stamp_or_none(since), "until": stamp_or_none(until)}


def _change(
    db: Database, transition: Transition, alerts: Mapping[str, Alert], run_id: str | None
) -> bool:
    """Write a change of state and what channels are told of it; False if it is there.

    There is also: an opening of a subject that has an open incident of that kind. Two
    programs that see the same failure at once tell of it once.
    """
    row = rows.transition_row(transition, run_id)
    incident = rows.incident_row(transition.incident)
    if _has(db, "transitions", "incident_id = :incident_id AND kind = :kind", row):
        return False
    same = "kind = :kind AND subject = :subject AND closed_at IS NULL AND id != :id"
    if transition.kind is TransitionKind.OPENED and _has(db, "incidents", same, incident):
        return False
    db.table("incidents").upsert(incident, pk="id")
    db.table("transitions").insert(row)
    _tell(db, alerts)
    return True


def _tell(db: Database, alerts: Mapping[str, Alert]) -> int:
    """Put alerts into the outbox, each (key, channel) once; return how many were new."""
    before = db.conn.total_changes
    waiting = [rows.outbox_row(channel, alert) for channel, alert in alerts.items()]
    db.table("outbox").insert_all(waiting, ignore=True)
    return int(db.conn.total_changes - before)

"""The Store protocol: what every room may ask of the memory of Forepost."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from forepost.model import (
    Alert,
    Caps,
    ComplaintCount,
    FlowRun,
    Incident,
    IncidentKind,
    LedgerEntry,
    LoadCell,
    LoadRun,
    Maintenance,
    OutboxRow,
    Poll,
    ScoredPost,
    Transition,
)


class Store(Protocol):
    """Kept by SQLite now and by PostgreSQL later; one suite of tests runs on each.

    Every write method is one transaction. Times are aware UTC. Reads return frozen
    nouns, oldest first unless they say otherwise.
    Raises: StoreError, one line, from every method.
    """

    def add_run(
        self,
        run: FlowRun,
        transition: Transition | None = None,
        alerts: Mapping[str, Alert] | None = None,
    ) -> bool:
        """Store run, transition, incident and outbox rows (channel → alert) together.

        Returns False, and writes nothing, if (flow, location, slot_at) is there already.
        """
        ...

    def run(self, run_id: str) -> FlowRun | None:
        """Return one run with its steps."""
        ...

    def runs(
        self,
        *,
        flow: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[FlowRun]:
        """Return runs by start; with `limit` the latest ones, still oldest first."""
        ...

    def add_transition(
        self, transition: Transition, alerts: Mapping[str, Alert] | None = None
    ) -> bool:
        """Store a transition that no run caused (a complaint surge); False if it is there."""
        ...

    def add_alerts(self, alerts: Mapping[str, Alert]) -> int:
        """Put alerts that no transition caused into the outbox (channel → alert).

        Returns the number of rows that were new: (alert key, channel) is unique.
        """
        ...

    def ledger_ask(self, entry: LedgerEntry, caps: Caps) -> str:
        """Ask for leave to make something: write `entry` down, and return "" if it is granted.

        Otherwise the reason, and the entry is kept with it as `refused`: paying is stopped,
        or granted entries since `caps.since` reach a cap (an entry proved to have made
        nothing counts for none; an amount that is not known counts as nothing).
        One transaction: two processes never both get the last leave.
        """
        ...

    def ledger_note(self, entries: Sequence[LedgerEntry]) -> None:
        """Store what is now known of entries (new ones too); same id, same row."""
        ...

    def ledger_gone(
        self, ids: Sequence[str], *, at: datetime, by: str, said: str
    ) -> list[LedgerEntry]:
        """Settle entries by somebody's word (`by`: whose): nothing of them is left in the shop.

        Caps count them as before: the money was spent on that day.
        Returns the entries that were settled before; if there is any, nothing is written.
        """
        ...

    def ledger(
        self,
        *,
        since: datetime | None = None,
        run_id: str | None = None,
        unsettled_only: bool = False,
    ) -> list[LedgerEntry]:
        """Return entries by the instant of asking."""
        ...

    def stop_paying(self, reason: str | None, at: datetime) -> None:
        """Throw the kill switch for all who share this store; None releases it."""
        ...

    def paying_stopped(self) -> str | None:
        """Return why paying is stopped; None while it is not."""
        ...

    def add_maintenance(self, window: Maintenance) -> None:
        """Store a window (by name and start), or replace what is known of it."""
        ...

    def maintenance(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Maintenance]:
        """Return the windows that last at any moment of the span, by start."""
        ...

    def incidents(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Incident]:
        """Return the incidents that lasted at any moment of the span, by opening."""
        ...

    def open_incident(self, subject: str, kind: IncidentKind | None = None) -> Incident | None:
        """Return the incident of a flow or topic that still lasts.

        Give the kind: a flow and a topic may have the same name ("payment"). Without it
        the incident that probes found comes first.
        """
        ...

    def transitions(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Transition]:
        """Return the changes of state."""
        ...

    def due_alerts(self, now: datetime) -> list[OutboxRow]:
        """Return what waits to be sent and whose next try is due."""
        ...

    def alert_sent(self, row_id: int, at: datetime) -> None:
        """Note that a channel took its alert; it is never due again."""
        ...

    def alert_failed(
        self, row_id: int, at: datetime, error: str, retry_at: datetime | None
    ) -> None:
        """Note a failed try; None for `retry_at` gives up and keeps the row as failed."""
        ...

    def alerts(self, *, since: datetime | None = None) -> list[Mapping[str, object]]:
        """Return the outbox as rows: key, channel, title, state, tries, sent_at, error."""
        ...

    def cursor(self, source: str) -> str | None:
        """Return where a source stopped reading."""
        ...

    def add_posts(self, poll: Poll, posts: Sequence[ScoredPost], cursor: str | None) -> int:
        """Store a poll: posts (unique by source and key), its coverage, the new cursor.

        Returns the number of posts that were new. A cursor of None keeps the old one.
        """
        ...

    def posts(
        self,
        *,
        topic: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        complaints_only: bool = True,
    ) -> list[ScoredPost]:
        """Return what is kept of posts, by posting time."""
        ...

    def polls(self, *, since: datetime | None = None, until: datetime | None = None) -> list[Poll]:
        """Return the looks at sources, by time."""
        ...

    def listening_since(self) -> datetime | None:
        """Return the earliest posting time that any source has covered; None before that."""
        ...

    def complaint_counts(
        self, topic: str | None, since: datetime, until: datetime, bucket_s: int
    ) -> list[ComplaintCount]:
        """Return one count for every bucket of the span, each with its coverage."""
        ...

    def add_load_run(self, run: LoadRun) -> None:
        """Store a load test, or replace what is known of it (same id)."""
        ...

    def add_load_cells(self, cells: Sequence[LoadCell]) -> None:
        """Store cells; a cell that is there (run, second, flow, step, endpoint) is replaced."""
        ...

    def load_runs(self, *, since: datetime | None = None) -> list[LoadRun]:
        """Return load tests by start."""
        ...

    def load_cells(self, load_run: str) -> list[LoadCell]:
        """Return the cells of one load test by second."""
        ...

    def refresh_rollups(self, now: datetime) -> None:
        """Rebuild the hourly figures of the last 2 h and the daily ones of the last 2 days."""
        ...

    def hourly(self, flow: str, since: datetime, until: datetime) -> list[Mapping[str, object]]:
        """Return by hour_at and step: n, ok, capped, sum_ms, p50_ms, p75_ms, p95_ms, max_ms.

        `ok` of `n` worked. Of the whole journey (step "") `capped` more ended before they paid for
        want of leave: neither worked nor failed, so n = 0 is unknown. None: not told apart then.
        """
        ...

    def daily(self, flow: str, since: datetime, until: datetime) -> list[Mapping[str, object]]:
        """Return by day_at and step: n, ok, capped, sum_ms, max_ms, histogram (to be merged)."""
        ...

    def prune(self, now: datetime) -> int:
        """Delete what has outlived its retention, in slices; return the number of rows."""
        ...

    def salt(self) -> bytes:
        """Return this store's own random salt for hashing ids and authors."""
        ...

    def check(self) -> list[str]:
        """Return what is wrong with the store, one line each; empty when sound."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_store(path: Path, *, read_only: bool = False, keep_steps_days: int = 90) -> Store:
    """Open the store of that path, and make it first if there is none.

    Raises: StoreError, one line, if it cannot be opened (read only: if there is none).
    """
    # Here, so that whoever only needs the protocol does not wait 0.3 s for the library.
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415 - see above

    return SqliteStore(path, read_only=read_only, keep_steps_days=keep_steps_days)

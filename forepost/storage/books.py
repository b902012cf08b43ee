"""The part of the SQLite store that keeps the order ledger and the maintenance windows."""

import json
from collections.abc import Sequence
from datetime import datetime

from forepost.model import Caps, LedgerEntry, Maintenance, MaintenanceSwitch
from forepost.storage import ledger
from forepost.storage.connection import Connections
from forepost.storage.rows import Row, clean, dump, stamp, stamp_or_none, time


class Books:
    """What `SqliteStore` answers about ledger, kill switch and maintenance."""

    _file: Connections

    def ledger_ask(self, entry: LedgerEntry, caps: Caps) -> str:
        """Ask for leave to make something; "" if it is granted, else why not."""
        with self._file.writing() as db:
            return ledger.ask(db, entry, caps)

    def ledger_note(self, entries: Sequence[LedgerEntry]) -> None:
        """Store what is now known of entries; what has been proved once stays proved."""
        with self._file.writing() as db:
            for entry in entries:
                ledger.note(db, entry)

    def ledger_gone(
        self, ids: Sequence[str], *, at: datetime, by: str, said: str
    ) -> list[LedgerEntry]:
        """Settle entries by somebody's word, all or none; return what was settled before."""
        with self._file.writing() as db:
            return ledger.gone(db, ids, at=at, by=by, said=said)

    def ledger(
        self,
        *,
        since: datetime | None = None,
        run_id: str | None = None,
        unsettled_only: bool = False,
    ) -> list[LedgerEntry]:
        """Return entries by the instant of asking."""
        where = "(:since IS NULL OR asked_at >= :since) AND (:run_id IS NULL OR run_id = :run_id)"
        if unsettled_only:
            where += f" AND NOT {ledger.SETTLED}"
        values = {"since": stamp_or_none(since), "run_id": run_id}
        with self._file.reading() as db:
            found = db.table("ledger").rows_where(where, values, order_by="asked_at, id")
            return [ledger.entry_of(row) for row in found]

    def stop_paying(self, reason: str | None, at: datetime) -> None:
        """Throw the kill switch for all who share this store; None releases it."""
        row = clean({"name": ledger.PAYING, "reason": reason, "at": stamp(at)})
        with self._file.writing() as db:
            if reason is None:
                db.table("switches").delete_where("name = ?", [ledger.PAYING])
            else:
                db.table("switches").upsert(row, pk="name")

    def paying_stopped(self) -> str | None:
        """Return why paying is stopped; None while it is not."""
        with self._file.reading() as db:
            found = list(db.table("switches").rows_where("name = ?", [ledger.PAYING]))
        return str(found[0]["reason"]) if found else None

    def add_maintenance(self, window: Maintenance) -> None:
        """Store a window (by name and start), or replace what is known of it."""
        with self._file.writing() as db:
            db.table("maintenance").upsert(_row(window), pk=("name", "starts_at"))

    def maintenance(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Maintenance]:
        """Return the windows that last at any moment of the span, by start.

        One that was ended before it began lasts at none.
        """
        where = "starts_at < ends_at AND (:since IS NULL OR ends_at > :since)"
        where += " AND (:until IS NULL OR starts_at < :until)"
        values = {"since": stamp_or_none(since), "until": stamp_or_none(until)}
        with self._file.reading() as db:
            found = db.table("maintenance").rows_where(where, values, order_by="starts_at, name")
            return [_window(row) for row in found]


def _row(window: Maintenance) -> Row:
    return clean(
        {
            "name": window.name,
            "starts_at": stamp(window.starts_at),
            "ends_at": stamp(window.ends_at),
            "flows": dump(window.flows),
            "switches": dump(sorted(window.switches)),
        }
    )


def _window(row: Row) -> Maintenance:
    return Maintenance(
        name=row["name"],
        starts_at=time(row["starts_at"]),
        ends_at=time(row["ends_at"]),
        flows=tuple(json.loads(row["flows"])),
        switches=frozenset(MaintenanceSwitch(one) for one in json.loads(row["switches"])),
    )

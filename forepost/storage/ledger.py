"""The order ledger: who may make something, what became of it, what is still there."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlite_utils import Database

from forepost.errors import StoreError
from forepost.model import Caps, LedgerEntry, MadeKind
from forepost.storage.rows import Row, clean, stamp, stamp_or_none, time, time_or_none

# The instants that are not known at once. What has been proved once stays proved: two
# programs may note the same entry, and the later one need not know what the earlier saw.
LATER = (
    "created_at",
    "paid_at",
    "voided_at",
    "restocked_at",
    "mail_seen_at",
    "nothing_at",
    "gone_at",
)
WORD = ("gone_at", "gone_by", "gone_note")  # what somebody said; it stands or falls together
PAYING = "paying"  # the kill switch's name among the switches
# `LedgerEntry.settled` in SQL; the tests hold one against the other.
SETTLED = (
    "(refused != '' OR nothing_at IS NOT NULL OR gone_at IS NOT NULL OR"
    " (voided_at IS NOT NULL AND (kind != 'order' OR restocked_at IS NOT NULL)))"
)
GRANTED = (
    "SELECT count(*), coalesce(sum(amount_cents), 0) FROM ledger"
    " WHERE asked_at >= ? AND refused = '' AND nothing_at IS NULL"
)
SAID_GONE = (
    "gone_at IS NOT NULL AND run_id = :run_id AND customer = :customer"
    " AND kind = :kind AND reference = :reference AND reference != ''"
)


def ask(db: Database, entry: LedgerEntry, caps: Caps) -> str:
    """Write `entry` down with the answer, and return it; "" is leave.

    The caller holds the write lock from before the first look, so that nobody else is
    counted in between. An entry that asks again hears what it heard the first time.
    """
    known = db.execute("SELECT refused FROM ledger WHERE id = ?", [entry.id]).fetchone()
    if known is not None:
        return str(known[0])
    refused = stopped(db) or over(db, entry, caps)
    db.table("ledger").insert(entry_row(replace(entry, refused=refused)))
    return refused


def over(db: Database, entry: LedgerEntry, caps: Caps) -> str:
    """Return which cap the entry would break, in words; "" for none."""
    made, cents = db.execute(GRANTED, [stamp(caps.since)]).fetchone()
    if caps.orders is not None and made >= caps.orders:
        return f"{made} of {caps.orders} orders of the day are used up ([shop] orders_per_day)"
    # An amount that is not known yet must not slip in when nothing is left.
    if caps.cents is not None and cents + max(entry.amount_cents or 0, 1) > caps.cents:
        return f"{cents} of {caps.cents} cents of the day are used up ([shop] cents_per_day)"
    return ""


def stopped(db: Database) -> str:
    """Return why paying is stopped; "" while it is not."""
    found = db.execute("SELECT reason FROM switches WHERE name = ?", [PAYING]).fetchone()
    return "" if found is None else f"paying is stopped: {found[0]}"


def note(db: Database, entry: LedgerEntry) -> None:
    """Store what is now known of an entry; what was proved or said before is kept.

    A shop may go on listing what somebody said is gone: it gets no row anew.
    """
    row = entry_row(entry)
    known = next(iter(db.table("ledger").rows_where("id = ?", [entry.id])), None)
    if known is None:
        if not db.table("ledger").count_where(SAID_GONE, row):
            db.table("ledger").insert(row)
        return
    kept = {key: known[key] for key in LATER if row[key] is None}
    if known["gone_at"] is not None:
        kept |= {key: known[key] for key in WORD}
    db.table("ledger").upsert({**row, **kept}, pk="id")


def gone(
    db: Database, ids: Sequence[str], *, at: datetime, by: str, said: str
) -> list[LedgerEntry]:
    """Settle entries by somebody's word: all of them, or none.

    The caller holds the write lock, so that of two people only the first is heard.
    Returns: the entries that were settled before; if there is any, nothing is written.
    Raises:  StoreError for an id that is not there.
    """
    marks = ", ".join("?" * len(ids))
    found = [entry_of(row) for row in db.table("ledger").rows_where(f"id IN ({marks})", list(ids))]
    if missing := sorted(set(ids) - {entry.id for entry in found}):
        raise StoreError(
            f"{missing[0]}: no such row in the order ledger; see forepost orders --all"
        )
    before = [entry for entry in found if entry.settled]
    word = clean(dict(zip(WORD, (stamp(at), by, said), strict=True)))
    for key in () if before else ids:
        db.table("ledger").update(key, word)
    return before


def entry_row(entry: LedgerEntry) -> Row:
    """Return the row of an entry."""
    times = {key: stamp_or_none(getattr(entry, key)) for key in LATER}
    row = {**asdict(entry), **times, "asked_at": stamp(entry.asked_at), "kind": entry.kind.value}
    return clean(row)


def entry_of(row: Row) -> LedgerEntry:
    """Return the entry of a row."""
    times: dict[str, datetime | None] = {key: time_or_none(row[key]) for key in LATER}
    asked_at, kind = time(row["asked_at"]), MadeKind(row["kind"])
    return LedgerEntry(**{**row, **times, "asked_at": asked_at, "kind": kind})

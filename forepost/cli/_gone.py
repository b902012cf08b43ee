"""Somebody's word that things left in the shop are gone: whose rows, and who may say so."""

import os
import pwd
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

import click

from alerts.plain import plain
from forepost.cli._book import FILE
from forepost.cli._left import what
from forepost.config import Config, FlowPlan
from forepost.errors import StoreError
from forepost.model import LedgerEntry
from forepost.storage import Store

NOTE_LENGTH = 300
NEAR = 3  # of what may have been meant


def see(words: Sequence[str], *, gone: bool, note: str | None, beside: bool) -> None:
    """Refuse options that do not belong together.

    Raises: click.UsageError, click.BadParameter.
    """
    if not gone:
        if words or note is not None:
            raise click.UsageError('ROW and --note go with --gone: --gone ROW --note "voided by …"')
        return
    if beside:
        raise click.UsageError("--gone is a job of its own: not beside --settle, --stop, --resume")
    if not words:
        raise click.UsageError("--gone wants the rows; forepost orders shows the name of each")
    if note is None or not note.strip():
        raise click.UsageError('--gone wants --note, what was seen or done: "voided by hand"')
    if not note.isprintable() or len(note) > NOTE_LENGTH:
        said = f"{plain(note, 40)!r}: give 1 to {NOTE_LENGTH} visible characters on one line"
        raise click.BadParameter(said, param_hint="--note")


def say_gone(
    config: Config, store: Store, words: Sequence[str], note: str, now: datetime
) -> list[LedgerEntry]:
    """Settle the rows of that name by the word of who runs this; return them as they were.

    Raises: StoreError, one line a row that cannot be settled so; then none is.
    """
    found, faults = named(words, store)
    faults += [_settled(one) for one in found if one.settled]
    faults += [_going(config, one, now) for one in under_way(config, store, found)]
    if not faults:
        ids = [one.id for one in found]
        before = store.ledger_gone(ids, at=now, by=whose(), said=note.strip())
        faults = [_settled(one) for one in before]
    if faults:
        raise StoreError("\n".join(f"{config.store.path}: {fault}" for fault in faults))
    return found


def named(words: Sequence[str], store: Store) -> tuple[list[LedgerEntry], list[str]]:
    """Return the rows of these names (short ones, or whole ids), each once, and what is wrong."""
    left = store.ledger(unsettled_only=True)
    there: list[LedgerEntry] | None = None
    found: dict[str, LedgerEntry] = {}
    faults = []
    for word in dict.fromkeys(words):
        fits = _fits(word, left)
        if not fits:
            there = store.ledger() if there is None else there
            fits = _fits(word, there)
        if len(fits) == 1:
            found[fits[0].id] = fits[0]
        elif fits:
            ids = ", ".join(one.id for one in fits[:NEAR])
            faults.append(f"row {word}: {len(fits)} rows have this name; give the id: {ids}")
        else:
            faults.append(
                f"row {plain(word, 60) or 'without a name'}: no such row; {_near(word, left)}"
            )
    return list(found.values()), faults


def under_way(
    config: Config, store: Store, entries: Sequence[LedgerEntry]
) -> Sequence[LedgerEntry]:
    """Return the entries whose run may be under way: what it is about to read must not go."""
    from scheduler import may_settle  # noqa: PLC0415 - rooms load late

    free = may_settle(config, entries)
    runs = config.paths.out / "runs"
    return [
        one
        for one in entries
        if one not in free
        and not one.settled
        and store.run(one.run_id) is None
        and not (runs / one.run_id / FILE).is_file()  # walked by hand, and over
    ]


def whose() -> str:
    """Return the name of who runs this, as the system knows it (LOGNAME may say anything)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return f"user {os.getuid()}"


def _fits(word: str, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    return [one for one in entries if word == one.id or word.lower() == one.row]


def _near(word: str, left: Sequence[LedgerEntry]) -> str:
    """Return what may have been meant: by its name, by its number in the shop."""
    by_name = {one.row: one for one in left} | {one.reference: one for one in left if one.reference}
    close = get_close_matches(word, by_name, n=NEAR, cutoff=0.6)
    meant = [by_name[name] for name in close] or list(left[:NEAR])
    if not meant:
        return "nothing is left behind; see forepost orders --all"
    told = ", ".join(dict.fromkeys(f"{one.row} ({what(one)})" for one in meant))
    return f"did you mean {told}?" if close else f"left are: {told}; see forepost orders"


def _settled(entry: LedgerEntry) -> str:
    """Say how a row was settled; it stays as it is."""
    how = "by proof, see forepost orders --all"
    if entry.gone_at is not None:
        at = entry.gone_at.isoformat(sep=" ", timespec="seconds")
        how = f"said to be gone by {plain(entry.gone_by)}, {at}: “{plain(entry.gone_note)}”"
    elif entry.refused:
        how = "it had no leave, nothing was made"
    elif entry.nothing_at is not None:
        how = "it is proved that nothing was made"
    return f"row {entry.row} ({what(entry)}): settled already: {how}; leave it out"


def _going(config: Config, entry: LedgerEntry, now: datetime) -> str:
    deadline_s = config.flows.get(entry.flow, FlowPlan()).deadline
    wait_s = (entry.asked_at + timedelta(seconds=2 * deadline_s) - now).total_seconds()
    return (
        f"row {entry.row} ({what(entry)}): its run {plain(entry.run_id)} may be under way, another "
        f"Forepost walks on {config.paths.out}; say it when that run is over, or in "
        f"{max(1, round(wait_s))} s"
    )

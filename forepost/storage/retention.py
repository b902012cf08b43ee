"""Letting go of what has outlived its use, a slice at a time, so that nobody waits long.

Steps, pages and load cells go after `keep_steps_days`; their figures stay in the roll-ups.
Runs, posts, polls, maintenance windows and sent alerts go after `KEPT_DAYS`; incidents and
days stay. Of the order ledger goes what has been settled for long; what may still lie in the
shop is never forgotten.

Authors go after 8 days. So that closed counts do not change, an author's posts of one
clock hour get a common number before the key is emptied: it says that two posts of that
hour were one person's, and nothing else: no hour can be joined with another.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from sqlite_utils import Database

from forepost.storage.ledger import SETTLED
from forepost.storage.rollups import DAY, floor
from forepost.storage.rows import stamp

SLICE = 10_000
RUNS_A_SLICE = 1_000  # a run has about ten rows of steps and pages
AUTHORS_DAYS = 8
KEPT_DAYS = 400
LEDGER_DAYS = 90
LEDGER_ENDED = f"{SETTLED} AND coalesce(gone_at, asked_at) < ?"  # a word is kept as long as a proof
FREED_PAGES = 2_000  # 8 MB given back to the disk at a time
KEPT_BY = {"posts": "posted_at", "polls": "at", "rollup_hour": "hour_at", "maintenance": "ends_at"}
HOUR_WIDTH = len("2026-11-03T12")


class Writing(Protocol):
    """Begins one transaction."""

    def __call__(self) -> AbstractContextManager[Database]:
        """Return the connection inside it."""
        ...


def prune(writing: Writing, now: datetime, keep_steps_days: int) -> int:
    """Delete in slices, each a transaction of its own; return the number of rows."""
    old = stamp(floor(now - timedelta(days=keep_steps_days), DAY))  # no day is left in part
    ancient = stamp(now - timedelta(days=max(KEPT_DAYS, keep_steps_days)))
    gone = sum(slices(writing, forget_steps, old))
    gone += sum(slices(writing, forget_cells, old))
    gone += sum(slices(writing, forget_runs, ancient))
    for table, column in KEPT_BY.items():
        gone += sum(slices(writing, deletion(table, f"{column} < ?"), ancient))
    gone += sum(slices(writing, deletion("outbox", "state != 'waiting' AND at < ?"), ancient))
    settled = stamp(now - timedelta(days=LEDGER_DAYS))
    gone += sum(slices(writing, deletion("ledger", LEDGER_ENDED), settled))
    sum(slices(writing, forget_authors, stamp(now - timedelta(days=AUTHORS_DAYS))))
    return gone


class Step(Protocol):
    """Does one slice of work before a time; returns the rows it dealt with, 0 at the end."""

    def __call__(self, db: Database, before: str) -> int:
        """Work inside the transaction of `db`."""
        ...


def slices(writing: Writing, step: Step, before: str) -> Iterator[int]:
    """Yield what each slice dealt with, until there is nothing more."""
    while True:
        with writing() as db:
            done = step(db, before)
        if not done:
            return
        yield done


def deletion(table: str, where: str) -> Step:
    """Return a step that deletes rows of one table."""

    def delete(db: Database, before: str) -> int:
        return db.execute(
            f"DELETE FROM {table} WHERE rowid IN "  # noqa: S608 - names from this file
            f"(SELECT rowid FROM {table} WHERE {where} LIMIT {SLICE})",
            [before],
        ).rowcount

    return delete


def forget_steps(db: Database, before: str) -> int:
    """Delete the steps and pages of some old runs; the runs stay."""
    ids = (
        "(SELECT id FROM runs WHERE steps_kept = 1 AND started_at < ? ORDER BY started_at LIMIT ?)"
    )
    some = [before, RUNS_A_SLICE]
    rows = sum(
        db.execute(f"DELETE FROM {table} WHERE run_id IN {ids}", some).rowcount  # noqa: S608 - ours
        for table in ("pages", "steps")
    )
    runs = db.execute(f"UPDATE runs SET steps_kept = 0 WHERE id IN {ids}", some).rowcount  # noqa: S608 - ours
    return rows or runs


def forget_runs(db: Database, before: str) -> int:
    """Delete some runs that have lost their steps already."""
    return deletion("runs", "steps_kept = 0 AND started_at < ?")(db, before)


def forget_cells(db: Database, before: str) -> int:
    """Delete some cells of old load tests; their verdicts stay."""
    old = "load_run IN (SELECT id FROM load_runs WHERE started_at < ?)"
    return deletion("load_cells", old)(db, before)


def forget_authors(db: Database, before: str) -> int:
    """Empty the author keys of the oldest hour that has any, keeping who was who in it."""
    oldest = db.execute(
        "SELECT min(posted_at) FROM posts WHERE author_key != '' AND posted_at < ?", [before]
    ).fetchone()[0]
    if oldest is None:
        return 0
    hour = oldest[:HOUR_WIDTH]
    span = [hour, hour + "~"]  # '~' sorts after ':'
    used = db.execute(
        "SELECT coalesce(max(author_no), 0) FROM posts WHERE posted_at >= ? AND posted_at < ?", span
    ).fetchone()[0]
    authors = db.execute(
        "SELECT DISTINCT author_key FROM posts"
        " WHERE posted_at >= ? AND posted_at < ? AND author_key != '' ORDER BY author_key",
        span,
    ).fetchall()
    return sum(
        db.execute(
            "UPDATE posts SET author_key = '', author_no = ?"
            " WHERE posted_at >= ? AND posted_at < ? AND author_key = ?",
            [number, *span, author],
        ).rowcount
        for number, (author,) in enumerate(authors, used + 1)
    )


def give_back(db: Database) -> None:
    """Return freed pages to the disk, a few megabytes at a time."""
    # Not execute(): it takes one step, which gives back one page (measured).
    db.conn.executescript(f"PRAGMA incremental_vacuum({FREED_PAGES})")

"""The shop's own database: one SQLite connection, one lock, short transactions.

One connection for all threads keeps the count of open files small; no transaction
waits for the network, so the lock is held for less than a millisecond.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any


class Database:
    """A SQLite file that many threads may use."""

    def __init__(self, path: Path, schemas: Iterable[str]) -> None:
        self._lock = RLock()
        self._connection = connect(path)
        for schema in schemas:
            self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction: all of it is kept, or nothing."""
        with self._lock, transaction(self._connection) as connection:
            yield connection

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return every row that `sql` selects."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row that `sql` selects, or None."""
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def count(self, sql: str, *values: Any) -> int:
        """Return the one number that `sql` selects."""
        row = self.row(sql, *values)
        return int(row[0] or 0) if row else 0

    def run(self, sql: str, *values: Any) -> None:
        """Carry out one statement in a transaction of its own."""
        with self.transaction() as connection:
            connection.execute(sql, values)


def connect(path: Path) -> sqlite3.Connection:
    """Open `path`; the demo's data need not survive a power cut, so no fsync."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=10, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block in one transaction that takes the write lock at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

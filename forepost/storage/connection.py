"""One SQLite file: a connection for every thread, every write in BEGIN IMMEDIATE.

`atomic()` of sqlite-utils begins *deferred*: two writers that read first and write then
meet SQLITE_BUSY at once, whatever the timeout (measured: 105,800 lock errors in 5 s
against none), so no write here begins so.
"""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from forepost.errors import StoreError
from forepost.storage import faults, upgrade

APPLICATION_ID = 0x466F7265  # "Fore" in the file's header: `file out/forepost.sqlite` shows it
# quick_check reads the whole file: below this size in well under a second.
CHECKED_WHOLE_BYTES = 32 * 1024 * 1024
PAGE_COUNT_AT = 28  # the header's count of pages, sqlite.org/fileformat.html


class Connections:
    """The doors to one file. Thread-safe; a thread's connection ends with the thread.

    Raises: StoreError, one line, from every method.
    """

    def __init__(self, path: Path, *, read_only: bool, busy_s: float) -> None:
        self.path = path
        self.read_only = read_only
        self.busy_s = busy_s
        self._local = threading.local()
        self._closed = False
        self._lock = threading.Lock()
        self._open: list[tuple[weakref.ref[threading.Thread], sqlite3.Connection]] = []
        try:
            with faults.told(path, busy_s):
                self._prepare()
        except BaseException:
            self.close()
            raise

    def read(self) -> Database:
        """Return this thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = self._connect()
        return db

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Read in one transaction: what several queries see belongs together."""
        with faults.told(self.path, self.busy_s):
            db = self.read()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.rollback()

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Write in one transaction: all of it or, whatever happens, nothing."""
        if self.read_only:
            raise StoreError(f"{self.path}: opened for reading only; stop and open it to write")
        with faults.told(self.path, self.busy_s), immediate(self.read()) as db:
            yield db

    def outside(self, work: Callable[[Database], None]) -> None:
        """Do what SQLite does not do inside a transaction."""
        with faults.told(self.path, self.busy_s):
            work(self.read())

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for _, connection in self._open:
                connection.close()
            self._open.clear()
            self._closed = True
            self._local = threading.local()

    def _prepare(self) -> None:
        """See that the file is ours and whole, and bring its schema up to date."""
        if self.read_only and not self.path.exists():
            raise StoreError(f'{self.path}: there is no store yet; run "forepost watch" first')
        db = self.read()
        self._refuse_foreign(db)
        self._refuse_damaged(db)
        upgrade.refuse_newer(db, self.path)
        if self.read_only:
            upgrade.refuse_older(db, self.path)
            return
        if upgrade.behind(db):
            with immediate(db):
                self._refuse_foreign(db)
                upgrade.apply(db)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def _refuse_foreign(self, db: Database) -> None:
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreError(
                f"{self.path}: is the database of another program; change [store] path"
            )

    def _refuse_damaged(self, db: Database) -> None:
        """Find a truncated or overwritten file before anything is written to it."""
        damaged = StoreError(f"{self.path}: {faults.LINES[sqlite3.SQLITE_CORRUPT]}")
        size = self.path.stat().st_size
        if size <= CHECKED_WHOLE_BYTES:
            if db.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                raise damaged
            return
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        with self.path.open("rb") as file:
            file.seek(PAGE_COUNT_AT)
            in_header = int.from_bytes(file.read(4), "big")
        page_bytes = db.execute("PRAGMA page_size").fetchone()[0]
        # Pages that are only in the write-ahead log are counted by page_count, not in the file.
        if size < min(pages, in_header) * page_bytes:
            raise damaged

    def _connect(self) -> Database:
        if self._closed:
            raise StoreError(f"{self.path}: the store is closed; open it again")
        mode = "ro" if self.read_only else "rwc"
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=self.busy_s,
            check_same_thread=False,  # only close() comes from another thread
        )
        with self._lock:
            self._close_of_the_dead()
            self._open.append((weakref.ref(threading.current_thread()), connection))
        if not self.read_only:
            # Before the first table, or it never takes effect without a VACUUM.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection, execute_plugins=False)

    def _close_of_the_dead(self) -> None:
        alive = []
        for owner, connection in self._open:
            thread = owner()
            if thread is not None and thread.is_alive():
                alive.append((owner, connection))
            else:
                connection.close()
        self._open[:] = alive


@contextmanager
def immediate(db: Database) -> Iterator[Database]:
    """Hold the write lock from the first statement on."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        db.rollback()  # nothing happens if the error has ended the transaction already
        raise


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log: once for the file, for good.

    The switch does not wait as other statements do when two programs create the file
    together, so it takes its turn by the write lock.
    """
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    for _ in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")

"""What SQLite complains of, said in one line to the person who has to mend it."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forepost.errors import StoreError

# Primary result codes: sqlite.org/rescode.html (the low byte of the extended code).
LINES = {
    sqlite3.SQLITE_NOTADB: "file is not a database; move it away or restore a backup",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; move it away or restore a backup",
    sqlite3.SQLITE_FULL: "the disk is full; free some space or move [store] path",
    sqlite3.SQLITE_READONLY: "read-only file or disk; allow writing or move [store] path",
    sqlite3.SQLITE_PERM: "no permission to open it; allow reading and writing",
    sqlite3.SQLITE_IOERR: "the disk does not read or write; look after the disk",
}

SHM_BYTES = 32_768  # what SQLite takes for it at once, sqlite.org/walformat.html


@contextmanager
def told(path: Path, busy_s: float) -> Iterator[None]:
    """Turn what SQLite raises inside the block into a StoreError of one line."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {line(error, path, busy_s)}") from error
    except OSError as error:
        what = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror)
        raise StoreError(f"{path}: {what}; look after the disk") from error


def line(error: sqlite3.Error, path: Path, busy_s: float) -> str:
    """Return what is wrong and the remedy, without the path."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"locked by another program for longer than {busy_s:g} s; close that program"
    if code == sqlite3.SQLITE_CANTOPEN:
        return unopened(path)
    if code == sqlite3.SQLITE_IOERR and full(path):
        return LINES[sqlite3.SQLITE_FULL]
    return LINES.get(code, " ".join(str(error).split()) + '; see "forepost doctor"')


def full(path: Path) -> bool:
    """Whether there is no room: for its -shm file SQLite calls that an I/O error."""
    try:
        return shutil.disk_usage(path.parent).free < SHM_BYTES
    except OSError:
        return False


def unopened(path: Path) -> str:
    """Say why a file cannot be opened: SQLite itself only says that it cannot."""
    if not path.parent.is_dir():
        return f"folder {path.parent} does not exist; create it or change [store] path"
    if path.is_dir():
        return "is a folder; [store] path must name a file"
    if not path.exists():
        return f"cannot be created; allow writing in {path.parent} or change [store] path"
    return "cannot be opened; allow reading and writing, or change [store] path"

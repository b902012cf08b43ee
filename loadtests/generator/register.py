"""What is under way, on disk: how a run that was killed is known to whoever comes later.

Each run has a file in its folder, and holds a lock on it. The system lets go of the lock when the
process ends, however it ends: a file that is there and not held is of a run that nobody ended.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from forepost.errors import LoadError

FILE = "begun.json"


@dataclass(frozen=True, slots=True)
class Begun:
    """A run as it is noted before anything is sent."""

    load_run: str
    campaign: str
    target: str
    started_at: str  # ISO 8601, in UTC
    planned: str = ""  # the table [campaigns.x] that asked for it; "" for a run by hand
    cleanup_s: float = 0.0  # how long undoing may take; 0: the campaign asks for none


@contextmanager
def noted(folder: Path, begun: Begun) -> Iterator[None]:
    """Keep a run on the register for as long as the block lasts.

    Raises: LoadError, one line, if it cannot be written.
    """
    try:
        file = _written(folder, begun)
    except OSError as error:
        raise LoadError(f"{folder / FILE}: cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        with suppress(OSError):  # gone already: the folder of a refused run
            (folder / FILE).unlink()
        file.close()


@contextmanager
def unended(out: Path) -> Iterator[list[tuple[Path, Begun]]]:
    """Yield the runs of an output folder that began and that nobody ended, oldest first.

    Shape: the folder of each, and what it noted. They are held for as long as the block lasts, so
           that two programs never settle the same one. A file that is none of ours is passed over.
    """
    held: list[IO[str]] = []
    found: list[tuple[Path, Begun]] = []
    try:
        for path in sorted((out / "loads").glob(f"*/{FILE}")):
            with suppress(OSError, ValueError, TypeError):
                file = path.open(encoding="utf-8")
                held.append(file)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.stat()  # gone: the run has just ended
                found.append((path.parent.resolve(), Begun(**json.load(file))))
        yield found
    finally:
        for one in held:
            one.close()


def ended(folder: Path) -> None:
    """Take a run off the register."""
    with suppress(FileNotFoundError):
        (folder / FILE).unlink()


def _written(folder: Path, begun: Begun) -> IO[str]:
    """Return the file, locked and on the disk before it has its name: never half of it."""
    path = folder / f".{FILE}"
    file = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(asdict(begun), file)
        file.flush()
        os.fsync(file.fileno())
        path.rename(folder / FILE)
    except BaseException:
        with suppress(OSError):  # a full disk: closing writes once more
            file.close()
        path.unlink(missing_ok=True)
        raise
    return file

"""Looking for secrets in what is kept: every artefact, packed or not, and the store.

Says in which file and of what kind, never the value.
"""

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from probes.scrubbing.scrub import KNOWN, Scrubber

LARGEST = 200_000_000  # bytes of one piece
NOT_READ = "could not be read"
# Folders of the output folder that hold no evidence: the bundled shop itself, and scratch.
NOT_OURS = ("demoshop", "workers")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
_FONTS = (b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0")
_SQLITE = b"SQLite format 3\0"
_UNREADABLE = (OSError, EOFError, ValueError, zipfile.BadZipFile, sqlite3.Error, SyntaxError)


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that was kept. `where`: the entry of an archive, the table of a store."""

    path: Path
    where: str
    kind: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked through, and what was found."""

    leaks: tuple[Leak, ...]
    files: int
    pieces: int  # files, entries of archives, tables
    bytes: int  # unpacked


def scan(paths: Iterable[Path], scrubber: Scrubber) -> list[Leak]:
    """Return what leaks from files and the files of folders, in order."""
    return list(look(paths, scrubber).leaks)


def look(paths: Iterable[Path], scrubber: Scrubber) -> Scan:
    """Look through files, and all files below folders.

    A file that cannot be read is a leak of the kind "could not be read": nobody knows.
    """
    leaks: list[Leak] = []
    files = pieces = size = 0
    for path in kept(paths):
        files += 1
        try:
            for where, data, is_text in pieces_of(path):
                pieces += 1
                size += len(data)
                kinds = scrubber.leaks(data) if is_text else [KNOWN] * scrubber.holds(data)
                leaks += [Leak(path, where, kind) for kind in kinds]
        except _UNREADABLE:
            leaks.append(Leak(path, "", NOT_READ))
    return Scan(tuple(dict.fromkeys(leaks)), files, pieces, size)


def kept(paths: Iterable[Path]) -> list[Path]:
    """Return the files of paths and of the folders among them, each once, sorted."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            for file in path.rglob("*"):
                if file.is_file() and file.relative_to(path).parts[0] not in NOT_OURS:
                    found.add(file)
        elif path.is_file():
            found.add(path)
    return sorted(found)


def pieces_of(path: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Yield (where, bytes, whether they are text) of all that a file holds.

    Raises: OSError, BadZipFile, sqlite3.Error or ValueError for what cannot be read.
    """
    data = path.read_bytes()
    if data.startswith(_SQLITE):
        yield "", data, False  # what was deleted may still stand in free pages
        yield from _tables(path)
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.file_size > LARGEST:
                    raise ValueError(entry.filename)
                yield from _plain(entry.filename, archive.read(entry))
    else:
        yield from _plain("", data)


def _plain(where: str, data: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Yield what stands in a file or an entry: unpacked, and of a picture its words."""
    if data.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(data)) as packed:
            data = packed.read(LARGEST)
    if data.startswith(_PICTURES):
        yield where, data, False
        yield where, _words(data), True
    else:
        yield where, data, not data.startswith(_FONTS)


def _words(picture: bytes) -> bytes:
    """Return the texts that a picture carries beside its pixels."""
    with Image.open(io.BytesIO(picture)) as opened:
        told = [f"{name}: {value}" for name, value in opened.info.items()]
        told += [f"{tag}: {value}" for tag, value in opened.getexif().items()]
    return "\n".join(told).encode("utf-8", "replace")


def _tables(path: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the rows of a store, a table at a time, its columns on lines of their own."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        listed = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [row[0] for row in listed]
        for name in names:
            quoted = name.replace('"', '""')
            rows = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - quoted above
            while batch := rows.fetchmany(2_000):
                lines = (str(value) for row in batch for value in row if value is not None)
                yield name, "\n".join(lines).encode("utf-8", "replace"), True
    finally:
        connection.close()

"""File: posts from a CSV or JSON-lines file that may grow; the way in for every export.

Columns: `id`, `posted_at` (ISO 8601 with zone), `text`, and if known `author`, `repost_of`.
"""

import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import requests

from complaints.page import Page
from complaints.records import Record, csv_fields, csv_row, json_fields, lines, quoted
from forepost.errors import SourceError
from forepost.model import Post

REQUIRED = ("id", "posted_at", "text")
HEAD_BYTES = 4_096
QUIET_S = 5.0  # a last line without its end is taken once nobody writes any more
BOM = b"\xef\xbb\xbf"
_TIME_LIKE = re.compile(r"[\dTZ:.,+\-/ ]{1,40}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[complaints.file]` of config.toml, key for key."""

    path: Path
    format: str = "auto"  # auto: .csv is CSV, all else JSON lines | csv | jsonl
    max_posts: int = 50_000  # a poll; the rest waits for the next one


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the file was read, and by which head it is known again."""

    offset: int = 0
    line: int = 1
    head_bytes: int = 0
    head: str = ""
    to: str = ""  # the newest posting time so far

    def text(self) -> str:
        """Return the cursor as JSON."""
        names = ("offset", "line", "head_bytes", "head", "to")
        return json.dumps({name: getattr(self, name) for name in names})


@dataclass(slots=True)
class Reading:
    """What one poll takes from the file."""

    offset: int
    line: int
    posts: list[Post] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def fetch(http: requests.Session, cursor: str | None, settings: Settings) -> Page:  # noqa: ARG001 - every source has this verb; a file needs no http
    """Return the posts written to the file since `cursor`, in the file's order.

    A file that was replaced (another head, or shorter) is read from its start.
    Raises: SourceError if the file cannot be read or lacks a column.
    """
    path = settings.path
    try:
        quiet = time.time() - path.stat().st_mtime >= QUIET_S
        with path.open("rb") as file:
            known = _known(file, cursor)
            reading = _read(file, known, settings, quiet=quiet)
            head_bytes = min(HEAD_BYTES, reading.offset)
            head = _head(file, head_bytes)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SourceError(f"file: {path}: {reason}; kept the last good poll") from error
    times = [post.posted_at for post in reading.posts]
    before = [datetime.fromisoformat(known.to)] if known.to else []
    newest = max(times + before, default=None)
    to = newest.isoformat() if newest else ""
    return Page(
        posts=reading.posts,
        cursor=Cursor(reading.offset, reading.line, head_bytes, head, to).text(),
        covered_from=min(times + before, default=None),
        covered_to=newest,
        faults=tuple(f"file: {path} {fault}" for fault in reading.faults),
    )


def _read(file: BinaryIO, known: Cursor, settings: Settings, *, quiet: bool) -> Reading:
    """Read records from the cursor on; a bad one becomes a fault, the rest goes on."""
    is_csv = settings.format == "csv" or (
        settings.format == "auto" and settings.path.suffix.lower() == ".csv"
    )
    reading = Reading(known.offset, known.line)
    start = len(BOM) if _starts_with_bom(file) else 0
    header: list[str] = []
    if is_csv:
        first = next(quoted(file, start, 1), None)
        if first is None or not first.whole:
            return reading
        header = _header(first, settings.path)
        start = first.ends_at
    at, line = (known.offset, known.line) if known.offset else (start, 2 if is_csv else 1)
    for record in quoted(file, at, line) if is_csv else lines(file, at, line):
        if len(reading.posts) >= settings.max_posts or not (record.whole or quiet):
            break
        reading.offset, reading.line = record.ends_at, record.line + record.lines
        if not record.raw.strip():
            continue
        try:
            fields = csv_fields(record.raw, header) if is_csv else json_fields(record.raw)
            reading.posts.append(parse(fields))
        except ValueError as error:
            reading.faults.append(f"line {record.line}: {error}; skipped")
    return reading


def parse(fields: dict[str, str]) -> Post:
    """Turn the fields of one record into a Post.

    Raises: ValueError, in words that quote nothing but what looks like a time.
    """
    for name in REQUIRED:
        if not fields.get(name, "").strip():
            raise ValueError(f"no {name}")
    return Post(
        source="file",
        id=fields["id"].strip(),
        posted_at=_time(fields["posted_at"].strip()),
        text=fields["text"],
        author=fields.get("author", "").strip(),
        repost_of=fields.get("repost_of", "").strip() or None,
    )


def _time(said: str) -> datetime:
    # A shifted column would put a post's text here, and that must not reach a log.
    shown = f'"{said}"' if _TIME_LIKE.fullmatch(said) else "(not shown)"
    want = "write it like 2026-01-31T12:00:00Z"
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise ValueError(f"posted_at {shown} is not a time; {want}") from error
    if at.tzinfo is None:
        raise ValueError(f"posted_at {shown} has no zone; {want}")
    return at.astimezone(UTC)


def _header(first: Record, path: Path) -> list[str]:
    header = [name.strip().lower() for name in csv_row(first.raw)]
    lacking = [name for name in REQUIRED if name not in header]
    if lacking:
        raise SourceError(
            f"file: {path} line 1: no column {', '.join(lacking)}; "
            f"the first line must name {', '.join(REQUIRED)}"
        )
    return header


def _starts_with_bom(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(len(BOM)) == BOM


def _head(file: BinaryIO, size: int) -> str:
    """Return a fingerprint of the first `size` bytes."""
    file.seek(0)
    return hashlib.blake2b(file.read(size), digest_size=16).hexdigest()


def _known(file: BinaryIO, text: str | None) -> Cursor:
    """Return the kept cursor if it belongs to this file, else one for its start."""
    try:
        kept = Cursor(**json.loads(text or ""))
        same = kept.offset <= file.seek(0, 2) and _head(file, kept.head_bytes) == kept.head
    except (ValueError, TypeError):
        return Cursor()
    return kept if same else Cursor()

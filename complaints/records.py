"""Records of a growing text file, with their byte offsets: one JSON or CSV record at a time."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_RECORD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands in the file; `whole` is False for an unfinished last line."""

    line: int  # of its first line, counted from 1
    raw: bytes
    ends_at: int  # byte offset behind it
    lines: int  # how many lines it takes
    whole: bool


def lines(file: BinaryIO, offset: int, line: int) -> Iterator[Record]:
    """Yield one record a line; an overlong line comes cut, its rest is skipped."""
    file.seek(offset)
    while raw := file.readline(MAX_RECORD_BYTES):
        whole = raw.endswith(b"\n")
        offset += len(raw)
        while not whole and (rest := file.readline(MAX_RECORD_BYTES)):
            offset += len(rest)
            whole = rest.endswith(b"\n")
        yield Record(line, raw, offset, 1, whole)
        line += 1


def quoted(file: BinaryIO, offset: int, line: int) -> Iterator[Record]:
    """Yield CSV records: lines are joined while a quote is open (RFC 4180, 2.6).

    A record that grows beyond the bound is given up at its first line, so that one stray
    quote does not swallow the rest of the file.
    """
    while True:
        file.seek(offset)
        raw, taken, first_end = b"", 0, offset
        while len(raw) <= MAX_RECORD_BYTES and (more := file.readline(MAX_RECORD_BYTES)):
            raw += more
            taken += 1
            if taken == 1:
                first_end = offset + len(raw)
            if raw.count(b'"') % 2 == 0 and raw.endswith(b"\n"):
                break
        if not raw:
            return
        closed = raw.count(b'"') % 2 == 0
        if not closed and len(raw) > MAX_RECORD_BYTES:
            raw, taken = raw[: first_end - offset], 1
        whole = raw.endswith(b"\n") and (closed or taken == 1)
        offset += len(raw)
        yield Record(line, raw, offset, taken, whole)
        line += taken


def json_fields(raw: bytes) -> dict[str, str]:
    """Return the fields of a JSON object as text.

    Raises: ValueError, in words that quote nothing of the record.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for a bad record
    return {str(key): str(value) for key, value in found.items() if value is not None}


def csv_fields(raw: bytes, header: list[str]) -> dict[str, str]:
    """Return the fields of a CSV record under their columns.

    Raises: ValueError, in words that quote nothing of the record.
    """
    row = csv_row(raw)
    if len(row) != len(header):
        raise ValueError(f"{len(row)} fields where the header has {len(header)}")
    return dict(zip(header, row, strict=True))


def csv_row(raw: bytes) -> list[str]:
    """Return the fields of one CSV record.

    Raises: ValueError if it is not UTF-8 or not CSV.
    """
    try:
        return next(csv.reader([raw.decode("utf-8")], strict=True), [])
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    except csv.Error as error:
        raise ValueError("not CSV: a quote in the wrong place") from error

"""A CSV file of ours: a header, then rows of as many fields; the faults name the line."""

import csv
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

MOST_ROWS = 1_000_000
_SEPARATORS = (",", ";", "\t")  # spreadsheets write what their country does


@dataclass(frozen=True, slots=True)
class Table:
    """What a CSV file holds; `lines` says where in the file each row ends."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read(path: Path) -> Table:
    """Read a CSV file in UTF-8; lines without anything are passed over.

    Shape:  fields are parted by commas; by semicolons or tabs if line 1 has no comma.
    Raises: ValueError, whose text names file, line and remedy. It never shows a value: a data file
            may hold what is worth money.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return _read(handle)
    except FileNotFoundError:
        raise ValueError(f"no file {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as CSV in UTF-8: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path} {error}") from None


def _read(handle: TextIO) -> Table:
    first = handle.readline()
    between = next((one for one in _SEPARATORS if one in first), ",")
    reader = csv.reader(chain([first], handle), delimiter=between, strict=True)
    header = tuple(name.strip() for name in next(reader, []))
    if not header or "" in header or len(set(header)) < len(header):
        raise ValueError("line 1 must name every column, each with a name of its own")
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for row in reader:
        line = reader.line_num
        if not row:
            continue
        if len(row) != len(header):
            raise ValueError(f"line {line} has {len(row)} fields, the header {len(header)}")
        if len(rows) == MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS:,} rows; split the file")
        rows.append(tuple(row))
        lines.append(line)
    return Table(header, tuple(rows), tuple(lines))

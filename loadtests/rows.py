"""Test data from a file: one row an arrival, each used once."""

from collections.abc import Sequence
from pathlib import Path

from loadtests import table
from loadtests.session import Row

SPARE_ROWS = 1  # the pass before the run uses one


def read(path: Path, columns: Sequence[str] | None) -> tuple[Row, ...]:
    """Return the rows of a CSV file with a header.

    Shape:   `columns` are those that the flow reads; None: not known. More may be there.
    Raises:  ValueError, whose text names file, line or column, never a value.
    """
    found = table.read(path)
    missing = [name for name in columns or () if name not in found.header]
    if missing:
        # The first line may be a row already, and a code that is worth money: it is not shown.
        raise ValueError(
            f"{path} has no column {', '.join(missing)}; line 1 must name the columns, "
            f"it has {len(found.header)} fields"
        )
    return tuple(dict(zip(found.header, row, strict=True)) for row in found.rows)


def too_few(rows: int, arrivals: int, *, reuse: bool) -> str:
    """Return why the rows do not suffice for that many arrivals; empty if they do.

    With `reuse` rows are taken again from the first when all are used: fine for what can be
    done twice, like a look-up, and wrong for a code that can be redeemed once.
    """
    if reuse:
        return "" if rows else "it has no rows; at least one is needed"
    need = arrivals + SPARE_ROWS
    if rows >= need:
        return ""
    return (
        f"it has {rows:,} rows for {arrivals:,} arrivals and one pass before; add "
        f"{need - rows:,}, or set data_reuse = true if a row may be used again"
    )

"""A line of a benchmark: what was measured, what was asked for, and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure, in words, beside its target."""

    what: str
    value: str
    target: str
    met: bool


def table(rows: Sequence[Row]) -> str:
    """Return the lines for people, aligned."""
    cells = [(row.what, row.value, row.target, "met" if row.met else "MISSED") for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(3)]
    return "\n".join(
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])
        for row in cells
    )

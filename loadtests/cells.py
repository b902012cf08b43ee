"""Cells between the generator and us: one JSON object a line, the last one of a key counts.

A line holds the whole cell, not a change of it: reading a file twice, or a file whose end
was lost in a crash, never counts anything twice.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forepost.model import LoadCell

WHOLE = "whole visit"
"""The endpoint that stands for the whole visit, from the intended start to its end."""

_COUNTS = ("started", "done", "failed", "censored", "dropped", "in_flight")


@dataclass(frozen=True, slots=True)
class Tally:
    """A cell, and how its failures fall into kinds ("http 503", "timeout")."""

    cell: LoadCell
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str, str]:
        """What a later line of the same cell replaces."""
        return (self.cell.second, self.cell.flow, self.cell.endpoint)


def to_line(tally: Tally) -> str:
    """Return the JSON of one cell, without its line end."""
    cell = tally.cell
    counts = {name: getattr(cell, name) for name in _COUNTS if getattr(cell, name)}
    return json.dumps(
        {
            "event": "cell",
            "second": cell.second,
            "flow": cell.flow,
            "endpoint": cell.endpoint,
            **counts,
            "response_us": cell.response_us,
            "service_us": cell.service_us,
            "kinds": dict(tally.kinds),
        },
        separators=(",", ":"),
    )


def from_event(event: Mapping[str, Any], load_run: str) -> Tally:
    """Turn one line, read as JSON, into a cell of `load_run`.

    Raises: KeyError, ValueError or TypeError if it is none.
    """
    cell = LoadCell(
        load_run=load_run,
        second=int(event["second"]),
        flow=str(event["flow"]),
        endpoint=str(event["endpoint"]),
        **{name: int(event.get(name, 0)) for name in _COUNTS},
        response_us=_histogram(event["response_us"]),
        service_us=_histogram(event["service_us"]),
    )
    return Tally(cell, {str(kind): int(number) for kind, number in event["kinds"].items()})


def whole(tallies: Iterable[Tally]) -> list[Tally]:
    """Return the cells of whole visits."""
    return [tally for tally in tallies if tally.cell.endpoint == WHOLE]


def parts(tallies: Iterable[Tally]) -> list[Tally]:
    """Return the cells of single endpoints."""
    return [tally for tally in tallies if tally.cell.endpoint != WHOLE]


def _histogram(read: Mapping[str, int]) -> dict[int, int]:
    return {int(key): int(number) for key, number in read.items()}

"""Cells between the generator and us: one JSON object a line, the last one of a key counts.

A line holds the whole cell of one worker, not a change of it: reading a file twice, or a file
whose end was lost in a crash, never counts anything twice. Workers are merged by adding.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forepost.analysis import histogram
from forepost.analysis.packed import Packed
from forepost.model import LoadCell

WHOLE = "whole visit"
"""The endpoint that stands for the whole visit, from the intended start to its end."""

WHOLE_STEP = "whole step"
"""The endpoint that stands for a flow's whole step, all its requests together."""

Key = tuple[int, str, str, str]
"""Second of the intended start, flow, step ("" outside steps), endpoint."""

_NONE: Mapping[str, int] = {}
_COUNTS = ("started", "done", "failed", "censored", "dropped", "in_flight")


@dataclass(frozen=True, slots=True)
class Tally:
    """A cell, and how its failures fall into kinds ("http 503", "timeout")."""

    cell: LoadCell
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What a later line of the same cell and worker replaces."""
        return (self.cell.second, self.cell.flow, self.cell.step, self.cell.endpoint)

    @property
    def open(self) -> int:
        """Begun, and not ended as far as is known."""
        cell = self.cell
        return cell.started - cell.done - cell.failed - cell.censored


def to_line(tally: Tally, worker: int = 0) -> str:
    """Return the JSON of one worker's cell, without its line end."""
    cell = tally.cell
    counts = {name: getattr(cell, name) for name in _COUNTS if getattr(cell, name)}
    return json.dumps(
        {
            "event": "cell",
            "worker": worker,
            "second": cell.second,
            "flow": cell.flow,
            "step": cell.step,
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
    # A run of an hour has some hundred thousand of them: names are shared, histograms packed.
    cell = LoadCell(
        load_run=load_run,
        second=int(event["second"]),
        flow=sys.intern(str(event["flow"])),
        endpoint=sys.intern(str(event["endpoint"])),
        step=sys.intern(str(event.get("step", ""))),
        **{name: int(event.get(name, 0)) for name in _COUNTS},
        response_us=_histogram(event["response_us"]),
        service_us=_histogram(event["service_us"]),
    )
    kinds = {str(kind): int(number) for kind, number in event["kinds"].items()}
    return Tally(cell, kinds or _NONE)


def merge(tallies: Sequence[Tally]) -> Tally:
    """Return what several workers counted of one second, flow, step and endpoint.

    Shape: at least one tally; all of the same key. Every count and histogram is added.
    """
    if len(tallies) == 1:
        return tallies[0]
    own = [tally.cell for tally in tallies]
    kinds: dict[str, int] = {}
    for tally in tallies:
        for kind, number in tally.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    cell = replace(
        own[0],
        **{name: sum(getattr(cell, name) for cell in own) for name in _COUNTS},
        response_us=Packed(histogram.merge(cell.response_us for cell in own)),
        service_us=Packed(histogram.merge(cell.service_us for cell in own)),
    )
    return Tally(cell, kinds or _NONE)


def censor(tally: Tally, heard_s: float) -> Tally:
    """Return the cell with all that is open counted as censored, "at least this long".

    Shape: `heard_s` is when its worker was last heard of, since the first instant. What began
           in a second is at least as old as if it had begun at that second's end.
    """
    left, cell = tally.open, tally.cell
    if left <= 0:
        return tally
    least_us = histogram.bucket(int(max(0.0, heard_s - cell.second - 1) * 1e6))
    more = {least_us: left}
    return replace(
        tally,
        cell=replace(
            cell,
            censored=cell.censored + left,
            response_us=histogram.merge((cell.response_us, more)),
            service_us=histogram.merge((cell.service_us, more)),
        ),
    )


def whole(tallies: Iterable[Tally]) -> list[Tally]:
    """Return the cells of whole visits."""
    return [tally for tally in tallies if tally.cell.endpoint == WHOLE]


def parts(tallies: Iterable[Tally]) -> list[Tally]:
    """Return the cells of single endpoints."""
    return [tally for tally in tallies if tally.cell.endpoint not in (WHOLE, WHOLE_STEP)]


def _histogram(read: Mapping[str, int]) -> Packed:
    return Packed({int(key): int(number) for key, number in read.items()})

"""Last year's day again: how many of each flow came in each minute, from a CSV file.

`minute,gift_card,browse` and then a line a minute. `scale` makes every minute busier, `speed`
makes the day shorter: at scale 1.5 and speed 10 the shop sees one and a half times last year's
rate, minute after minute, and each minute lasts 6 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from loadtests import table
from loadtests.shapes.shape import Phase, Segment, Shape

PHASE = "replay"
LEAST_FACTOR, MOST_FACTOR = 0.01, 10_000.0
_MINUTE_S = 60.0
_FIRST = "minute"
_CLOCK, _DATED = "clock", "dated"
_DAY_MIN = 24 * 60
_TURNED = (1 - 60, 1 + 60)  # what a clock reads after it was put back or forward


@dataclass(frozen=True, slots=True)
class Counts:
    """What came in each minute, of each flow; the minutes follow each other without a gap."""

    source: str
    first: str  # the first minute, as written
    per_minute: dict[str, tuple[int, ...]]

    @property
    def minutes(self) -> int:
        """How many minutes there are."""
        return len(next(iter(self.per_minute.values())))

    def shapes(self, *, speed: float = 1.0, scale: float = 1.0) -> dict[str, Shape]:
        """Return the shape of each flow; none lasts longer than another.

        Raises: ValueError unless both are factors from 0.01 to 10,000.
        """
        for name, factor in (("speed", speed), ("scale", scale)):
            if not LEAST_FACTOR <= factor <= MOST_FACTOR:
                raise ValueError(f"{name} {factor:g} is no factor from 0.01 to 10,000")
        return {flow: _shape(counts, speed, scale) for flow, counts in self.per_minute.items()}


def read(path: Path) -> Counts:
    """Read a CSV file of counts per minute.

    Shape:   the first column is `minute`: numbers that go up by one, times like 18:05 (after
             23:59 comes 00:00) or 2025-12-18T18:05, with a zone or without. The others are named
             as the flows are.
    Raises:  ValueError, whose text names file, line and remedy: a gap, a text or nothing where
             a count should be, no row.
    """
    found = table.read(path)
    if found.header[0] != _FIRST or len(found.header) == 1:
        raise ValueError(
            f'{path} line 1: the first column is "{found.header[0][:40]}"; the header reads '
            f"{_FIRST},FLOW,FLOW, one column a flow"
        )
    if not found.rows:
        raise ValueError(f"{path} has no minutes; give a line a minute")
    _see_that_none_is_missing(path, found)
    columns = {
        flow: tuple(
            _count(path, line, flow, row[place])
            for line, row in zip(found.lines, found.rows, strict=True)
        )
        for place, flow in enumerate(found.header[1:], 1)
    }
    if not any(sum(counts) for counts in columns.values()):
        raise ValueError(f"{path} counts nobody in any minute; there is nothing to replay")
    return Counts(str(path), found.rows[0][0].strip(), columns)


def total(shapes: Sequence[Shape]) -> Shape:
    """Return the sum of shapes with the same segments."""
    segments = tuple(
        Segment(
            parts[0].start_s,
            parts[0].end_s,
            sum(one.from_per_s for one in parts),
            sum(one.to_per_s for one in parts),
        )
        for parts in zip(*(one.segments for one in shapes), strict=True)
    )
    return Shape(segments, shapes[0].phases)


def _shape(counts: Sequence[int], speed: float, scale: float) -> Shape:
    width_s = _MINUTE_S / speed
    segments = tuple(
        Segment(
            place * width_s,
            (place + 1) * width_s,
            count * scale / _MINUTE_S,
            count * scale / _MINUTE_S,
        )
        for place, count in enumerate(counts)
    )
    return Shape(segments, (Phase(PHASE, 0.0, len(counts) * width_s),))


def _see_that_none_is_missing(path: Path, found: table.Table) -> None:
    minutes = [
        _minute(path, line, row[0]) for line, row in zip(found.lines, found.rows, strict=True)
    ]
    written = [(row[0].strip(), line) for row, line in zip(found.rows, found.lines, strict=True)]
    for (before, after), (said, line) in zip(pairwise(minutes), written[1:], strict=True):
        if after.form != before.form:
            raise ValueError(
                f"{path} line {line}: minute {said} is written in another form than the one "
                "before; write all alike, all with their zone or all without"
            )
        step = after.number - before.number
        if step == 1 or (before.form == _CLOCK and step == 1 - _DAY_MIN):
            continue
        turned = before.form == _DATED and step in _TURNED
        hint = "; where the clock was changed, write the zone: 2025-10-26T02:00+01:00"
        raise ValueError(
            f"{path} line {line}: minute {said} does not follow the one before; "
            f"give every minute once, a quiet one with 0{hint if turned else ''}"
        )


@dataclass(frozen=True, slots=True)
class _Minute:
    """A minute as a number that goes up by one from minute to minute."""

    form: str  # how it is written: minutes of one form can be set beside each other
    number: int


def _minute(path: Path, line: int, text: str) -> _Minute:
    said = text.strip()
    if said.isascii() and said.isdigit():
        return _Minute("number", int(said))
    form = _CLOCK if len(said) <= len("18:05:00") else _DATED
    try:
        read = datetime.fromisoformat(f"1970-01-01T{said}" if form == _CLOCK else said)
    except ValueError:
        raise ValueError(
            f'{path} line {line}: "{said[:40]}" is no minute; write 0, 18:05 or 2025-12-18T18:05'
        ) from None
    if read.tzinfo is not None:  # so the hour that comes twice in autumn is two hours
        form += " with a zone"
    else:  # the clock as it reads: only the steps matter
        read = read.replace(tzinfo=UTC)
    since = read - datetime(1970, 1, 1, tzinfo=UTC)
    if since % timedelta(minutes=1):
        raise ValueError(f"{path} line {line}: {said[:40]} is no full minute")
    return _Minute(form, since // timedelta(minutes=1))


def _count(path: Path, line: int, flow: str, text: str) -> int:
    said = text.strip()
    if not (said.isascii() and said.isdigit()):
        raise ValueError(
            f'{path} line {line}: {flow} = "{said[:40]}" is no count; write a whole number, '
            "0 for a quiet minute"
        )
    return int(said)

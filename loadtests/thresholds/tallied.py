"""What the cells say of one subject, second by second, as running sums.

A sum over any window of whole seconds is the difference of two running sums, so that every
sliding window of a long run is looked at in one pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, WHOLE_STEP, Tally
from loadtests.thresholds.grammar import ALL

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sums:
    """One subject in a stretch of whole seconds."""

    offered: int
    started: int
    done: int
    failed: int
    censored: int
    dropped: int
    timed: int  # in the histogram: done, failed and censored ones
    over: int  # of those, above the limit; and open ones that surely are by now
    open: int  # begun and not ended yet: only while a run goes on
    pending: int  # may yet be done: open ones, and those that a stop of ours cut off
    total_us: float
    squares_us2: float

    @property
    def unknown(self) -> int:
        """Visits whose time is not known: it is at least what was seen."""
        return self.censored + self.open


class Index:
    """Cells by what a threshold may speak of; made once, asked for every threshold."""

    def __init__(self, tallies: Iterable[Tally]) -> None:
        self._cells: dict[_Key, list[LoadCell]] = {}
        for tally in tallies:
            cell = tally.cell
            for key in _keys(cell):
                self._cells.setdefault(key, []).append(cell)

    def of(self, subject: str, flows: Iterable[str], flow: str | None = None) -> list[LoadCell]:
        """Return the cells of a subject; with `flow` only those that this flow made.

        A name that a flow has means the flow's whole visits, whatever endpoints are called.
        """
        kind = "flow" if subject in flows or subject == ALL else "endpoint"
        kind = "step" if "/" in subject and kind == "endpoint" else kind
        cells = self._cells.get((kind, subject), [])
        return cells if flow is None else [cell for cell in cells if cell.flow == flow]


def _keys(cell: LoadCell) -> tuple[_Key, ...]:
    if cell.endpoint == WHOLE:
        return (("flow", ALL), ("flow", cell.flow))
    if cell.endpoint == WHOLE_STEP:
        return (("step", f"{cell.flow}/{cell.step}"),)
    return (("endpoint", cell.endpoint),)


_COUNTS = ("started", "done", "failed", "censored", "dropped")


class Running:
    """Running sums over the seconds from 0 to `end_s` of the cells of one subject."""

    def __init__(
        self, cells: Sequence[LoadCell], end_s: int, limit_us: float | None, now_s: int | None
    ) -> None:
        """Count `limit_us` exceeded; `now_s` is how old a run was when it was left.

        That is one under way or cut short. At its planned end, after the patience of every
        visit, it is None: who still waits then has waited in vain.
        """
        self.end_s = end_s
        self._inside = [cell for cell in cells if 0 <= cell.second < end_s]
        self._at: dict[int, list[LoadCell]] = {}
        for cell in self._inside:
            self._at.setdefault(cell.second, []).append(cell)
        self._by_name = {
            name: self._sum(getattr(cell, name) for cell in self._inside) for name in _COUNTS
        }
        timed = [sum(cell.response_us.values()) for cell in self._inside]
        self._by_name["timed"] = self._sum(timed)
        still = [_open(cell) for cell in self._inside]
        self._by_name["open"] = self._sum(still)
        cut = [0 if now_s is None else cell.censored for cell in self._inside]
        pending = (more + number for more, number in zip(still, cut, strict=True))
        self._by_name["pending"] = self._sum(pending)
        first = None if limit_us is None else first_above(limit_us)
        over = [0 if first is None else _over(cell.response_us, first) for cell in self._inside]
        if limit_us is not None and now_s is not None:
            over = [
                more + (number if (now_s - cell.second - 1) * 1e6 > limit_us else 0)
                for more, number, cell in zip(over, still, self._inside, strict=True)
            ]
        self._by_name["over"] = self._sum(over)
        self._moments: tuple[list[float], list[float]] | None = None

    def sums(self, start: int, end: int) -> Sums:
        """Return the sums of the seconds from `start` to before `end`."""
        got = {name: sums[end] - sums[start] for name, sums in self._by_name.items()}
        total_us, squares_us2 = self._moment(start, end)
        return Sums(
            offered=got["started"] + got["dropped"],
            total_us=total_us,
            squares_us2=squares_us2,
            **got,
        )

    def times(self, start: int, end: int) -> dict[int, int]:
        """Return the merged histogram (µs) of a stretch."""
        inside = (cell for second in range(start, end) for cell in self._at.get(second, ()))
        return histogram.merge(cell.response_us for cell in inside)

    def with_moments(self) -> "Running":
        """Keep sums of times and of their squares too: only the mean needs them."""
        total, squares = [0.0] * self.end_s, [0.0] * self.end_s
        for cell in self._inside:
            for key, number in cell.response_us.items():
                middle = histogram.middle(key)
                total[cell.second] += middle * number
                squares[cell.second] += middle * middle * number
        self._moments = ([0.0, *accumulate(total)], [0.0, *accumulate(squares)])
        return self

    def _moment(self, start: int, end: int) -> tuple[float, float]:
        if self._moments is None:
            return 0.0, 0.0
        total, squares = self._moments
        return total[end] - total[start], squares[end] - squares[start]

    def _sum(self, values: Iterable[int]) -> list[int]:
        each = [0] * self.end_s
        for cell, value in zip(self._inside, values, strict=True):
            each[cell.second] += value
        return [0, *accumulate(each)]


def first_above(limit_us: float) -> int:
    """Return the lowest bucket whose times count as above a limit (µs)."""
    key = histogram.bucket(int(limit_us))
    while histogram.middle(key) <= limit_us:
        # The next bucket begins where this one ends: its middle and its key say how wide it is.
        key += 1 + int(2 * (histogram.middle(key) - key))
    return key


def _over(times: Mapping[int, int], first: int) -> int:
    return sum(number for key, number in times.items() if key >= first)


def _open(cell: LoadCell) -> int:
    return max(0, cell.started - cell.done - cell.failed - cell.censored)

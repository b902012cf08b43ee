"""What the cells say of one subject, second by second, as running sums.

A sum over any window of whole seconds is the difference of two running sums, so that every
sliding window of a long run is looked at in one pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from operator import add, sub
from typing import NamedTuple

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, WHOLE_STEP, Tally
from loadtests.thresholds.grammar import ALL

Key = tuple[str, str]
"""What cells are filed under: kind ("flow", "step", "endpoint") and name."""


class Sums(NamedTuple):
    """One subject in a stretch of whole seconds; whole numbers, so sums are exact in any order."""

    started: int = 0
    done: int = 0
    failed: int = 0
    censored: int = 0
    dropped: int = 0
    timed: int = 0  # in the histogram: done, failed and censored ones
    over: int = 0  # of those, above the limit; and open ones that surely are by now
    open: int = 0  # begun and not ended yet: only while a run goes on
    cut: int = 0  # cut off by a stop of ours
    halves_us: int = 0  # of times in half microseconds: the middle of a bucket may lie between two
    squares_halves: int = 0  # of the squares of those

    def plus(self, other: "Sums") -> "Sums":
        """Return both together."""
        return Sums._make(map(add, self, other))

    def minus(self, other: "Sums") -> "Sums":
        """Return this one without the other."""
        return Sums._make(map(sub, self, other))

    @property
    def offered(self) -> int:
        """All that came, dropped ones too."""
        return self.started + self.dropped

    @property
    def pending(self) -> int:
        """Visits that may yet be done: open ones, and those that a stop of ours cut off."""
        return self.open + self.cut

    @property
    def unknown(self) -> int:
        """Visits whose time is not known: it is at least what was seen."""
        return self.censored + self.open

    @property
    def total_us(self) -> float:
        """The sum of all times; 0 unless moments were asked for, as below."""
        return self.halves_us / 2

    @property
    def squares_us2(self) -> float:
        """The sum of their squares."""
        return self.squares_halves / 4


class Index:
    """Cells by what a threshold may speak of; made once, asked for every threshold."""

    def __init__(self, tallies: Iterable[Tally]) -> None:
        self._cells: dict[Key, list[LoadCell]] = {}
        for tally in tallies:
            cell = tally.cell
            for key in keys_of(cell):
                self._cells.setdefault(key, []).append(cell)

    def of(self, subject: str, flows: Iterable[str], flow: str | None = None) -> list[LoadCell]:
        """Return the cells of a subject; with `flow` only those that this flow made."""
        cells = self._cells.get(key_of(subject, flows), [])
        return cells if flow is None else [cell for cell in cells if cell.flow == flow]


def key_of(subject: str, flows: Iterable[str]) -> Key:
    """Return what a subject's cells are filed under.

    A name that a flow has means the flow's whole visits, whatever endpoints are called. What
    stands before a slash is a flow, or the slash belongs to an endpoint: "POST /cart".
    """
    if subject == ALL or subject in flows:
        return "flow", subject
    flow, slash, _ = subject.partition("/")
    return ("step" if slash and flow in flows else "endpoint"), subject


def keys_of(cell: LoadCell) -> tuple[Key, ...]:
    """Return what a cell is filed under."""
    if cell.endpoint == WHOLE:
        return (("flow", ALL), ("flow", cell.flow))
    if cell.endpoint == WHOLE_STEP:
        return (("step", f"{cell.flow}/{cell.step}"),)
    return (("endpoint", cell.endpoint),)


class Counting(NamedTuple):
    """How the cells of a second are counted."""

    limit_us: float | None  # times above it are `over`
    under_way: bool  # or cut short: then what was cut off is held against nobody
    moments: bool = False  # sums of times and of their squares too: only the mean needs them

    def second(self, cells: Iterable[LoadCell], age_s: float) -> Sums:
        """Return the sums of one second's cells; `age_s` is how long that second has been over."""
        first = None if self.limit_us is None else first_above(self.limit_us)
        own = [self._cell(cell, first) for cell in cells]
        made = own[0] if len(own) == 1 else Sums._make(map(sum, zip(Sums(), *own, strict=True)))
        return made._replace(over=made.over + made.open) if self.late(age_s) else made

    def late(self, age_s: float) -> bool:
        """Whether whoever began so long ago and is still on the way surely takes too long."""
        return self.under_way and self.limit_us is not None and age_s * 1e6 > self.limit_us

    def _cell(self, cell: LoadCell, first: int | None) -> Sums:
        times = cell.response_us
        halves, squares = _moments(times) if self.moments else (0, 0)
        return Sums(
            cell.started,
            cell.done,
            cell.failed,
            cell.censored,
            cell.dropped,
            sum(times.values()),
            0 if first is None else _over(times, first),
            max(0, cell.started - cell.done - cell.failed - cell.censored),
            cell.censored if self.under_way else 0,
            halves,
            squares,
        )


class Running:
    """Running sums over the seconds from 0 to `end_s` of the cells of one subject."""

    def __init__(
        self,
        cells: Sequence[LoadCell],
        end_s: int,
        limit_us: float | None = None,
        now_s: int | None = None,
        *,
        moments: bool = False,
    ) -> None:
        """Count `limit_us` exceeded; `now_s` is how old a run was when it was left.

        That is one under way or cut short. At its planned end, after the patience of every
        visit, it is None: who still waits then has waited in vain.
        """
        self._at: dict[int, list[LoadCell]] = {}
        for cell in cells:
            if 0 <= cell.second < end_s:
                self._at.setdefault(cell.second, []).append(cell)
        counting = Counting(limit_us, now_s is not None, moments)
        each = [[0] * end_s for _ in Sums._fields]  # column by column: rows are slow to add
        for second, own in self._at.items():
            made = counting.second(own, (now_s or 0) - second - 1)
            for column, number in zip(each, made, strict=True):
                column[second] = number
        self._upto = [list(accumulate(column, initial=0)) for column in each]

    def sums(self, start: int, end: int) -> Sums:
        """Return the sums of the seconds from `start` to before `end`."""
        return Sums._make([column[end] - column[start] for column in self._upto])

    def times(self, start: int, end: int) -> dict[int, int]:
        """Return the merged histogram (µs) of a stretch."""
        inside = (cell for second in range(start, end) for cell in self._at.get(second, ()))
        return histogram.merge(cell.response_us for cell in inside)


@lru_cache
def first_above(limit_us: float) -> int:
    """Return the lowest bucket whose times count as above a limit (µs)."""
    key = histogram.bucket(int(limit_us))
    while histogram.middle(key) <= limit_us:
        # The next bucket begins where this one ends: its middle and its key say how wide it is.
        key += 1 + int(2 * (histogram.middle(key) - key))
    return key


def _over(times: Mapping[int, int], first: int) -> int:
    return sum(number for key, number in times.items() if key >= first)


def _moments(times: Mapping[int, int]) -> tuple[int, int]:
    """Return the sum of times and of their squares, in half microseconds."""
    halves = squares = 0
    for key, number in times.items():
        twice = int(2 * histogram.middle(key))
        halves += twice * number
        squares += twice * twice * number
    return halves, squares

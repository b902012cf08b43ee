"""A threshold on duty while a run goes on: each second costs only what is new.

What every second adds is kept. A new or changed cell makes its second anew, and with it only the
windows that hold that second are judged again: all others stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence

from forepost.model import LoadCell
from loadtests.thresholds.grammar import Threshold
from loadtests.thresholds.states import State, leans
from loadtests.thresholds.tallied import Sums
from loadtests.thresholds.threshold import counting, judged
from loadtests.thresholds.windows import Scope, Window, growing, sliding

_Name = tuple[str, str, str]  # of a cell within its second: flow, step, endpoint


class Book:
    """The cells of one subject by second, and the seconds that have changed since the last look."""

    def __init__(self) -> None:
        self.seconds: dict[int, dict[_Name, LoadCell]] = {}
        self.changed: set[int] = set()

    def take(self, cell: LoadCell) -> None:
        """Take in a cell as a whole, as it stands now."""
        own = self.seconds.setdefault(cell.second, {})
        own[cell.flow, cell.step, cell.endpoint] = cell
        self.changed.add(cell.second)

    def cells(self, seconds: Iterable[int] | None = None) -> list[LoadCell]:
        """Return the cells of some seconds; if none are said, of all."""
        asked = self.seconds if seconds is None else seconds
        return [cell for second in asked for cell in self.seconds.get(second, {}).values()]


class Post:
    """One threshold, what each second adds for it, and the stretches that it is held against."""

    def __init__(
        self,
        threshold: Threshold,
        book: Book,
        end_s: int,
        stretches: Sequence["Growing | Sliding"] = (),
        *,
        under_way: bool = False,
    ) -> None:
        """Count what its book has of the seconds from 0 to before `end_s`.

        Shape: with `under_way` a visit that is open or was cut off is bad only once it surely is.
        """
        self.threshold = threshold
        self.book = book
        self.stretches = stretches
        self._end_s = end_s
        self._counting = counting(threshold, under_way=under_way)
        self._upto_s = 0
        self._each: list[Sums] = []
        self._waiting: set[int] = set()  # seconds of which visits are open, and not yet too late
        self._begin()

    def _begin(self) -> None:
        self._each = [Sums()] * self._end_s
        self._waiting.clear()
        for one in self.stretches:
            one.begin()

    def failing(self, upto_s: int) -> bool:
        """Return whether any stretch fails after so many seconds, from the cells in the book.

        Its `changed` must name all seconds that have changed since the last call.
        """
        changed: Iterable[int] = self.book.changed
        if upto_s < self._upto_s:  # younger than before: what was too late may not be any more
            self._begin()
            changed = self.book.seconds
        self._upto_s = upto_s
        more = self._renewed(changed, upto_s)
        now = min(upto_s, self._end_s)
        # All of them are asked: each takes in what is new.
        return bool([one for one in self.stretches if one.fails(self._each, more, now)])

    def _renewed(self, changed: Iterable[int], upto_s: int) -> dict[int, Sums]:
        """Make the seconds anew that have changed or are too late now; return what each gained."""
        late = {one for one in self._waiting if self._counting.late(upto_s - one - 1)}
        more: dict[int, Sums] = {}
        for second in late.union(changed):
            if not 0 <= second < self._end_s:
                continue
            age_s = upto_s - second - 1
            made = self._counting.second(self.book.seconds[second].values(), age_s)
            more[second] = made.minus(self._each[second])
            self._each[second] = made
            waits = made.open > 0 and not self._counting.late(age_s)
            (self._waiting.add if waits else self._waiting.discard)(second)
        return more


class Growing:
    """All of a scope that has come so far, as one window."""

    def __init__(self, threshold: Threshold, scope: Scope, looks: int) -> None:
        self._threshold = threshold
        self._scope = scope
        self._looks = looks
        self.begin()

    def begin(self) -> None:
        """Forget what was summed up."""
        self._end = self._scope.start  # of what is summed up
        self._sums = Sums()
        self._fails = False

    @property
    def leans(self) -> bool:
        """Whether the figure is beyond the limit, if only by chance."""
        return leans(self._threshold, self._sums)

    def fails(self, each: Sequence[Sums], more: Mapping[int, Sums], now: int) -> bool:
        """Return whether it fails; `more` is what seconds have gained since the last call."""
        window = growing(self._scope, now, self._looks)
        if window is None:
            return False
        gained = [one for at, one in more.items() if self._scope.start <= at < self._end]
        gained += each[self._end : window.end]
        if gained:
            self._end = window.end
            for one in gained:
                self._sums = self._sums.plus(one)
            self._fails = _fails(self._threshold, self._sums, window)
        return self._fails


class Sliding:
    """The windows of one length that slide over a scope."""

    def __init__(self, threshold: Threshold, scope: Scope, looks: int) -> None:
        self._threshold = threshold
        self._scope = scope
        self._looks = looks
        self._width = threshold.for_s or 1
        self.begin()

    def begin(self) -> None:
        """Forget what was judged."""
        self._next = self._scope.start  # the first window that was not judged yet
        self._failing: set[int] = set()

    def fails(self, each: Sequence[Sums], more: Mapping[int, Sums], now: int) -> bool:
        """Return whether any window fails; as above."""
        again = {
            first
            for at in more
            for first in range(max(self._scope.start, at - self._width + 1), at + 1)
            if first < self._next
        }
        end = max(self._next, min(self._scope.end, now) - self._width + 1)
        firsts = sorted(again.union(range(self._next, end)))
        self._next = end
        for first, sums in self._sums(firsts, each):
            window = sliding(self._scope, first, self._width, self._looks)
            failing = _fails(self._threshold, sums, window)
            (self._failing.add if failing else self._failing.discard)(first)
        return bool(self._failing)

    def _sums(self, firsts: Sequence[int], each: Sequence[Sums]) -> Iterable[tuple[int, Sums]]:
        """Yield the sums of windows in their order: one that follows another slides from it."""
        before, sums = -2, Sums()
        for first in firsts:
            if first == before + 1:
                sums = sums.minus(each[before]).plus(each[first + self._width - 1])
            else:
                sums = Sums()
                for one in each[first : first + self._width]:
                    sums = sums.plus(one)
            before = first
            yield first, sums


def _fails(threshold: Threshold, sums: Sums, window: Window) -> bool:
    return judged(threshold, sums, window)[0] is State.FAIL

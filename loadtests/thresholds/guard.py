"""Thresholds with `abort`, guarded while a run goes on: each second costs only what is new.

What every second adds is kept. A new or changed cell makes its second anew, and with it only the
windows that hold that second are judged again: all others stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence

from forepost.model import LoadCell
from loadtests.cells import Tally
from loadtests.thresholds.grammar import Threshold
from loadtests.thresholds.states import State
from loadtests.thresholds.tallied import Key, Sums, key_of, keys_of
from loadtests.thresholds.threshold import Finding, counting, finding, judged
from loadtests.thresholds.windows import Context, Scope, Window, growing, looks_of, scopes, sliding

_Name = tuple[str, str, str]  # of a cell within its second: flow, step, endpoint


class Guard:
    """Holds thresholds against a run under way, second by second."""

    def __init__(self, thresholds: Iterable[Threshold], context: Context) -> None:
        self._books: dict[Key, _Book] = {}
        self._posts: list[_Post] = []
        for one in thresholds:
            book = self._books.setdefault(key_of(one.subject, context.flows), _Book())
            self._posts.append(_Post(one, context, book))

    def feed(self, tallies: Iterable[Tally]) -> None:
        """Take in cells that are new or have changed, each as a whole as it stands now."""
        if not self._posts:
            return
        for tally in tallies:
            for key in keys_of(tally.cell):
                if key in self._books:
                    self._books[key].take(tally.cell)

    def broken(self, upto_s: int) -> tuple[Finding, ...]:
        """Return the thresholds that have failed beyond chance after so many seconds.

        They are those of which `finding` says so from all cells that were fed, and as it says it.
        A shop that just keeps one breaks it in at most 1 run of 40, however long that lasts.
        """
        found = tuple(one for post in self._posts for one in post.broken(upto_s))
        for book in self._books.values():
            book.changed.clear()
        return found


class _Book:
    """The cells of one subject by second, and the seconds that have changed since the last look."""

    def __init__(self) -> None:
        self.seconds: dict[int, dict[_Name, LoadCell]] = {}
        self.changed: set[int] = set()

    def take(self, cell: LoadCell) -> None:
        own = self.seconds.setdefault(cell.second, {})
        own[cell.flow, cell.step, cell.endpoint] = cell
        self.changed.add(cell.second)

    def cells(self) -> list[LoadCell]:
        return [cell for own in self.seconds.values() for cell in own.values()]


class _Post:
    """One threshold, and what each second adds for it."""

    def __init__(self, threshold: Threshold, context: Context, book: _Book) -> None:
        self._threshold = threshold
        self._context = context
        self._book = book
        self._counting = counting(threshold, under_way=True)
        self._begin()

    def _begin(self) -> None:
        self._upto_s = 0
        self._each = [Sums()] * self._context.end_s
        self._waiting: set[int] = set()  # seconds of which visits are open, and not yet too late
        kind = _Growing if self._threshold.for_s is None else _Sliding
        own = scopes(self._threshold, self._context)
        looks = looks_of(self._threshold, own, guarded=True)
        self._stretches = [kind(self._threshold, scope, looks) for scope in own]

    def broken(self, upto_s: int) -> list[Finding]:
        """Return what is to be told of the threshold: nothing while it does not fail."""
        changed: Iterable[int] = self._book.changed
        if upto_s < self._upto_s:  # younger than before: what was too late may not be any more
            self._begin()
            changed = self._book.seconds
        self._upto_s = upto_s
        more = self._renewed(changed, upto_s)
        now = min(upto_s, self._context.end_s)
        failing = [one for one in self._stretches if one.fails(self._each, more, now)]
        if not failing:
            return []
        cells = self._book.cells()
        told = finding(self._threshold, cells, self._context, upto_s, guarded=True)
        return [told] if told.state is State.FAIL else []

    def _renewed(self, changed: Iterable[int], upto_s: int) -> dict[int, Sums]:
        """Make the seconds anew that have changed or are too late now; return what each gained."""
        late = {one for one in self._waiting if self._counting.late(upto_s - one - 1)}
        more: dict[int, Sums] = {}
        for second in late.union(changed):
            if not 0 <= second < self._context.end_s:
                continue
            age_s = upto_s - second - 1
            made = self._counting.second(self._book.seconds[second].values(), age_s)
            more[second] = made.minus(self._each[second])
            self._each[second] = made
            waits = made.open > 0 and not self._counting.late(age_s)
            (self._waiting.add if waits else self._waiting.discard)(second)
        return more


class _Growing:
    """All of a scope that has come so far, as one window."""

    def __init__(self, threshold: Threshold, scope: Scope, looks: int) -> None:
        self._threshold = threshold
        self._scope = scope
        self._looks = looks
        self._end = scope.start  # of what is summed up
        self._sums = Sums()
        self._fails = False

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


class _Sliding:
    """The windows of one length that slide over a scope."""

    def __init__(self, threshold: Threshold, scope: Scope, looks: int) -> None:
        self._threshold = threshold
        self._scope = scope
        self._looks = looks
        self._width = threshold.for_s or 1
        self._next = scope.start  # the first window that was not judged yet
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

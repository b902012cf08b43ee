"""Thresholds with `abort`, guarded while a run goes on: each second costs only what is new."""

from collections.abc import Iterable

from loadtests.cells import Tally
from loadtests.thresholds.grammar import Threshold
from loadtests.thresholds.posts import Book, Growing, Post, Sliding
from loadtests.thresholds.states import State
from loadtests.thresholds.tallied import Key, key_of, keys_of
from loadtests.thresholds.threshold import Finding, finding
from loadtests.thresholds.windows import Context, looks_of, scopes


class Guard:
    """Holds thresholds against a run under way, second by second."""

    def __init__(self, thresholds: Iterable[Threshold], context: Context) -> None:
        self._context = context
        self._books: dict[Key, Book] = {}
        self._posts: list[Post] = []
        for one in thresholds:
            book = self._books.setdefault(key_of(one.subject, context.flows), Book())
            self._posts.append(_post(one, context, book))

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
        failing = [post for post in self._posts if post.failing(upto_s)]
        for book in self._books.values():
            book.changed.clear()
        told = [
            finding(one.threshold, one.book.cells(), self._context, upto_s, guarded=True)
            for one in failing
        ]
        return tuple(one for one in told if one.state is State.FAIL)


def _post(threshold: Threshold, context: Context, book: Book) -> Post:
    kind = Growing if threshold.for_s is None else Sliding
    own = scopes(threshold, context)
    looks = looks_of(threshold, own, guarded=True)
    stretches = [kind(threshold, scope, looks) for scope in own]
    return Post(threshold, book, context.end_s, stretches, under_way=True)

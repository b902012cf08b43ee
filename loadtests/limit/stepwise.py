"""The thresholds of a campaign, held against one step of a search after the other.

Each flow is held against them by its own visits. Each second costs only what is new in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loadtests.campaign import Campaign
from loadtests.cells import Tally
from loadtests.levels import speaks_of
from loadtests.thresholds.posts import Book, Growing, Post
from loadtests.thresholds.states import FEW_BEYOND, Z95, is_share
from loadtests.thresholds.tallied import Key, key_of, keys_of
from loadtests.thresholds.threshold import Finding, Threshold, Unit, finding_in
from loadtests.thresholds.windows import Scope, Window

_TIMES = ("mean", "max")
_PEEKS = 4  # looks that have nothing in common strike as often as those at a step that grows
_AGAIN = 4  # times as likely to fail by chance when walked again: only both together count
_STEPS = 30  # of a long search


def judged(campaign: Campaign) -> tuple[Threshold, ...]:
    """Return what every step must keep by itself.

    Windows, phases and seconds of the planned shape mean nothing in a search, which has a
    shape of its own. How many are done, as a number or a rate, follows from what is offered.
    """
    return tuple(
        replace(one, for_s=None, after_s=0, within_s=None, phase=None, per_step=True)
        for one in campaign.thresholds
        if is_share(one) or one.metric in _TIMES or one.metric == "dropped"
    )


class Stepwise:
    """Holds thresholds against the step that is under way."""

    def __init__(self, campaign: Campaign, end_s: int) -> None:
        """Look at the seconds from 0 to before `end_s`."""
        self._end_s = end_s
        self._begins_s = -1
        self._books: dict[tuple[Key, str], Book] = {}
        self._held = [
            _Held(flow.name, Post(one, self._book(one, flow.name, campaign), end_s), end_s)
            for one in sorted(judged(campaign), key=lambda rule: not rule.abort)
            for flow in campaign.flows.values()
            if speaks_of(one, flow)
        ]

    def _book(self, threshold: Threshold, flow: str, campaign: Campaign) -> Book:
        key = key_of(threshold.subject, campaign.flows)
        return self._books.setdefault((key, flow), Book())

    @property
    def leaning(self) -> frozenset[str]:
        """The flows of which a figure is beyond its limit, though perhaps by chance."""
        return frozenset(one.flow for one in self._held if one.growing.leans)

    def feed(self, tallies: Iterable[Tally]) -> None:
        """Take in cells that are new or have changed, each as a whole as it stands now."""
        if not self._held:
            return
        for tally in tallies:
            for key in keys_of(tally.cell):
                book = self._books.get((key, tally.cell.flow))
                if book is not None:
                    book.take(tally.cell)

    def broken(self, span: tuple[int, int], *, again: bool = False) -> Mapping[str, Finding]:
        """Return what flows broke beyond chance in the seconds of a step, (first, end).

        Shape:   flow → the first threshold that its own visits break, one with `abort` before
                 others. Visits that are still open count on neither side. `again`: the step is
                 walked for the second time.
        """
        if span[0] != self._begins_s:
            self._begin(span[0], again=again)
        failing = [one for one in self._held if one.post.failing(span[1])]
        for book in self._books.values():
            book.changed.clear()
        found: dict[str, Finding] = {}
        for one in failing:
            if one.flow not in found:
                found[one.flow] = one.told(span)
        return found

    def _begin(self, begins_s: int, *, again: bool) -> None:
        self._begins_s = begins_s
        scope = Scope(begins_s, self._end_s, "step", begins_s)
        for one in self._held:
            ends = one.post.threshold.abort
            one.begin(scope, looks(len(self._held), again=again, ends=ends))


class _Held:
    """A threshold that a flow is held against."""

    def __init__(self, flow: str, post: Post, end_s: int) -> None:
        self.flow = flow
        self.post = post
        self.begin(Scope(end_s, end_s), 1)

    def begin(self, scope: Scope, looks: int) -> None:
        """Hold it against a step that begins with the scope."""
        self._scope, self._looks = scope, looks
        self.growing = Growing(self.post.threshold, scope, looks)
        self.post.stretches = (self.growing,)

    def told(self, span: tuple[int, int]) -> Finding:
        """Return what the cells of the step say."""
        window = Window(*span, complete=True, scope=self._scope, looks=self._looks)
        return finding_in(self.post.threshold, self.post.book.cells(range(*span)), window)


def looks(held: int, *, again: bool, ends: bool = False) -> int:
    """Return how often chance may strike in a step that is held against so many thresholds.

    It is looked at each second, and each threshold has its own try (Bonferroni). It counts as
    failed only if it fails again, so that second time need not be as sure. Counted on simulated
    shops (`python -m tests.bench.load --part breakpoint_chance`): of one that just keeps four
    thresholds 1 to 2 % of the steps fail, and 1 to 2 % of whole searches name a limit too low.
    What `ends` the search does so in any step, and there is no second time.
    """
    if ends:
        return held * _PEEKS * _STEPS
    return max(1, held * _PEEKS // (_AGAIN if again else 1))


def visits_needed(campaign: Campaign) -> int:
    """Return how many visits of a flow make every threshold decidable if all goes well."""
    return max((_needed(one) for one in judged(campaign)), default=0)


def _needed(threshold: Threshold) -> int:
    """Return it for one threshold: a percentile needs some beyond it, a share a close interval."""
    if threshold.metric in ("p50", "p90", "p95", "p99", "p99.9"):
        return round(FEW_BEYOND / (1 - threshold.ratio)) + 1
    if threshold.unit is not Unit.PERCENT:
        return 0
    allowed = threshold.limit / 100
    if threshold.metric == "done":
        allowed = 1 - allowed
    # Wilson's interval of none in n ends at z² / (n + z²).
    return round(Z95 * Z95 * (1 / allowed - 1)) + 1 if allowed > 0 else 0

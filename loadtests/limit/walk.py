"""The step under way: what its judged seconds say, and whether that is enough."""

import math
from collections.abc import Mapping

from loadtests.limit.overload import Count, Word, weigh
from loadtests.limit.search import Order, Purpose
from loadtests.limit.step import FlowSaid, Timing, lost_words

_COARSE_RATIO = 0.2  # a growth step tells "keeps up" from "a fifth is lost"
_STAYS = 1.5  # times the mean stay; then a step's visits stand as they will
_FIRST_WARM_S = 2
_GUIDES_LOG_ODDS = 1.1  # a quarter of doubt: what a growth step passes only guides
_FEWEST = 8  # visits of all flows; a step with fewer says nothing yet
_FEWEST_TIMES = 3  # as long as other steps it waits for them


class Walk:
    """One step from its first second; the warm-up, until visits stand as they will, is left out.

    `stays_s` is how long visits stay, as far as known; None: nothing was kept up with yet, so
    the first visits that end say it.
    """

    def __init__(self, order: Order, start_s: int, stays_s: float | None, timing: Timing) -> None:
        self.order = order
        self.start_s = start_s
        warm_s = _FIRST_WARM_S if stays_s is None else math.ceil(_STAYS * stays_s)
        self.judged_from_s = start_s + min(max(1, warm_s), timing.warm_s)
        self._strange = stays_s is None
        self._ended_at_s: dict[str, int] = {}  # when a flow's first visit had ended
        self.base: Mapping[str, Count] | None = None
        self.seen: list[tuple[int, Mapping[str, Count]]] = []  # each judged second
        self._timing = timing

    @property
    def judged_s(self) -> int:
        """How many seconds are judged so far."""
        return self.seen[-1][0] + 1 - self.judged_from_s if self.seen else 0

    def see(self, second: int, counts: Mapping[str, Count]) -> None:
        """Take in the books as of the end of a second."""
        if self.base is not None:
            self.seen.append((second, dict(counts)))
            return
        if self._strange and second >= self.start_s:
            self._wait_for_the_first(second, counts)
        if second + 1 >= self.judged_from_s:
            self.judged_from_s = second + 1
            self.base = dict(counts)

    def _wait_for_the_first(self, second: int, counts: Mapping[str, Count]) -> None:
        """Judge only from twice the time after which a visit of every flow had ended."""
        for flow, count in counts.items():
            if count.done + count.failed:
                self._ended_at_s.setdefault(flow, second)
        latest = max(self._ended_at_s.values(), default=second)
        if len(self._ended_at_s) < len(counts):
            latest = second
        warm_s = max(_FIRST_WARM_S, 2 * (latest + 1 - self.start_s))
        self.judged_from_s = self.start_s + min(warm_s, self._timing.warm_s)

    def say(
        self,
        flow: str,
        *,
        resolution: float,
        noise: float,
        usual_ratio: float,
        broken: str,
        leans: bool = False,
    ) -> FlowSaid:
        """Return what the judged seconds say of a flow; there must be one."""
        if self._standing(*self.seen[-1][1]) < 1:
            # A server that is busy all the time has somebody in it all the time: none was, so
            # how long its visits take is no noise in how many end.
            noise = 0.0
        before = self.base[flow] if self.base else Count()
        change = self.seen[-1][1][flow] - before
        weight = weigh(
            change,
            apart_ratio=_COARSE_RATIO if self.order.purpose is Purpose.GROW else resolution,
            noise=noise,
            standing=before.in_flight,
            usual_ratio=usual_ratio,
        )
        doubt = _GUIDES_LOG_ODDS if self.order.purpose is Purpose.GROW else 0.0
        lost = lost_words(change) if weight.log_odds > doubt else ""
        standing = self._standing(flow)
        return FlowSaid(weight, change, standing, noise, broken or lost, bool(broken), leans)

    def _standing(self, *flows: str) -> float:
        """Return how many visits were in flight, on average over the judged seconds."""
        return sum(books[flow].in_flight for _, books in self.seen for flow in flows) / len(
            self.seen
        )

    def decided(self, said: Mapping[str, FlowSaid]) -> bool:
        """Return whether the step has said enough, or has no more time."""
        purpose, flows = self.order.purpose, said.values()
        if self.judged_s < self._timing.least_s - (purpose is Purpose.GROW):
            return any(one.massive for one in flows)
        few = sum(one.change.offered for one in flows) < _FEWEST
        longest_s = self._longest_s(said) * (_FEWEST_TIMES if few else 1)
        if few or self.judged_s >= longest_s:
            return self.judged_s >= longest_s
        if any(one.broken or one.weight.word is Word.LOST for one in flows):
            return self.judged_s >= self._timing.least_s
        if any(one.leans for one in flows):
            return False  # more visits may tell whether it is chance
        guides = [one.weight.log_odds < -_GUIDES_LOG_ODDS for one in flows]
        kept = [one.weight.word is Word.KEPT for one in flows]
        return purpose is not Purpose.CONFIRM and all(guides if purpose is Purpose.GROW else kept)

    def _longest_s(self, said: Mapping[str, FlowSaid]) -> int:
        timing = self._timing
        match self.order.purpose:
            case Purpose.GROW:
                return timing.grow_s
            case Purpose.NARROW:
                return timing.most_s
            case Purpose.CONFIRM:
                fewest = min(one.change.offered for one in said.values())
                leans = any(one.leans for one in said.values())
                enough = fewest >= timing.confirm_visits and not leans
                return timing.confirm_s if enough else timing.confirm_most_s

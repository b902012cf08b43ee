"""The search, second by second: how much to offer next, and what the step so far says.

Pure: fed with the books as of the end of each second, it fixes the rate of the second after
the next (the one between is under way already). So a simulated queue and a real shop are
searched by the same code.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from loadtests.limit import plateau
from loadtests.limit.overload import Count, resolvable
from loadtests.limit.search import Order, Over, Rules, Said, Search
from loadtests.limit.step import FlowSaid, Step, Timing, kept
from loadtests.limit.walk import Walk

LEAD_S = 2  # seconds whose rate is fixed before the first of them is over
_SLOWER_RATIO = 1.5
_CAPPED = "max_in_flight was the limit, not the shop,"
_SOON_RATIO = 0.8
_USUAL_FEWEST = 20  # visits that make a usual share of failures


class Pilot:
    """Flies a search: `feed` it each second, offer what `rates` says."""

    def __init__(self, shares: Mapping[str, float], rules: Rules, timing: Timing) -> None:
        self.shares = shares
        self.search = Search(rules)
        self.timing = timing
        self.steps: list[Step] = []
        self.stretches: list[plateau.Stretch] = []  # in which a flow was saturated
        self.rates: list[float] = []  # of each second, as far as fixed
        self.ours = ""  # why our own cap was the limit, not the shop
        self._usual = dict.fromkeys(shares, Count())
        self._stays_s: float | None = None  # how long the slowest flow's visits stay
        self._walk: Walk | None = None
        self._drains_from_s = 0
        self._rest_s = 0
        self._books: Mapping[str, Count] = {}  # when the last step was closed
        self._takes_per_s: dict[str, float] = {}  # of each flow that was saturated last
        self._begin(self.search.order, 0)
        self._fix(LEAD_S)

    @property
    def over(self) -> Over | None:
        """Why there is nothing more to try; None while there is."""
        return self.search.over

    @property
    def span(self) -> tuple[int, int] | None:
        """The seconds that are judged now, (first, end); None before, and while it drains."""
        if self._walk is None or self._walk.base is None:
            return None
        return self._walk.judged_from_s, len(self.rates)

    def feed(
        self,
        second: int,
        counts: Mapping[str, Count],
        *,
        broken: Mapping[str, str] | None = None,
        leaning: Collection[str] = (),
        noise: Mapping[str, float] | None = None,
    ) -> None:
        """Take in the books as of the end of `second`; fix the rates up to LEAD_S later.

        Shape: `broken`: flow → the threshold that the judged seconds broke beyond chance.
               `leaning`: flows with a figure on its wrong side: they are given more time.
               `noise`: flow → see `overload.noise_of`. A second may be left out, not repeated.
        """
        if self.over is None and second + LEAD_S >= self.timing.end_s:
            self.end(f"ended at its limit of {self.timing.end_s} s")
        if self.over is None and self._walk is not None:
            self._walk.see(second, counts)
            if self._walk.judged_s:
                self._judge(self._walk, second, broken or {}, leaning, noise or {})
        elif self.over is None:
            self._drain(second, counts)
        self._fix(second + 1 + LEAD_S)

    def _judge(
        self,
        walk: Walk,
        second: int,
        broken: Mapping[str, str],
        leaning: Collection[str],
        noise: Mapping[str, float],
    ) -> None:
        said = {
            flow: walk.say(
                flow,
                resolution=self.search.resolution,
                noise=noise.get(flow, 1.0),
                usual_ratio=self._usual_ratio(flow),
                broken=broken.get(flow, ""),
                leans=flow in leaning,
            )
            for flow in self.shares
        }
        if walk.decided(said):
            self._close(walk, second, said)

    def _close(self, walk: Walk, second: int, said: Mapping[str, FlowSaid]) -> None:
        """End the step: write it down, ask what comes next, drain first if it failed."""
        order = walk.order
        massive = any(one.massive for one in said.values())
        passed = kept(said)
        step = Step(
            number=len(self.steps) + 1,
            rate_per_s=order.rate_per_s,
            purpose=order.purpose,
            again=order.again,
            start_s=walk.start_s,
            judged_from_s=walk.judged_from_s,
            end_s=second + 1,
            flows=said,
            counts=passed or order.again or massive,
        )
        self.steps.append(step)
        took = self._took(step, walk)
        if step.counts and not passed:
            self._widen(step)
        if not passed and self._capped(step):
            self.end("more visits were in flight than max_in_flight allows, but none took longer")
            self.ours = f"{_CAPPED} at {step.rate_per_s:.3g} a second; raise it"
            return
        following = self.search.feed(Said(passed, massive, took))
        self._walk, self._books = None, walk.seen[-1][1]
        if isinstance(following, Over):
            return
        if passed or self._empty_enough(walk, massive):
            self._begin(following, second + LEAD_S)
        else:
            self._drains_from_s = second + LEAD_S
            self._rest_s = int(any(one.change.failed for one in said.values()))

    def end(self, why: str) -> None:
        """End the search before it is done; what was found so far stands."""
        if self.search.over is None:
            self.search.over = Over(why)

    def _capped(self, step: Step) -> bool:
        """Whether visits were dropped though those that were sent ended as quickly as before."""
        if self._stays_s is None or not any(one.change.dropped for one in step.flows.values()):
            return False
        done = sum(one.change.done for one in step.flows.values())
        standing = sum(one.in_flight for one in step.flows.values())
        seconds = step.end_s - step.judged_from_s
        return done > 0 and standing * seconds / done < _SLOWER_RATIO * self._stays_s

    def _begin(self, order: Order, start_s: int) -> None:
        self._walk = Walk(order, start_s, self._stays_s, self.timing)

    def _empty_enough(self, walk: Walk, massive: bool) -> bool:
        """Whether no more visits stand than usual: a shop that refuses at once has no backlog.

        Then there is nothing to wait for, and a pause would only fill its allowance again.
        """
        if massive:
            return False
        usual = 2 * (self._stays_s or 0.0) * walk.order.rate_per_s
        return all(
            count.in_flight <= usual * self.shares[flow] + 1
            for flow, count in walk.seen[-1][1].items()
        )

    def _drain(self, second: int, counts: Mapping[str, Count]) -> None:
        """Wait until nobody waits; a shop that refused visits gets a second more of rest.

        The second that is under way is quiet already: what the shop does in one is let go.
        """
        waited_s = second + 1 - self._drains_from_s
        if waited_s < 0:
            return
        if waited_s == 0:
            self._lengthen(counts)
        soon = all(
            count.in_flight <= _SOON_RATIO * self._takes_per_s.get(flow, 0.0)
            for flow, count in counts.items()
        )
        if waited_s < self.timing.drain_s:
            if not soon:
                return
            if self._rest_s:
                self._rest_s -= 1
                return
        self._begin(self.search.order, second + LEAD_S)

    def _lengthen(self, counts: Mapping[str, Count]) -> None:
        """Let the last second before the pause, in which too much came still, be measured too."""
        for place, one in enumerate(self.stretches):
            if one.start_s >= self.steps[-1].judged_from_s:
                before = self._books[one.flow].done
                done = (*one.done, counts[one.flow].done - before)
                self.stretches[place] = replace(one, done=done)

    def _fix(self, end_s: int) -> None:
        """Fix the rates of all seconds before `end_s`."""
        while len(self.rates) < end_s:
            self.rates.append(self._rate(len(self.rates)))

    def _rate(self, second: int) -> float:
        if self.over is not None or self._walk is None:
            return 0.0
        if second < self._walk.start_s:  # only if a second was left out
            return self.rates[-1] if self.rates else 0.0
        return self._walk.order.rate_per_s

    def _took(self, step: Step, walk: Walk) -> float | None:
        """Learn from a step; return the rate of the mix that the shop took if it was too much.

        A step that passes when it is walked again shows that the first time was a stall. The
        flow that got the least of its share done says what the shop took.
        """
        rate = step.rate_per_s
        if step.kept:
            self._learn(step, len(walk.seen))
            self.stretches = [one for one in self.stretches if one.rate_per_s != rate]
        found = []
        for flow, said in step.flows.items():
            if not said.saturated or walk.base is None:
                continue
            made = plateau.stretch(flow, rate, walk.base[flow], walk.seen)
            if len(made.done) >= plateau.FEWEST_S:
                self.stretches.append(made)
            own = [one for one in self.stretches if (one.flow, one.rate_per_s) == (flow, rate)]
            top = plateau.plateau(own)
            if top is not None and top.per_s > 0:
                self._takes_per_s[flow] = top.per_s
                found.append(top.per_s / self.shares[flow])
        return min(found, default=None)

    def _learn(self, step: Step, seconds: int) -> None:
        """Remember what is usual: the share that fails, and how long a visit stays (Little)."""
        for flow, one in step.flows.items():
            self._usual[flow] += one.change
        self._stays_s = max(
            one.in_flight * seconds / one.change.offered if one.change.offered else 0.0
            for one in step.flows.values()
        )

    def _usual_ratio(self, flow: str) -> float:
        usual = self._usual[flow]
        ended = usual.done + usual.failed
        return usual.failed / ended if ended >= _USUAL_FEWEST else 0.0

    def _widen(self, step: Step) -> None:
        """Let the bracket be as wide as the noise of the flows that fail makes it."""
        for flow, one in step.flows.items():
            if not one.kept:
                visits = step.rate_per_s * self.shares[flow] * self.timing.most_s
                near = resolvable(visits, one.noise)
                self.search.resolution = max(self.search.resolution, near)

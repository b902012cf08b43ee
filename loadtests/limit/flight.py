"""A search on a run that is under way: feeds the pilot each second, offers what it says."""

from collections.abc import Iterable, Mapping
from itertools import islice

from forepost.analysis import histogram
from loadtests.campaign import Campaign
from loadtests.cells import Key, Tally
from loadtests.generator.engine import Live
from loadtests.generator.watching import Watching
from loadtests.limit.overload import noise_of
from loadtests.limit.paced import Mix
from loadtests.limit.pilot import LEAD_S, Pilot
from loadtests.limit.stepwise import Stepwise
from loadtests.limit.strain import Strain
from loadtests.limit.totals import Totals
from loadtests.shapes.shape import Arrival
from loadtests.thresholds.threshold import Finding

_CALM_STEPS = 4  # the first that were kept up with say how much visits vary


class Flight:
    """Joins a pilot with the generator; each second costs only what is new in it."""

    def __init__(
        self, live: Live, pilot: Pilot, campaign: Campaign, supply: Mapping[str, int]
    ) -> None:
        self.pilot = pilot
        self.breached: Finding | None = None  # a threshold with `abort` that a step broke
        self.invalid = ""  # why the generator was the limit
        self._live = live
        self._campaign = campaign
        self._left = dict(supply)  # visits of each flow for which there is test data
        self._mix = Mix(pilot.shares, campaign.seed)
        self._news: dict[Key, Tally] | None = None
        self._totals = Totals(campaign.flows)
        self._strain = Strain(campaign.max_lateness)
        self._stepwise = Stepwise(campaign, pilot.timing.end_s)
        self._noise: tuple[int, Mapping[str, float]] = (-1, {})
        self._offered_s = 0
        self._offer()

    def each_second(self, watching: Watching) -> None:
        """Take in the last full second; offer the next, or end the run."""
        pilot = self.pilot
        if pilot.over is not None:
            return
        self._hear(watching)
        self.invalid = self._strain.words(watching)
        if self.invalid:
            pilot.end("the generator was the limit")
        found = self._broken(watching.second)
        pilot.feed(
            watching.second,
            self._totals.counts,
            broken={flow: one.text for flow, one in found.items()},
            leaning=self._stepwise.leaning,
            noise=self._noises(watching),
        )
        self.invalid = self.invalid or pilot.ours
        self._offer()
        self.breached = next((one for one in found.values() if one.abort), None)
        if self.breached is not None:
            pilot.end(f"{self.breached.text} does not hold")
            self._live.stop(f"{self.breached.text} does not hold")
        elif pilot.over is not None:
            self._live.finish(float(watching.second + LEAD_S))

    def _hear(self, watching: Watching) -> None:
        """Take in the cells that are new or have changed."""
        if self._news is None:
            self._news = watching.news()
        fresh = list(self._news.values())
        self._news.clear()
        self._totals.feed(fresh)
        self._stepwise.feed(fresh)

    def _broken(self, second: int) -> Mapping[str, Finding]:
        span = self.pilot.span
        if span is None or span[0] > second:
            return {}
        return self._stepwise.broken((span[0], second + 1), again=self.pilot.search.order.again)

    def _noises(self, watching: Watching) -> Mapping[str, float]:
        """Return how much the visits of each flow vary while it is calm."""
        calm = list(islice((step for step in self.pilot.steps if step.kept), _CALM_STEPS))
        if self._noise[0] != len(calm):
            told = [one for step in calm for one in watching.visits(step.start_s, step.end_s - 1)]
            self._noise = len(calm), noises(self._campaign.flows, told)
        return self._noise[1]

    def _offer(self) -> None:
        """Offer the seconds whose rate is fixed, as long as there is test data."""
        arrivals: list[Arrival] = []
        while self._offered_s < len(self.pilot.rates):
            arrivals += self._mix.over(self._offered_s, self.pilot.rates[self._offered_s])
            self._offered_s += 1
        for place, arrival in enumerate(arrivals):
            if self._left[arrival.flow] < 1:
                self.pilot.end(f"the test data of {arrival.flow} is used up")
                arrivals = arrivals[:place]
                break
            self._left[arrival.flow] -= 1
        if arrivals:
            self._live.offer(arrivals)


def noises(flows: Iterable[str], visits: Iterable[Tally]) -> Mapping[str, float]:
    """Return the noise of every flow's visits."""
    times: dict[str, list[Mapping[int, int]]] = {flow: [] for flow in flows}
    for tally in visits:
        times[tally.cell.flow].append(tally.cell.response_us)
    return {flow: noise_of(histogram.merge(own)) for flow, own in times.items()}

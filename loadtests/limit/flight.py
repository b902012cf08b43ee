"""A search on a run that is under way: feeds the pilot each second, offers what it says."""

from collections.abc import Mapping, Sequence

from forepost.analysis import histogram
from loadtests.campaign import Campaign
from loadtests.cells import Tally, whole
from loadtests.generator import books
from loadtests.generator.engine import Live
from loadtests.generator.watching import Watching
from loadtests.limit import stepwise
from loadtests.limit.overload import Count, noise_of
from loadtests.limit.paced import Mix
from loadtests.limit.pilot import LEAD_S, Pilot
from loadtests.shapes.shape import Arrival
from loadtests.thresholds.threshold import Finding

_CALM_STEPS = 4  # the first that were kept up with say how much visits vary


class Flight:
    """Joins a pilot with the generator."""

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
        self._noise: tuple[int, Mapping[str, float]] = (-1, {})
        self._offered_s = 0
        self._offer()

    def each_second(self, watching: Watching) -> None:
        """Take in the last full second; offer the next, or end the run."""
        pilot = self.pilot
        if pilot.over is not None:
            return
        tallies = list(watching.tallies.values())
        self.invalid = books.struggling(watching, self._campaign.max_lateness)
        if self.invalid:
            pilot.end("the generator was the limit")
        found = self._broken(tallies, watching.second)
        pilot.feed(
            watching.second,
            counts(self._campaign.flows, tallies),
            broken={flow: one.text for flow, one in found.items()},
            noise=self._noises(tallies),
        )
        self.invalid = self.invalid or pilot.ours
        self._offer()
        self.breached = next((one for one in found.values() if one.abort), None)
        if self.breached is not None:
            pilot.end(f"{self.breached.text} does not hold")
            self._live.stop(f"{self.breached.text} does not hold")
        elif pilot.over is not None:
            self._live.finish(float(watching.second + LEAD_S))

    def _broken(self, tallies: Sequence[Tally], second: int) -> Mapping[str, Finding]:
        span = self.pilot.span
        if span is None or span[0] > second:
            return {}
        rate = self.pilot.search.order.rate_per_s
        return stepwise.broken(self._campaign, tallies, (span[0], second + 1), rate)

    def _noises(self, tallies: Sequence[Tally]) -> Mapping[str, float]:
        """Return how much the visits of each flow vary while it is calm."""
        calm = [step for step in self.pilot.steps if step.kept][:_CALM_STEPS]
        if self._noise[0] != len(calm):
            seconds = {at for step in calm for at in range(step.start_s, step.end_s)}
            self._noise = len(calm), noises(self._campaign.flows, tallies, seconds)
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


def counts(flows: Mapping[str, object], tallies: Sequence[Tally]) -> dict[str, Count]:
    """Return the books of every flow's whole visits."""
    made = dict.fromkeys(flows, Count())
    for tally in whole(tallies):
        cell = tally.cell
        made[cell.flow] += Count(
            cell.started + cell.dropped, cell.done, cell.failed + cell.censored, cell.dropped
        )
    return made


def noises(
    flows: Mapping[str, object], tallies: Sequence[Tally], seconds: set[int]
) -> Mapping[str, float]:
    """Return the noise of every flow's visits in some seconds."""
    times: dict[str, dict[int, int]] = {flow: {} for flow in flows}
    for tally in whole(tallies):
        if tally.cell.second in seconds:
            own = (times[tally.cell.flow], tally.cell.response_us)
            times[tally.cell.flow] = histogram.merge(own)
    return {flow: noise_of(own) for flow, own in times.items()}

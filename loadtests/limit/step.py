"""A step of a search, and what it says of each flow."""

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.limit.overload import Count, Weight
from loadtests.limit.search import Purpose

_MASSIVE_RATIO = 0.5
_MASSIVE_FEWEST = 20
_SATURATED_RATIO = 0.03  # lost; with less, the shop was not busy all the time


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a step may take, in whole seconds, the warm-up not counted."""

    warm_s: int = 12  # longest warm-up
    least_s: int = 3
    grow_s: int = 8  # longest growth step
    most_s: int = 15  # longest step that narrows
    confirm_s: int = 10  # the hold at the end
    confirm_visits: int = 0  # of each flow, so that thresholds can be decided there
    confirm_most_s: int = 30
    drain_s: int = 12  # longest wait for the backlog
    end_s: int = 600  # of the whole search


@dataclass(frozen=True, slots=True)
class FlowSaid:
    """What a step says of one flow."""

    weight: Weight
    change: Count  # of the judged seconds
    in_flight: float  # mean over them
    noise: float  # see `overload.noise_of`
    why: str  # what was not kept; empty if it was
    broken: bool = False  # a threshold, beyond chance
    leans: bool = False  # the figure of a threshold is beyond its limit, if only by chance

    @property
    def kept(self) -> bool:
        """Whether the shop kept up with this flow, within the thresholds."""
        return not self.why

    @property
    def passed(self) -> bool:
        """Whether it was kept up with, and anybody came: no data never passes."""
        return self.kept and self.change.done > 0

    @property
    def saturated(self) -> bool:
        """Whether it lost enough for its visits done to show what the shop takes."""
        return not self.kept and self.weight.lost_ratio >= _SATURATED_RATIO

    @property
    def massive(self) -> bool:
        """Whether most visits that ended failed, or were never sent."""
        bad = self.change.failed + self.change.dropped
        ended = bad + self.change.done
        return ended >= _MASSIVE_FEWEST and bad >= _MASSIVE_RATIO * ended


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was walked; seconds since the run began."""

    number: int
    rate_per_s: float  # of the mix
    purpose: Purpose
    again: bool
    start_s: int
    judged_from_s: int
    end_s: int  # the last judged second is the one before
    flows: Mapping[str, FlowSaid]
    counts: bool  # a failed step is walked again before it counts

    @property
    def kept(self) -> bool:
        """Whether every flow was kept up with."""
        return kept(self.flows)

    @property
    def error_ratio(self) -> float:
        """How probably its word is wrong, for a rate at the edge of what it tells apart."""
        if self.kept:
            return max(said.weight.error_ratio for said in self.flows.values())
        failed = [said for said in self.flows.values() if not said.kept and not said.broken]
        return min((said.weight.error_ratio for said in failed), default=0.05)


def kept(flows: Mapping[str, FlowSaid]) -> bool:
    """Return whether every flow was kept up with; a flow of which nobody came does not count."""
    said = flows.values()
    return all(one.kept for one in said) and any(one.passed for one in said)


def lost_words(change: Count) -> str:
    """Say in a few words what became of the visits that were not done."""
    share = change.done / change.offered if change.offered else 0.0
    lost = max(1, change.offered - change.done)
    if change.dropped > lost / 2:
        cause = "the rest was not sent"
    elif change.failed > lost / 2:
        cause = "the rest failed"
    else:
        cause = "the backlog grows"
    return f"{share:.0%} of offered done: {cause}"

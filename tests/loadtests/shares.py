"""Shops of which a known share of the visits is bad, and a search flown on them.

Nothing is ever lost, so that thresholds alone say what is too much. A visit is bad by chance, for
each threshold by itself: thresholds that have nothing in common are the worst case.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtests.limit import stepwise
from loadtests.limit.overload import Count
from loadtests.limit.pilot import Pilot
from loadtests.limit.search import Rules
from loadtests.limit.step import Timing
from loadtests.thresholds.chance import surely_above

Counted = NDArray[np.int_]
HOLD_S = 15
NOISE = 0.1


@dataclass(frozen=True, slots=True)
class Shop:
    """Keeps its thresholds up to a rate, and not above."""

    allowed: Sequence[float]  # the share that each threshold allows
    keeps_to_per_s: float
    below_ratio: float  # the share of bad visits up to that rate, over what is allowed
    above_ratio: float  # the same above it
    ends: bool = False  # its thresholds end the search at once

    def share(self, allowed: float, per_s: float) -> float:
        """Return the share of visits that are bad at a rate."""
        kept = per_s <= self.keeps_to_per_s
        return allowed * (self.below_ratio if kept else self.above_ratio)


def timing(confirm_visits: int) -> Timing:
    """Return the steps of a campaign that says nothing of them."""
    return Timing(
        grow_s=8,
        most_s=HOLD_S,
        confirm_s=10,
        confirm_visits=confirm_visits,
        confirm_most_s=2 * HOLD_S,
    )


def fly(shop: Shop, rules: Rules, confirm_visits: int, seed: int) -> Pilot:
    """Search the limit of a shop; return the pilot, landed."""
    draw, times = np.random.default_rng(seed), timing(confirm_visits)
    pilot, offered, due = Pilot({"visit": 1.0}, rules, times), 0, 0.0
    came = np.zeros(times.end_s + 1, int)
    bad = np.zeros((len(shop.allowed), times.end_s + 1), int)
    for second in range(times.end_s + 1):
        per_s = pilot.rates[second]
        due += per_s
        came[second] = int(due) - offered
        offered = int(due)
        for place, allowed in enumerate(shop.allowed):
            bad[place, second] = draw.binomial(came[second], shop.share(allowed, per_s))
        broken, leaning = _judged(shop, pilot, second, came, bad)
        pilot.feed(
            second,
            {"visit": Count(offered=offered, done=offered)},
            broken={"visit": "a threshold"} if broken else {},
            leaning={"visit"} if leaning else (),
            noise={"visit": NOISE},
        )
        if pilot.over is not None:
            return pilot
    raise AssertionError("the search went beyond its limit of time")


def _judged(
    shop: Shop, pilot: Pilot, second: int, came: Counted, bad: Counted
) -> tuple[bool, bool]:
    """Return whether a threshold is broken beyond chance, and whether a figure is too high."""
    span = pilot.span
    if span is None or span[0] > second:
        return False, False
    number = int(came[span[0] : second + 1].sum())
    seen = bad[:, span[0] : second + 1].sum(axis=1)
    again = pilot.search.order.again
    looks = stepwise.looks(len(shop.allowed), again=again, ends=shop.ends)
    each = [(int(one), allowed) for one, allowed in zip(seen, shop.allowed, strict=True)]
    broken = any(surely_above(one, number, allowed, looks) for one, allowed in each)
    return broken, any(one > allowed * number for one, allowed in each)


def wrong(shop: Shop, pilot: Pilot) -> str:
    """Return "low" if a rate that is kept is named too much, "high" if one that is not is named.

    A search that is ended at a rate that is kept is "low" too.
    """
    if shop.ends:
        kept = [one.kept for one in pilot.steps if one.rate_per_s <= shop.keeps_to_per_s]
        return "" if all(kept) else "low"
    low, high = pilot.search.low_per_s, pilot.search.high_per_s
    if high is not None and high <= shop.keeps_to_per_s:
        return "low"
    return "high" if low is not None and low > shop.keeps_to_per_s else ""

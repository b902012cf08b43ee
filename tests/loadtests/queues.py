"""Simulated shops whose limits are known, and a search flown on them second by second.

Nothing of the product decides here what is true: a pool of c connections held for h seconds
does c / h visits a second.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forepost.analysis import histogram
from loadtests.limit.overload import Count, noise_of
from loadtests.limit.paced import Mix
from loadtests.limit.pilot import Pilot
from loadtests.limit.search import Rules
from loadtests.limit.step import Timing

Ended = tuple[float, bool]
"""When a visit ends (s), and whether it was done."""


@dataclass
class Pool:
    """c servers, one queue: M/D/c, M/M/c, a lock (c = 1); 503 after `wait_s`."""

    servers: int
    hold: Callable[[], float]
    wait_s: float = 1e9
    patience_s: float = 10.0
    stall: tuple[float, float] = (-1.0, -1.0)  # nobody is served between these instants
    slower_ratio: float = 0.0  # of the hold, for each that waits: a shop that collapses
    free: list[float] = field(init=False)
    waiting: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = [0.0] * self.servers

    def visit(self, at_s: float) -> Ended:
        """Let one come."""
        free = heapq.heappop(self.free)
        start = max(at_s, free)
        if self.stall[0] <= start < self.stall[1]:
            start = self.stall[1]
        if start - at_s > self.wait_s:
            heapq.heappush(self.free, free)
            return at_s + self.wait_s, False
        end = start + self.hold() * (1 + self.slower_ratio * self.queued(at_s, start))
        heapq.heappush(self.free, end)
        left = at_s + self.patience_s
        return (left, False) if end > left else (end, True)

    def queued(self, at_s: float, start_s: float) -> int:
        """Return how many wait before one that comes; it joins them until it is served."""
        if not self.slower_ratio:
            return 0
        self.waiting = [one for one in self.waiting if one > at_s]
        self.waiting.append(start_s)
        return len(self.waiting) - 1


@dataclass
class Limit:
    """So many a second and no more: an allowance that fills evenly, up to a burst; else 429."""

    per_s: float
    burst: float
    allowance: float = 0.0
    last_s: float = 0.0

    def visit(self, at_s: float) -> Ended:
        """Let one come."""
        self.allowance = min(self.burst, self.allowance + (at_s - self.last_s) * self.per_s)
        self.last_s = at_s
        if self.allowance < 1:
            return at_s + 0.005, False
        self.allowance -= 1
        return at_s + 0.02, True


Shop = Pool | Limit


def fly(
    shops: Mapping[str, Shop],
    rules: Rules,
    *,
    timing: Timing | None = None,
    shares: Mapping[str, float] | None = None,
    seed: int = 1,
) -> Pilot:
    """Search the limit of a mix of flows, each served by its shop; return the pilot, landed."""
    shares = shares or dict.fromkeys(shops, 1.0 / len(shops))
    timing = timing or Timing()
    pilot, mix = Pilot(shares, rules, timing), Mix(shares, seed)
    books = dict.fromkeys(shops, Count())
    times: dict[str, dict[int, int]] = {flow: {} for flow in shops}
    due: list[tuple[float, int, str, bool, float]] = []
    number = 0
    for second in range(timing.end_s + 1):
        for arrival in mix.over(second, pilot.rates[second]):
            books[arrival.flow] += Count(offered=1)
            end_s, done = shops[arrival.flow].visit(arrival.at_s)
            number += 1
            heapq.heappush(due, (end_s, number, arrival.flow, done, end_s - arrival.at_s))
        while due and due[0][0] < second + 1:
            _, _, flow, done, took_s = heapq.heappop(due)
            books[flow] += Count(done=1) if done else Count(failed=1)
            if done and len(pilot.steps) < 3:
                histogram.record(times[flow], int(took_s * 1e6))
        noise = {flow: noise_of(times[flow]) for flow in shops}
        pilot.feed(second, dict(books), noise=noise)
        if pilot.over is not None:
            return pilot
    raise AssertionError("the search went beyond its limit of time")


def steady(hold_s: float, seed: int) -> Callable[[], float]:
    """Return holds that vary a little, as those of a machine do (± 6 %, mean `hold_s`)."""
    draw = random.Random(seed)
    return lambda: hold_s * draw.uniform(0.94, 1.06)


def chance(hold_s: float, seed: int) -> Callable[[], float]:
    """Return holds of pure chance (exponential, mean `hold_s`)."""
    draw = random.Random(seed)
    return lambda: draw.expovariate(1 / hold_s)

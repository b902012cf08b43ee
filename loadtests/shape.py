"""How hard, and when: a rate over time, and the arrivals that are drawn from it.

Arrivals are instants that are fixed before the first request is sent: shoppers at a
promotion do not wait for each other's replies.
"""

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time over which the rate is constant or changes evenly."""

    start_s: float
    end_s: float
    from_per_s: float
    to_per_s: float

    @property
    def arrivals(self) -> float:
        """How many arrivals are expected in it."""
        return (self.end_s - self.start_s) * (self.from_per_s + self.to_per_s) / 2


@dataclass(frozen=True, slots=True)
class Shape:
    """Segments that follow each other without a gap; the first begins at 0."""

    segments: tuple[Segment, ...]

    @property
    def duration_s(self) -> float:
        """When the last arrival may come."""
        return self.segments[-1].end_s

    @property
    def top_per_s(self) -> float:
        """The highest rate."""
        return max(max(one.from_per_s, one.to_per_s) for one in self.segments)

    def scaled(self, ratio: float) -> "Shape":
        """Return the same shape at a share of the rate."""
        return Shape(
            tuple(
                Segment(one.start_s, one.end_s, one.from_per_s * ratio, one.to_per_s * ratio)
                for one in self.segments
            )
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """One customer who comes at a set instant."""

    at_s: float  # since the run began
    flow: str


def hold(per_s: float, over_s: float) -> Shape:
    """Return a constant rate."""
    return Shape((Segment(0.0, over_s, per_s, per_s),))


def ramp(from_per_s: float, to_per_s: float, over_s: float) -> Shape:
    """Return a rate that changes evenly."""
    return Shape((Segment(0.0, over_s, from_per_s, to_per_s),))


def steps(rates_per_s: tuple[float, ...], hold_s: float) -> Shape:
    """Return one constant rate after another."""
    edges = pairwise(index * hold_s for index in range(len(rates_per_s) + 1))
    return Shape(
        tuple(
            Segment(start, end, rate, rate)
            for (start, end), rate in zip(edges, rates_per_s, strict=True)
        )
    )


def instants(shape: Shape, seed: str, *, spacing: str = "poisson") -> Iterator[float]:
    """Yield the instants (s, ascending) at which customers come.

    Shape:  "poisson": independent arrivals (gaps in expected arrivals are exponential);
            "uniform": as even as the rate allows. The same seed gives the same instants.
    Raises: ValueError for another spacing.
    Source: an inhomogeneous Poisson process by inverting its cumulative rate
            (Cinlar 1975, Introduction to Stochastic Processes, ch. 4).
    """
    if spacing not in ("poisson", "uniform"):
        raise ValueError(f'arrivals are "poisson" or "uniform", not "{spacing}"')
    draw = random.Random(seed)  # noqa: S311 - a schedule that can be repeated, not a secret
    target = draw.expovariate(1.0) if spacing == "poisson" else 0.5
    passed = 0.0
    for segment in shape.segments:
        while target < passed + segment.arrivals:
            yield segment.start_s + _offset_s(segment, target - passed)
            target += draw.expovariate(1.0) if spacing == "poisson" else 1.0
        passed += segment.arrivals


def schedule(
    shape: Shape, shares: Mapping[str, float], *, seed: int, spacing: str = "poisson"
) -> list[Arrival]:
    """Return all arrivals of a run in order; each flow draws from its own stream."""

    def of(flow: str, share: float) -> Iterator[Arrival]:
        for at_s in instants(shape.scaled(share), f"{seed}:{flow}", spacing=spacing):
            yield Arrival(at_s, flow)

    streams = [of(flow, share) for flow, share in shares.items()]
    return list(heapq.merge(*streams, key=lambda arrival: arrival.at_s))


def _offset_s(segment: Segment, arrivals: float) -> float:
    """Return after how long in a segment that many arrivals are expected."""
    slope = (segment.to_per_s - segment.from_per_s) / (segment.end_s - segment.start_s)
    # Solves from * t + slope * t² / 2 = arrivals in the form that stays exact for slope 0.
    root = math.sqrt(max(0.0, segment.from_per_s**2 + 2 * slope * arrivals))
    return 2 * arrivals / (segment.from_per_s + root)

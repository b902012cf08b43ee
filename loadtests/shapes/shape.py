"""How hard, and when: a rate over time, and the arrivals that are drawn from it.

Arrivals are instants that are fixed before the first request is sent: shoppers at a
promotion do not wait for each other's replies.
"""

import heapq
import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_BELOW_ONE = math.nextafter(1.0, 0.0)
_RAMP_STRETCH_S = 5  # a rate that changes is read in stretches of so many seconds


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

    @property
    def steady(self) -> bool:
        """Whether the rate is constant."""
        return self.from_per_s == self.to_per_s

    def at(self, at_s: float) -> float:
        """Return the rate at an instant of it."""
        if at_s >= self.end_s:
            return self.to_per_s
        share = (at_s - self.start_s) / (self.end_s - self.start_s)
        return self.from_per_s + (self.to_per_s - self.from_per_s) * share

    def part(self, start_s: float, end_s: float) -> float:
        """Return how many arrivals are expected between two instants of the run."""
        first, last = max(start_s, self.start_s), min(end_s, self.end_s)
        if last <= first:
            return 0.0
        slope = (self.to_per_s - self.from_per_s) / (self.end_s - self.start_s)
        middle = self.from_per_s + slope * ((first + last) / 2 - self.start_s)
        return (last - first) * middle


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a shape with a name that thresholds may use: "spike", "recovery", "step 3"."""

    name: str
    start_s: float
    end_s: float

    @property
    def seconds(self) -> tuple[int, int]:
        """Return (first second, end): a second belongs to the phase in which it begins."""
        return math.ceil(self.start_s), math.ceil(self.end_s)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole seconds of one rate: what "per step" looks at by itself."""

    name: str  # "step 3 (8/s)"
    start_s: int
    end_s: int
    per_s: float  # planned; of a ramp the mean


@dataclass(frozen=True, slots=True)
class Shape:
    """Segments that follow each other without a gap; the first begins at 0."""

    segments: tuple[Segment, ...]
    phases: tuple[Phase, ...] = ()

    @property
    def duration_s(self) -> float:
        """When the last arrival may come."""
        return self.segments[-1].end_s

    @property
    def top_per_s(self) -> float:
        """The highest rate."""
        return max(max(one.from_per_s, one.to_per_s) for one in self.segments)

    @property
    def arrivals(self) -> float:
        """How many arrivals are expected."""
        return sum(one.arrivals for one in self.segments)

    def per_s(self, start_s: float, end_s: float) -> float:
        """Return the mean rate between two instants."""
        first = bisect_right(self.segments, start_s, key=lambda one: one.end_s)
        last = bisect_left(self.segments, end_s, key=lambda one: one.start_s)
        parts = (one.part(start_s, end_s) for one in self.segments[first:last])
        return sum(parts) / (end_s - start_s)

    def scaled(self, ratio: float) -> "Shape":
        """Return the same shape at a share of the rate."""
        return Shape(
            tuple(
                Segment(one.start_s, one.end_s, one.from_per_s * ratio, one.to_per_s * ratio)
                for one in self.segments
            ),
            self.phases,
        )

    def stretches(self) -> tuple[Stretch, ...]:
        """Return the stretches of constant rate; what changes is read five seconds at a time.

        Only whole seconds count; one that two rates share belongs to neither, and a quiet
        stretch, in which nobody is due, is none.
        """
        made: list[Stretch] = []
        read_to = 0
        for one in self.segments:
            last = one is self.segments[-1]
            start = max(math.ceil(one.start_s), read_to)
            end = math.ceil(one.end_s) if last else math.floor(one.end_s)
            width = end - start if one.steady else _RAMP_STRETCH_S
            for first in range(start, end, max(1, width)):
                read_to = min(first + width, end)
                made.append(self._stretch(first, read_to))
        return tuple(one for one in made if one.per_s > 0)

    def _stretch(self, start: int, end: int) -> Stretch:
        per_s = self.per_s(start, min(end, self.duration_s))
        names = [one.name for one in self.phases if one.seconds[0] <= start < one.seconds[1]]
        label = names[-1] if names else f"from second {start}"
        return Stretch(f"{label} ({per_s:.3g}/s)", start, end, per_s)


@dataclass(frozen=True, slots=True)
class Climb:
    """How a search for the limit goes up: from `start_per_s`, times `factor` after each step."""

    start_per_s: float
    factor: float
    hold_s: float

    def rates(self, top_per_s: float) -> tuple[float, ...]:
        """Return the rates that it may go through; the last is the highest that is allowed."""
        rates = [self.start_per_s]
        while rates[-1] * self.factor < top_per_s:
            rates.append(rates[-1] * self.factor)
        return (*rates, top_per_s) if rates[-1] < top_per_s else tuple(rates)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One customer who comes at a set instant."""

    at_s: float  # since the run began
    flow: str


def hold(per_s: float, over_s: float) -> Shape:
    """Return a constant rate."""
    return _joined([("hold", over_s, per_s, per_s)])


def ramp(from_per_s: float, to_per_s: float, over_s: float, hold_s: float = 0.0) -> Shape:
    """Return a rate that changes evenly, and then stays as it is for `hold_s`."""
    parts = [("ramp", over_s, from_per_s, to_per_s)]
    if hold_s:
        parts.append(("hold", hold_s, to_per_s, to_per_s))
    return _joined(parts)


def steps(rates_per_s: Sequence[float], hold_s: float) -> Shape:
    """Return one constant rate after another."""
    return _joined(
        [(f"step {place}", hold_s, rate, rate) for place, rate in enumerate(rates_per_s, 1)]
    )


def spike(
    base_per_s: float, top_per_s: float, at_s: float, over_s: float, recovery_s: float
) -> Shape:
    """Return a rate that jumps up for a while, and back: a post goes viral."""
    return _joined(
        [
            ("base", at_s, base_per_s, base_per_s),
            ("spike", over_s, top_per_s, top_per_s),
            ("recovery", recovery_s, base_per_s, base_per_s),
        ]
    )


def soak(per_s: float, over_s: float, rise_s: float = 0.0) -> Shape:
    """Return a rate that is held for long: what leaks or fills up shows only with time."""
    rise = [("rise", rise_s, 0.0, per_s)] if rise_s else []
    return _joined([*rise, ("soak", over_s, per_s, per_s)])


def _joined(parts: Sequence[tuple[str, float, float, float]]) -> Shape:
    """Join (phase, seconds, rate at its start, at its end) to a shape."""
    edges = [0.0]
    for _, over_s, _, _ in parts:
        edges.append(edges[-1] + over_s)
    segments, phases = [], []
    for (start, end), (name, _, first, last) in zip(pairwise(edges), parts, strict=True):
        segments.append(Segment(start, end, first, last))
        phases.append(Phase(name, start, end))
    return Shape(tuple(segments), tuple(phases))


def instants(shape: Shape, seed: str, *, spacing: str = "poisson") -> Iterator[float]:
    """Yield the instants (s, ascending) at which customers come.

    Shape:  "poisson": each comes independently of the others, and a segment brings as many as
            its rate says, rounded, and so does each stretch that is judged by itself: what is
            called 3/s is never tried with 2.5/s by chance, at the top of a ramp neither.
            "uniform": as even as the rate allows. The same seed gives the same instants.
    Raises: ValueError for another spacing.
    Source: an inhomogeneous Poisson process by inverting its cumulative rate (Cinlar 1975,
            Introduction to Stochastic Processes, ch. 4), given its counts: then the instants
            are those of independent uniform draws, in order (Ross 1996, Stochastic Processes,
            theorem 2.3.1).
    """
    if spacing not in ("poisson", "uniform"):
        raise ValueError(f'arrivals are "poisson" or "uniform", not "{spacing}"')
    draw = random.Random(seed)  # noqa: S311 - a schedule that can be repeated, not a secret
    passed, offset = 0.0, draw.random() if spacing == "poisson" else 0.5
    for segment in _judged(shape):
        first, end = (math.ceil(each - offset) for each in (passed, passed + segment.arrivals))
        if spacing == "poisson":
            asked = (segment.arrivals * ratio for ratio in _in_order(end - first, draw))
        else:
            asked = (number + offset - passed for number in range(first, end))
        for arrivals in asked:
            yield segment.start_s + _offset_s(segment, arrivals)
        passed += segment.arrivals


def _judged(shape: Shape) -> Iterator[Segment]:
    """Yield the segments, cut where a stretch begins or ends."""
    stretches = shape.stretches()
    edges = sorted({float(at) for one in stretches for at in (one.start_s, one.end_s)})
    for one in shape.segments:
        inside = edges[bisect_right(edges, one.start_s) : bisect_left(edges, one.end_s)]
        for start_s, end_s in pairwise((one.start_s, *inside, one.end_s)):
            yield Segment(start_s, end_s, one.at(start_s), one.at(end_s))


def _in_order(count: int, draw: random.Random) -> Iterator[float]:
    """Yield so many independent uniform draws from [0, 1) in order, one at a time.

    Source: the least of n is 1 - u^(1/n); the others are spread evenly above it (Bentley and
            Saxe 1980, doi:10.1145/355900.355907).
    """
    at = 0.0
    for left in range(count, 0, -1):
        at += (1.0 - at) * (1.0 - (1.0 - draw.random()) ** (1.0 / left))
        yield min(at, _BELOW_ONE)


def schedule(
    shape: Shape, shares: Mapping[str, float], *, seed: int, spacing: str = "poisson"
) -> list[Arrival]:
    """Return all arrivals of a mix in order; each flow draws from its own stream."""
    return merged(
        {flow: shape.scaled(share) for flow, share in shares.items()}, seed=seed, spacing=spacing
    )


def merged(shapes: Mapping[str, Shape], *, seed: int, spacing: str = "poisson") -> list[Arrival]:
    """Return the arrivals of flows that each have a shape of their own, in order."""

    def of(flow: str, shape: Shape) -> Iterator[Arrival]:
        for at_s in instants(shape, f"{seed}:{flow}", spacing=spacing):
            yield Arrival(at_s, flow)

    streams = [of(flow, shape) for flow, shape in shapes.items()]
    return list(heapq.merge(*streams, key=lambda arrival: arrival.at_s))


def _offset_s(segment: Segment, arrivals: float) -> float:
    """Return after how long in a segment that many arrivals are expected."""
    slope = (segment.to_per_s - segment.from_per_s) / (segment.end_s - segment.start_s)
    # Solves from * t + slope * t² / 2 = arrivals in the form that stays exact for slope 0.
    root = math.sqrt(max(0.0, segment.from_per_s**2 + 2 * slope * arrivals))
    return 2 * arrivals / (segment.from_per_s + root)

"""Arrivals for a search: one in every slot, at a drawn instant inside it.

Independent arrivals come in bursts: to tell 5 % too much from a burst takes some 1,500 of
them. One a slot keeps the count of any stretch within one of what was meant, so a few seconds
are enough; the gaps still vary, from nothing to two slots.
"""

import random
from collections.abc import Iterator, Mapping

from loadtests.shapes.shape import Arrival


class Paced:
    """Draws the arrivals of one flow, second after second, at any rate."""

    def __init__(self, flow: str, seed: str) -> None:
        self.flow = flow
        self._draw = random.Random(f"{seed}:{flow}")  # noqa: S311 - a schedule, not a secret
        self._passed = 0.0  # arrivals expected so far
        self._slot = 0
        self._next = self._draw.random()

    def over(self, second: int, per_s: float) -> Iterator[Arrival]:
        """Yield the arrivals of one second, in order; call it for rising seconds."""
        end = self._passed + per_s
        while self._next < end:
            yield Arrival(second + (self._next - self._passed) / per_s, self.flow)
            self._slot += 1
            self._next = self._slot + self._draw.random()
        self._passed = end


class Mix:
    """The arrivals of all flows of a campaign, by their shares."""

    def __init__(self, shares: Mapping[str, float], seed: int) -> None:
        self.shares = shares
        self._flows = [Paced(flow, f"{seed}:paced") for flow in shares]

    def over(self, second: int, per_s: float) -> list[Arrival]:
        """Return the arrivals of one second, in order."""
        found = [
            arrival
            for paced in self._flows
            for arrival in paced.over(second, per_s * self.shares[paced.flow])
        ]
        return sorted(found, key=lambda arrival: arrival.at_s)

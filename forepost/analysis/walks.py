"""Probes' walks beside a load test, and how they make levels of load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIN_WALKS = 3  # pages of one walk resemble each other: one odd walk must not make a level
MIN_PAGES = 13  # of fewer in time it may be chance that less than a quarter is late
SAME_RATIO = 0.02  # rates this near to each other are one level


@dataclass(frozen=True, slots=True)
class Walk:
    """One probe's walk through a flow while a load test ran, or that part of it that met one load.

    Broken walks are none. In overload a walk is long: its pages count at the load of their moment.
    """

    offered_per_min: float  # arrivals of that flow (or of all) a minute while it walked, mean
    worked: bool
    begins_ms: tuple[float, ...] = ()  # one a page
    lcp_ms: tuple[float, ...] = ()
    first_byte_ms: tuple[float, ...] = ()  # one a page: network and shop, before anything is drawn
    busy: bool = False  # the prober's own machine was: its times may read too long
    wake: bool = False  # the load had just been higher: what it met may be what that left
    least_per_min: float | None = None  # where the load changed while it walked
    most_per_min: float | None = None
    walk: str | None = None  # whose part it is; None: a walk of its own
    capped: bool = False  # it had no leave to pay: it is no walk that worked, and none that failed

    @property
    def steady(self) -> bool:
        """Whether the load was the same all the while."""
        return self.least_per_min == self.most_per_min

    @property
    def sure_begins_ms(self) -> tuple[float, ...]:
        """The times until pages began that are the shop's and not this machine's."""
        return self.first_byte_ms if self.busy else self.begins_ms

    @property
    def sure_lcp_ms(self) -> tuple[float, ...]:
        """The same until their main content: it never comes before the first byte."""
        return self.first_byte_ms if self.busy else self.lcp_ms


def groups(walks: Sequence[Walk]) -> list[list[Walk]]:
    """Return walks (by rising load) in levels; too few at one load join the next higher one.

    The last ones stand by themselves: they may be all that walked in the overload. A part
    between two loads that both have enough of their own is left out: it would blur them.
    """
    same: list[list[Walk]] = []
    for walk in _telling(walks):
        if same and walk.offered_per_min <= same[-1][0].offered_per_min * (1 + SAME_RATIO):
            same[-1].append(walk)
        else:
            same.append([walk])
    made: list[list[Walk]] = []
    for few in same:
        if made and not _enough(made[-1]):
            made[-1] += few
        else:
            made.append(few)
    return made


def _telling(walks: Sequence[Walk]) -> list[Walk]:
    """Return the walks without those between two loads that have enough walks of their own."""
    steady: dict[float, list[Walk]] = {}
    for walk in walks:
        if walk.steady and walk.least_per_min is not None:
            steady.setdefault(walk.least_per_min, []).append(walk)
    known = {rate for rate, own in steady.items() if _enough(own)}
    return [
        walk
        for walk in walks
        if walk.steady or not {walk.least_per_min, walk.most_per_min} <= known
    ]


def _enough(walks: Sequence[Walk]) -> bool:
    """Whether they can make a level; where no page was measured, by their number alone."""
    pages = sum(max(len(walk.begins_ms), len(walk.lcp_ms)) for walk in walks)
    return count(walks) >= MIN_WALKS and (pages == 0 or pages >= MIN_PAGES)


def count(walks: Iterable[Walk]) -> int:
    """Return how many walks there are: parts of one are one."""
    return len(apart(walks))


def apart(walks: Iterable[Walk]) -> list[list[Walk]]:
    """Return the parts of each walk."""
    found: dict[str | int, list[Walk]] = {}
    for place, walk in enumerate(walks):
        found.setdefault(place if walk.walk is None else walk.walk, []).append(walk)
    return list(found.values())

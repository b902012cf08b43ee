"""Which resource explains who suffers: its endpoints do, and all others do not.

An endpoint suffers, is well, or leaves it open (too few requests, or figures that chance could
have made); what is open speaks neither for nor against a resource.
"""

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loadtests.bottlenecks.signs import Sign

# Of the endpoint that suffers most; less is a busy machine, not a queue that both stand in.
SUFFERS_RATIO = 0.25
_ALIKE_RATIO = 1 / 3  # a judgement: of its time, what an endpoint must compute to be a victim

Resources = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Who suffers in a stretch of a run."""

    signs: tuple[Sign, ...]
    suffer: frozenset[str]
    well: frozenset[str]

    @property
    def judged(self) -> frozenset[str]:
        """The endpoints of which something can be said."""
        return self.suffer | self.well


def picture(signs: Sequence[Sign]) -> Picture:
    """Sort the endpoints of a stretch."""
    worst_ms = max((one.hurt_ms for one in signs if one.judged), default=0.0)
    limit_ms = SUFFERS_RATIO * worst_ms
    return Picture(
        tuple(signs),
        frozenset(
            one.endpoint for one in signs if one.judged and one.hurt_ms and one.hurt_ms >= limit_ms
        ),
        frozenset(
            one.endpoint
            for one in signs
            if one.judged and (one.hurt_at_most_ms < limit_ms or not worst_ms)
        ),
    )


def fitting(seen: Picture, resources: Resources) -> list[str]:
    """Return the resources that explain a picture; an endpoint explains itself.

    Several fit as well when the picture leaves it open, or when they have the same endpoints.
    """
    if not seen.suffer:
        return []
    fits = [
        name
        for name, endpoints in resources.items()
        if seen.suffer <= set(endpoints) and not seen.well & set(endpoints)
    ]
    if fits or len(seen.suffer) > 1:
        return fits
    return sorted(seen.suffer)


def together(seen: Picture, resources: Resources) -> list[str]:
    """Return the resources that are wholly among those that suffer, if they explain all of it."""
    inside = [
        name
        for name, endpoints in resources.items()
        if seen.suffer & set(endpoints) and not seen.well & set(endpoints)
    ]
    covered = {one for name in inside for one in resources[name]}
    return inside if len(inside) > 1 and seen.suffer <= covered else []


def inside(whole: Collection[str], resources: Resources, *, lone: bool) -> dict[str, set[str]]:
    """Return what may have a queue of its own inside a larger resource, with its endpoints.

    That is every smaller resource and, if asked for, each endpoint that none of them holds.
    """
    made = {name: set(ends) & set(whole) for name, ends in resources.items()}
    made = {name: own for name, own in made.items() if own and own < set(whole)}
    held = {one for own in made.values() for one in own}
    alone = sorted(set(whole) - held) if lone and len(whole) > 1 else ()
    return {**made, **{one: {one} for one in alone}}


def in_proportion(seen: Picture, own: Collection[str] = ()) -> bool:
    """Whether a processor that all share explains who suffers.

    It makes every request take about so many times as long, so the longest waits most. Some do
    more than compute, and grow less; so it is the one that suffers most (or `own`, if given) that
    must have grown like most others do, and all must wait.
    """
    judged = [one for one in seen.signs if one.judged]
    if not judged or not all(one.waits for one in judged):
        return False
    own = own or (max(judged, key=lambda one: one.hurt_ms).endpoint,)
    inside = [one.worse_ratio for one in judged if one.endpoint in own]
    outside = [one.worse_ratio for one in judged if one.endpoint not in own]
    if not inside or not outside:
        return False
    less, more = sorted((statistics.median(inside), statistics.median(outside)))
    return less >= _ALIKE_RATIO * more


def alone(seen: Picture) -> bool:
    """Whether those that suffer surely do so while all others are as they were.

    The others are taken together: a few requests of each say little, of all they say more.
    """
    judged = [one for one in seen.signs if one.judged]
    worst = max(judged, key=lambda one: one.hurt_ms, default=None)
    others = [one for one in judged if one.endpoint not in seen.suffer]
    if worst is None or not others:
        return False
    usual_ms = sum(one.started * one.basis_ms for one in others)
    longer_ms = sum(one.started * (one.loaded_ms - one.basis_ms) for one in others)
    noise_ms = math.hypot(*(one.started * one.noise_ms for one in others))
    most = (longer_ms + noise_ms) / max(usual_ms, 1.0)
    quiet = not any(one.gap for one in others)
    return quiet and most < SUFFERS_RATIO * worst.worse_at_least_ratio


def ranked(seen: Picture, resources: Resources) -> list[tuple[str, float]]:
    """Return the resources and lone endpoints that explain anything, the best first.

    The figure is the share of all suffering that lies inside, times how much its endpoints
    suffer beside the worst of all: 1 for a resource that explains everything and nothing else.
    """
    hurt = {one.endpoint: one.hurt_ms for one in seen.signs if one.judged}
    total, worst = sum(hurt.values()), max(hurt.values(), default=0.0)
    if not total:
        return []
    owned = {one for endpoints in resources.values() for one in endpoints}
    every = {**resources, **{name: (name,) for name in hurt if name not in owned}}
    made = []
    for name, endpoints in every.items():
        inside = [hurt[one] for one in endpoints if one in hurt]
        if sum(inside) > 0:
            made.append((name, sum(inside) / total * sum(inside) / len(inside) / worst))
    return sorted(made, key=lambda one: -one[1])

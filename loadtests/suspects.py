"""Which resource explains who suffers: its endpoints do, and all others do not.

An endpoint suffers, is well, or leaves it open (too few requests, or figures that chance could
have made); what is open speaks neither for nor against a resource.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loadtests.signs import Sign

# Of the endpoint that suffers most; less is a busy machine, not a queue that both stand in.
SUFFERS_RATIO = 0.25
ALIKE_RATIO = 0.5

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


def in_proportion(seen: Picture) -> bool:
    """Whether every request takes about so many times as long: a processor that all share."""
    growths = [one.growth for one in seen.signs if one.judged]
    waits = all(one.added_ms > 0 for one in seen.signs if one.judged)
    return len(growths) > 1 and waits and min(growths) >= ALIKE_RATIO * max(growths)


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

"""Limits that speak by their kind of error: too many by number, too many at the door."""

from collections.abc import Collection, Iterable

from loadtests.bottlenecks.suspects import Picture, Resources

LISTENER = "listener"
_REFUSED = ("refused", "closed")
_FEWEST_LOST = 3
_DOOR_RATIO = 0.2  # of all that was lost


def turned_away(
    pictures: Iterable[Picture], resources: Resources
) -> tuple[str, Collection[str]] | None:
    """Return the name and the endpoints of a limit that speaks by its kind of error.

    Shape: pictures of the same run, the most telling first.
    """
    for seen in pictures:
        limited = _limited(seen)
        if limited:
            return f"rate limit on {_called(limited, resources)}", limited
        closed = _at_the_door(seen, resources)
        if closed:
            return LISTENER, closed
    return None


def _at_the_door(seen: Picture, resources: Resources) -> frozenset[str]:
    """Return who suffers where connections are refused or closed to more than one resource.

    One resource may have a door of its own; what all come through is the shop's. A client that
    knocks again makes customers wait instead, so not every loss has to say "closed".
    """
    knocks = {
        sign.endpoint: sum(number for kind, number in sign.kinds.items() if kind in _REFUSED)
        for sign in seen.signs
    }
    lost = sum(sign.lost for sign in seen.signs)
    if sum(knocks.values()) < max(_FEWEST_LOST, _DOOR_RATIO * lost):
        return frozenset()
    hurt = seen.suffer | {endpoint for endpoint, number in knocks.items() if number}
    own_door = any(
        hurt <= set(ends) and not seen.judged <= set(ends) for ends in resources.values()
    )
    if own_door or (len(hurt) == 1 and not hurt >= seen.judged):
        return frozenset()
    return hurt


def _limited(seen: Picture) -> set[str]:
    """Return the endpoints that mainly refuse by number, if the one that suffers most is among."""
    found = set()
    for sign in seen.signs:
        own = sign.kinds.get("http 429", 0)
        if sign.judged and sign.gap and own >= _FEWEST_LOST and own * 2 >= sign.lost:
            found.add(sign.endpoint)
    worst = max(seen.signs, key=lambda sign: sign.hurt_ms if sign.judged else 0.0)
    return found if worst.endpoint in found else set()


def _called(endpoints: Collection[str], resources: Resources) -> str:
    """Return the shortest true name of some endpoints."""
    if len(endpoints) == 1:
        return next(iter(endpoints))
    same = [name for name, own in resources.items() if set(own) == set(endpoints)]
    return same[0] if len(same) == 1 else ", ".join(sorted(endpoints))

"""When an endpoint begins to suffer: the first second of a trouble that lasts."""

from collections.abc import Collection, Mapping, Sequence

from forepost.analysis import histogram
from loadtests.bottlenecks.signs import LOST_MS, Book, Second, Sign

_LEAST_MS = 50.0
_RATIO = 0.1  # of what the worst suffers over the whole stretch
_FEWEST = 3  # requests in two seconds
_AHEAD_S = 3
_LASTS_RATIO = 0.6


def onsets(found: Book, signs: Sequence[Sign], seconds: Collection[int]) -> Mapping[str, int]:
    """Return the second in which each endpoint that suffers began to; none for the others."""
    limit_ms = max(_LEAST_MS, _RATIO * max((one.hurt_ms for one in signs), default=0.0))
    made = {}
    for sign in signs:
        if sign.judged and sign.hurt_ms > 0:
            at = _onset(found[sign.endpoint], sign, limit_ms, sorted(seconds))
            if at is not None:
                made[sign.endpoint] = at
    return made


def _onset(
    own: Mapping[int, Second], sign: Sign, limit_ms: float, seconds: Sequence[int]
) -> int | None:
    costs = [_cost_ms(own, sign, seconds[index : index + 2]) for index in range(len(seconds))]
    for index, cost in enumerate(costs):
        if cost is None or cost < limit_ms:
            continue
        ahead = [one for one in costs[index + 1 : index + 1 + _AHEAD_S] if one is not None]
        lasting = sum(one >= limit_ms / 2 for one in ahead)
        if lasting >= _LASTS_RATIO * len(ahead):
            return seconds[index]
    return None


def _cost_ms(own: Mapping[int, Second], sign: Sign, seconds: Sequence[int]) -> float | None:
    """Return how much a request of some seconds suffered on average."""
    some = [own[at] for at in seconds if at in own]
    started = sum(one.started for one in some)
    if started < _FEWEST:
        return None
    times_us = histogram.merge(one.times_us for one in some)
    added = (histogram.mean_us(times_us) or 0.0) / 1000 - sign.basis_ms
    lost = 1 - sum(one.done for one in some) / started - sign.calm_lost_ratio
    return max(0.0, added) + max(0.0, lost) * LOST_MS

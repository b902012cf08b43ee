"""The sentences behind a bottleneck's name: figures with units, in words a manager understands."""

from collections.abc import Collection, Mapping, Sequence

from forepost.analysis import histogram
from loadtests.bottlenecks.signs import Book, Sign
from loadtests.bottlenecks.stall import Stall

_QUICK_MS = 50.0
_MAINLY = 0.8
_LONGER_RATIO = 1.5
_SHOWN = 3
_MEANS = {
    "http 429": "429 means too many requests: a rate limit turns customers away, nothing is full",
    "refused": "its connections are refused",
    "closed": "its connections are closed before an answer",
    "timeout": "customers gave up waiting before an answer came",
}


def of_name(
    members: Collection[str], signs: Sequence[Sign], book: Book, seconds: Collection[int]
) -> list[str]:
    """Say why a resource was named: what was lost, how long it took, where customers waited."""
    inside = [one for one in signs if one.endpoint in members]
    outside = [one for one in signs if one.endpoint not in members]
    lines = [_answered(inside), _slower(inside, outside), _waiting(inside, outside)]
    return [line for line in [*lines, _refusals(inside, book, seconds)] if line]


def of_doubt(signs: Sequence[Sign]) -> list[str]:
    """Tell of each endpoint that suffers, the worst first."""
    ranked = sorted(signs, key=lambda one: -one.hurt_ms)
    return [_one(sign) for sign in ranked if sign.hurt_ms > 0][:_SHOWN]


def of_door(signs: Sequence[Sign]) -> str:
    """Say that connections were not taken."""
    kinds = kinds_of(signs)
    number = kinds.get("refused", 0) + kinds.get("closed", 0)
    return (
        f"{number:,} connections were refused or closed before an answer, whatever they asked for: "
        "the listener takes no more"
    )


def of_excess(mean_ms: float) -> str:
    """Say that others only queue behind what was named."""
    return (
        f"at the same moment one waits {_time(mean_ms)} longer there than elsewhere: "
        "the others queue behind it"
    )


def of_onsets(members: Collection[str], began: Mapping[str, int]) -> list[str]:
    """Say who suffered first, if others followed."""
    own = [at for endpoint, at in began.items() if endpoint in members]
    later = {endpoint: at for endpoint, at in began.items() if endpoint not in members}
    if not own or not later or min(later.values()) <= min(own):
        return []
    next_one = min(later, key=lambda endpoint: later[endpoint])
    line = (
        f"it began in second {min(own)} of the run; "
        f"{next_one} followed in second {later[next_one]}, behind it"
    )
    return [line]


def of_stall(stall: Stall, flows_of: Mapping[str, Collection[str]]) -> str:
    """Say that the shop stood still for a while, which is no limit.

    Shape: `flows_of` maps every endpoint of the run to the flows that ask for it.
    """
    held = {flow for endpoint in stall.endpoints for flow in flows_of.get(endpoint, ())}
    every = held >= {flow for flows in flows_of.values() for flow in flows}
    whom = "the whole shop" if every else ", ".join(stall.endpoints)
    return (
        f"a stall of {stall.duration_s:.1f} s at second {stall.first_s} held up {whom}: it passed "
        "while the load went on, so it is no limit; look for a pause (a deployment, a garbage "
        "collection, a backup)"
    )


def of_lateness(seconds: int, among: int) -> str:
    """Say that we were late."""
    return (
        f"the load generator sent its visits late in {seconds} of {among} s: "
        "what was slow is on our side and says nothing of the shop"
    )


def _answered(inside: Sequence[Sign]) -> str:
    started, done = sum(one.started for one in inside), sum(one.done for one in inside)
    if not started:
        return ""
    if started == done:
        return f"all {started:,} requests under load were answered, but late"
    kinds = kinds_of(inside)
    most = max(kinds, key=lambda kind: kinds[kind], default="")
    mostly = f"; the others mostly ended as {most}" if most else ""
    return (
        f"{done:,} of {started:,} requests under load were answered "
        f"({100 * done / started:.0f} %){mostly}"
    )


def _slower(inside: Sequence[Sign], outside: Sequence[Sign]) -> str:
    before, after = mean_ms(inside, calm=True), mean_ms(inside)
    times = f" ({after / before:.0f} times as long)" if after >= _LONGER_RATIO * before > 0 else ""
    when = "at the calm start" if all(one.calm_ms is not None for one in inside) else "at best"
    line = f"a request took {_time(after)} there, {_time(before)} {when}{times}"
    if not outside:
        return line
    return (
        f"{line}; elsewhere {_time(mean_ms(outside))}, {_time(mean_ms(outside, calm=True))} before"
    )


def _waiting(inside: Sequence[Sign], outside: Sequence[Sign]) -> str:
    own, others = sum(one.open_mean for one in inside), sum(one.open_mean for one in outside)
    if not outside or not own:
        return ""
    return (
        f"{100 * own / (own + others):.0f} % of all waiting was there: "
        f"{own:.1f} requests were open at a time, {others:.1f} elsewhere"
    )


def _refusals(inside: Sequence[Sign], book: Book, seconds: Collection[int]) -> str:
    """Say what the kind of error tells: at once or after waiting, by number or by connection."""
    kinds = kinds_of(inside)
    kind = max(kinds, key=lambda one: kinds[one], default="")
    if not kind or kinds[kind] * 2 < sum(kinds.values()):
        return ""
    if kind != "http 503":
        return _MEANS.get(kind, "")
    ends = {one.endpoint for one in inside}
    times = histogram.merge(
        one.times_us for end in ends for at, one in book[end].items() if at in seconds
    )
    quick = histogram.count(times) - histogram.above(times, _QUICK_MS * 1000)
    if quick >= _MAINLY * kinds[kind]:
        return f"503 came within {_QUICK_MS:.0f} ms: the queue is full and turns customers away"
    return "503 came after waiting in vain for a free place"


def kinds_of(signs: Sequence[Sign]) -> dict[str, int]:
    """Return how failures fall into kinds, over some endpoints."""
    kinds: dict[str, int] = {}
    for sign in signs:
        for kind, number in sign.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    return kinds


def mean_ms(signs: Sequence[Sign], *, calm: bool = False) -> float:
    """Return the mean time of a request over some endpoints, in the mix of the load."""
    number = sum(one.started for one in signs)
    if not number:
        return 0.0
    return sum((one.basis_ms if calm else one.loaded_ms) * one.started for one in signs) / number


def _one(sign: Sign) -> str:
    return (
        f"{sign.endpoint}: {_time(sign.loaded_ms)} a request, {_time(sign.basis_ms)} when calm; "
        f"{sign.done:,} of {sign.started:,} answered"
    )


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 950 else f"{ms:.0f} ms"  # noqa: PLR2004 - a second

"""A stall: nobody was answered for a while, at whatever load, and then it was over.

A limit and a stall look alike in a mean. They differ in time: behind a limit waiting grows with
every arrival and stays while the load stays; in a stall the first to come waits longest, all are
answered at the same instant, and afterwards the same load is no trouble.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forepost.analysis import histogram
from loadtests.bottlenecks.signs import Book, Second

_LEAST_S = 0.5  # shorter ones cannot be told from a queue that comes and goes
_SLOW_S = 0.25
_USUAL_FACTOR = 4.0
_SLACK_S = 1.3  # cells say the second of an arrival, not its instant
_FEWEST = 3  # slow requests
_CORE_RATIO = 0.4  # of the requests in its worst second
_AFTER_S = 5
_FEWEST_AFTER_S = 2  # one may be the rest of a second
_RAN_OUT_S = 2
_BACK_RATIO = 0.4
_SAME_LOAD_RATIO = 0.75
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Arrivals of the seconds `first_s` to `last_s` waited for one common end."""

    first_s: int
    last_s: int
    duration_s: float  # the longest wait
    endpoints: tuple[str, ...]


def stalls(found: Book, offered: Mapping[int, int]) -> list[Stall]:
    """Return the stalls of a run, first to last.

    Shape: `offered` maps a second of the run to the visits that came in it. What begins after
           the last of them is a queue that drains: nothing came to be held up.
    """
    ends_s = max((at for at, visits in offered.items() if visits), default=-1)
    single = [
        stall
        for endpoint, seconds in sorted(found.items())
        for stall in _of_endpoint(endpoint, seconds, offered)
        if stall.first_s <= ends_s
    ]
    joined: list[Stall] = []
    for stall in sorted(single, key=lambda one: one.first_s):
        if joined and stall.first_s <= joined[-1].last_s:
            joined[-1] = _join(joined[-1], stall)
        else:
            joined.append(stall)
    return joined


def _join(one: Stall, other: Stall) -> Stall:
    return Stall(
        one.first_s,
        max(one.last_s, other.last_s),
        max(one.duration_s, other.duration_s),
        tuple(sorted({*one.endpoints, *other.endpoints})),
    )


def _of_endpoint(
    endpoint: str, seconds: Mapping[int, Second], offered: Mapping[int, int]
) -> list[Stall]:
    usual_s = _usual_s(seconds)
    waits_s = {
        at: max(second.times_us, default=0) / 1e6 - usual_s for at, second in seconds.items()
    }
    least_s = max(_LEAST_S, _USUAL_FACTOR * usual_s)
    made = []
    for stretch in _stretches(waits_s, _SLOW_S + usual_s):
        peak = max(stretch[:2], key=lambda at: waits_s[at])
        if (
            waits_s[peak] >= max(least_s, *(waits_s[at] for at in stretch))
            and _one_end(stretch, peak, waits_s)
            and _hits_all(stretch, seconds, usual_s)
            and _over(stretch, peak, seconds, offered)
        ):
            made.append(Stall(stretch[0], stretch[-1], waits_s[peak], (endpoint,)))
    return made


def _usual_s(seconds: Mapping[int, Second]) -> float:
    everything = histogram.merge(second.times_us for second in seconds.values())
    return (histogram.percentile_us(everything, 0.05) or 0.0) / 1e6


def _stretches(waits_s: Mapping[int, float], slow_s: float) -> list[list[int]]:
    """Return the runs of seconds whose longest wait is slow; a second without arrivals is none."""
    made: list[list[int]] = []
    ended = True
    for at in sorted(waits_s):
        if waits_s[at] <= slow_s:
            ended = True
        elif ended:
            made.append([at])
            ended = False
        else:
            made[-1].append(at)
    return made


def _one_end(stretch: Sequence[int], peak: int, waits_s: Mapping[int, float]) -> bool:
    """Whether all that came after the peak were answered at about the same instant."""
    end = peak + waits_s[peak]
    after = [at for at in stretch if at >= peak]
    return len(stretch) <= math.ceil(waits_s[peak]) + 2 and all(
        abs(at + waits_s[at] - end) <= _SLACK_S for at in after
    )


def _hits_all(stretch: Sequence[int], seconds: Mapping[int, Second], usual_s: float) -> bool:
    slow_us = (_SLOW_S / 2 + usual_s) * 1e6
    slow = {at: histogram.above(seconds[at].times_us, slow_us) for at in stretch}
    core = max(slow[at] / max(seconds[at].started, 1) for at in stretch)
    return sum(slow.values()) >= _FEWEST and core >= _CORE_RATIO


def _over(
    stretch: Sequence[int],
    peak: int,
    seconds: Mapping[int, Second],
    offered: Mapping[int, int],
) -> bool:
    """Whether the same load was no trouble afterwards, or waiting ran out like a clock."""
    last = stretch[-1]
    after = [at for at in range(last + 1, last + 1 + _AFTER_S) if at in offered]
    if len(after) < _FEWEST_AFTER_S:
        # Sudden, then shorter by a second each second, and nobody lost: a queue does not do that.
        lost = any(seconds[at].done < seconds[at].started for at in stretch)
        return last - peak >= _RAN_OUT_S and not lost
    if not any(at in seconds for at in after):
        return False  # customers do not come that far any more: this is not over
    came = _a_second(offered, after)
    chance = _STANDARD_ERRORS * math.sqrt(came / len(after))  # arrivals are drawn
    same_load = came + chance >= _SAME_LOAD_RATIO * _a_second(offered, stretch)
    begun = {at: second.started for at, second in seconds.items()}
    return same_load and _a_second(begun, after) >= _BACK_RATIO * _a_second(begun, stretch)


def _a_second(counts: Mapping[int, int], seconds: Sequence[int]) -> float:
    return sum(counts.get(at, 0) for at in seconds) / len(seconds)

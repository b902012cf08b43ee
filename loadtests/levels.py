"""Levels of a run: what was offered, what came back, and whether the limits were kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from forepost.analysis import histogram
from loadtests.campaign import Campaign, Limits
from loadtests.cells import Tally, whole

_Z = 1.959963984540054  # 95 %, two-sided
_P95_RATIO = 0.05


class Held(StrEnum):
    """Whether a flow kept the limits at a level."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNDECIDED = "not decided"  # too few visits for a word either way
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Level:
    """One flow during one stretch of constant rate."""

    flow: str
    start_s: int
    end_s: int
    planned_per_s: float
    offered: int  # arrivals, dropped ones included
    done: int
    failed: int
    censored: int
    dropped: int
    p95_ms: float | None
    held: Held
    why: str = ""  # the limit that was not kept

    @property
    def offered_per_s(self) -> float:
        """What really came, in visits a second."""
        return self.offered / (self.end_s - self.start_s)


def spans(campaign: Campaign) -> list[tuple[int, int, float]]:
    """Return (first second, end, planned arrivals a second) of every level.

    A segment of constant rate is a level; a ramp is read in stretches of five seconds.
    """
    made: list[tuple[int, int, float]] = []
    for segment in campaign.shape.segments:
        steady = segment.from_per_s == segment.to_per_s
        start, end = int(segment.start_s), max(int(segment.start_s) + 1, int(segment.end_s))
        width = end - start if steady else 5
        for first in range(start, end, width):
            last = min(first + width, end)
            along = ((first + last) / 2 - start) / (end - start)
            rate = segment.from_per_s + along * (segment.to_per_s - segment.from_per_s)
            made.append((first, last, rate))
    return made


def levels(campaign: Campaign, tallies: Sequence[Tally]) -> list[Level]:
    """Return every flow at every level, in order of time."""
    visits = whole(tallies)
    return [
        _level(flow.name, span, flow.share * span[2], visits, campaign.limits)
        for span in spans(campaign)
        for flow in campaign.flows.values()
    ]


def _level(
    flow: str, span: tuple[int, int, float], rate: float, visits: Sequence[Tally], limits: Limits
) -> Level:
    cells = [
        tally.cell
        for tally in visits
        if tally.cell.flow == flow and span[0] <= tally.cell.second < span[1]
    ]
    started = sum(cell.started for cell in cells)
    done = sum(cell.done for cell in cells)
    failed = sum(cell.failed for cell in cells)
    dropped = sum(cell.dropped for cell in cells)
    times = histogram.merge(cell.response_us for cell in cells)
    slow = histogram.above(times, limits.p95 * 1e6)
    held, why = judge(started + dropped, done, failed, slow, limits)
    p95_us = histogram.percentile_us(times, 0.95)
    return Level(
        flow=flow,
        start_s=span[0],
        end_s=span[1],
        planned_per_s=round(rate, 6),
        offered=started + dropped,
        done=done,
        failed=failed,
        censored=sum(cell.censored for cell in cells),
        dropped=dropped,
        p95_ms=None if p95_us is None else p95_us / 1000,
        held=held,
        why=why,
    )


def judge(offered: int, done: int, failed: int, slow: int, limits: Limits) -> tuple[Held, str]:
    """Return whether the limits were kept, and which one was not.

    A limit is broken when the share that broke it is above what is allowed by more than
    chance explains (Wilson interval, 95 %), and not decided when the share is above it but
    the interval still holds the limit. Dropped arrivals are not done.
    """
    if offered == 0:
        return Held.NO_DATA, ""
    rules = (
        ("done", offered - done, 1 - limits.done_ratio),
        ("errors", failed, limits.error_ratio),
        ("p95", slow, _P95_RATIO),
    )
    broken = [(name, bad, allowed) for name, bad, allowed in rules if bad > allowed * offered]
    for name, bad, allowed in broken:
        if wilson_low(bad, offered) > allowed:
            return Held.FAIL, name
    return (Held.UNDECIDED, broken[0][0]) if broken else (Held.PASS, "")


def wilson_low(bad: int, number: int) -> float:
    """Return the low end of the 95 % Wilson score interval of a share.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, without continuity correction.
    """
    share, z2 = bad / number, _Z * _Z
    middle = share + z2 / (2 * number)
    half = _Z * sqrt(share * (1 - share) / number + z2 / (4 * number * number))
    return max(0.0, (middle - half) / (1 + z2 / number))

"""The share of runs that worked, never without its interval."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from forepost.model import FlowRun, Outcome
from forepost.model.proof import proves


@dataclass(frozen=True, slots=True)
class Availability:
    """A share with its Wilson interval and what it was counted from."""

    value: float
    low: float
    high: float
    worked: int
    n: int


def availability(outcomes: Iterable[Outcome], z: float = 1.96) -> Availability | None:
    """Return the share of `outcomes` that worked, with its Wilson score interval.

    Shape:   any number of outcomes, in any order. BROKEN runs are not counted:
             a browser missing on our side says nothing about the shop.
    Units:   ratios from 0.0 to 1.0; `z` in standard deviations (1.96 for 95 %).
    Returns: None when nothing was counted. No data is not 100 %.
    Raises:  ValueError if z <= 0.
    Source:  Wilson 1927, doi:10.1080/01621459.1927.10502953, without continuity
             correction; the tests compare it with scipy.
    """
    counted = [outcome for outcome in outcomes if outcome is not Outcome.BROKEN]
    if not counted:
        wilson(0, 1, z)  # a wrong z is told even where there is nothing to count
        return None
    worked = sum(outcome.worked for outcome in counted)
    low, high = wilson(worked, len(counted), z)
    return Availability(worked / len(counted), low, high, worked, len(counted))


def proving(runs: Iterable[FlowRun]) -> list[FlowRun]:
    """Return the runs of a flow that prove whether its journey works: what a share is counted of.

    Out stay those that say nothing about the shop (broken, under our own load, planned work) and
    those that worked until a cap or the kill switch ended them before they paid: whether paying
    works is unknown of them. Counted as worked they would make it 100 % while nobody pays. One
    that failed on its way there has failed.
    """
    return [run for run in runs if proves(run)]


def wilson(hits: int, n: int, z: float) -> tuple[float, float]:
    """Return the Wilson score interval of `hits` out of `n` (n >= 1).

    Raises: ValueError if z <= 0.
    """
    if z <= 0:
        raise ValueError(f"z: {z:g} standard deviations; give more than 0 (1.96 for 95 %)")
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Exactly 0 and 1 at the ends: the formula gives them but for the last bit.
    return (
        0.0 if hits == 0 else max(0.0, middle - reach),
        1.0 if hits == n else min(1.0, middle + reach),
    )


def coverage(
    starts: Iterable[datetime], since: datetime, until: datetime, interval_s: float
) -> float:
    """Return the share of [since, until) that counted runs speak for.

    Shape:   the starts of the runs that count, in any order, also outside the span.
    Units:   ratio from 0.0 to 1.0; `interval_s` is the planned time from run to run: a run
             speaks for that long before and after its start, so one late run leaves no gap,
             and time that was paused, excluded or slept through does.
    Raises:  ValueError if the span is empty or interval_s <= 0.
    """
    if until <= since or interval_s <= 0:
        raise ValueError(f"{since} to {until}, every {interval_s:g} s: no time to be covered")
    reach = timedelta(seconds=interval_s)
    covered, reached = timedelta(), since
    for start in sorted(starts):
        begins, ends = max(start - reach, reached), min(start + reach, until)
        if ends > begins:
            covered += ends - begins
        reached = max(reached, ends)
    return covered / (until - since)

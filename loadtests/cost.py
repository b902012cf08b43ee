"""What it would cost if the forecast came true: customers who fail, and what they post."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forepost.analysis.fallout import LEVEL, expected_posts
from forepost.model import Estimate
from loadtests.bracket import Bracket
from loadtests.campaign import Campaign
from loadtests.wording import number

_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Fallout:
    """One flow at its forecast peak; None where the run does not tell."""

    flow: str
    failing_per_min: tuple[float, float, float] | None  # low, middle, high
    posts_per_hour: tuple[float, float, float] | None


def fallout(campaign: Campaign, brackets: Sequence[Bracket]) -> tuple[Fallout, ...]:
    """Return what the forecast peak would cost, for every flow that has a forecast.

    Units:   customers a minute, original posts an hour.
    Returns: peak − capacity, where the capacity lies between the ends of the bracket; the posts
             by `forepost.analysis.fallout.expected_posts`. A flow that was not brought to its
             limit and not to its peak, or not surely, is not known.
    """
    made = []
    for one in brackets:
        peak = campaign.flows[one.flow].peak
        if peak is not None:
            failing = _failing(peak.per_s * 60, one)
            made.append(Fallout(one.flow, failing, _posts(failing)))
    return tuple(made)


def _failing(peak_per_min: float, one: Bracket) -> tuple[float, float, float] | None:
    low = 0.0 if one.low_per_s is None else one.low_per_s * 60
    if low >= peak_per_min:
        sure = (one.sure_per_s or 0.0) * 60 >= peak_per_min
        return (0.0, 0.0, 0.0) if sure else None  # a few visits do not make it nothing
    if one.high_per_s is None:
        return None
    least = max(0.0, peak_per_min - one.high_per_s * 60)
    most = peak_per_min - low
    return least, (least + most) / 2, most


def _posts(failing: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
    if failing is None:
        return None
    least, middle, most = (each * _MINUTES for each in failing)
    if most == 0:
        return 0.0, 0.0, 0.0
    posts = expected_posts(Estimate(middle, least, most, LEVEL))
    return posts.low, posts.value, posts.high


def words(campaign: Campaign, costs: Sequence[Fallout]) -> tuple[str, ...]:
    """Return a sentence for every flow that would cost something."""
    lines = []
    for one in costs:
        if not one.failing_per_min or not one.posts_per_hour or one.failing_per_min[2] == 0:
            continue
        peak = campaign.flows[one.flow].peak
        unit = peak.unit if peak else "visits"
        low, middle, high = one.posts_per_hour
        lines.append(
            f"at the forecast peak about {number(round(one.failing_per_min[1]))} {unit} a minute "
            f"would fail ({one.failing_per_min[0]:,.0f} to {one.failing_per_min[2]:,.0f}): expect "
            f"about {_about(middle)} posts an hour ({_about(low)} to {_about(high)})"
        )
    return tuple(lines)


def _about(posts: float) -> str:
    """Return an estimate without the digits that nobody knows: 1,071 is "1,100"."""
    return f"{float(f'{posts:.2g}'):,.0f}"


def as_detail(costs: Sequence[Fallout]) -> Mapping[str, object]:
    """Return JSON values for LoadRun.detail."""
    return {
        one.flow: {
            "failing_per_min": one.failing_per_min and list(one.failing_per_min),
            "posts_per_hour": one.posts_per_hour and list(one.posts_per_hour),
        }
        for one in costs
    }

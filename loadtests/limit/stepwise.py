"""The thresholds of a campaign, held against one step of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from loadtests.campaign import Campaign
from loadtests.cells import Tally
from loadtests.levels import speaks_of
from loadtests.shapes.shape import Stretch
from loadtests.thresholds.states import FEW_BEYOND, Z95, State, is_share
from loadtests.thresholds.threshold import Context, Finding, Index, Threshold, Unit, evaluate_steps

_TIMES = ("mean", "max")


def judged(campaign: Campaign) -> tuple[Threshold, ...]:
    """Return what every step must keep by itself.

    Windows, phases and seconds of the planned shape mean nothing in a search, which has a
    shape of its own. How many are done, as a number or a rate, follows from what is offered.
    """
    return tuple(
        replace(one, for_s=None, after_s=0, within_s=None, phase=None, per_step=True)
        for one in campaign.thresholds
        if is_share(one) or one.metric in _TIMES or one.metric == "dropped"
    )


def broken(
    campaign: Campaign, tallies: Sequence[Tally], span: tuple[int, int], per_s: float
) -> Mapping[str, Finding]:
    """Return what flows broke beyond chance in some seconds, (first, end).

    Shape:   flow → the first threshold that its own visits break. Visits that are still open
             count on neither side.
    """
    thresholds = judged(campaign)
    if not thresholds:
        return {}
    own = [one for one in tallies if span[0] <= one.cell.second < span[1]]
    index = Index(own)
    context = Context(tuple(campaign.flows), span[1], (), (Stretch("step", *span, per_s),))
    found: dict[str, Finding] = {}
    for threshold in thresholds:
        for flow in campaign.flows.values():
            if flow.name in found or not speaks_of(threshold, flow):
                continue
            findings = evaluate_steps(threshold, index, context, flow.name)
            failed = [one for one in findings.values() if one.state is State.FAIL]
            if failed:
                found[flow.name] = failed[0]
    return found


def visits_needed(campaign: Campaign) -> int:
    """Return how many visits of a flow make every threshold decidable if all goes well."""
    return max((_needed(one) for one in judged(campaign)), default=0)


def _needed(threshold: Threshold) -> int:
    """Return it for one threshold: a percentile needs some beyond it, a share a close interval."""
    if threshold.metric in ("p50", "p90", "p95", "p99", "p99.9"):
        return round(FEW_BEYOND / (1 - threshold.ratio)) + 1
    if threshold.unit is not Unit.PERCENT:
        return 0
    allowed = threshold.limit / 100
    if threshold.metric == "done":
        allowed = 1 - allowed
    # Wilson's interval of none in n ends at z² / (n + z²).
    return round(Z95 * Z95 * (1 / allowed - 1)) + 1 if allowed > 0 else 0

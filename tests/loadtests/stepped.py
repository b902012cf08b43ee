"""What a look at all cells says of a search, each second anew: the slow way, without sums kept."""

from collections.abc import Mapping, Sequence

from loadtests.campaign import Campaign
from loadtests.cells import Tally, whole
from loadtests.levels import speaks_of
from loadtests.limit import stepwise
from loadtests.limit.overload import Count
from loadtests.thresholds.threshold import Finding, Index, State, finding_in
from loadtests.thresholds.windows import Scope, Window


def broken(
    campaign: Campaign, tallies: Sequence[Tally], span: tuple[int, int], *, again: bool = False
) -> Mapping[str, Finding]:
    """Return what `Stepwise.broken` must say of a step."""
    held = [
        (one, flow)
        for one in sorted(stepwise.judged(campaign), key=lambda rule: not rule.abort)
        for flow in campaign.flows.values()
        if speaks_of(one, flow)
    ]
    index = Index(one for one in tallies if span[0] <= one.cell.second < span[1])
    scope = Scope(*span, "step", span[0])
    found: dict[str, Finding] = {}
    for threshold, flow in held:
        own = index.of(threshold.subject, campaign.flows, flow.name)
        looks = stepwise.looks(len(held), again=again, ends=threshold.abort)
        window = Window(*span, complete=True, scope=scope, looks=looks)
        one = finding_in(threshold, own, window)
        if one.state is State.FAIL:
            found.setdefault(flow.name, one)
    return found


def counts(campaign: Campaign, tallies: Sequence[Tally]) -> dict[str, Count]:
    """Return the books of every flow's whole visits."""
    made = dict.fromkeys(campaign.flows, Count())
    for tally in whole(tallies):
        cell = tally.cell
        bad = cell.failed + cell.censored
        made[cell.flow] += Count(cell.started + cell.dropped, cell.done, bad, cell.dropped)
    return made

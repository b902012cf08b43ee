"""Levels of a run: what was offered, what came back, and whether the thresholds were kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forepost.analysis import histogram
from loadtests.campaign import Campaign
from loadtests.cells import Tally
from loadtests.flow_share import FlowShare
from loadtests.shapes.shape import Shape, Stretch
from loadtests.thresholds.states import BY_WEIGHT, State
from loadtests.thresholds.tallied import Running
from loadtests.thresholds.threshold import (
    ALL,
    Finding,
    Index,
    Threshold,
    Unit,
    evaluate_steps,
    parse,
)

_LEAST_DONE = "done({}) >= 95% of offered per step"  # for every flow, unless it says its own


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
    held: State  # of the worst of all thresholds that are read per step
    likely: bool  # every figure is on the right side, if only by chance
    why: str = ""  # the threshold that was not kept, or not surely

    @property
    def offered_per_s(self) -> float:
        """What really came, in visits a second."""
        return self.offered / (self.end_s - self.start_s)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A threshold for one flow, and its findings by the second in which a step begins."""

    threshold: Threshold
    together: Mapping[int, Finding]  # of all flows that the threshold speaks of
    own: Mapping[int, Finding]  # of this flow alone
    counts: bool = False  # it says which share of the flow's visits must be done
    ours: bool = False  # nobody said so: it gives way to one that the campaign says


def levels(campaign: Campaign, tallies: Sequence[Tally], upto_s: int | None = None) -> list[Level]:
    """Return every flow at every level, in order of time.

    Shape: `upto_s` says how many seconds of a run that was cut short are over; what the stop
           cut off is not held against the shop.
    """
    index, context = Index(tallies), campaign.context()
    shapes = campaign.shapes()
    rules = {
        flow.name: [_rule(one, flow, campaign, index, upto_s) for one in per_step(campaign, flow)]
        for flow in campaign.flows.values()
    }
    visits = {name: Running(index.of(name, context.flows), context.end_s) for name in rules}
    return [
        _level(name, stretch, shapes[name], visits[name], rules[name])
        for stretch in context.steps
        for name in rules
    ]


def per_step(campaign: Campaign, flow: FlowShare) -> list[Threshold]:
    """Return what a flow must keep at every level: what the campaign says, and 95 % done.

    Where the campaign says which share of this very flow must be done, that counts instead; of
    all flows together is not enough: 95 % of all may be done and nothing of one. What it says
    of one phase says nothing of the others; what it leaves out by `after` or `within` is not held.
    """
    said = [one for one in campaign.thresholds if one.per_step and speaks_of(one, flow)]
    if not any(counts(one, flow) and one.phase is None for one in said):
        said.append(parse(_LEAST_DONE.format(flow.name)))
    return said


def counts(threshold: Threshold, flow: FlowShare) -> bool:
    """Return whether a threshold says which share of a flow's visits must be done."""
    own = threshold.metric == "done" and threshold.subject == flow.name
    return own and threshold.unit is Unit.PERCENT


def speaks_of(threshold: Threshold, flow: FlowShare) -> bool:
    """Return whether a threshold is about a flow, or about something that it does."""
    subject = threshold.subject
    return subject in (ALL, flow.name, *flow.endpoints) or subject.startswith(f"{flow.name}/")


def _rule(
    threshold: Threshold, flow: FlowShare, campaign: Campaign, index: Index, upto_s: int | None
) -> _Rule:
    context = campaign.context()
    together = evaluate_steps(threshold, index, context, upto_s=upto_s)
    if threshold.subject == flow.name or threshold.subject.startswith(f"{flow.name}/"):
        ours = threshold not in campaign.thresholds
        return _Rule(threshold, together, together, counts(threshold, flow), ours)
    return _Rule(threshold, together, evaluate_steps(threshold, index, context, flow.name, upto_s))


def _level(
    flow: str, stretch: Stretch, shape: Shape, visits: Running, rules: Sequence[_Rule]
) -> Level:
    planned = shape.per_s(stretch.start_s, min(stretch.end_s, shape.duration_s))
    sums = visits.sums(stretch.start_s, stretch.end_s)
    p95_us = histogram.percentile_us(visits.times(stretch.start_s, stretch.end_s), 0.95)
    held, likely, why = _held(stretch.start_s, rules)
    if sums.offered == 0:
        held, likely, why = State.NO_DATA, False, ""
    return Level(
        flow=flow,
        start_s=stretch.start_s,
        end_s=stretch.end_s,
        planned_per_s=round(planned, 6),
        offered=sums.offered,
        done=sums.done,
        failed=sums.failed,
        censored=sums.censored,
        dropped=sums.dropped,
        p95_ms=None if p95_us is None else p95_us / 1000,
        held=held,
        likely=likely,
        why=why,
    )


def _held(begins_s: int, rules: Sequence[_Rule]) -> tuple[State, bool, str]:
    """Return the worst state of a flow at a level, whether all is likely kept, and what is not."""
    found = [(_blamed(rule, begins_s), rule) for rule in rules if begins_s in rule.together]
    if sum(rule.counts for _, rule in found) > 1:
        found = [(finding, rule) for finding, rule in found if not rule.ours]
    if not found:  # a run that was cut short did not come so far
        return State.NO_DATA, False, ""
    finding, rule = max(found, key=lambda one: BY_WEIGHT.index(one[0].state))
    if finding.state is not State.FAIL and not any(one.counts for _, one in found):
        return State.NO_DATA, False, ""  # quick answers alone: nobody asked what was done
    likely = all(kept(one, of.threshold) for one, of in found)
    return finding.state, likely, "" if finding.state is State.PASS else rule.threshold.text


def _blamed(rule: _Rule, begins_s: int) -> Finding:
    """Return the finding that counts for the flow.

    Where flows break a common threshold together, those are not blamed that keep it for
    themselves: the share of all is a mean of their shares, so at least one does not.
    """
    together, own = rule.together[begins_s], rule.own[begins_s]
    fails = together.state is State.FAIL
    return own if fails and kept(own, rule.threshold) else together


def kept(finding: Finding, threshold: Threshold) -> bool:
    """Return whether the figure itself is on the right side of its limit, sure or not."""
    if finding.value is None:
        return False
    if threshold.op.startswith("<"):
        return finding.value <= finding.limit
    return finding.value >= finding.limit

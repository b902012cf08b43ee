"""What a run says: its levels, thresholds, verdict and what gives way first, from cells alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from loadtests import cost, levels, verdict
from loadtests.bottlenecks import bottleneck
from loadtests.bracket import Bracket
from loadtests.campaign import Campaign
from loadtests.cells import Tally, whole
from loadtests.thresholds import threshold
from loadtests.thresholds.states import State
from loadtests.thresholds.threshold import Finding
from loadtests.verdict import Evidence, Judgement, Verdict

Strained = tuple[tuple[int, int], tuple[int, int] | None]

_CALM_VISITS = 20  # as many make a calm start to compare with


def assess(
    campaign: Campaign,
    tallies: Sequence[Tally],
    *,
    invalid: str = "",
    cut_short: str = "",
    kind: str = "run",
    setup: Mapping[str, str] | None = None,
    breached: Sequence[Finding] = (),
    brackets: Mapping[str, Bracket] | None = None,
    strained: Strained | None = None,
) -> tuple[Judgement, dict[str, Any]]:
    """Judge a run by its cells; return the judgement, and LoadRun's bottleneck and detail.

    Shape:   `breached` are the findings that ended the run (thresholds with `abort`): they stand
             as they were. `brackets` are those of a search that knows better than levels do, and
             `strained` its (calm start, overloaded seconds), each (first second, end).
    Returns: detail as JSON values: kind, title, owner, headroom, dates, mocked, resources,
             setup, seed, summary, lines, thresholds, peaks, brackets, levels, phases, bottleneck,
             evidence, runner_up, fallout, invalid, cut_short. The books are the caller's.
    """
    upto_s = _reached(tallies) if cut_short else None
    made = levels.levels(campaign, tallies, upto_s)
    held = verdict.brackets(campaign, made)
    if brackets is not None:
        held = tuple(brackets.get(one.flow, one) for one in held)
    calm, loaded = strained or stretches(made)
    walks = {name: flow.endpoints for name, flow in campaign.flows.items()}
    all_held = not (cut_short or invalid) and all(level.likely for level in made if level.offered)
    weak = bottleneck.find(tallies, campaign.resources, calm, loaded, walks, held=all_held)
    findings = _findings(campaign, tallies, breached, upto_s)
    evidence = Evidence(made, held, findings, weak, kind)
    judgement = verdict.judge(campaign, evidence, invalid)
    if cut_short and not invalid:  # it did not reach its end: only a breach is a word
        word = Verdict.NOT_READY if breached else Verdict.INCONCLUSIVE
        judgement = replace(
            judgement,
            verdict=verdict.named(word, campaign, kind),
            lines=(cut_short, *judgement.lines),
        )
    costs = cost.fallout(campaign, () if invalid or kind == verdict.SMOKE else held)
    if judgement.verdict is not Verdict.INVALID:
        judgement = replace(judgement, lines=(*judgement.lines, *cost.words(campaign, costs)))
    detail = {
        **told(campaign, kind, setup or {}),
        **verdict.as_detail(judgement),
        "thresholds": threshold.as_detail(findings),
        "bottleneck": None if invalid else weak.resource,
        "evidence": [] if invalid else list(weak.evidence),
        "runner_up": "" if invalid else weak.runner_up,
        "fallout": cost.as_detail(costs),
        "invalid": invalid,
        "cut_short": cut_short,
        "levels": [{**asdict(level), "held": str(level.held)} for level in made],
    }
    return judgement, detail


def _reached(tallies: Sequence[Tally]) -> int:
    """Return how many seconds a run came before it was cut short."""
    begun = [tally.cell.second for tally in whole(tallies) if tally.cell.started]
    return max(begun, default=-1) + 1


def _findings(
    campaign: Campaign, tallies: Sequence[Tally], breached: Sequence[Finding], upto_s: int | None
) -> tuple[Finding, ...]:
    found = threshold.evaluate_all(campaign.thresholds, tallies, campaign.context(), upto_s)
    kept = {one.text: one for one in breached if one.state is State.FAIL}
    return tuple(kept.get(one.text, one) for one in found)


def told(campaign: Campaign, kind: str, setup: Mapping[str, str]) -> dict[str, Any]:
    """Return what was planned, as JSON values: all that is known of a run that is killed."""
    peaks = {
        flow.name: {"per_s": flow.peak.per_s, "unit": flow.peak.unit, "share": flow.share}
        for flow in campaign.flows.values()
        if flow.peak is not None
    }
    return {
        "kind": kind,
        "title": campaign.title,
        "owner": campaign.owner,
        "headroom": campaign.headroom,
        "dates": campaign.dates and [day.isoformat() for day in campaign.dates],
        "mocked": list(campaign.mocked),
        "resources": {name: list(held) for name, held in campaign.resources.items()},
        "setup": dict(setup),
        "seed": campaign.seed,
        "again": list(campaign.again),
        "peaks": peaks,
        "phases": [asdict(phase) for phase in campaign.phases],
    }


def stretches(made: Sequence[levels.Level]) -> Strained:
    """Return the calm start and the overloaded rest of a run, each (first second, end).

    The rest begins with the first level that some flow did not hold; None if there is none.
    The calm start takes whole levels until it holds enough visits, and ends before the rest.
    """
    failed = [level.start_s for level in made if level.held is State.FAIL]
    first_failed = min(failed, default=None)
    visits, calm_end = 0, 0
    for level in sorted(made, key=lambda level: level.start_s):
        if level.start_s >= calm_end and visits >= _CALM_VISITS:
            break
        if first_failed is not None and level.end_s > first_failed:
            break
        visits, calm_end = visits + level.offered, max(calm_end, level.end_s)
    if first_failed is None:
        return (0, calm_end), None
    return (0, calm_end), (first_failed, max(level.end_s for level in made))

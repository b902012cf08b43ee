"""What a run says: its levels, its verdict and what gives way first, from cells alone."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from loadtests import bottleneck, levels, verdict
from loadtests.campaign import Campaign
from loadtests.cells import Tally
from loadtests.verdict import Judgement, Verdict

_CALM_VISITS = 20  # as many make a calm start to compare with


def assess(
    campaign: Campaign, tallies: Sequence[Tally], *, invalid: str = "", cut_short: str = ""
) -> tuple[Judgement, dict[str, Any]]:
    """Judge a run by its cells; return the judgement, and LoadRun's bottleneck and detail.

    Shape:   JSON values: summary, lines, brackets {flow: {low_per_s, high_per_s, why}}, evidence,
             runner_up, invalid, cut_short, title, owner, headroom, mocked, resources, and
             levels [{flow, start_s, end_s, planned_per_s, offered, done, failed, censored,
             dropped, p95_ms, held, why}].
    """
    made = levels.levels(campaign, tallies)
    calm, loaded = stretches(made)
    weak = bottleneck.find(tallies, campaign.resources, calm, loaded)
    judgement = verdict.judge(campaign, made, weak, invalid)
    if cut_short and not invalid:
        judgement = Judgement(
            Verdict.INCONCLUSIVE, (cut_short, *judgement.lines), judgement.brackets
        )
    detail = {
        **verdict.as_detail(judgement),
        "bottleneck": None if invalid else weak.resource,
        "evidence": list(weak.evidence),
        "runner_up": weak.runner_up,
        "invalid": invalid,
        "cut_short": cut_short,
        "title": campaign.title,
        "owner": campaign.owner,
        "headroom": campaign.headroom,
        "mocked": list(campaign.mocked),
        "levels": [asdict(level) for level in made],
        "resources": {name: list(endpoints) for name, endpoints in campaign.resources.items()},
    }
    return judgement, detail


def stretches(made: Sequence[levels.Level]) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """Return the calm start and the overloaded rest of a run, each (first second, end).

    The rest begins with the first level that some flow did not hold; None if there is none.
    The calm start takes whole levels until it holds enough visits, and ends before the rest.
    """
    failed = [level.start_s for level in made if level.held is levels.Held.FAIL]
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

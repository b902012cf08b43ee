"""The word at the end: does the shop hold what is forecast, and what gives way if not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loadtests.bottleneck import Bottleneck
from loadtests.campaign import Campaign
from loadtests.levels import Held, Level
from loadtests.rate import Peak


class Verdict(StrEnum):
    """What a load test says of a campaign."""

    READY = "ready"
    NOT_READY = "not ready"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"  # the generator, not the shop: says nothing of capacity


@dataclass(frozen=True, slots=True)
class Bracket:
    """What a flow holds: between the last level that was held and the first that was not."""

    flow: str
    low_per_s: float | None  # None: not even the first level was held
    high_per_s: float | None  # None: every level was held, so "at least"
    why: str = ""  # the limit that the first failed level did not keep


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the sentences that explain it, in words for a manager."""

    verdict: Verdict
    lines: tuple[str, ...]
    brackets: tuple[Bracket, ...]


def bracket(flow: str, levels: Sequence[Level]) -> Bracket:
    """Return what one flow holds, from its levels in order of rising rate.

    A level that is not decided widens the bracket: it counts on neither side.
    """
    own = sorted(
        (level for level in levels if level.flow == flow), key=lambda level: level.planned_per_s
    )
    failed = next((level for level in own if level.held is Held.FAIL), None)
    high = failed.planned_per_s if failed else None
    held = [
        level.planned_per_s
        for level in own
        if level.held is Held.PASS and (high is None or level.planned_per_s < high)
    ]
    return Bracket(flow, max(held, default=None), high, failed.why if failed else "")


def judge(
    campaign: Campaign, levels: Sequence[Level], bottleneck: Bottleneck, invalid: str = ""
) -> Judgement:
    """Compare what every flow holds with its forecast.

    `invalid` is the reason why the run says nothing of the shop.
    """
    brackets = tuple(bracket(flow, levels) for flow in campaign.flows)
    if invalid:
        return Judgement(Verdict.INVALID, (f"not valid: {invalid}",), brackets)
    found = [_flow(campaign, one) for one in brackets]
    verdicts = {verdict for verdict, _ in found}
    lines = [line for verdict, line in found if verdict is Verdict.NOT_READY]
    if any(one.high_per_s is not None for one in brackets):
        weak = bottleneck.resource
        lines.append(f"{weak} gives way first" if weak else "what gives way first is unclear")
    lines += [line for verdict, line in found if verdict is not Verdict.NOT_READY]
    if Verdict.READY in verdicts and campaign.mocked:
        lines.append(f"not tested, because mocked: {', '.join(campaign.mocked)}")
        verdicts.add(Verdict.INCONCLUSIVE)
    return Judgement(_worst(verdicts), tuple(lines), brackets)


def _worst(verdicts: set[Verdict | None]) -> Verdict:
    for verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE, Verdict.READY):
        if verdict in verdicts:
            return verdict
    return Verdict.INCONCLUSIVE  # no flow has a forecast to compare with


def _flow(campaign: Campaign, one: Bracket) -> tuple[Verdict | None, str]:
    """Return a flow's verdict (None without a forecast) and its sentence."""
    peak = campaign.flows[one.flow].peak
    held = _held(one, peak)
    if peak is None:
        return None, f"{held}; no forecast to compare with"
    need = peak.per_s * campaign.headroom
    wants = (
        f"the forecast peak of {peak.per_s * 60:,.0f} a minute with {campaign.headroom:g} "
        f"headroom needs {_number(need)} a second"
    )
    if one.low_per_s is not None and one.low_per_s >= need:
        return Verdict.READY, f"{held}; {wants}"
    if one.high_per_s is not None and one.high_per_s <= need:
        return Verdict.NOT_READY, f"{held}; {wants}"
    return Verdict.INCONCLUSIVE, f"{held}; {wants}, which this run did not decide"


def _held(one: Bracket, peak: Peak | None) -> str:
    what = f"{one.flow} {peak.unit}" if peak else f"{one.flow} visits"
    what = what.replace("_", " ")
    if one.low_per_s is None and one.high_per_s is None:
        return f"{what}: too few visits to say"
    if one.low_per_s is None:
        return f"{what} hold up to less than {_rates(one.high_per_s or 0.0)}"
    least = "at least" if one.high_per_s is None else "up to"
    return f"{what} hold {least} {_rates(one.low_per_s)}"


def _rates(per_s: float) -> str:
    return f"{_number(per_s)} a second ({per_s * 60:,.0f} a minute)"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def as_detail(judgement: Judgement) -> Mapping[str, object]:
    """Return the judgement as JSON values for LoadRun.detail."""
    return {
        "summary": "; ".join(judgement.lines),
        "lines": list(judgement.lines),
        "brackets": {
            one.flow: {"low_per_s": one.low_per_s, "high_per_s": one.high_per_s, "why": one.why}
            for one in judgement.brackets
        },
    }

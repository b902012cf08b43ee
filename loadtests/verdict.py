"""The word at the end: does the shop hold what is forecast, and what gives way if not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from loadtests import wording
from loadtests.bottlenecks.bottleneck import Bottleneck
from loadtests.bracket import Bracket, bracket
from loadtests.campaign import Campaign
from loadtests.levels import Level, per_step
from loadtests.rate import Peak
from loadtests.thresholds.states import State
from loadtests.thresholds.threshold import Finding
from loadtests.wording import minute, rates

SMOKE = "smoke"
_UNASKED = "no forecast to compare with"
_BESIDE = re.compile(r"\s*(\(.*|[:,;–—].*)$", re.DOTALL)
_SLACK = 1e-6  # rates of levels are rounded to as much


class Verdict(StrEnum):
    """What a load test says of a campaign."""

    READY = "ready"
    NOT_READY = "not ready"
    PASSED = "passed"  # thresholds were kept; there was no forecast to be ready for
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"  # the generator, not the shop: says nothing of capacity


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has shown."""

    levels: Sequence[Level]
    brackets: tuple[Bracket, ...]
    findings: tuple[Finding, ...] = ()  # one for each threshold of the campaign, in its order
    bottleneck: Bottleneck = field(default_factory=lambda: Bottleneck(None, None, ()))
    kind: str = "run"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the sentences that explain it, in words for a manager."""

    verdict: Verdict
    lines: tuple[str, ...]
    brackets: tuple[Bracket, ...]


_Said = tuple[Verdict | None, str]  # None: said, and of no weight


def brackets(campaign: Campaign, levels: Sequence[Level]) -> tuple[Bracket, ...]:
    """Return what every flow holds."""
    return tuple(bracket(flow, levels) for flow in campaign.flows)


def judge(campaign: Campaign, evidence: Evidence, invalid: str = "") -> Judgement:
    """Compare what every flow holds with its forecast, and see that the thresholds were kept.

    Shape:   `invalid` is the reason why the run says nothing of the shop. A smoke run is too
             small for the forecast: it is judged by the thresholds alone.
    Returns: the worst of all that was found; nothing found at all is inconclusive.
    """
    if invalid:
        return Judgement(Verdict.INVALID, (f"not valid: {invalid}",), evidence.brackets)
    flows = _flows(campaign, evidence)
    rules = [*_thresholds(campaign, evidence), *_unforecast(campaign, evidence)]
    bad = [line for verdict, line in (*flows, *rules) if verdict is Verdict.NOT_READY]
    fine = [line for verdict, line in (*flows, *rules) if line and verdict is not Verdict.NOT_READY]
    lines = [*bad, *_weakest(evidence), *fine]
    if evidence.kind == SMOKE:
        lines.append("a smoke run: too small a load for the forecast")
    verdicts = [verdict for verdict, _ in (*flows, *rules) if verdict is not None]
    if campaign.mocked:
        lines.append(f"not tested, because mocked: {', '.join(campaign.mocked)}")
    essential = mocked_essentials(campaign)
    if essential:
        lines.append(f"{', '.join(essential)} must be real before this can be called ready")
        verdicts.append(Verdict.INCONCLUSIVE)
    if not verdicts:
        lines.append("no flow has a forecast and there is no threshold: nothing to compare with")
    word = named(_worst(verdicts), campaign, evidence.kind)
    return Judgement(word, tuple(dict.fromkeys(lines)), evidence.brackets)


def named(verdict: Verdict, campaign: Campaign, kind: str) -> Verdict:
    """Return "passed" and "failed" where no forecast was held against: nothing to be ready for."""
    if kind != SMOKE and any(flow.peak is not None for flow in campaign.flows.values()):
        return verdict
    plain = {Verdict.READY: Verdict.PASSED, Verdict.NOT_READY: Verdict.FAILED}
    return plain.get(verdict, verdict)


def mocked_essentials(campaign: Campaign) -> tuple[str, ...]:
    """Return what is mocked and yet belongs to a flow with a forecast.

    That is the flow by its name, one of its endpoints, or a resource with one of them.
    """
    flows = [flow for flow in campaign.flows.values() if flow.peak is not None]
    endpoints = {endpoint for flow in flows for endpoint in flow.endpoints}
    resources = {name for name, held in campaign.resources.items() if endpoints & set(held)}
    essential = {_plain(name) for name in ({flow.name for flow in flows} | endpoints | resources)}
    return tuple(name for name in campaign.mocked if essential & set(_said(name)))


def _plain(name: str) -> str:
    """Return a name however it is spelt: "Gift DB" is gift_db."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _said(name: str) -> tuple[str, str]:
    """Return what is mocked, whole and without what is said of it: "gift_db (a stub)"."""
    return _plain(name), _plain(_BESIDE.sub("", name))


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in (Verdict.NOT_READY, Verdict.INCONCLUSIVE, Verdict.READY):
        if verdict in verdicts:
            return verdict
    return Verdict.INCONCLUSIVE


def _flows(campaign: Campaign, evidence: Evidence) -> list[_Said]:
    if evidence.kind == SMOKE:
        return []
    found = [
        (one, peak)
        for one in evidence.brackets
        if (peak := campaign.flows[one.flow].peak) is not None
    ]
    return [_flow(campaign, one, peak, evidence) for one, peak in found]


def _flow(campaign: Campaign, one: Bracket, peak: Peak, evidence: Evidence) -> _Said:
    """Return a flow's verdict and its sentence."""
    need = peak.per_s * campaign.headroom
    held = _held(one, peak.unit)
    wants = (
        f"the forecast peak of {minute(peak.per_s)} with {campaign.headroom:g} times "
        f"headroom needs {minute(need)}"
    )
    doubt = ", but not surely" if _unsure(one) else ""
    if one.high_per_s is not None and one.high_per_s <= need + _SLACK:
        return Verdict.NOT_READY, f"{held}{doubt}; {wants}{_shortfall(one, need)}{_broke(one)}"
    if one.low_per_s is None or one.low_per_s < need - _SLACK:
        return Verdict.INCONCLUSIVE, f"{held}{doubt}; {wants}, which this run did not decide"
    if one.sure_per_s is None or one.sure_per_s < need - _SLACK:
        return Verdict.INCONCLUSIVE, f"{held}, but not surely; {wants}{_lacks(one, evidence)}"
    return Verdict.READY, f"{held}; {wants}"


def _shortfall(one: Bracket, need: float) -> str:
    if one.low_per_s is not None:
        return f", {minute(need - one.low_per_s)} a minute more"
    return f", at least {minute(need - (one.high_per_s or 0.0))} a minute more"


def _broke(one: Bracket) -> str:
    return f"; first broken: {one.why}" if one.why else ""


def _lacks(one: Bracket, evidence: Evidence) -> str:
    """Return what is missing for a word: the level that held, and which threshold is open."""
    at = [
        level
        for level in evidence.levels
        if level.flow == one.flow and level.planned_per_s == one.low_per_s
    ]
    if not at:
        return ""
    return f"; {at[0].why} needs more than {at[0].offered:,} visits: hold that rate for longer"


def _thresholds(campaign: Campaign, evidence: Evidence) -> list[_Said]:
    """Judge the thresholds that look at the run, a phase or a window; levels hold the rest."""
    asked = zip(campaign.thresholds, evidence.findings, strict=bool(evidence.findings))
    made: list[_Said] = []
    for threshold, finding in asked:
        if threshold.per_step and evidence.kind != SMOKE:
            continue
        if finding.state is State.PASS:
            made.append((Verdict.READY, ""))
            continue
        fails = finding.state is State.FAIL
        verdict = Verdict.NOT_READY if fails else Verdict.INCONCLUSIVE
        made.append((verdict, wording.said(finding, threshold)))
    return made


def _unforecast(campaign: Campaign, evidence: Evidence) -> list[_Said]:
    """Judge the flows without a forecast."""
    if evidence.kind == SMOKE:
        return []
    beside = [one for one in evidence.brackets if campaign.flows[one.flow].peak is None]
    said = [_beside(campaign, one, evidence) for one in beside]
    for unsure in (False, True):
        calm = [
            place
            for place, (one, (verdict, _)) in enumerate(zip(beside, said, strict=True))
            if one.seen and one.high_per_s is None and verdict is not Verdict.INCONCLUSIVE
            if _unsure(one) is unsure
        ]
        if len(calm) > 1:  # one sentence for all that nobody asked for and nothing happened to
            names = ", ".join(beside[place].flow.replace("_", " ") for place in calm)
            few = ", but too few came to be sure" if unsure else ""
            for place in calm:
                said[place] = said[place][0], f"{names}: held all that came{few}; {_UNASKED}"
    return said


def _beside(campaign: Campaign, one: Bracket, evidence: Evidence) -> _Said:
    """Judge one by its levels, up to the rate at which the others reach their forecasts."""
    flow, held = campaign.flows[one.flow], _held(one, "visits")
    need = _needed(campaign) * flow.share
    rates_seen = {level.planned_per_s for level in evidence.levels if level.flow == one.flow}
    above = [rate for rate in rates_seen if rate >= need - _SLACK]
    needed = min(above, default=max(rates_seen, default=need))
    if one.high_per_s is not None and one.high_per_s <= needed + _SLACK:
        return Verdict.NOT_READY, f"{held}{_broke(one)}"
    doubt = ", but not surely" if _unsure(one) else ""
    said = f"{held}{doubt}; {_UNASKED}" if one.seen else ""
    if not any(asked in campaign.thresholds for asked in per_step(campaign, flow)):
        return None, said
    if one.sure_per_s is None or one.sure_per_s < needed - _SLACK:
        but = f", but not surely{_lacks(one, evidence)}" if one.seen else ""
        return Verdict.INCONCLUSIVE, held + but
    return Verdict.READY, said


def _unsure(one: Bracket) -> bool:
    """Return whether what a flow holds may be chance: a second of a run that was stopped."""
    return one.low_per_s is not None and (one.sure_per_s or 0.0) < one.low_per_s - _SLACK


def _needed(campaign: Campaign) -> float:
    """Return the rate of the whole mix that brings every forecast; all of it without one."""
    wanted = [
        flow.peak.per_s * campaign.headroom / flow.share
        for flow in campaign.flows.values()
        if flow.peak is not None and flow.share > 0
    ]
    return max(wanted, default=campaign.shape.top_per_s)


def _weakest(evidence: Evidence) -> list[str]:
    if all(one.high_per_s is None for one in evidence.brackets):
        return []
    weak = evidence.bottleneck.resource
    return [f"{weak} gives way first" if weak else "what gives way first is unclear"]


def _held(one: Bracket, unit: str) -> str:
    flow = one.flow.replace("_", " ")
    if not one.seen:
        return f"{flow}: too few {unit} to say what it holds"
    if one.low_per_s is None:
        return f"{flow} does not even hold {rates(one.high_per_s or 0.0, unit)}"
    least = "at least" if one.high_per_s is None else "up to"
    return f"{flow} holds {least} {rates(one.low_per_s, unit)}"


def as_detail(judgement: Judgement) -> Mapping[str, object]:
    """Return the judgement as JSON values for LoadRun.detail."""
    return {
        "summary": "; ".join(judgement.lines),
        "lines": list(judgement.lines),
        "brackets": {
            one.flow: {
                "low_per_s": one.low_per_s,
                "high_per_s": one.high_per_s,
                "why": one.why,
                "plateau_per_s": one.plateau_per_s,
                "sure_per_s": one.sure_per_s,
            }
            for one in judgement.brackets
        },
    }

"""The first screen of a load test in a manager's words: pure sentences over a LoadView."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from reports import load_detail, load_people, load_plain, words
from reports.load_data import SLACK, FlowCapacity, LoadView, ThresholdResult
from reports.load_people import Card

MINUTE_S = 60
SHORT_VALUE = 30  # letters that fit a card in large type
SMOKE = "smoke"
READY, SHORT, OPEN = "well", "open", "unknown"
_WORDS = {
    "ready": (READY, "READY"),
    "not ready": (SHORT, "NOT READY"),
    "passed": (READY, "PASSED"),
    "failed": (SHORT, "FAILED"),
    "inconclusive": (OPEN, "INCONCLUSIVE"),
    "invalid": (OPEN, "INVALID"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word in large letters: its tone (well, open, unknown), the word, one sentence."""

    tone: str
    word: str
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A flow's line in the table of the first screen, as it is read."""

    key: str  # the flow's own name
    flow: str
    unit: str
    holds: str
    breaks: str
    peak: str
    need: str
    margin: str
    tone: str
    state: str
    plateau: str


def verdict(view: LoadView) -> Verdict:
    """Say in one word and one sentence what the load test found."""
    run, told = view.run, view.facts
    if run.verdict is None:
        over = run.finished_at is not None
        said = "it ended without one" if over else "it still runs, or was ended before its time"
        return Verdict(OPEN, "NO VERDICT", f"This load test has no verdict: {said}.")
    tone, word = _WORDS.get(run.verdict, (OPEN, words.clip(run.verdict, 30).upper()))
    if run.verdict == "invalid":
        why = told.invalid or "the reason was not recorded"
        return Verdict(
            tone, word,
            "The load generator was at fault, so these figures say nothing about the shop: "
            f"{why}.",
        )  # fmt: skip
    if run.verdict == "interrupted":
        return Verdict(tone, word, " ".join([*_cut(view), "It came to no word on the shop."]))
    return Verdict(tone, word, " ".join([*_cut(view), _headline(view)]))


def _cut(view: LoadView) -> list[str]:
    """Say why a run did not come to its end; `_headline` says it of one that ended itself."""
    cut = view.facts.cut_short
    return [f"The run was cut short: {cut}."] if cut and not _ended_by(view) else []


def _ended_by(view: LoadView) -> ThresholdResult | None:
    """Return the threshold with `abort` that ended the run, if one did."""
    if not view.facts.cut_short:
        return None
    broken = (one for one in view.facts.thresholds or () if one.abort and one.state == "fail")
    return next(broken, None)


def _ended(broken: ThresholdResult) -> str:
    seen = load_detail.measured(broken.value, broken.unit)
    where = f" ({broken.where})" if broken.where else ""
    limit = load_plain.rule(broken.text)
    return f"A limit was broken, and that ended the run: {limit}. It was {seen}{where}."


def _headline(view: LoadView) -> str:
    """Name the flow that falls furthest short, or what was not decided."""
    flows = view.facts.flows
    short = sorted(
        (flow for flow in flows if flow.holds is False),
        key=lambda flow: (flow.margin_ratio is not None, flow.margin_ratio or 0.0),
    )
    if short:
        return _short(short[0]) + _more(len(short) - 1)
    if view.facts.kind == SMOKE:
        passed = "passed" if view.run.verdict in ("ready", "passed") else "did not pass"
        return f"This smoke run {passed}. Its load is too small to say anything of the forecast."
    if view.run.verdict in ("not ready", "failed"):
        said = _broken(view)
        if said:
            return said
    unclear = [flow for flow in flows if flow.holds is None and flow.need_per_s is not None]
    return _unclear(unclear) if unclear else _held(view)


def _broken(view: LoadView) -> str:
    """Say which limit was broken where no forecast was missed; nothing if none was told."""
    broken = _ended_by(view)
    if broken:
        return _ended(broken)
    lines = [line for line in view.facts.lines if line != view.facts.cut_short]
    if not lines:
        return ""
    told = _limited(view.facts.flows, lines[0]) if view.run.verdict == "failed" else ""
    return told or _sentence(lines[0])


def _unclear(flows: Sequence[FlowCapacity]) -> str:
    names = words.listed([subject(flow) for flow in flows])
    if all(flow.likely and flow.unsure for flow in flows):
        return f"The shop likely takes the forecast of {names}: too few visits came to be sure."
    return f"This run did not decide whether the shop takes the forecast of {names}."


def _limited(flows: Sequence[FlowCapacity], line: str) -> str:
    """Return what a flow without a forecast takes, if that is what broke first."""
    for flow in flows:
        if flow.high_per_s is not None and line.startswith(f"{words.label(flow.flow)} "):
            took = words.heading(f"{subject(flow)} {holds(flow, 'stay within their limits up to')}")
            return f"{took}; more was sent, and was too much."
    return ""


def _more(rest: int) -> str:
    if not rest:
        return ""
    falls = words.plural(rest, "journey falls", "journeys fall")
    return f" {words.heading(words.spelled(rest))} more {falls} short too."


def _held(view: LoadView) -> str:
    """Say that what was measured suffices, and what else keeps it from being ready."""
    told = view.facts
    if view.run.verdict == "passed":
        return "Every threshold was kept. There is no forecast to compare with."
    if not any(flow.holds for flow in told.flows):
        return _sentence(told.lines[0] if told.lines else "there is no forecast to compare with")
    if view.run.verdict in ("ready", "passed"):
        head = f", with {told.headroom:g} times headroom" if told.headroom else ""
        return f"The shop takes the forecast peak of every journey{head}."
    if told.mocked:
        return f"What was tested holds; not tested, because mocked: {words.listed(told.mocked)}."
    return "What was measured holds; not everything that is needed was measured."


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:].rstrip('.')}."


def _short(flow: FlowCapacity) -> str:
    took = words.heading(f"{subject(flow)} {holds(flow, 'stay within their limits up to')}")
    peak = per_min(flow.peak_per_s)
    if flow.peak_per_s is not None and (flow.low_per_s or 0) >= flow.peak_per_s:
        return f"{took}: enough for the forecast peak of {peak}, not for its headroom."
    return f"{took}; the forecast peak is {peak}."


def subject(flow: FlowCapacity) -> str:
    """Return what arrives: `gift card redemptions`; a unit that says it all stands alone."""
    name = words.label(flow.flow)
    unit = words.label(flow.unit)
    return unit if name in unit else f"{name} {unit}"


def holds(flow: FlowCapacity, lead: str = "") -> str:
    """Return what a flow takes, in arrivals a minute."""
    if flow.low_per_s is None and flow.high_per_s is None:
        return "were not measured" if lead else "not measured"
    if flow.low_per_s is None:
        less = f"less than {rate(flow.high_per_s)}"
        return f"{lead} {less} a minute" if lead else less
    least = "at least " if flow.high_per_s is None else ""
    if lead:
        return f"{lead} {least}{rate(flow.low_per_s)} a minute"
    return f"{bound(flow)}{rate(flow.low_per_s)}"


def bound(flow: FlowCapacity) -> str:
    """Return the word before what a flow took: "likely" where a few visits showed it."""
    if flow.doubtful:
        return "likely "
    return "at least " if flow.high_per_s is None else ""


def per_min(per_s: float | None) -> str:
    """Return a rate as people plan it; unknown is a dash."""
    return words.NONE if per_s is None else f"{rate(per_s)} a minute"


def rows(view: LoadView) -> list[Row]:
    """Return the table of the first screen, flows with a forecast first."""
    flows = sorted(view.facts.flows, key=lambda flow: flow.peak_per_s is None)
    return [_row(flow, invalid=view.run.verdict == "invalid") for flow in flows]


def _row(flow: FlowCapacity, *, invalid: bool) -> Row:
    tone, state = _state(flow)
    if invalid:
        tone, state = OPEN, "not valid"
    return Row(
        key=flow.flow,
        flow=words.heading(flow.flow),
        unit=words.label(flow.unit),
        holds="not valid" if invalid else holds(flow),
        breaks=words.NONE if invalid else rate(flow.high_per_s),
        peak=rate(flow.peak_per_s),
        need=rate(flow.need_per_s),
        margin=words.NONE if invalid else margin(flow),
        tone=tone,
        state=state,
        plateau=words.NONE if invalid else _plateau(flow),
    )


def _state(flow: FlowCapacity) -> tuple[str, str]:
    """Return tone and words of what a flow's capacity means for its forecast."""
    if flow.holds is not None:
        return (READY, "holds") if flow.holds else (SHORT, "falls short")
    if not flow.judged:
        return OPEN, "not judged: a smoke run"
    if flow.peak_per_s is None:
        return OPEN, "no forecast"
    if flow.need_per_s is None:
        return OPEN, "headroom not recorded"
    return OPEN, "likely, not sure" if flow.likely and flow.unsure else "not decided"


def rate(per_s: float | None) -> str:
    """Return arrivals a minute; a forecast of a few an hour is not zero."""
    if per_s is None:
        return words.NONE
    value = per_s * MINUTE_S
    return f"{value:.2g}" if 0 < value < 1 else words.number(round(value, 1))


def _plateau(flow: FlowCapacity) -> str:
    if flow.plateau_range is None:
        return rate(flow.plateau_per_s)
    low, high = flow.plateau_range
    return f"{rate(flow.plateau_per_s)} ({rate(low)} to {rate(high)})"


def margin(flow: FlowCapacity) -> str:
    """Return what is known to be taken above or below the forecast: `+60 %`."""
    ratio = flow.margin_ratio
    if ratio is None:
        return words.NONE
    shown = floor(round(ratio * 100, 6))
    sign = "+" if shown >= 0 else words.MINUS
    return f"{bound(flow)}{sign}{abs(shown):,} %"


def cards(view: LoadView) -> list[Card]:
    """Return four answers, always the same in the same order."""
    return [first(view), _cost(view), load_people.card(view), _mocked(view)]


def first(view: LoadView) -> Card:
    """Return what gives way first, with the sign that says so."""
    title = "What gives way first"
    run, told = view.run, view.facts
    if run.verdict == "invalid":
        return Card(title, "unknown", "the load generator was at fault, not the shop")
    if run.verdict in (None, "interrupted"):
        return Card(title, "unknown", "this load test came to no verdict")
    if run.bottleneck is None:
        measured = any(flow.low_per_s is not None for flow in told.flows)
        held = measured and all(flow.high_per_s is None for flow in told.flows)
        if held and not told.cut_short:
            return Card(title, "nothing did", "no journey reached its limit in this run")
        if not measured and all(flow.high_per_s is None for flow in told.flows):
            return Card(title, "unknown", "too few visits, or none, to say so")
        return Card(title, "unclear", *told.evidence[:1] or ("no single resource explains it",))
    signs = [load_plain.answers(sign) for sign in told.evidence[:1]] or [
        "by which signs was not recorded"
    ]
    if told.runner_up:
        signs.append(f"next after it: {resource(told.runner_up)}")
    return Card(title, words.heading(resource(run.bottleneck)), "; ".join(signs))


def resource(name: str) -> str:
    """Return a resource as people say it: gift_db -> gift database."""
    said = words.label(words.clip(name, 60))
    return f"{said[:-3]} database" if said.endswith(" db") else said


def _cost(view: LoadView) -> Card:
    title = "What the failure would cost"
    if view.run.verdict == "invalid":
        return Card(title, "unknown", "the load generator was at fault, not the shop")
    forecast = [flow for flow in view.facts.flows if flow.peak_per_s]
    hit = [f for f in forecast if f.failing_per_min and f.failing_per_min[1] > 0]
    if not hit:
        if forecast and all(_within(flow) for flow in forecast):
            return Card(title, "nothing expected", "every forecast is within what the shop takes")
        unasked = view.run.verdict in ("passed", "failed")  # there was no forecast to hold against
        said = "not estimated: no journey has a forecast" if unasked else _unestimated(forecast)
        return Card(title, "unknown", said)
    ends = [flow.failing_per_min for flow in hit if flow.failing_per_min]
    low, high = sum(end[0] for end in ends), sum(end[1] for end in ends)
    posts = [flow.posts_per_hour for flow in hit if flow.posts_per_hour]
    names = words.listed([subject(flow) for flow in hit])
    said = f"fail at the forecast peak of {names}"
    if posts:
        few, middle, many = (
            load_plain.about(sum(one[place] for one in posts)) for place in range(3)
        )
        span = words.between(few, many)
        said += f"; then about {words.number(middle)} public complaints an hour ({span})"
    return Card(title, f"{_span(low, high)} customers a minute", said)


def _unestimated(forecast: Sequence[FlowCapacity]) -> str:
    if any(flow.judged and flow.low_per_s is not None for flow in forecast):
        return "not estimated: too few visits to be sure that nobody fails at the forecast peak"
    return "not estimated: no capacity beside a forecast"


def _within(flow: FlowCapacity) -> bool:
    """Return whether a flow surely takes its peak: a few visits do not make the cost nothing."""
    if not flow.judged or flow.low_per_s is None or flow.peak_per_s is None:
        return False
    sure = flow.sure_per_s if flow.sure_known else flow.low_per_s
    return sure is not None and min(sure, flow.low_per_s) >= flow.peak_per_s - SLACK


def _span(low: float, high: float) -> str:
    least, most = floor(round(low, 6)), ceil(round(high, 6))
    if not least:
        return f"up to {words.number(most)}"
    if words.number(least) == words.number(most):
        return words.number(most)
    return words.between(least, most)


def _mocked(view: LoadView) -> Card:
    title = "Not tested"
    mocked = view.facts.mocked
    if mocked is None:
        return Card(title, "not recorded", "what stood in for the real thing is unknown")
    if not mocked:
        return Card(
            title, "nothing was mocked", "everything behind these journeys was the real thing"
        )
    what = words.listed([words.label(one) for one in mocked])
    if len(what) <= SHORT_VALUE:
        return Card(title, what, "mocked in this run, so its limit is unknown")
    count = words.counted(len(mocked), "part")
    return Card(title, count, f"mocked in this run, so their limits are unknown: {what}")

"""Whether what a campaign speaks of is there: names, phases, time, rows and ceilings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from loadtests import rows
from loadtests.flow_share import FlowShare
from loadtests.shapes.shape import Shape
from loadtests.thresholds.threshold import ALL, Context, Threshold, scopes

_NAMED = 16  # names in a message: all of a large campaign would bury the fault
MOST_ARRIVALS = 5_000_000  # all are drawn before the first is sent: some 500 MB


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit; `value` as the file would show it."""

    table: str
    key: str
    remedy: str
    value: object


def subjects(flows: Mapping[str, FlowShare]) -> tuple[str, ...]:
    """Return everything that a threshold of these flows may speak of."""
    steps = [f"{flow.name}/{step}" for flow in flows.values() for step in flow.steps or ()]
    return (ALL, *flows, *endpoints(flows), *steps)


def endpoints(flows: Mapping[str, FlowShare]) -> tuple[str, ...]:
    """Return the endpoints of all flows, each once."""
    return tuple(dict.fromkeys(one for flow in flows.values() for one in flow.endpoints))


def thresholds(
    asked: Sequence[Threshold], flows: Mapping[str, FlowShare], context: Context
) -> Iterator[Fault]:
    """Yield a fault for every threshold whose subject, phase or time does not exist."""
    for one in asked:
        remedy = _subject(one, flows) or _counted(one, flows) or _time(one, context)
        if remedy:
            yield Fault("campaign", "thresholds", remedy, one.text)


def _subject(threshold: Threshold, flows: Mapping[str, FlowShare]) -> str:
    known = subjects(flows)
    flow = flows.get(threshold.subject.partition("/")[0])
    if threshold.subject in known:
        return ""
    if flow is not None and flow.steps is None and "/" in threshold.subject:
        return ""  # this file names its steps while it runs
    close = get_close_matches(threshold.subject, known, n=1)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    there = f"there is: {', '.join(known[:_NAMED])}{more}"
    hint = f"did you mean {close[0]}?" if close else there
    return f"{threshold.subject} is no flow, endpoint or step of this campaign; {hint}"


def _counted(threshold: Threshold, flows: Mapping[str, FlowShare]) -> str:
    """Return what is wrong with a count that its subject does not have: it would always be 0."""
    if threshold.metric != "dropped" or threshold.subject in (ALL, *flows):
        return ""
    return f"only whole visits are dropped: say dropped({ALL}) or a flow: {', '.join(flows)}"


def _time(threshold: Threshold, context: Context) -> str:
    phases = [phase.name for phase in context.phases]
    if threshold.phase is not None and threshold.phase not in phases:
        return f"the shape has no phase {threshold.phase}; there is: {', '.join(phases)}"
    left = [scope.end - scope.start for scope in scopes(threshold, context)]
    if not left:
        return "speaks of no second of the shape; lower after, or raise within"
    if threshold.for_s is not None and max(left) < threshold.for_s:
        return f"no stretch lasts {threshold.for_s} s: the longest has {max(left)} s"
    return ""


def resources(
    asked: Mapping[str, Sequence[str]], flows: Mapping[str, FlowShare]
) -> Iterator[Fault]:
    """Yield a fault for every endpoint of a resource that no flow has."""
    known = endpoints(flows)
    for name, members in asked.items():
        for endpoint in members:
            if endpoint not in known:
                remedy = f"no flow of this campaign has that endpoint; there is: {', '.join(known)}"
                yield Fault("resources", name, remedy, endpoint)


def data(flows: Mapping[str, FlowShare], arrivals: Mapping[str, int]) -> Iterator[Fault]:
    """Yield a fault for every data file with too few rows for what is planned."""
    for flow in flows.values():
        if not flow.data:
            continue
        lacking = rows.too_few(len(flow.rows), arrivals[flow.name], reuse=flow.data_reuse)
        if lacking:
            yield Fault(f"flows.{flow.name}", "data", lacking, flow.data)


def ceilings(shape: Shape, max_rate: float, max_duration: float) -> Iterator[Fault]:
    """Yield a fault if the shape goes above the campaign's own ceilings, or beyond ours."""
    if shape.top_per_s > max_rate * (1 + 1e-9):
        remedy = f"the shape goes up to {shape.top_per_s:g}/s; raise this or lower the shape"
        yield Fault("campaign", "max_rate", remedy, f"{max_rate:g}/s")
    if shape.duration_s > max_duration:
        remedy = f"the shape lasts {shape.duration_s:.15g} s; raise this or shorten the shape"
        yield Fault("campaign", "max_duration", remedy, f"{max_duration:g}s")
    elif shape.arrivals > MOST_ARRIVALS:
        remedy = f"the shape brings {shape.arrivals:,.0f} visits; a run holds {MOST_ARRIVALS:,}"
        yield Fault("campaign", "max_rate", remedy, f"{max_rate:g}/s")

"""What a campaign would do, worked out without sending anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from loadtests.campaign import Campaign
from loadtests.flow_share import FlowShare
from loadtests.levels import counts, per_step
from loadtests.shapes.shape import Shape
from loadtests.thresholds.grammar import ALL, Threshold
from loadtests.thresholds.states import least
from loadtests.thresholds.threshold import scopes
from loadtests.wording import number

REQUESTS_PER_CPU_S = 250.0
"""Requests that one core may be asked to generate a second, with every figure recorded.

A worker was measured at 1,400 a CPU-second on small pages over loopback. Real pages are larger
and encrypted, and a core that is more than half full is late: so a sixth of that.
"""


@dataclass(frozen=True, slots=True)
class FlowOutlook:
    """What one flow would do."""

    name: str
    arrivals: int
    top_per_s: float
    requests: int  # about; at least so many where they were not measured
    requests_per_visit: float
    measured: bool  # in a former run; else one of each endpoint: a flow that asks again sends more
    need_per_s: float | None  # its forecast with headroom; None: no forecast
    steps: Mapping[str, float]  # phase → its mean rate


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the whole campaign would do."""

    flows: tuple[FlowOutlook, ...]
    duration_s: float
    peak_per_s: int  # the most arrivals that fall into one second
    requests_per_s: float  # in that second, about
    cores: int
    warnings: tuple[str, ...]  # what cannot come out as hoped

    @property
    def arrivals(self) -> int:
        """All visits."""
        return sum(flow.arrivals for flow in self.flows)

    @property
    def requests(self) -> int:
        """All requests: about so many if all flows were measured, else at least."""
        return sum(flow.requests for flow in self.flows)

    @property
    def measured(self) -> bool:
        """Whether the requests of all flows were measured in a former run."""
        return all(flow.measured for flow in self.flows)


def outlook(campaign: Campaign, per_visit: Mapping[str, float] | None = None) -> Outlook:
    """Work out the arrivals of a campaign, as they would really come, and what they need.

    Shape: `per_visit`: flow → requests a visit in a former run (`loadtests.former`).
    """
    known = per_visit or {}
    each = dict.fromkeys(campaign.flows, 0)
    seconds: dict[int, int] = {}
    requests: dict[int, float] = {}
    for arrival in campaign.plan():
        second = int(arrival.at_s)
        each[arrival.flow] += 1
        seconds[second] = seconds.get(second, 0) + 1
        sent = _requests(campaign.flows[arrival.flow], known)
        requests[second] = requests.get(second, 0.0) + sent
    shapes = campaign.shapes()
    busiest = max(requests.values(), default=0.0)
    cores = max(1, ceil(busiest / REQUESTS_PER_CPU_S))
    return Outlook(
        flows=tuple(
            _flow(campaign, flow, each[flow.name], shapes[flow.name], known)
            for flow in campaign.flows.values()
        ),
        duration_s=campaign.shape.duration_s,
        peak_per_s=max(seconds.values(), default=0),
        requests_per_s=busiest,
        cores=cores,
        warnings=(
            *_too_low(campaign, shapes),
            *_too_few(campaign, shapes),
            *_too_weak(campaign, cores),
        ),
    )


def _requests(flow: FlowShare, known: Mapping[str, float]) -> float:
    return known.get(flow.name, float(max(1, len(flow.endpoints))))


def _flow(
    campaign: Campaign, flow: FlowShare, arrivals: int, shape: Shape, known: Mapping[str, float]
) -> FlowOutlook:
    per_visit = _requests(flow, known)
    return FlowOutlook(
        name=flow.name,
        arrivals=arrivals,
        top_per_s=shape.top_per_s,
        requests=round(arrivals * per_visit),
        requests_per_visit=per_visit,
        measured=flow.name in known,
        need_per_s=None if flow.peak is None else flow.peak.per_s * campaign.headroom,
        steps={phase.name: shape.per_s(phase.start_s, phase.end_s) for phase in campaign.phases},
    )


def _too_low(campaign: Campaign, shapes: Mapping[str, Shape]) -> list[str]:
    """Return the forecasts that the shape does not reach: no run of it can call them held."""
    made = []
    for flow in campaign.flows.values():
        if flow.peak is None:
            continue
        need, top = flow.peak.per_s * campaign.headroom, shapes[flow.name].top_per_s
        if top < need * (1 - 1e-6):
            made.append(
                f"{flow.name} comes to {number(top)} a second at most; its forecast with "
                f"{campaign.headroom:g} headroom is {number(need)}: at best this run finds that "
                "it is not ready"
            )
    return made


def _too_weak(campaign: Campaign, cores: int) -> list[str]:
    """Return whether the generator may become the limit itself."""
    if cores <= campaign.workers:
        return []
    what = f"the busiest second may need {cores} cores and workers = {campaign.workers}"
    return [f"{what}: a late generator makes a run invalid; raise workers, or join more machines"]


def _too_few(campaign: Campaign, shapes: Mapping[str, Shape]) -> list[str]:
    """Return the percentiles and shares for which too few visits come to pass.

    Also what nobody says and every flow with a forecast must keep: 95 % done at its level.
    """
    made = []
    forecast = [flow for flow in campaign.flows.values() if flow.peak is not None]
    silent = [
        rule
        for flow in forecast
        if not any(one.per_step and counts(one, flow) for one in campaign.thresholds)
        for rule in per_step(campaign, flow)
    ]
    for threshold in dict.fromkeys([*campaign.thresholds, *silent]):
        need = least(threshold)
        own = _shapes(threshold, campaign, shapes)
        most = [
            sum(_expected(threshold, shape, scope.start, scope.end) for shape in own)
            for scope in scopes(threshold, campaign.context())
        ]
        if most and max(most) < need:
            made.append(
                f"{threshold.text} needs {need:,} visits and gets about {max(most):,.0f} at most: "
                "it can break, but not pass; hold the rate for longer"
            )
    return made


def _shapes(
    threshold: Threshold, campaign: Campaign, shapes: Mapping[str, Shape]
) -> Sequence[Shape]:
    """Return the shapes of the flows that a threshold speaks of."""
    subject = threshold.subject
    return [
        shapes[flow.name]
        for flow in campaign.flows.values()
        if subject in (ALL, flow.name)
        or subject.startswith(f"{flow.name}/")
        or (subject in flow.endpoints and subject not in campaign.flows)
    ]


def _expected(threshold: Threshold, shape: Shape, start: int, end: int) -> float:
    """Return how many visits are expected in a stretch, or in the busiest window of it."""
    last = min(end, shape.duration_s)
    if threshold.for_s is None:
        return shape.per_s(start, last) * (last - start)
    width = threshold.for_s
    return max(
        (shape.per_s(first, first + width) * width for first in range(start, end - width + 1)),
        default=0.0,
    )

"""What a search found: brackets, plateaus, curves, and the shape that it really had."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loadtests.bracket import Bracket
from loadtests.levels import Level
from loadtests.limit import plateau, scalability
from loadtests.limit.overload import ERROR_RATIO
from loadtests.limit.pilot import Pilot
from loadtests.limit.plateau import Plateau
from loadtests.limit.scalability import Curve, Point
from loadtests.limit.search import Purpose
from loadtests.limit.step import Step
from loadtests.shapes.shape import Phase, Segment, Shape, Stretch
from loadtests.thresholds.states import State
from loadtests.wording import number

_CALM_VISITS = 20  # as many make a calm start to compare with


@dataclass(frozen=True, slots=True)
class Found:
    """A search that is over."""

    steps: tuple[Step, ...]
    shares: Mapping[str, float]
    plateaus: Mapping[str, Plateau]  # of the flows that were saturated
    shape: Shape
    resolution: float
    confirmed: bool
    ended: str

    def bracket(self, flow: str, levels: Sequence[Level] = ()) -> Bracket:
        """Return what a flow holds, in its own visits a second.

        A step that failed counts once it was walked again, or failed massively. What a growth
        step passed counts only if nothing was judged more finely.
        """
        share = self.shares[flow]
        failed = [one for one in self.steps if one.counts and not one.flows[flow].kept]
        first = min(failed, key=lambda one: one.rate_per_s, default=None)
        passed = [
            one
            for one in self.steps
            if one.flows[flow].passed and (first is None or one.rate_per_s < first.rate_per_s)
        ]
        fine = [one for one in passed if one.purpose is not Purpose.GROW]
        low = max((one.rate_per_s for one in fine or passed), default=None)
        top = self.plateaus.get(flow)
        return Bracket(
            flow=flow,
            low_per_s=None if low is None else low * share,
            high_per_s=None if first is None else first.rate_per_s * share,
            why="" if first is None else first.flows[flow].why,
            plateau_per_s=None if top is None else top.per_s,
            sure_per_s=_sure(flow, levels, None if low is None else low * share),
        )

    def curve(self, flow: str) -> Curve | None:
        """Return the scalability law through a flow's steps, only where a plateau was seen."""
        if flow not in self.plateaus:
            return None
        counted = [one for one in self.steps if one.counts]
        return scalability.fit([_point(one, flow) for one in counted])

    @property
    def strained(self) -> tuple[tuple[int, int], tuple[int, int] | None]:
        """The calm start, and the seconds in which it first was too much, walked again."""
        failed = next((one for one in self.steps if one.counts and not one.kept), None)
        visits, calm_end = 0, 0
        for step in self.steps:
            if visits >= _CALM_VISITS or not step.kept:
                break
            visits += sum(said.change.offered for said in step.flows.values())
            calm_end = step.end_s
        if failed is None:
            return (0, calm_end), None
        begins = failed.start_s
        before = self.steps[failed.number - 2] if failed.number > 1 else failed
        if failed.again and not before.kept:
            begins = before.start_s
        return (0, min(calm_end, begins)), (begins, failed.end_s)

    @property
    def held(self) -> tuple[Stretch, ...]:
        """The steps at the highest rate of the mix that was kept up with, finely judged if any."""
        failed = [one.rate_per_s for one in self.steps if one.counts and not one.kept]
        limit = min(failed, default=math.inf)
        kept = [one for one in self.steps if one.kept and one.rate_per_s < limit]
        kept = [one for one in kept if one.purpose is not Purpose.GROW] or kept
        top = max((one.rate_per_s for one in kept), default=0.0)
        return tuple(
            Stretch(_name(one, top), one.start_s, one.end_s, top)
            for one in kept
            if one.rate_per_s == top
        )

    def words(self) -> list[str]:
        """Return what a manager needs to know of the search besides the brackets."""
        made = [
            f"{flow.replace('_', ' ')}: with more than it takes, the shop still does "
            f"{number(one.per_s)} a second ({number(one.low_per_s)} to {number(one.high_per_s)}, "
            f"{one.seconds} s watched)"
            for flow, one in self.plateaus.items()
        ]
        if self.confirmed:
            return [*made, "the rate that was held was held once more at the end"]
        return [*made, f"the search did not come to its end: {self.ended}"]

    def as_detail(self) -> dict[str, Any]:
        """Return the search as JSON values: `search` of LoadRun.detail."""
        return {
            "ended": self.ended,
            "confirmed": self.confirmed,
            "resolution_ratio": self.resolution,
            "error_ratio": ERROR_RATIO,
            "plateaus": {flow: asdict(one) for flow, one in self.plateaus.items()},
            "curves": {
                flow: asdict(curve)
                for flow in self.plateaus
                if (curve := self.curve(flow)) is not None
            },
            "steps": [_step(one, self.shares) for one in self.steps],
        }


def found(pilot: Pilot) -> Found:
    """Return what a pilot found that has landed."""
    over = pilot.over
    tops = {
        flow: plateau.plateau([one for one in pilot.stretches if one.flow == flow])
        for flow in pilot.shares
    }
    return Found(
        steps=tuple(pilot.steps),
        shares=dict(pilot.shares),
        plateaus={flow: one for flow, one in tops.items() if one is not None},
        shape=shape(pilot),
        resolution=pilot.search.resolution,
        confirmed=over is not None and over.confirmed,
        ended=over.why if over is not None else "it was ended before",
    )


def shape(pilot: Pilot) -> Shape:
    """Return the rates as they were really offered, step by step."""
    begins = {one.start_s: one for one in pilot.steps}
    segments: list[Segment] = []
    phases: list[Phase] = []
    for second, rate in enumerate(pilot.rates):
        if second not in begins and segments and segments[-1].from_per_s == rate:
            last, phase = segments.pop(), phases.pop()
            segments.append(Segment(last.start_s, second + 1.0, rate, rate))
            phases.append(Phase(phase.name, phase.start_s, second + 1.0))
            continue
        segments.append(Segment(float(second), second + 1.0, rate, rate))
        phases.append(Phase(_name(begins.get(second), rate), float(second), second + 1.0))
    return Shape(tuple(segments), tuple(phases))


def _name(step: Step | None, rate: float) -> str:
    if step is None:
        return "not judged" if rate else "drain"
    return f"step {step.number}, {step.purpose}{' again' if step.again else ''}"


def _sure(flow: str, levels: Sequence[Level], low_per_s: float | None) -> float | None:
    """Return the highest rate up to the low end at which every threshold surely passed."""
    if low_per_s is None:
        return None
    passed = [
        one.planned_per_s
        for one in levels
        if one.flow == flow and one.held is State.PASS and one.planned_per_s <= low_per_s + 1e-6
    ]
    return max(passed, default=None)


def _point(step: Step, flow: str) -> Point:
    said = step.flows[flow]
    seconds = max(1, step.end_s - step.judged_from_s)
    return Point(said.in_flight, said.change.done / seconds)


def _step(step: Step, shares: Mapping[str, float]) -> dict[str, Any]:
    return {
        "number": step.number,
        "per_s": step.rate_per_s,
        "purpose": str(step.purpose),
        "again": step.again,
        "start_s": step.start_s,
        "judged_from_s": step.judged_from_s,
        "end_s": step.end_s,
        "kept": step.kept,
        "counts": step.counts,
        "error_ratio": step.error_ratio,
        "flows": {
            flow: {
                "per_s": step.rate_per_s * shares[flow],
                "offered": said.change.offered,
                "done": said.change.done,
                "failed": said.change.failed,
                "dropped": said.change.dropped,
                "in_flight": said.in_flight,
                "done_per_s": _point(step, flow).done_per_s,
                "lost_ratio": said.weight.lost_ratio,
                "kept": said.kept,
                "why": said.why,
            }
            for flow, said in step.flows.items()
        },
    }

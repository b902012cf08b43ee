"""A probe's walk cut where the load changed: in overload it outlasts a level, or the load."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forepost.model import FlowRun, LoadRun, PageTiming, StepResult
from reports.figures import pages

SLACK_S = 5.0  # a walk with more time between its steps is not cut: when they were is not known


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of constant load. Units: seconds since the load began, arrivals a second."""

    start_s: float
    end_s: float
    per_s: float


@dataclass(frozen=True, slots=True)
class Span:
    """Pages of a walk that follow each other. Units: seconds since the load began."""

    start_s: float
    end_s: float
    pages: tuple[PageTiming, ...]
    worked: bool


@dataclass(frozen=True, slots=True)
class Rates:
    """Arrivals a second over a span: mean by time, least and most."""

    mean: float
    least: float
    most: float


def cut(load: LoadRun, run: FlowRun, felt: Sequence[Sequence[Stretch]]) -> list[Span]:
    """Return a walk in parts, each with what it met of one load.

    Shape: `felt` are the stretches of each flow whose load it felt.
    """
    spans: list[Span] = []
    for page in _pages(load, run):
        before = spans[-1] if spans else None
        if before and load_of(felt, before) == load_of(felt, page):
            worked = before.worked and page.worked
            both = (*before.pages, *page.pages)
            spans[-1] = Span(before.start_s, page.end_s, both, worked)
        else:
            spans.append(page)
    return spans


def _pages(load: LoadRun, run: FlowRun) -> list[Span]:
    """Return a walk page by page; whole, where it is not known when its steps were.

    What passed between the steps may lie before or after each of them: it is added to their ends.
    """
    start = (run.started_at - load.started_at).total_seconds()
    end = max(start + 0.001, (run.finished_at - load.started_at).total_seconds())
    whole = Span(start, end, tuple(pages([run])), run.outcome.worked)
    slack_s = end - start - run.duration_ms / 1000
    if run.attempts != 1 or not 0 <= slack_s <= SLACK_S:
        return [whole]
    spans: list[Span] = []
    for step in run.steps:
        ends = start + max(0.001, step.duration_ms / 1000 + slack_s)
        spans += _of_step(step, start, ends)
        start += step.duration_ms / 1000
    if not spans:
        return [whole]
    if not run.outcome.worked and all(span.worked for span in spans):
        spans[-1] = replace(spans[-1], worked=False)  # it ended before the next step was noted
    return spans


def _of_step(step: StepResult, start_s: float, end_s: float) -> list[Span]:
    """Return a step's pages between the earliest and the latest moment that each can have had.

    A page begins once the one before it has sent its first byte; where that cannot be (two
    customers at once) the step stays whole. It fails on its last page; one that worked without
    a page tells nothing.
    """
    worked = step.outcome.worked
    if not step.pages:
        return [] if worked else [Span(start_s, end_s, (), worked=False)]
    waits_s = [(page.ttfb_ms or 0.0) / 1000 for page in step.pages]
    open_s = end_s - start_s - sum(waits_s)
    if open_s < 0:
        return [Span(start_s, end_s, step.pages, worked)]
    spans = []
    for page, wait_s in zip(step.pages, waits_s, strict=True):
        spans.append(Span(start_s, start_s + wait_s + open_s, (page,), worked=True))
        start_s += wait_s
    spans[-1] = replace(spans[-1], worked=worked)
    return spans


def load_of(felt: Sequence[Sequence[Stretch]], span: Span) -> Rates | None:
    """Return the load of a span, of all flows that it felt; None if none is known."""
    known = [one for flow in felt if (one := rates(flow, span.start_s, span.end_s)) is not None]
    if not known:
        return None
    return Rates(
        mean=sum(one.mean for one in known),
        least=sum(one.least for one in known),
        most=sum(one.most for one in known),
    )


def rates(stretches: Sequence[Stretch], start_s: float, end_s: float) -> Rates | None:
    """Return what came in a span; None if the load covers less than half of it."""
    inside = [
        (min(one.end_s, end_s) - max(one.start_s, start_s), one.per_s)
        for one in stretches
        if one.start_s < end_s and one.end_s > start_s
    ]
    covered = sum(width for width, _ in inside)
    if not inside or covered < (end_s - start_s) / 2:
        return None
    return Rates(
        # Rounded, so that spans of one load have the same.
        mean=round(sum(width * per_s for width, per_s in inside) / covered, 9),
        least=min(per_s for _, per_s in inside),
        most=max(per_s for _, per_s in inside),
    )

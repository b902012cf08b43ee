"""A run's steps beside the last good run and the median of the last 24 h.

Only runs of the same flow, location, device and kind of browser, measured while the machine
was not too busy, outside planned work and load tests of ours: other figures say nothing about
the shop as it usually is.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forepost.model import FlowRun, Outcome, PageTiming, StepResult
from forepost.model.proof import capped

WINDOW = timedelta(hours=24)
WORSE_RATIO, WORSE_MS = 0.20, 50.0  # a difference is told in colour above both
_PAGE: Mapping[str, Callable[[PageTiming], float | None]] = {
    "begins": lambda page: page.begins_ms,
    "LCP": lambda page: page.lcp_ms,
}
NOTHING = (
    "nothing to compare with: no earlier good run of this flow, device and browser "
    "was measured while this machine was quiet"
)
FIGURES = ("time", *_PAGE)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one step, in ms; None: not measured. `count` values make the median."""

    step: str
    figure: str
    now_ms: float | None
    last_ms: float | None
    median_ms: float | None
    count: int


def compare(run: FlowRun, earlier: Sequence[FlowRun]) -> list[Row]:
    """Return each step's time, and where there is a page its beginning and its LCP.

    Shape: `earlier` are runs of any kind; those that may be compared are chosen here.
    """
    good = [other for other in earlier if _alike(run, other)]
    # One that had no leave to pay lacks the steps that pay: it is the last good one only if alone.
    last = max(good, key=lambda other: (not capped(other), other.started_at), default=None)
    day = [other for other in good if run.started_at - other.started_at <= WINDOW]
    rows = []
    for step in run.steps:
        for figure in FIGURES:
            now_ms = figure_of(step, figure)
            past = [ms for other in day if (ms := _of(other, step.name, figure)) is not None]
            last_ms = _of(last, step.name, figure) if last else None
            if figure == "time" or now_ms is not None or last_ms is not None:
                median_ms = statistics.median(past) if past else None
                rows.append(Row(step.name, figure, now_ms, last_ms, median_ms, len(past)))
    return rows


def figure_of(step: StepResult, figure: str) -> float | None:
    """Return a figure of a step; the last document of the step speaks for its pages.

    The time of a step that failed is how long was waited, and is compared with nothing.
    """
    if figure == "time":
        return step.duration_ms if step.outcome.worked else None
    return _PAGE[figure](step.pages[-1]) if step.pages else None


def as_dicts(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return rows as JSON says them."""
    return [
        {
            "step": row.step,
            "figure": row.figure,
            "now_ms": row.now_ms,
            "last_good_ms": row.last_ms,
            "median_24h_ms": row.median_ms,
            "count_24h": row.count,
        }
        for row in rows
    ]


def show(rows: Sequence[Row], console: Console) -> None:
    """Print a line a figure; the name of a step stands once."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("step", "", "now", "last good", "+/−", "median 24 h", "of", "+/−"):
        table.add_column(name, justify="left" if name in ("step", "") else "right")
    before = ""
    for row in rows:
        table.add_row(
            Text("" if row.step == before else row.step),
            Text(row.figure, style="dim"),
            _ms(row.now_ms),
            _ms(row.last_ms),
            _difference(row.now_ms, row.last_ms),
            _ms(row.median_ms),
            Text(str(row.count) if row.count else "–", style="dim"),
            _difference(row.now_ms, row.median_ms),
        )
        before = row.step
    console.print(table)
    if all(row.last_ms is None for row in rows):
        console.print(Text(NOTHING, style="dim"), soft_wrap=True)


def _alike(run: FlowRun, other: FlowRun) -> bool:
    """Whether another run is an earlier good one whose figures may stand beside this one's."""
    kinds = [(r.browser.name, r.browser.kind) if r.browser else None for r in (run, other)]
    same = (run.flow, run.location, run.device) == (other.flow, other.location, other.device)
    before = other.id != run.id and other.started_at < run.started_at
    good = other.outcome in (Outcome.PASSED, Outcome.DEGRADED) and not other.contended
    good = good and other.load_run is None and other.maintenance is None
    return same and before and good and kinds[0] == kinds[1] and kinds[0] is not None


def _of(run: FlowRun, step: str, figure: str) -> float | None:
    found = next((one for one in run.steps if one.name == step), None)
    return None if found is None else figure_of(found, figure)


def _ms(value: float | None) -> Text:
    return Text("–", style="dim") if value is None else Text(f"{value:.0f} ms")


def _difference(now_ms: float | None, then_ms: float | None) -> Text:
    if now_ms is None or then_ms is None:
        return Text("–", style="dim")
    more_ms = now_ms - then_ms
    style = "dim"
    if abs(more_ms) > WORSE_MS and abs(more_ms) > WORSE_RATIO * then_ms:
        style = "yellow" if more_ms > 0 else "green"
    return Text(f"{more_ms:+.0f} ms".replace("-", "−"), style=style)

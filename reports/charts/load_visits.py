"""Visits over time: offered and done, how long they took, and how many waited.

A visit is one customer's whole flow; its time counts from the moment at which it was meant to
begin. Dotted lines part the phases of the load; where a line breaks off, no visit began.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import load_axes, style, words
from reports.load_data import HasLoad, LoadView, VisitLoad

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 8  # flows
TOGETHER = 2  # of them in a picture: paper parts them in between
NAMED_PHASES = 6  # more names would overlap
GAP_IN = 0.5  # between two rows: marks and a title


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    row_in: float = 1.3
    first: int = 0  # of the flows that are drawn
    flows: int = SHOWN


def parts(data: HasLoad | None) -> list[Settings]:
    """Return the pictures that make the chart, from the top."""
    count = 0 if data is None or data.load is None else len(data.load.visits[:SHOWN])
    return [Settings(first=at, flows=TOGETHER) for at in range(0, max(count, 1), TOGETHER)]


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a row a flow (visits, times); below the last one, what was in flight."""
    view = None if data is None else data.load
    if view is None or not view.visits:
        style.not_measured(axes, "no visit of this load test is stored")
        return
    figure = style.sheet(axes)
    end = min(SHOWN, settings.first + settings.flows)
    shown = view.visits[settings.first : end]
    ends = end >= len(view.visits[:SHOWN])
    count = len(shown) + ends
    above_in, below_in = 0.3 if settings.first else 0.55, 0.5 if ends else 0.28
    high = (settings.row_in - GAP_IN) * count + GAP_IN * (count - 1) + above_in + below_in
    figure.set_size_inches(settings.width_in, high)
    grid = figure.add_gridspec(
        count, 2, left=0.062, right=0.975, top=1 - above_in / high, bottom=below_in / high,
        hspace=GAP_IN / (settings.row_in - GAP_IN), wspace=0.13,
    )  # fmt: skip
    for row, visit in enumerate(shown):
        left, right = figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1])
        _offered(left, view, visit)
        _took(right, view, visit)
        if row == settings.first == 0:
            left.legend(
                loc="lower left", bbox_to_anchor=(0.5, 1.0), ncols=3, borderaxespad=0.2,
                handlelength=1.6, columnspacing=1.0,
            )  # fmt: skip
            right.legend(
                loc="lower left", bbox_to_anchor=(0.62, 1.0), ncols=3, borderaxespad=0.2,
                handlelength=1.8, columnspacing=1.0,
            )  # fmt: skip
    if ends:
        waiting = figure.add_subplot(grid[len(shown), :])
        _in_flight(waiting, view)
        _phases(waiting, view, named=True)
        waiting.set_xlabel("seconds since the load test began")


def _edges(view: LoadView) -> tuple[int, ...]:
    return (*view.seconds, view.seconds[-1] + view.slice_s)


def _offered(axes: "Axes", view: LoadView, visit: VisitLoad) -> None:
    axes.set_title(f"{words.clip(words.heading(visit.flow), 26)}: visits per second")
    offered, done, failed = (
        (*series, series[-1]) for series in (visit.offered, visit.done, visit.failed)
    )
    edges = _edges(view)
    axes.fill_between(
        edges, done, step="post", color=style.SKY, alpha=0.55, linewidth=0, label="done"
    )
    axes.fill_between(
        edges, done, [d + f for d, f in zip(done, failed, strict=True)], step="post",
        facecolor="white", hatch="xxxx", edgecolor=style.VERMILION, linewidth=0.8, label="failed",
    )  # fmt: skip
    axes.step(
        edges, offered, where="post", color=style.INK, linestyle=(0, (4, 2)), linewidth=1.2,
        label="offered",
    )  # fmt: skip
    axes.set_ylim(0, max(1.0, *offered) * 1.12)
    _finish(axes, view, whole=view.slice_s == 1)


def _took(axes: "Axes", view: LoadView, visit: VisitLoad) -> None:
    axes.set_title("Seconds a visit took (log scale)")
    middle = [second + view.slice_s / 2 for second in view.seconds]
    series = (("p99", visit.p99_ms, 1), ("p95", visit.p95_ms, 0), ("p50", visit.p50_ms, 2))
    known = [max(value, 1) / 1000 for _, times, _ in series for value in times if value is not None]
    for name, times, look in series:
        seconds = [float("nan") if v is None else max(v, 1) / 1000 for v in times]
        line = {**style.LINES[look], "markersize": 2.2, "linewidth": 1.3}
        axes.plot(middle, seconds, label=name, **line)
    if not known:
        axes.text(
            0.5, 0.5, "no visit ended", transform=axes.transAxes, ha="center", color=style.MUTED
        )
        axes.set_yticks([])
    else:
        axes.set_yscale("log")
        axes.set_ylim(min(known) / 1.5, max(known) * 1.5)
        load_axes.log_marks(axes)
    _finish(axes, view)


def _in_flight(axes: "Axes", view: LoadView) -> None:
    axes.set_title("Visits under way at once")
    total: list[float] = []
    for place in range(len(view.seconds)):
        known = [v.in_flight[place] for v in view.visits if v.in_flight[place] is not None]
        total.append(float(sum(n for n in known if n is not None)) if known else float("nan"))
    middle = [second + view.slice_s / 2 for second in view.seconds]
    axes.plot(middle, total, color=style.PURPLE, linewidth=1.5, marker="o", markersize=1.8)
    top = max((value for value in total if value == value), default=1.0)  # noqa: PLR0124 - NaN is not itself
    axes.set_ylim(0, max(1.0, top) * 1.35)  # the names of the phases stand above
    _finish(axes, view, whole=True)


def _phases(axes: "Axes", view: LoadView, *, named: bool = False) -> None:
    phases = view.facts.phases
    for _, start, _ in phases[1:]:
        axes.axvline(start, color=style.MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
    last = view.seconds[-1] + view.slice_s
    if named and len(phases) <= NAMED_PHASES:
        for name, start, end in phases:
            if start < last:
                axes.text(
                    (start + min(end, last)) / 2, 0.97, words.clip(name, 16), size=7.5,
                    transform=axes.get_xaxis_transform(), ha="center", va="top",
                    color=style.MUTED,
                )  # fmt: skip


def _finish(axes: "Axes", view: LoadView, *, whole: bool = False) -> None:
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(0, view.seconds[-1] + view.slice_s)
    load_axes.finish(axes, whole=whole)
    if axes.get_title(loc="left") != "Visits under way at once":
        _phases(axes, view)

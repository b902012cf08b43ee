"""Capacity: what each flow takes a minute, beside its forecast.

The bar ends at the last level that was held; hatched is what lies between it and the first that
was not. The solid line is the forecast peak, the dashed one the forecast with its headroom. What
has no forecast stands in the table alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import load_words, style, words
from reports.load_data import FlowCapacity, HasLoad

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12  # flows
MINUTE_S = 60
INSIDE = 0.2  # of the width: a shorter bar has its figure beside it


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    flow_in: float = 0.92


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a panel a flow, each from zero, in its own unit."""
    view = None if data is None else data.load
    if view is None:
        style.not_measured(axes, "no load test in this period")
        return
    flows = [flow for flow in view.facts.flows if _top(flow) > 0 and flow.peak_per_s is not None]
    if view.run.verdict == "invalid" or not flows:
        why = "the run is not valid" if flows else "no flow has a forecast to compare with"
        style.not_measured(axes, why)
        return
    figure = style.sheet(axes)
    shown = flows[:SHOWN]
    high = settings.flow_in * len(shown) + 0.2
    figure.set_size_inches(settings.width_in, high)
    grid = figure.add_gridspec(
        len(shown), 1, left=0.178, right=0.985, top=1 - 0.3 / high, bottom=0.34 / high, hspace=1.15
    )
    for place, flow in enumerate(shown):
        _flow(figure.add_subplot(grid[place, 0]), flow)


def _top(flow: FlowCapacity) -> float:
    known = (flow.low_per_s, flow.high_per_s, flow.need_per_s, flow.peak_per_s, flow.plateau_per_s)
    return max((value for value in known if value is not None), default=0.0)


def _flow(axes: "Axes", flow: FlowCapacity) -> None:
    top = _top(flow) * MINUTE_S * 1.12
    low = (flow.low_per_s or 0.0) * MINUTE_S
    axes.barh([0], [low], height=0.62, color=style.BLUE, zorder=2)
    axes.text(-0.014, 0.62, words.clip(words.heading(flow.flow), 20), **_left(axes), weight="bold")
    axes.text(-0.014, 0.30, words.clip(words.label(flow.unit), 22), **_left(axes), size=8)
    _between(axes, flow, low, top)
    _figure(axes, flow, low, top)
    _line(axes, flow.peak_per_s, top, "forecast", above=True)
    if flow.need_per_s != flow.peak_per_s:
        _line(axes, flow.need_per_s, top, "with headroom", above=False)
    axes.set(xlim=(0, top), ylim=(-0.5, 0.5), yticks=[], xticks=[])
    style.bare(axes)


def _left(axes: "Axes") -> dict[str, Any]:
    return {"transform": axes.transAxes, "ha": "right", "va": "center", "color": style.INK}


def _between(axes: "Axes", flow: FlowCapacity, low: float, top: float) -> None:
    """Draw what is not known: up to the first level that was not held, or without an end."""
    if flow.high_per_s is not None:
        axes.barh(
            [0], [max(0.0, flow.high_per_s * MINUTE_S - low)], left=[low], height=0.62,
            facecolor="white", edgecolor=style.BLUE, hatch=style.UNKNOWN_HATCH, linewidth=0.8,
            zorder=2,
        )  # fmt: skip
    elif flow.low_per_s is not None:
        axes.annotate(
            "", (min(top, low + top * 0.06), 0), xytext=(low, 0), zorder=3,
            arrowprops={"arrowstyle": "->", "color": style.BLUE, "linewidth": 1.6},
        )  # fmt: skip


def _figure(axes: "Axes", flow: FlowCapacity, low: float, top: float) -> None:
    least = load_words.bound(flow)
    said = (
        f"{least}{load_words.rate(flow.low_per_s)}" if flow.low_per_s is not None else "none held"
    )
    said = said if least or flow.low_per_s is None or low > INSIDE * top else f"holds {said}"
    inside = low > INSIDE * top
    if flow.low_per_s is None and flow.high_per_s is None:
        said = "not measured"
    end = max(low, (flow.high_per_s or 0.0) * MINUTE_S)
    axes.text(
        low - top * 0.008 if inside else end + top * 0.01, 0, said, va="center", zorder=5,
        ha="right" if inside else "left", color="white" if inside else style.INK, weight="bold",
        # Its own ground, so that a line of the forecast passes behind the figure.
        bbox={"facecolor": style.BLUE if inside else "white", "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip


def _line(axes: "Axes", per_s: float | None, top: float, name: str, *, above: bool) -> None:
    if per_s is None:
        return
    at = per_s * MINUTE_S
    dash: Any = "-" if above else (0, (4, 2))
    axes.axvline(at, color=style.INK, linewidth=1.6, linestyle=dash, zorder=4)
    axes.annotate(
        f"{name} {load_words.rate(per_s)}", (at, 0.5 if above else -0.5),
        xytext=(0, 3 if above else -3), textcoords="offset points", size=8.5, color=style.INK,
        va="bottom" if above else "top", ha="center" if at < top * 0.88 else "right",
        annotation_clip=False,
    )  # fmt: skip

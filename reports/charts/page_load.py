"""Page load: what the browser measured on the pages of each flow, from median to 95th percentile.

The bar runs from p50 to p95, the mark is p75. Dotted: 3 s until a page begins to load; good and
poor for the largest content (2.5 s and 4 s at p75).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import style, words
from reports.data import FlowSection, ReportData, Vital

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = (
    ("begins", "Page begins to load", 0),
    ("LCP", "Largest content is shown (LCP)", 3),
    ("loaded", "Page is loaded", 2),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    row_in: float = 0.36


def draw(axes: "Axes", data: ReportData | None, settings: Settings) -> None:
    """Draw one row a flow and one column a figure."""
    flows = [] if data is None else [f for f in data.flows if any(v.spread for v in f.vitals)]
    if not flows:
        style.not_measured(axes, "no page was timed in this period")
        return
    figure = style.sheet(axes)
    figure.set_size_inches(settings.width_in, 1.12 + settings.row_in * len(flows))
    high = figure.get_figheight()
    panels = figure.subplots(1, 3, sharey=True)
    figure.subplots_adjust(
        left=0.098, right=0.975, top=1 - 0.4 / high, bottom=0.62 / high, wspace=0.1
    )
    for panel, (name, title, look) in zip(panels, COLUMNS, strict=True):
        panel.set_title(title)
        _column(panel, [_vital(flow, name) for flow in flows], look)
    panels[0].set_yticks(range(len(flows)), [words.clip(words.label(f.name), 16) for f in flows])
    panels[0].set_ylim(len(flows) - 0.45, -0.55)
    panels[1].set_xlabel("seconds")


def _vital(flow: FlowSection, name: str) -> Vital | None:
    return next((vital for vital in flow.vitals if vital.name == name), None)


def _column(axes: "Axes", vitals: list[Vital | None], look: int) -> None:
    line = style.LINES[look]
    measured = [(place, v, v.spread) for place, v in enumerate(vitals) if v and v.spread]
    top = max((spread.p95 / 1000 for _, _, spread in measured), default=1.0)
    for place, vital in enumerate(vitals):
        if vital is None or vital.spread is None:
            axes.text(0, place, " not measured", va="center", size=8, color=style.MUTED)
            continue
        spread = vital.spread
        axes.plot(
            [spread.p50 / 1000, spread.p95 / 1000], [place] * 2, color=line["color"],
            linewidth=6, alpha=0.32, solid_capstyle="butt",
        )  # fmt: skip
        axes.plot(
            [spread.p75 / 1000], [place], linestyle="none", marker=line["marker"],
            color=line["color"], markersize=6.5,
        )  # fmt: skip
        axes.annotate(
            words.millis(spread.p75), (spread.p95 / 1000, place), xytext=(7, 0),
            textcoords="offset points", va="center", size=8.5,
        )  # fmt: skip
    bounds = next(((v.good, v.poor) for _, v, _ in measured), (None, None))
    for bound in bounds:
        if bound is not None and bound / 1000 <= top * 1.3:
            axes.axvline(bound / 1000, color=style.INK, linewidth=0.9, linestyle=(0, (1, 1)))
            top = max(top, bound / 1000 / 1.3)
    axes.set_xlim(0, top * 1.36)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.grid(axis="x")
    style.bare(axes)

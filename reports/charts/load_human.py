"""People under load: what a real browser met, by the load of that moment and over time.

Each dot is a page of a probe's walk (those of one load stand side by side); under the bar lie
three of four pages of a load. Shaded: the loads at which more is late or fails than the budget
allows; hatched: between, not decided. Hollow dots count for no load: their walks came soon after
a higher one, or had no leave to pay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forepost.analysis.human import Budget
from forepost.model import Outcome
from reports import load_axes, style, words
from reports.data import CAPPED
from reports.figures import spread
from reports.load_data import HasLoad, HumanView, LoadView, ProbeWalk

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 3  # flows side by side
SMALL = 8.5  # points: of a note in a panel
BUDGET = Budget()
MINUTE_S = 60
EMPTY_TOP_S = 1.0  # of a panel without any page
WIDE_RATIO = 0.03  # of the axis: so wide may dots of one load stand side by side


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    panel_in: float = 1.55


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a column a flow: begins, LCP and success by load; below, all of it over time."""
    view = None if data is None else data.load
    humans = [] if view is None else [one for one in view.humans if one.walks]
    if view is None or not humans:
        broke = view is not None and any(one.broken for one in view.humans)
        why = "walks broke on our side" if broke else "no probe walked during a load test"
        style.not_measured(axes, why)
        return
    figure = style.sheet(axes)
    shown = [one for one in humans if any(_known(one))][:SHOWN]
    upper_in = settings.panel_in * 3 - 0.4 if shown else 0.0
    high = upper_in + 2.35
    figure.set_size_inches(settings.width_in, high)
    if shown:
        upper = figure.add_gridspec(
            3, len(shown), left=0.062, right=0.975, top=1 - 0.4 / high, bottom=2.35 / high,
            hspace=0.62, wspace=0.16, height_ratios=(1, 1, 0.42),
        )  # fmt: skip
        for column, human in enumerate(shown):
            _column(figure, upper, column, human)
    lower = figure.add_gridspec(1, 1, left=0.062, right=0.94, top=1.6 / high, bottom=0.5 / high)
    _over_time(figure.add_subplot(lower[0, 0]), view, humans)


def _known(human: HumanView) -> list[ProbeWalk]:
    """Return the walks whose load is known."""
    return [walk for walk in human.walks if walk.offered_per_min is not None]


def _column(figure: "Figure", grid: Any, column: int, human: HumanView) -> None:
    name = words.clip(words.heading(human.flow), 20)
    begins, lcp, worked = (figure.add_subplot(grid[row, column]) for row in range(3))
    known = _known(human)
    right = max([1.0, *(walk.offered_per_min or 0.0 for walk in known)]) * 1.08
    right = max([right, *(level.to_per_min * 1.04 for level in human.found.levels)])
    _pages(begins, known, "begins_ms", BUDGET.begins_ms, right)
    _levels(begins, human, "begins_ms", right)
    begins.set_title(f"{name}: seconds until a page begins")
    _pages(lcp, known, "lcp_ms", BUDGET.lcp_ms, right)
    _levels(lcp, human, "lcp_ms", right)
    lcp.set_title("Seconds until the main content (LCP)")
    _worked(worked, known, right)
    worked.set_xlabel(f"{words.clip(words.label(human.unit), 30)} a minute", labelpad=2)
    _name_bracket(begins, human, right)
    for panel in (begins, lcp, worked):
        _bracket(panel, human, right)
        panel.set_xlim(0, right)
        panel.locator_params(axis="x", nbins=6)
        panel.xaxis.set_major_formatter(load_axes.parted)
        style.bare(panel)


def _pages(axes: "Axes", walks: list[ProbeWalk], what: str, limit_ms: float, right: float) -> None:
    limit = limit_ms / 1000
    found = [(walk, time / 1000) for walk in walks for time in getattr(walk, what)]
    beside = _beside([walk.offered_per_min or 0.0 for walk, _ in found], right)
    points = [
        (x, time, walk.wake or walk.capped) for x, (walk, time) in zip(beside, found, strict=True)
    ]
    if not points:
        axes.text(
            0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=style.MUTED
        )
    looks: tuple[tuple[bool, dict[str, Any]], ...] = (
        (False, {"facecolors": style.BLUE, "alpha": 0.55, "linewidths": 0}),
        (True, {"facecolors": "white", "edgecolors": style.MUTED, "linewidths": 0.8}),
    )
    for left_out, look in looks:
        own = [(x, y) for x, y, out in points if out is left_out]
        if own:
            axes.scatter([x for x, _ in own], [y for _, y in own], s=13, zorder=3, **look)
    top = max([limit if points else EMPTY_TOP_S, *(y for _, y, _ in points)])
    axes.axhline(limit, color=style.INK, linewidth=0.9, linestyle=(0, (1, 1)))
    axes.annotate(
        f"budget {limit:g} s", (0, limit), xytext=(4, 2), textcoords="offset points",
        fontsize=SMALL, color=style.INK,
    )  # fmt: skip
    axes.set_ylim(0, max(top, limit) * 1.15)
    axes.grid(axis="y")


def _beside(loads: list[float], right: float) -> list[float]:
    """Return where dots stand: those of one load side by side, so that they can be counted."""
    placed: list[float] = []
    for place, load in enumerate(loads):
        of, own = loads.count(load), loads[:place].count(load)
        placed.append(load + ((own + 0.5) / of - 0.5) * WIDE_RATIO * right if of > 1 else load)
    return placed


def _levels(axes: "Axes", human: HumanView, what: str, right: float) -> None:
    """Draw each level's 75th percentile, as wide as its loads but never a mere dot."""
    for level in human.found.levels:
        found = spread(getattr(level, what))
        if found is not None and level.means_per_min is not None:
            first, last = level.means_per_min
            least = right * WIDE_RATIO / 2
            ends = (first - least, last + least)
            axes.plot(ends, [found.p75 / 1000] * 2, color=style.INK, linewidth=2.4, zorder=4)


def _worked(axes: "Axes", walks: list[ProbeWalk], right: float) -> None:
    axes.set_title("Walks that worked, and that failed")
    looks: tuple[tuple[str, float, Mapping[str, Any]], ...] = (
        ("worked", 1, style.STATE_MARK[Outcome.PASSED]),
        ("unpaid", 0.5, style.STATE_MARK[CAPPED]),
        ("failed", 0, style.STATE_MARK[Outcome.FAILED]),
    )
    ticks = {0.0: "failed", 1.0: "worked"}
    for name, height, look in looks:
        # A walk that met one load in several pieces is one mark there.
        own = {(w.offered_per_min or 0.0, w.walk or id(w)) for w in walks if _state(w) == name}
        at = _beside(sorted(load for load, _ in own), right)
        axes.scatter(at, [height] * len(at), zorder=3, **look)
        ticks |= {height: name} if at else {}
    axes.set_yticks(list(ticks), list(ticks.values()))
    room = 0.3 if len(ticks) > 2 else 0.6  # noqa: PLR2004 - a third row wants its own
    axes.set_ylim(-room, 1 + room)


def _state(walk: ProbeWalk) -> str:
    """Return the row of a walk: one that had no leave to pay neither worked nor failed."""
    return "unpaid" if walk.capped else "worked" if walk.worked else "failed"


def _bracket(axes: "Axes", human: HumanView, right: float) -> None:
    """Shade what is outside the budget, hatch what is not decided below it."""
    low, high = human.found.low_per_min, human.found.high_per_min
    if high is None:
        return
    axes.axvspan(high, right, facecolor=style.VERMILION, alpha=0.13, linewidth=0, zorder=0)
    if low is not None and low < high:
        axes.axvspan(
            low, high, facecolor="none", edgecolor=style.MUTED, hatch=style.UNKNOWN_HATCH,
            alpha=0.4, linewidth=0, zorder=0,
        )  # fmt: skip


def _name_bracket(axes: "Axes", human: HumanView, right: float) -> None:
    """Say what the shaded part is, where there is room for it beside the title."""
    high = human.found.high_per_min
    spec = axes.get_subplotspec()
    if high is not None and spec is not None and spec.get_gridspec().ncols == 1:
        axes.annotate(
            f"outside the budget at {high:,.0f}", (right, 1), xycoords=("data", "axes fraction"),
            xytext=(0, 4), textcoords="offset points", ha="right", fontsize=SMALL,
            color=style.VERMILION,
        )  # fmt: skip


def _over_time(axes: "Axes", view: LoadView, shown: list[HumanView]) -> None:
    axes.set_title("Over time: seconds for three of four pages")
    walks = [walk for human in shown for walk in human.walks]
    # The main content often comes with the page's first picture: a ring lets both be seen.
    ring = {"facecolors": "none", "edgecolors": style.BLUE, "s": 46, "linewidths": 1.4}
    point = {"c": style.GREEN, "s": 16, "linewidths": 0}
    series: tuple[tuple[str, list[tuple[float, Any]], str, dict[str, Any]], ...] = (
        ("begins", [(w.second, spread(w.begins_ms)) for w in walks], "o", ring),
        ("main content (LCP)", [(w.second, spread(w.lcp_ms)) for w in walks], "^", point),
    )
    top = 0.1
    for name, found, marker, look in series:
        known = [(second, one.p75 / 1000) for second, one in found if one is not None]
        if known:
            top = max([top, *(y for _, y in known)])
            axes.scatter(
                [x for x, _ in known], [y for _, y in known], marker=marker, label=name,
                zorder=4, **look,
            )  # fmt: skip
    failed = [walk.second for walk in walks if not walk.worked]
    if failed:
        axes.scatter(
            failed, [top * 1.14] * len(failed), marker="X", s=38, c=style.VERMILION, linewidths=0,
            label="walk failed", zorder=4,
        )  # fmt: skip
    axes.set_ylim(0, top * 1.28)
    end = max(
        [
            1.0,
            *(walk.second for walk in walks),
            *(float(s + view.slice_s) for s in view.seconds[-1:]),
        ]
    )
    axes.set_xlim(0, end * 1.01)
    _load(axes, view)
    axes.grid(axis="y")
    axes.set_xlabel("seconds since the load test began")
    style.bare(axes)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.2, handlelength=1.2
    )


def _load(axes: "Axes", view: LoadView) -> None:
    """Draw all arrivals a minute behind the walks, on an axis of its own at the right."""
    if not view.visits:
        return
    offered = [
        sum(visit.offered[place] for visit in view.visits) * MINUTE_S
        for place in range(len(view.seconds))
    ]
    behind = axes.twinx()
    edges = (*view.seconds, view.seconds[-1] + view.slice_s)
    behind.fill_between(
        edges, (*offered, offered[-1]), step="post", color=style.SHADE, linewidth=0, zorder=0
    )
    behind.set_ylim(0, max(1.0, *offered) * 1.28)
    behind.set_ylabel("all arrivals a minute", labelpad=4)
    behind.locator_params(axis="y", nbins=4)
    behind.yaxis.set_major_formatter(load_axes.parted)
    style.bare(behind)
    axes.set_zorder(behind.get_zorder() + 1)
    axes.fill_between([], [], color=style.SHADE, label="load (right)")

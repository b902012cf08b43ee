"""Offered and done: what came back at each load, and where a flow stops to follow.

On the dashed line everything that comes is done. Marks are measured stretches of constant load;
the dotted line is the plateau, which is drawn only where one was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from reports import load_axes, style, words
from reports.load_data import FlowCapacity, HasLoad, LevelResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 3
SHOWN = 9  # flows
MINUTE_S = 60
LOOKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("pass", "limits held", {"marker": "o", "s": 24, "c": style.BLUE, "linewidths": 0}),
    ("fail", "not held", {"marker": "X", "s": 38, "c": style.VERMILION, "linewidths": 0}),
    (
        "",
        "not decided",
        {"marker": "s", "s": 18, "facecolors": "white", "edgecolors": style.MUTED},
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    row_in: float = 2.05


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a panel a flow."""
    view = None if data is None else data.load
    levels = () if view is None else view.facts.levels
    flows = _shown(levels)
    if view is None or not flows:
        style.not_measured(axes, "no levels of load are stored")
        return
    figure = style.sheet(axes)
    rows = ceil(len(flows) / COLUMNS)
    columns = min(COLUMNS, len(flows))
    high = settings.row_in * rows + 0.75
    figure.set_size_inches(settings.width_in, high)
    grid = figure.add_gridspec(
        rows, columns, left=0.072, right=0.975, top=1 - 0.6 / high, bottom=0.5 / high,
        hspace=0.55, wspace=0.24,
    )  # fmt: skip
    known = {one.flow: one for one in view.facts.flows}
    for place, flow in enumerate(flows):
        panel = figure.add_subplot(grid[place // columns, place % columns])
        _flow(
            panel,
            [one for one in levels if one.flow == flow and one.planned_per_s > 0],
            known.get(flow),
        )
        if place == 0:
            panel.set_ylabel("done a minute")
    handles = [panel_.get_legend_handles_labels() for panel_ in figure.axes]
    named = {name: handle for own in handles for handle, name in zip(*own, strict=True)}
    figure.legend(
        list(named.values()), list(named), loc="upper right", ncols=5, handlelength=1.6,
        bbox_to_anchor=(0.975, 1.0),
    )  # fmt: skip


def _shown(levels: Sequence[LevelResult]) -> list[str]:
    """Return the flows that have a level with a load; a pause between steps has none."""
    known = (one.flow for one in levels if one.done is not None and one.planned_per_s > 0)
    return list(dict.fromkeys(known))[:SHOWN]


def _flow(axes: "Axes", levels: list[LevelResult], flow: FlowCapacity | None) -> None:
    axes.set_title(words.clip(words.heading(levels[0].flow), 26))
    top = max([_offered(level) for level in levels] + [1.0]) * 1.08
    axes.plot(
        [0, top], [0, top], color=style.MUTED, linewidth=1, linestyle=(0, (4, 2)), label="all done"
    )
    high = 0.0
    for held, name, look in LOOKS:
        points = [(_offered(level), _done(level)) for level in levels if _is(level, held)]
        high = max([high, *(y for _, y in points)])
        if points:
            axes.scatter(
                [x for x, _ in points], [y for _, y in points], label=name, zorder=3, **look
            )
    if flow is not None and flow.plateau_per_s is not None:
        axes.axhline(
            flow.plateau_per_s * MINUTE_S, color=style.INK, linewidth=1, linestyle=(0, (1, 1)),
            label="plateau",
        )  # fmt: skip
    unit = "visits" if flow is None else words.label(flow.unit)
    axes.set_xlabel(f"{words.clip(unit, 24)} offered a minute", labelpad=2)
    axes.set(xlim=(0, top), ylim=(0, max(top * 0.5, high * 1.15)))
    axes.locator_params(axis="x", nbins=load_axes.MARKS)
    load_axes.finish(axes)


def _offered(level: LevelResult) -> float:
    """Return what really came a minute; chance makes it differ from what was planned."""
    if level.offered is None:
        return level.planned_per_s * MINUTE_S
    return level.offered / max(1e-9, level.end_s - level.start_s) * MINUTE_S


def _done(level: LevelResult) -> float:
    return (level.done or 0) / max(1e-9, level.end_s - level.start_s) * MINUTE_S


def _is(level: LevelResult, held: str) -> bool:
    known = level.held if level.held in ("pass", "fail") else ""
    return level.done is not None and known == held

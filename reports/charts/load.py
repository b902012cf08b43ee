"""Load test: requests offered and done, how long they took, and what a probe saw meanwhile.

Where `done` stays below `offered`, that endpoint is giving way. The lowest panel is the same
browser probe as always, walking the shop while the load ran.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import load_axes, style, words
from reports.load_data import EndpointLoad, HasLoad, LoadView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 4  # endpoints: the ones with the largest gap between offered and done


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    panel_in: float = 1.3


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a panel for each of the hardest-pressed endpoints, then p95, then the probe."""
    if data is None or data.load is None or not data.load.endpoints:
        style.not_measured(axes, "no load test in this period")
        return
    figure = style.sheet(axes)
    view = data.load
    shown = view.endpoints[:SHOWN]
    columns = 2 if len(shown) == SHOWN else len(shown)
    rows = len(shown) // columns
    figure.set_size_inches(settings.width_in, settings.panel_in * (rows + 2) + 0.85)
    high = figure.get_figheight()
    grid = figure.add_gridspec(
        rows + 2, columns, left=0.068, right=0.972, top=1 - 0.5 / high, bottom=0.5 / high,
        hspace=0.62, wspace=0.13,
    )  # fmt: skip
    for place, endpoint in enumerate(shown):
        _offered(figure.add_subplot(grid[place // columns, place % columns]), view, endpoint)
    _p95(figure.add_subplot(grid[rows, :]), view, shown)
    _probe(figure.add_subplot(grid[rows + 1, :]), view)


def _offered(axes: "Axes", view: LoadView, endpoint: EndpointLoad) -> None:
    axes.set_title(f"{words.clip(endpoint.name, 28)}: requests per second")
    edges = (*view.seconds, view.seconds[-1] + view.slice_s)
    offered, done, failed = (
        (*series, series[-1]) for series in (endpoint.offered, endpoint.done, endpoint.failed)
    )
    axes.step(
        edges, offered, where="post", color=style.INK, linestyle=(0, (4, 2)),
        linewidth=1.3, label="offered",
    )  # fmt: skip
    axes.fill_between(
        edges, done, step="post", color=style.SKY, alpha=0.55, linewidth=0,
        label="done",
    )  # fmt: skip
    axes.step(edges, done, where="post", color=style.BLUE, linewidth=1.2)
    if any(endpoint.failed):
        axes.fill_between(
            edges, done, [d + f for d, f in zip(done, failed, strict=True)], step="post",
            facecolor="white", hatch="xxxx", edgecolor=style.VERMILION, linewidth=0.8,
            label="failed",
        )  # fmt: skip
    axes.set_ylim(0, max(1.0, *offered) * 1.42)
    _finish(axes, view, whole=view.slice_s == 1)
    axes.legend(loc="upper left", ncols=3, borderaxespad=0.1, handlelength=1.8)


def _p95(axes: "Axes", view: LoadView, shown: tuple[EndpointLoad, ...]) -> None:
    axes.set_title("p95, seconds (log scale)")
    middle = [second + view.slice_s / 2 for second in view.seconds]
    lowest = 1.0
    for look, endpoint in zip(style.LINES, shown, strict=False):
        seconds = [float("nan") if v is None else max(v, 1) / 1000 for v in endpoint.p95_ms]
        lowest = min([lowest, *(v for v in seconds if v == v)])  # noqa: PLR0124 - NaN is not itself
        axes.plot(middle, seconds, label=words.clip(endpoint.name, 30), **look)
    axes.set_yscale("log")
    axes.set_ylim(bottom=lowest / 1.6)
    load_axes.log_marks(axes)
    _finish(axes, view)
    axes.legend(loc="upper right", bbox_to_anchor=(1.002, 1.25), ncols=4, borderaxespad=0)


def _probe(axes: "Axes", view: LoadView) -> None:
    axes.set_title("A probe's browser meanwhile: seconds until a page begins")
    top = (view.quiet_p75_ms or 0) / 1000
    looks: tuple[tuple[bool, dict[str, Any]], ...] = (
        (True, {"marker": "o", "c": style.BLUE, "s": 22}),
        (False, {"marker": "X", "c": style.VERMILION, "s": 40, "linewidths": 0}),
    )
    for worked, look in looks:
        points = [point for point in view.probes if point.worked is worked]
        top = max([top, *(point.begins_ms / 1000 for point in points)])
        if points:
            axes.scatter(
                [point.second for point in points],
                [point.begins_ms / 1000 for point in points],
                label="step worked" if worked else "step failed",
                zorder=3, **look,
            )  # fmt: skip
    if not view.probes:
        axes.text(
            0.5, 0.5, "not measured: no probe walked during the load test",
            transform=axes.transAxes, ha="center", va="center", color=style.MUTED,
        )  # fmt: skip
    if view.quiet_p75_ms is not None:
        axes.axhline(
            view.quiet_p75_ms / 1000, color=style.MUTED, linestyle=(0, (4, 2)), linewidth=1.2,
            label="three of four without load",
        )  # fmt: skip
    if top > style.LOST_AFTER_MS / 1000 / 1.6:
        axes.axhline(
            style.LOST_AFTER_MS / 1000, color=style.INK, linewidth=0.9, linestyle=(0, (1, 1)),
            label="3 s",
        )  # fmt: skip
        top = max(top, style.LOST_AFTER_MS / 1000)
    axes.set_ylim(0, max(top, 0.1) * 1.2)
    _finish(axes, view)
    axes.set_xlabel("seconds since the load test began")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", bbox_to_anchor=(1.002, 1.25), ncols=4, borderaxespad=0)


def _finish(axes: "Axes", view: LoadView, *, whole: bool = False) -> None:
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(0, view.seconds[-1] + view.slice_s if view.seconds else 1)
    load_axes.finish(axes, whole=whole)

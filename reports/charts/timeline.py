"""Timeline: what the probes saw, how fast pages began, and what customers posted, on one clock.

Shaded: incidents, from the last good run to recovery. Hatched: unknown, because no source
covered that time. A line breaks off where nothing was measured. Striped: planned work; runs in
it are drawn, and count only where it excludes nothing. A run that ended before paying, by a cap
or the kill switch, neither worked nor failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from forepost.model import ComplaintCount, Outcome
from reports import style, words
from reports.data import CAPPED, LedgerRow, ReportData, Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DAY_S = 86_400
MANY_INCIDENTS = 8  # above, the lines stay and their words go
MANY_KEYS = 7  # as many as stand side by side on a page
HEAD_IN = 0.62  # above the first panel, with one row of keys
KEYS_IN = 0.2  # of each further one


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    lane_in: float = 0.27
    panel_in: float = 1.5


def draw(axes: "Axes", data: ReportData | None, settings: Settings) -> None:
    """Draw lanes of runs, page starts and complaints over each other."""
    if data is None or data.timeline is None:
        style.not_measured(axes, "no probe ran and no source was read")
        return
    figure = style.sheet(axes)
    view = data.timeline
    lanes_in = 0.35 + settings.lane_in * max(1, len(view.lanes))
    figure.set_size_inches(settings.width_in, lanes_in + 2 * settings.panel_in + 1.5)
    runs, pages, posts = figure.subplots(
        3, 1, sharex=True, height_ratios=(lanes_in, settings.panel_in, settings.panel_in)
    )
    figure.subplots_adjust(
        left=0.098, right=0.972, top=1 - HEAD_IN / figure.get_figheight(), bottom=0.075, hspace=0.36
    )
    _shade((runs, pages, posts), data)
    _planned(runs, data)
    _lanes(runs, view)
    _pages(pages, view)
    _complaints(posts, view)
    _key(figure, data, view)
    style.time_axis(posts, data.since, data.until, data.zone)
    posts.set_xlabel(f"time in {words.zone_name(data.until, data.zone)}")


def _shade(panels: Sequence["Axes"], data: ReportData) -> None:
    for run in data.load_runs:
        done = min(run.finished_at or data.until, data.until)
        for axes in panels[:2]:
            axes.axvspan(
                style.day_number(max(run.started_at, data.since)), style.day_number(done),
                zorder=0, **_LOAD_LOOK,
            )  # fmt: skip
    shown = data.rows + data.surges
    named = len(shown) <= MANY_INCIDENTS
    for row in shown:
        incident = row.story.incident
        start = style.day_number(max(incident.onset_at, data.since))
        end = style.day_number(min(incident.closed_at or data.until, data.until))
        for axes in panels:
            axes.axvspan(start, end, color=style.SHADE, zorder=0)
            _moments(axes, row, 1.3 if named else 0.8)
        if named:
            panels[0].annotate(
                words.clip(words.label(row.flow), 22),
                ((start + end) / 2, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                size=8.5,
                weight="bold",
                annotation_clip=True,
            )


def _planned(axes: "Axes", data: ReportData) -> None:
    """Stripe the lanes of the flows that are worked on."""
    lanes = list(data.timeline.lanes) if data.timeline else []
    for window in data.windows:
        start = style.day_number(max(window.starts_at, data.since))
        end = style.day_number(min(window.ends_at, data.until))
        for row, name in enumerate(lanes):
            if not window.flows or name in window.flows:
                axes.broken_barh([(start, end - start)], (row - 0.5, 1.0), zorder=0.5, **_WORK_LOOK)


def _moments(axes: "Axes", row: LedgerRow, width: float) -> None:
    detected = style.day_number(row.story.incident.opened_at)
    axes.axvline(detected, zorder=1.5, **{**_DETECTED, "linewidth": width})
    if row.story.first_complaint_at is not None:
        posted = style.day_number(row.story.first_complaint_at)
        axes.axvline(posted, zorder=1.5, **{**_POSTED, "linewidth": width})


def _key(figure: "Figure", data: ReportData, view: Timeline) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - lazily, with matplotlib
    from matplotlib.patches import Patch  # noqa: PLC0415 - as above

    panel = figure.axes[0]
    seen = {mark.state for marks in view.lanes.values() for mark in marks}
    handles: list[Any] = [
        panel.scatter([], [], label=_SAID.get(state, state), **style.STATE_MARK[state])
        for state in (*Outcome, CAPPED)
        if state in seen
    ]
    if data.load_runs:
        handles.append(Patch(label="our load test", **_LOAD_LOOK))
    if data.windows:
        handles.append(Patch(label="planned work", **_WORK_LOOK))
    if data.rows or data.surges:
        handles += [
            Patch(facecolor=style.SHADE, edgecolor=style.RULE, label="incident"),
            Line2D([], [], label="detected by Forepost", **_DETECTED),
            Line2D([], [], label="first complaint posted", **_POSTED),
        ]
    rows = max(1, ceil(len(handles) / MANY_KEYS))
    figure.legend(
        handles=handles, loc="upper right", bbox_to_anchor=(0.985, 1.0), borderaxespad=0.1,
        ncols=max(1, ceil(len(handles) / rows)), handletextpad=0.4, columnspacing=1.3,
        handlelength=1.7,
    )  # fmt: skip
    more_in = KEYS_IN * (rows - 1)
    high = figure.get_figheight() + more_in
    figure.set_figheight(high)
    figure.subplots_adjust(top=1 - (HEAD_IN + more_in) / high)


_DETECTED: dict[str, Any] = {"color": style.BLUE, "linewidth": 1.3}
_POSTED: dict[str, Any] = {"color": style.VERMILION, "linewidth": 1.3, "linestyle": (0, (4, 2))}
_LOAD_LOOK: dict[str, Any] = {
    "facecolor": "none", "edgecolor": style.MUTED, "hatch": "....", "linewidth": 0, "alpha": 0.8,
}  # fmt: skip
_WORK_LOOK: dict[str, Any] = {
    "facecolor": "#e6f3fb", "edgecolor": style.MUTED, "hatch": "\\\\", "linewidth": 0,
}  # fmt: skip
_SAID: dict[str, str] = {Outcome.BROKEN: "broken (our side)"}


def _lanes(axes: "Axes", view: Timeline) -> None:
    axes.set_title("Probe runs, by flow", y=1.0, pad=17 if view.lanes else 7)
    for row, marks in enumerate(view.lanes.values()):
        for state, look in style.STATE_MARK.items():
            at = [style.day_number(mark.at) for mark in marks if mark.state == state]
            if at:
                axes.scatter(at, [row] * len(at), zorder=3, **look)
    names = [words.clip(words.label(name), 16) for name in view.lanes]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axes.tick_params(axis="x", length=0)
    style.bare(axes)


def _pages(axes: "Axes", view: Timeline) -> None:
    axes.set_title("Seconds until a page begins to load and until it is loaded, 75th percentile")
    series: tuple[tuple[str, list[float | None], dict[str, Any]], ...] = (
        ("loaded", [p.loaded_p75_ms for p in view.pages], {**style.LINES[2], "alpha": 0.9}),
        ("begins", [p.begins_p75_ms for p in view.pages], dict(style.LINES[0])),
    )
    at = [style.day_number(point.at) + view.bucket_s / 2 / DAY_S for point in view.pages]
    top = 1.0
    for name, values_ms, look in series:
        seconds = [float("nan") if v is None else v / 1000 for v in values_ms]
        top = max([top, *(v for v in seconds if v == v)])  # noqa: PLR0124 - NaN is not itself
        axes.plot(at, seconds, label=name, **look)
    if not any(point.pages for point in view.pages):
        axes.text(
            0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=style.MUTED
        )
    _threshold(axes, top)
    axes.set_ylim(0, top * 1.12)
    axes.grid(axis="y")
    style.bare(axes)
    axes.tick_params(axis="x", length=0)
    axes.legend(
        loc="upper right", bbox_to_anchor=(1.002, 1.26), ncols=3, handlelength=2.6, borderaxespad=0
    )


def _threshold(axes: "Axes", top: float) -> None:
    limit = style.LOST_AFTER_MS / 1000
    if top * 1.12 >= limit:
        axes.axhline(limit, color=style.INK, linewidth=0.9, linestyle=(0, (1, 1)), label="3 s")


def _complaints(axes: "Axes", view: Timeline) -> None:
    axes.set_title(f"Complaints posted, per {words.duration(view.bucket_s)}")
    width = view.bucket_s / DAY_S
    known = [count for count in view.complaints if count.coverage > 0]
    at = [style.day_number(count.bucket_at) for count in known]
    axes.bar(
        at, [count.complaints for count in known], width * 0.86, align="edge",
        color=style.VERMILION, label="original complaints", zorder=2,
    )  # fmt: skip
    echoed = [count for count in known if count.reposts]
    if echoed:
        axes.bar(
            [style.day_number(count.bucket_at) for count in echoed],
            [count.reposts for count in echoed], width * 0.86, align="edge",
            bottom=[count.complaints for count in echoed], facecolor="white",
            edgecolor=style.VERMILION, linewidth=0.8, label="reposts", zorder=2,
        )  # fmt: skip
    top = max([1, *(count.complaints + count.reposts for count in known)])
    _unknown(axes, view)
    axes.set_ylim(0, top * 1.18)
    axes.locator_params(axis="y", integer=True)
    axes.grid(axis="y")
    style.bare(axes)
    axes.legend(
        loc="upper right", bbox_to_anchor=(1.002, 1.26), ncols=3, borderaxespad=0, handlelength=1.4
    )


def _unknown(axes: "Axes", view: Timeline) -> None:
    labelled = False
    for first, last in _stretches(view.complaints):
        axes.axvspan(
            style.day_number(first.bucket_at),
            style.day_number(last.bucket_at) + view.bucket_s / DAY_S,
            facecolor="none", edgecolor=style.MUTED, hatch=style.UNKNOWN_HATCH, linewidth=0,
            alpha=0.55, zorder=1, label=None if labelled else "unknown (not fully covered)",
        )  # fmt: skip
        labelled = True
    if not view.complaints:
        axes.axvspan(0, 1, hatch=style.UNKNOWN_HATCH, facecolor="none", label="unknown")
        axes.text(0.5, 0.5, "no source was read", transform=axes.transAxes, ha="center")


def _stretches(counts: Sequence[ComplaintCount]) -> list[tuple[ComplaintCount, ComplaintCount]]:
    """Return first and last bucket of every stretch that was not fully covered."""
    found: list[tuple[ComplaintCount, ComplaintCount]] = []
    before: ComplaintCount | None = None
    for count in counts:
        if count.coverage < FULL:
            joined = before is not None and before.coverage < FULL and found
            found[-1:] = [(found[-1][0], count)] if joined else [*found[-1:], (count, count)]
        before = count
    return found


# Polls meet at whole milliseconds: a bucket covered to within a thousandth is covered.
FULL = 0.999

"""Lead time: from the first sign of each incident to our detection and to the first complaint.

Zero is the last moment at which the flow was known to work. An arrow to the right: nobody had
posted when the report was made (censored, not infinite).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import style, words
from reports.data import LedgerRow, ReportData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LATEST = 25  # rows that still read well on one page


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    row_in: float = 0.46


def draw(axes: "Axes", data: ReportData | None, settings: Settings) -> None:
    """Draw one line an incident: detected, first complaint, and who was first."""
    rows = () if data is None else data.rows[-LATEST:]
    if data is None or not rows:
        style.not_measured(axes, "no incident in this period")
        return
    style.place(axes, settings.width_in, 1.0 + settings.row_in * len(rows))
    unit_s, unit = _unit(rows)
    reach = max(max(_ends_s(row)) for row in rows) / unit_s
    least = min(min(_ends_s(row)) for row in rows) / unit_s
    for place, row in enumerate(rows):
        _row(axes, place, row, unit_s, reach, heard=data.heard)
    names = [_name(row, data) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.45, -0.6)
    axes.set_xlim(min(0.0, least) - reach * 0.03, reach * 1.22)
    axes.set_xlabel(f"{unit} since the flow was last known to work")
    axes.grid(axis="x")
    style.bare(axes)
    _key(axes)


def _name(row: LedgerRow, data: ReportData) -> str:
    at = words.moment(row.story.incident.opened_at, data.zone, dated=data.dated)
    return f"{words.clip(words.label(row.flow), 16)}\n{at}"


def _unit(rows: tuple[LedgerRow, ...]) -> tuple[float, str]:
    longest = max(max(_ends_s(row)) for row in rows)
    if longest <= 300:  # noqa: PLR2004 - five minutes
        return 1.0, "seconds"
    return (60.0, "minutes") if longest <= 3 * 3600 else (3600.0, "hours")


def _ends_s(row: LedgerRow) -> tuple[float, float]:
    """Return when it was found and when it was posted, in seconds since the onset."""
    incident = row.story.incident
    posted_at = row.story.first_complaint_at or incident.opened_at
    return (
        max(1.0, (incident.opened_at - incident.onset_at).total_seconds()),
        (posted_at - incident.onset_at).total_seconds(),
    )


def _row(
    axes: "Axes", place: int, row: LedgerRow, unit_s: float, reach: float, *, heard: bool
) -> None:
    incident = row.story.incident
    found = (incident.opened_at - incident.onset_at).total_seconds() / unit_s
    axes.plot([0, found], [place] * 2, color=style.RULE, linewidth=3, solid_capstyle="butt")
    posted_at = row.story.first_complaint_at
    if posted_at is None:
        end = reach * 1.04
        axes.annotate(
            "", (end, place), (found, place),
            arrowprops={"arrowstyle": "->", "color": style.BLUE, "linestyle": ":", "lw": 1.6},
        )  # fmt: skip
    else:
        end = (posted_at - incident.onset_at).total_seconds() / unit_s
        first = end > found
        axes.plot(
            [found, end], [place] * 2, linewidth=4.5, solid_capstyle="butt",
            color=style.BLUE if first else style.VERMILION,
            linestyle="-" if first else (0, (1.2, 0.6)), zorder=2,
        )  # fmt: skip
        axes.scatter([end], [place], marker="D", s=46, zorder=3, **_POSTED)
    axes.scatter([found], [place], marker="o", s=58, zorder=4, **_DETECTED)
    said = _said(row.story.lead_time_s) if heard else "posts were not read"
    axes.annotate(
        said, (max(end, found), place), xytext=(10, 0),
        textcoords="offset points", va="center", size=9,
    )  # fmt: skip


_DETECTED: dict[str, Any] = {"facecolors": style.BLUE, "edgecolors": "white", "linewidths": 1}
_POSTED: dict[str, Any] = {"facecolors": "white", "edgecolors": style.VERMILION, "linewidths": 1.7}


def _said(lead_s: float | None) -> str:
    if lead_s is None:
        return "nobody posted"
    if lead_s > 0:
        return f"{words.duration(lead_s)} ahead"
    return f"{words.duration(-lead_s)} behind" if lead_s else "tie"


def _key(axes: "Axes") -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - lazily, with matplotlib

    def dot(marker: str, face: str, edge: str, said: str) -> Line2D:
        return Line2D(
            [], [], linestyle="none", marker=marker, markersize=7, markerfacecolor=face,
            markeredgecolor=edge, label=said,
        )  # fmt: skip

    axes.figure.legend(
        handles=[
            dot("o", style.BLUE, "white", "detected by Forepost"),
            dot("D", "white", style.VERMILION, "first complaint posted"),
            Line2D([], [], color=style.BLUE, linewidth=4, label="we were first"),
            Line2D(
                [], [], color=style.VERMILION, linewidth=4, linestyle=(0, (1.2, 0.6)),
                label="customers were first",
            ),
        ],
        loc="upper right", bbox_to_anchor=(0.992, 1.0), ncols=4, borderaxespad=0.1,
    )  # fmt: skip

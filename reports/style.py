"""House style of the charts: one palette, one ink, readable in grey and by the colour-blind.

Colours: Okabe and Ito, "Color Universal Design" (2008). No meaning rests on colour alone:
outcomes have their own marker, lines their own dash, bars their own hatch.
matplotlib is imported inside functions, so that importing a room stays fast.
"""

import logging
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, tzinfo
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

from forepost.model import Outcome
from reports.data import CAPPED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#17222d"
MUTED = "#5a6774"
RULE = "#d5dbe1"
SHADE = "#eef1f4"
BLUE = "#0072b2"
SKY = "#56b4e9"
GREEN = "#009e73"
ORANGE = "#e69f00"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"
UNKNOWN_HATCH = "////"
WIDTH_IN = 10.4  # of every chart: the page's text width, so that letters match
LOST_AFTER_MS = 3000  # 40 % say that they leave: see priors.py for what that is worth

# Shape first, colour second: the states of a run differ in a greyscale print too. From the least
# bad to the worst, which is drawn last.
STATE_MARK: Mapping[str, Mapping[str, Any]] = {
    Outcome.PASSED: {"marker": "|", "s": 34, "c": GREEN, "linewidths": 1.4},
    CAPPED: {"marker": "D", "s": 15, "facecolors": "white", "edgecolors": PURPLE},
    Outcome.BROKEN: {"marker": "s", "s": 16, "facecolors": "white", "edgecolors": MUTED},
    Outcome.DEGRADED: {"marker": "^", "s": 26, "facecolors": "white", "edgecolors": ORANGE},
    Outcome.FAILED: {"marker": "X", "s": 44, "c": VERMILION, "linewidths": 0},
}
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": VERMILION, "linestyle": (0, (5, 2)), "marker": "s"},
    {"color": GREEN, "linestyle": (0, (1, 1.4)), "marker": "^"},
    {"color": PURPLE, "linestyle": (0, (6, 2, 1, 2)), "marker": "D"},
)
RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.labelsize": 8.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlecolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a flow's name or a message is a `$`
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.7,
    "lines.markersize": 3.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.7,
    "hatch.color": MUTED,
    "svg.fonttype": "path",  # the same picture on every machine, without a font of ours
    "svg.hashsalt": "forepost",  # the same data give the same file
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def house() -> AbstractContextManager[None]:
    """Draw in the house style inside this context, whatever others set before."""
    from matplotlib import rc_context  # noqa: PLC0415 - half a second, only when drawn

    rules: Any = RC
    return rc_context(rules)


def new_axes() -> "Axes":
    """Return one empty panel; no pyplot, so nothing global and no window system."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second, only when drawn

    axes = Figure(figsize=(WIDTH_IN, 3.0)).add_subplot()
    place(axes, WIDTH_IN, 3.0)
    return axes


def quiet() -> None:
    """Keep matplotlib's font notices (missing glyphs in hostile text) out of our output."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def sheet(axes: "Axes") -> "Figure":
    """Return the empty figure under an axes, for a chart that lays out panels of its own."""
    figure = figure_of(axes)
    axes.remove()
    return figure


def figure_of(axes: "Axes") -> "Figure":
    """Return the figure that an axes lies on."""
    return cast("Figure", axes.figure)


def place(axes: "Axes", width_in: float, height_in: float) -> None:
    """Give a chart of one panel its size, with room for names at the left and a key above."""
    figure_of(axes).set_size_inches(width_in, height_in)
    axes.set_position((0.098, 0.55 / height_in, 0.89, 1 - 0.95 / height_in))


def bare(axes: "Axes") -> None:
    """Leave a panel with nothing but its baseline."""
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def not_measured(axes: "Axes", what: str) -> None:
    """Say that there is nothing to draw, in the place where it would stand."""
    figure_of(axes).set_figheight(1.0)
    axes.set_position((0.001, 0.01, 0.998, 0.98))
    axes.clear()
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=RULE, linestyle=(0, (3, 3)))
    axes.text(0.5, 0.5, f"not measured: {what}", ha="center", va="center", color=MUTED, size=11)


def time_axis(axes: "Axes", since: datetime, until: datetime, zone: tzinfo) -> None:
    """Label a shared time axis in the shop's zone, from minutes to months."""
    from matplotlib import dates  # noqa: PLC0415 - lazily, with matplotlib

    # matplotlib ships no types for its dates and back-ends.
    find, say, number = (
        cast("Callable[..., Any]", made)
        for made in (dates.AutoDateLocator, dates.DateFormatter, dates.date2num)
    )
    locator = find(tz=zone, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    seconds = (until - since).total_seconds()
    shape = "%H:%M:%S" if seconds < 900 else "%H:%M" if seconds <= 86_400 else "%d %b\n%H:%M"  # noqa: PLR2004 - a quarter of an hour, a day
    if seconds > 5 * 86_400:
        shape = "%d %b"
    axes.xaxis.set_major_formatter(say(shape, tz=zone))
    axes.set_xlim(number(since), number(until))


def day_number(at: datetime) -> float:
    """Return matplotlib's number for a moment: days since 1970 in UTC."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400


def to_svg(figure: "Figure", prefix: str, title: str) -> str:
    """Return the figure as an `<svg>` element that keeps to itself inside a page.

    Styles become attributes (a strict content policy forbids inline styles), ids get
    `prefix` (two charts on one page must not share clip paths), the title is spoken.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 - lazily

    page = StringIO()
    with house():
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(page, metadata={"Date": None, "Creator": None})
    return _tame(page.getvalue(), prefix, title, _words(figure))


def _words(figure: "Figure") -> str:
    """Return what stands in the chart: letters are drawn as paths, which nobody can search."""
    from matplotlib.legend import Legend  # noqa: PLC0415 - lazily, with matplotlib

    keys = [text for found in figure.findobj(Legend) for text in found.texts]
    free = [text for axes in figure.axes for text in axes.texts]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    said = [*titles, *(text.get_text() for text in (*free, *keys))]
    return ". ".join(dict.fromkeys(one for one in said if one))


def _tame(svg: str, prefix: str, title: str, said: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)  # text is repeated in comments
    svg = re.sub(r' style="([^"]*)"', _attributes, svg)
    svg = re.sub(r'(?<= id=")', prefix, svg)
    svg = re.sub(r"(?<=url\(#)|(?<=href=\"#)", prefix, svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()  # type: ignore[union-attr] # matplotlib always writes one
    head = (
        f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{_spoken(title)}" '
        f'stroke-linejoin="round" stroke-linecap="butt">'
    )
    return f"{head}<desc>{_spoken(said)}</desc>{svg[svg.index('>') + 1 :].rstrip()}"


def _attributes(found: "re.Match[str]") -> str:
    parts = (part.split(":", 1) for part in found.group(1).split(";") if ":" in part)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in parts)


def _spoken(title: str) -> str:
    swaps = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"))
    for raw, safe in swaps:
        title = title.replace(raw, safe)
    return title

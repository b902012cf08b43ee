"""Scalability: how much gets done with how many visits under way.

The curve is the Universal Scalability Law through the steps of a search. It is drawn only where
a plateau was seen, and only between the fewest and the most visits that were measured.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import load_axes, style, words
from reports.load_data import HasLoad, Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 3
POINTS = 60  # of a curve
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    height_in: float = 2.75


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a panel a flow."""
    view = None if data is None else data.load
    laws = () if view is None else view.facts.laws[:COLUMNS]
    if not laws:
        style.not_measured(axes, "no plateau was seen, so no curve is drawn")
        return
    figure = style.sheet(axes)
    figure.set_size_inches(settings.width_in, settings.height_in)
    high = settings.height_in
    grid = figure.add_gridspec(
        1, len(laws), left=0.072, right=0.975, top=1 - 0.4 / high, bottom=0.5 / high, wspace=0.24
    )
    for place, law in enumerate(laws):
        panel = figure.add_subplot(grid[0, place])
        _law(panel, law)
        if place == 0:
            panel.set_ylabel("done a minute")


def _law(axes: "Axes", law: Law) -> None:
    axes.set_title(words.clip(words.heading(law.flow), 26))
    width = law.to_in_flight - law.from_in_flight
    along = [law.from_in_flight + width * place / POINTS for place in range(POINTS + 1)]
    axes.plot(along, [law.at(n) * MINUTE_S for n in along], color=style.INK, linewidth=1.4)
    axes.scatter(
        [n for n, _ in law.points], [done * MINUTE_S for _, done in law.points],
        s=22, color=style.BLUE, zorder=3,
    )  # fmt: skip
    axes.set_xlim(0, law.to_in_flight * 1.06)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("visits under way", labelpad=2)
    axes.locator_params(axis="x", nbins=load_axes.MARKS)
    load_axes.finish(axes)

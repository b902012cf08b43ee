"""Axes of a load test's charts: thousands parted, and only whole numbers of what is counted."""

from typing import TYPE_CHECKING

from reports import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = 5  # of an axis; more would touch


def parted(value: float, place: object = None) -> str:
    """Return a mark of an axis as people write it: `2,000`, `0.5`."""
    del place
    return f"{value:,.6g}"


def finish(axes: "Axes", *, whole: bool = False) -> None:
    """Give a panel its marks and its grid; `whole` where half of one cannot be."""
    if axes.get_yscale() == "linear":
        axes.locator_params(axis="y", integer=whole, nbins=MARKS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(parted)
    axes.grid(axis="y")
    style.bare(axes)


def log_marks(axes: "Axes") -> None:
    """Give a logarithmic axis of seconds its marks: powers of ten, or 1-2-5 where those are few."""
    low, high = axes.get_ylim()
    exponents = range(-4, 5)
    tens = [10.0**e for e in exponents if low <= 10.0**e <= high]
    fine = [
        base * 10.0**e for e in exponents for base in (1, 2, 5) if low <= base * 10.0**e <= high
    ]
    axes.minorticks_off()
    axes.set_yticks(tens if len(tens) > 2 else fine)  # noqa: PLR2004 - two marks make no scale
    axes.set_ylim(low, high)

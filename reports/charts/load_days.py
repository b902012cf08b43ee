"""The campaign's days: complaints an hour, beside what was expected.

Hatched hours were not fully seen: unknown, not quiet. The band is how many posts an hour were
expected if the forecast peak meets what the load test found.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import load_axes, load_people, load_plain, style, words
from reports.load_data import HasLoad, LoadView, TopicDays

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAY_S = 86_400
HOUR = 3600 / DAY_S
FAR = 4.0  # times what was seen: a band up there would flatten the bars


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in inches on paper."""

    width_in: float = 10.4
    panel_in: float = 1.75


def draw(axes: "Axes", data: HasLoad | None, settings: Settings) -> None:
    """Draw a panel a topic, hour by hour."""
    view = None if data is None else data.load
    if data is None or view is None or view.days is None or not view.days.topics:
        ahead = view is not None and view.days is not None
        why = "the campaign's days lie ahead" if ahead else "the campaign names no day"
        style.not_measured(axes, why)
        return
    if not view.days.seen:
        style.not_measured(axes, "no source of posts was read on the campaign's days")
        return
    figure = style.sheet(axes)
    topics = view.days.topics
    high = settings.panel_in * len(topics) + 0.55
    figure.set_size_inches(settings.width_in, high)
    grid = figure.add_gridspec(
        len(topics), 1, left=0.062, right=0.975, top=1 - 0.4 / high, bottom=0.45 / high, hspace=0.6
    )
    for place, topic in enumerate(topics):
        panel = figure.add_subplot(grid[place, 0])
        _topic(panel, view, topic)
        style.time_axis(panel, view.days.since, view.days.until, data.zone)


def _topic(axes: "Axes", view: LoadView, topic: TopicDays) -> None:
    about = f" about {load_people.topic_words(topic.topic)}" if topic.topic else ""
    axes.set_title(f"Complaints{about}, per hour")
    seen = [hour for hour in topic.hours if hour.coverage > 0]
    axes.bar(
        [style.day_number(hour.bucket_at) for hour in seen],
        [hour.complaints for hour in seen],
        HOUR * 0.86, align="edge", color=style.VERMILION, label="complaints seen", zorder=2,
    )  # fmt: skip
    labelled = False
    for hour in topic.hours:
        if hour.coverage < load_people.FULL:
            left = style.day_number(hour.bucket_at)
            axes.axvspan(
                left, left + HOUR, facecolor="none", edgecolor=style.MUTED,
                hatch=style.UNKNOWN_HATCH, linewidth=0, alpha=0.55, zorder=1,
                label=None if labelled else "unknown",
            )  # fmt: skip
            labelled = True
    _expected(axes, view, topic, max([1.0, *(float(hour.complaints) for hour in seen)]))
    axes.locator_params(axis="y", integer=True, nbins=4)
    axes.yaxis.set_major_formatter(load_axes.parted)
    axes.grid(axis="y")
    style.bare(axes)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.002, 1.0), ncols=3, borderaxespad=0.2,
        handlelength=1.4,
    )  # fmt: skip


def _expected(axes: "Axes", view: LoadView, topic: TopicDays, seen: float) -> None:
    """Draw the band of expected posts; one far above what was seen is only told."""
    known = [
        flow.posts_per_hour
        for flow in view.facts.flows
        if flow.flow in topic.flows
        and flow.posts_per_hour is not None
        and view.run.verdict != "invalid"
    ]
    low, high = sum(one[0] for one in known), sum(one[2] for one in known)
    top = max(seen, high) if high <= FAR * seen else seen
    axes.set_ylim(0, top * 1.25)
    if not known:
        return
    span = words.between(load_plain.about(low), load_plain.about(high))
    beyond = ", above this scale" if low > top * 1.25 else ""
    axes.axhspan(
        low, high, facecolor=style.SKY, alpha=0.3, zorder=0,
        label=f"expected at the peak: {span}{beyond}",
    )  # fmt: skip

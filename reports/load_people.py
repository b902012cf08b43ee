"""What people met: sentences on the human checkout under load and on the campaign's days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from math import ceil, floor
from zoneinfo import ZoneInfo

from forepost.analysis.human import Band, Budget, Level
from forepost.analysis.walks import MIN_WALKS
from forepost.model import ComplaintCount
from reports import words
from reports.load_data import CampaignDays, HumanView, LoadView
from reports.proof import CAP

FULL = 0.999  # polls meet at whole milliseconds
MANY = 3  # complaints in an hour that are worth naming
FEW_DAYS = 3


@dataclass(frozen=True, slots=True)
class Card:
    """One answer of the first screen: question, answer, and what it rests on."""

    title: str
    value: str
    detail: str


def card(view: LoadView) -> Card:
    """Return at which load a person's checkout leaves its budget, in a few words."""
    title = "In a real browser"
    if not view.humans:
        return Card(title, "not measured", "no probe walked during this load test")
    if view.run.verdict == "invalid":
        return Card(title, "unknown", "the load generator was at fault: the load was not as meant")
    first = view.humans[0]
    low, high = first.found.low_per_min, first.found.high_per_min
    unit = first.unit
    if low is not None and high is not None:
        value = f"good to {_floor(low)}, not at {_ceil(high)}"
    elif low is not None:
        value = f"good to {_floor(low)}"
    elif high is not None:
        value = f"not good at {_ceil(high)}"
    else:
        return Card(title, "not decided", f"{words.label(first.flow)}: {_undecided(first)}")
    return Card(title, f"{value} {words.label(unit)} a minute", sentence(first))


def budget_words(budget: Budget | None = None) -> str:
    """Return what a person should get, in one sentence."""
    rule = budget or Budget()
    return (
        f"The budget of a person's browser: at least {words.percent(1 - rule.slow_ratio, 0)} of "
        f"pages begin within {rule.begins_ms / 1000:g} s and show their main content (LCP) "
        f"within {rule.lcp_ms / 1000:g} s, and no more than "
        f"{words.percent(rule.failed_ratio, 0)} of walks fail."
    )


def sentences(humans: Sequence[HumanView]) -> list[str]:
    """Return a sentence a flow; those with too few walks for a word share one."""
    few = [one for one in humans if _too_few(one)]
    said = [sentence(one) for one in humans if one not in few]
    if few:
        names = [f"{words.label(one.flow)} ({one.found.walks})" for one in few]
        said.append(f"too few walks at a known load to decide: {words.listed(names)}")
    return [f"{line[:1].upper()}{line[1:]}." for line in said]


def _too_few(view: HumanView) -> bool:
    found = view.found
    unclear = all(level.band is Band.UNDECIDED for level in found.levels)
    ours = bool(view.broken) and not view.walks  # a sentence of its own: nobody was too slow
    plain = not found.contradicted and not found.capped
    return unclear and plain and found.walks < MIN_WALKS and not ours


def sentence(view: HumanView) -> str:
    """Return what is known of one flow's budget, with the counts behind it."""
    found = view.found
    flow, unit = words.label(view.flow), f"{words.label(view.unit)} a minute"
    low, high = found.low_per_min, found.high_per_min
    if low is not None and high is not None:
        said = (
            f"a person's {flow} stays within its budget at {_floor(low)} {unit} and is outside "
            f"it at {_ceil(high)}"
        )
    elif low is not None:
        above = _above(view)
        said = f"a person's {flow} stays within its budget at {_floor(low)} {unit}; {above}"
    elif high is not None:
        below = "no lower load was within it"
        said = f"a person's {flow} is outside its budget at {_ceil(high)} {unit}; {below}"
    else:
        return f"{flow}: not decided, {_undecided(view)}"
    out = next((level for level in found.levels if level.band is Band.OUTSIDE), None)
    seen = counts(out) if out and high is not None else _all(view)
    return f"{said} ({seen}{_short(view)})"


def _above(view: HumanView) -> str:
    """Return what is known above the last load within: a level's walks may have met several."""
    top = view.found.levels[-1]
    if top.band is not Band.WITHIN:
        return f"above that it is not decided{_ours(view)}"
    if _ceil(top.to_per_min) == _ceil(top.from_per_min):
        return "no higher load was walked"
    return f"above that, up to {_ceil(top.to_per_min)}, too few were walked to tell the loads apart"


def _undecided(view: HumanView) -> str:
    found = view.found
    if found.contradicted:
        return "since a higher load was within the budget again: it is not the load alone"
    if _ours(view):
        return _ours(view).removeprefix(": ")
    if not found.walks and found.capped:
        return _short(view).removeprefix("; ")
    if not found.walks:
        broke = f"{words.counted(view.broken, 'walk')} broke on our side"
        return broke if view.broken and not view.walks else "no walk whose load is known"
    few = words.plural(found.walks, "is", "are")
    return f"{words.counted(found.walks, 'walk')} {few} too few to say so{_short(view)}"


def _short(view: HumanView) -> str:
    """Say how many walks had no leave to pay: they count neither as good nor as bad."""
    capped = view.found.capped
    more = "more " if view.found.walks else ""
    said = f"{words.number(capped)} {more}{words.plural(capped, 'walk', 'walks')}"
    return f"; {said} ended before paying, by {CAP}, not counted" if capped else ""


def _ours(view: HumanView) -> str:
    """Return at which load pages were late by what may be our own machine; nothing if at none."""
    ours = [level for level in view.found.levels if level.band is Band.OURS]
    if not ours:
        return ""
    return (
        f": pages were late at {_ceil(ours[0].to_per_min)} {words.label(view.unit)} a minute, "
        "but on a machine that was itself busy, so that may be ours"
    )


def counts(level: Level) -> str:
    """Return the counts of a level: `18 of 24 pages began late; 4 walks`."""
    said = []
    if "success" in level.broken:
        said.append(f"{level.failed} of {words.counted(level.walks, 'walk')} failed")
    if "begins" in level.broken:
        said.append(f"{level.begins_late} of {words.counted(level.begins, 'page')} began late")
    if "lcp" in level.broken:
        said.append(f"{level.lcps_late} of {level.lcps} showed their main content late")
    if "success" not in level.broken:
        said.append(words.counted(level.walks, "walk"))
    return "; ".join(said)


def _all(view: HumanView) -> str:
    pages = sum(level.begins for level in view.found.levels)
    return f"{words.counted(view.found.walks, 'walk')}, {words.counted(pages, 'page')}"


def _floor(value: float) -> str:
    return words.number(floor(round(value, 6)))


def _ceil(value: float) -> str:
    return words.number(ceil(round(value, 6)))


def days(found: CampaignDays | None, zone: ZoneInfo) -> list[str]:
    """Return what customers posted on the campaign's days; unknown is never quiet.

    Shape: a sentence a day and topic; for more than FEW_DAYS days one a topic.
    """
    if found is None:
        return []
    if found.ahead:
        first = words.day(found.since, zone)
        return [f"The campaign begins on {first}; what customers post then will stand here."]
    said = []
    for topic in found.topics:
        by_day = [
            (day, list(hours))
            for day, hours in groupby(topic.hours, key=lambda hour: _date(hour.bucket_at, zone))
        ]
        if len(by_day) > FEW_DAYS:
            said.append(_many(by_day, topic.topic))
        else:
            said += [_day(*one, topic.topic, zone, found.until) for one in by_day]
    if found.cut:
        said.append("The campaign is longer: only its first days stand here.")
    return said


def _date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _many(by_day: Sequence[tuple[date, list[ComplaintCount]]], topic: str | None) -> str:
    """Return one sentence on all days: their sum, the worst one, and what nobody saw."""
    first, last = by_day[0][0], by_day[-1][0]
    when = f"From {first.day} {first:%B} to {last.day} {last:%B}"
    said = _sum(when, [hour for _, hours in by_day for hour in hours], topic)
    sums = [(sum(h.complaints for h in hours if h.coverage > 0), day) for day, hours in by_day]
    most, day = max(sums, key=lambda pair: pair[0])
    worst = f" Most in a day: {words.number(most)}, on {day.day} {day:%B}." if most else ""
    return f"{said}.{worst}"


def _day(
    day: date,
    hours: Sequence[ComplaintCount],
    topic: str | None,
    zone: ZoneInfo,
    until: datetime,
) -> str:
    lasts = until < datetime.combine(day + timedelta(days=1), time(), zone)
    said = _sum(f"On {day.day} {day:%B}{' so far' if lasts else ''}", hours, topic)
    most = max(hours, key=lambda hour: hour.complaints if hour.coverage > 0 else 0)
    if most.complaints >= MANY and most.coverage > 0:
        clock = most.bucket_at.astimezone(zone)
        said += f"; most in an hour: {words.number(most.complaints)}, from {clock:%H:%M} to "
        said += _next(clock)
    return f"{said}."


def _sum(when: str, hours: Sequence[ComplaintCount], topic: str | None) -> str:
    """Return how many complaints there were, as far as anyone looked."""
    about = f" about {topic_words(topic)}" if topic else ""
    seen = [hour for hour in hours if hour.coverage > 0]
    blind = sum(hour.coverage < FULL for hour in hours)
    if not seen:
        return f"{when} no source of posts was read: complaints{about} are unknown"
    count = sum(hour.complaints for hour in seen)
    were = words.plural(count, "was", "were")
    least = "at least " if blind else ""
    said = f"{when} there {were} {least}{words.counted(count, 'complaint')}{about}"
    if not count:
        said = f"{when} no complaint{about} was seen"
    if blind:
        said += f" ({words.counted(blind, 'hour')} of {len(hours)} not fully seen)"
    return said


def _next(clock: datetime) -> str:
    return f"{(clock.hour + 1) % 24:02d}:{clock.minute:02d}"


def topic_words(topic: str) -> str:
    """Return a topic as people say it in the plural: gift_card -> gift cards."""
    said = words.label(topic)
    return f"{said}s" if said.endswith("card") else said

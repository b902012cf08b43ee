"""Maintenance windows: planned times in the shop's zone → instants, and what they cover. Pure.

Local times that the clock skips or shows twice are read as RFC 5545, section 3.3.5, reads them:
a skipped time by the offset before the gap (02:30 begins when the clock shows 03:30, a whole
day after yesterday's), a doubled one as its first occurrence. An end that is named (`ends`) and
shown twice is the second one: planned work is rather covered too long than too short.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from forepost.model import Maintenance, MaintenanceSwitch
from forepost.rhythm import DAY, SAY_AT, first, rhythm_of

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
SAY_INSTANT = 'write a local time of the shop\'s zone, like "2026-11-27 02:00"'


class Plan(Protocol):
    """A window as it is written down: `forepost.config.tables.MaintenancePlan`."""

    @property
    def starts(self) -> str: ...  # noqa: D102 - see the table
    @property
    def ends(self) -> str: ...  # noqa: D102 - see the table
    @property
    def at(self) -> str: ...  # noqa: D102 - see the table
    @property
    def lasts(self) -> float: ...  # noqa: D102 - see the table
    @property
    def flows(self) -> tuple[str, ...]: ...  # noqa: D102 - see the table
    @property
    def pause(self) -> bool: ...  # noqa: D102 - see the table
    @property
    def mute(self) -> bool: ...  # noqa: D102 - see the table
    @property
    def exclude(self) -> bool: ...  # noqa: D102 - see the table
    @property
    def show(self) -> bool: ...  # noqa: D102 - see the table


class Stored(Protocol):
    """Reads the windows of a span: `forepost.storage.Store.maintenance`."""

    def __call__(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> list[Maintenance]:
        """Return them by start."""
        ...


def windows(
    plans: Mapping[str, Plan], zone: tzinfo, since: datetime, until: datetime
) -> list[Maintenance]:
    """Return the planned windows that last at any moment of [since, until), by start.

    Shape:   plans by name, each as it passed `flaws` for `zone`.
    """
    found = [
        Maintenance(name, starts_at, ends_at, plan.flows, switches(plan))
        for name, plan in plans.items()
        for starts_at, ends_at in _spans(plan, zone, since, until)
        if ends_at > since and starts_at < until
    ]
    return sorted(found, key=lambda window: (window.starts_at, window.name))


def together(
    plans: Mapping[str, Plan],
    zone: tzinfo,
    stored: Stored,
    since: datetime,
    until: datetime,
) -> list[Maintenance]:
    """Return planned and stored windows that last at any moment of [since, until), by start.

    One that has begun stands in the store, and from then on only the store speaks for it:
    it may have been ended early.
    """
    planned = windows(plans, zone, since, until)
    kept = stored(since=min([since, *(one.starts_at for one in planned)]), until=until)
    known = {(one.name, one.starts_at) for one in kept}
    found = [one for one in kept if one.ends_at > since]
    found += [one for one in planned if (one.name, one.starts_at) not in known]
    return sorted(found, key=lambda one: (one.starts_at, one.name))


def switches(plan: Plan) -> frozenset[MaintenanceSwitch]:
    """Return the switches that a plan throws."""
    return frozenset(switch for switch in MaintenanceSwitch if getattr(plan, switch))


def covering(
    found: Iterable[Maintenance],
    flow: str,
    since: datetime,
    until: datetime,
    switch: MaintenanceSwitch,
) -> Maintenance | None:
    """Return the window with that switch that lasted at any moment of [since, until].

    A run that began before the work and ended in it may have failed by it.
    """
    return next(
        (
            window
            for window in found
            if switch in window.switches
            and (not window.flows or flow in window.flows)
            and window.starts_at <= until
            and since < window.ends_at
        ),
        None,
    )


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans by start, those that overlap or touch as one."""
    found: list[tuple[datetime, datetime]] = []
    for begins_at, ends_at in sorted(spans):
        if found and begins_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((begins_at, ends_at))
    return found


def flaws(plan: Plan, flows: Sequence[str], zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a plan: the key, and what to write instead."""
    once, again = bool(plan.starts or plan.ends), bool(plan.at or plan.lasts)
    if once and again:
        yield ("at" if plan.at else "lasts"), "give starts and ends, or at and lasts, not both"
    elif once:
        yield from _flaws_once(plan, zone)
    elif again:
        yield from _flaws_again(plan)
    else:
        yield "starts", "this window has no time; give starts and ends (once), or at and lasts"
    for flow in plan.flows:
        if flow not in flows:
            there = ", ".join(sorted(flows)) or "none"
            yield "flows", f"no table [flows.{flow}]; there is: {there}"


def _flaws_once(plan: Plan, zone: tzinfo) -> Iterator[tuple[str, str]]:
    good = True
    for key, text in (("starts", plan.starts), ("ends", plan.ends)):
        if not text:
            good = False
            yield key, f"this key is needed with the other one; {SAY_INSTANT}"
        elif _local(text) is None:
            good = False
            yield key, SAY_INSTANT
    if good and not list(_spans_once(plan, zone)):
        yield "ends", "must be later than starts"


def _flaws_again(plan: Plan) -> Iterator[tuple[str, str]]:
    rhythm = rhythm_of(plan.at)
    if not plan.at:
        yield "at", f"this key is needed with lasts; {SAY_AT}"
    elif rhythm is None:
        yield "at", SAY_AT
    if not plan.lasts:
        yield "lasts", 'this key is needed with at; write how long, like "2h"'
    elif rhythm is not None and timedelta(seconds=plan.lasts) >= rhythm.period:
        yield "lasts", "must be shorter than the time from one beginning to the next"


def _spans(
    plan: Plan, zone: tzinfo, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    if plan.starts:
        yield from _spans_once(plan, zone)
        return
    rhythm, lasts = rhythm_of(plan.at), timedelta(seconds=plan.lasts)
    if rhythm is None:
        return
    # A day more on each side: the shop's calendar is up to 14 h from that of UTC.
    day = (since - lasts - DAY).date()
    while day <= (until + DAY).date():
        if rhythm.falls_on(day):
            begins_at = first(datetime.combine(day, rhythm.clock), zone)
            yield begins_at, begins_at + lasts
        day += DAY


def _spans_once(plan: Plan, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    starts, ends = _local(plan.starts), _local(plan.ends)
    if starts is None or ends is None:
        return
    starts_at, ends_at = first(starts, zone), max(first(ends, zone), _second(ends, zone))
    if starts_at < ends_at:
        yield starts_at, ends_at


def _second(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def _local(text: str) -> datetime | None:
    """Return a local time as written; None if it is none."""
    if _INSTANT.fullmatch(text.strip()) is None:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:  # the 31st of February
        return None

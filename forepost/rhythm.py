"""When something planned begins again and again: "daily 02:00" of the shop's calendar. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY = "daily"
LAST_DAY = 28  # later ones are not in every month
DAY = timedelta(days=1)
SAY_AT = f'write "sun 02:00", "daily 02:00" or "1 02:00" (a day of the month, 1 to {LAST_DAY})'
_AT = re.compile(r"([a-z]{3,5}|\d{1,2}) +(\d{1,2}):(\d{2})", re.ASCII)


class Rhythm(NamedTuple):
    """On which days, at which time of the clock."""

    weekday: int | None  # 0: Monday
    month_day: int | None
    clock: time

    def falls_on(self, day: date) -> bool:
        """Whether it begins on that day of the shop's calendar."""
        if self.weekday is not None:
            return day.weekday() == self.weekday
        return self.month_day is None or day.day == self.month_day

    @property
    def period(self) -> timedelta:
        """The shortest time from one beginning to the next, but for a shift of the clock."""
        if self.weekday is not None:
            return 7 * DAY
        return DAY if self.month_day is None else LAST_DAY * DAY

    def after(self, at: datetime, zone: tzinfo) -> datetime:
        """Return the first beginning later than `at`, in UTC."""
        day = at.astimezone(zone).date()
        while True:
            begins_at = first(datetime.combine(day, self.clock), zone)
            if self.falls_on(day) and begins_at > at:
                return begins_at
            day += DAY


def first(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant of a local time; the first one if the clock shows it twice."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def rhythm_of(text: str) -> Rhythm | None:
    """Return the rhythm of "sun 02:00", "daily 02:00" or "1 02:00"; None if it is none."""
    parts = _AT.fullmatch(text.strip().lower())
    if parts is None:
        return None
    day, hour, minute = parts[1], int(parts[2]), int(parts[3])
    try:
        clock = time(hour, minute)
    except ValueError:
        return None
    if day in DAYS:
        return Rhythm(DAYS.index(day), None, clock)
    if day == DAILY:
        return Rhythm(None, None, clock)
    if day.isdigit() and 1 <= int(day) <= LAST_DAY:
        return Rhythm(None, int(day), clock)
    return None

"""Time in the shop: aware UTC, kept as text of one fixed width so that SQL can compare it."""

from calendar import monthrange
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """Return `at` as ISO text of fixed width: later moments sort after earlier ones."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """Return the moment that `text` names (ISO 8601, with its zone).

    Raises: ValueError if it is no such moment or has no zone.
    """
    at = datetime.fromisoformat(text.strip())
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it like 2026-01-31T09:00:00+00:00")
    return at.astimezone(UTC)


def add_months(at: datetime, months: int) -> datetime:
    """Return `at` so many months later; the 31st becomes the last day of a shorter month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)

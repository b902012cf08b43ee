"""A subscription of the shop owner's own: whether its renewals run, seen without buying.

For a shop where nothing may be bought and no clock can be moved: the page of a subscription
that stands there says when it renews next, and once that day has passed it must say another.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from probes.journey import Journey
from probes.storefront import Login, Storefront


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """A subscription that stands for probes to look at."""

    page: str  # its address; may hold a key
    login: Login | None
    grace: timedelta  # after the end of its day, until when a renewal must have run
    budget_ms: float


def look_after(shop: Storefront, journey: Journey, own: OwnSubscription) -> None:
    """Read when it renews next, and see that no renewal is overdue."""
    journey.secret(own.page)
    if own.login is not None:
        journey.secret(own.login.password)
    with journey.step("open the subscription", budget_ms=own.budget_ms):
        told = shop.standing_subscription(own.page, own.login)
        renews = journey.goal(told.renews_on, "a day of the next renewal")
        journey.fact("renews_on", " or ".join(day.isoformat() for day in renews))
        if told.state:
            journey.fact("state", told.state)

    with journey.step("no renewal is overdue"):
        day = max(renews)  # where it can be read in two ways, nobody is blamed for the earlier
        hours = own.grace.total_seconds() / 3600
        journey.check(
            datetime.now(UTC) <= due(day, own.grace, shop.settings.timezone),
            f"a renewal runs within {hours:g} h of its day: the page still says {day:%Y-%m-%d}",
        )


def due(day: date, grace: timedelta, zone: str) -> datetime:
    """Return until when (UTC) a renewal of a day must have run, by the shop's own calendar."""
    ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return ends.astimezone(UTC) + grace

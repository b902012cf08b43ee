"""The campaign's days laid over afterwards: complaints an hour, and which hours nobody saw."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from forepost.storage import Store
from reports import words
from reports.load_data import CampaignDays, TopicDays

HOUR_S = 3600
MOST_DAYS = 31  # of a longer campaign the first ones: hours must stay apart on a page
MOST_TOPICS = 3


def campaign_days(
    store: Store,
    dates: tuple[date, date] | None,
    flows: Sequence[str],
    flows_of_topic: Mapping[str, tuple[str, ...]],
    zone: tzinfo,
    now: datetime,
) -> CampaignDays | None:
    """Return complaints per hour of the days of a campaign; None if it has no date.

    Shape:  topics that speak of the tested flows, in the order of `flows`; all together where
            none does. Days are the shop's own; what lies ahead of them is left out.
    Raises: StoreError.
    """
    if dates is None:
        return None
    first, last = dates[0], min(dates[1], dates[0] + timedelta(days=MOST_DAYS - 1))
    since = midnight(first, zone)
    until = min(midnight(last + timedelta(days=1), zone), whole_hour(now, since))
    if until <= since:
        return CampaignDays(since, until, (), cut=last < dates[1])
    own = [topic for flow in flows for topic, known in flows_of_topic.items() if flow in known]
    own = list(dict.fromkeys(own))
    topics: list[str | None] = [*own[:MOST_TOPICS]] or [None]
    return CampaignDays(
        since=since,
        until=until,
        topics=tuple(
            TopicDays(
                topic=topic,
                hours=tuple(store.complaint_counts(topic, since, until, HOUR_S)),
                flows=tuple(f for f in flows if topic is None or f in flows_of_topic[topic]),
            )
            for topic in topics
        ),
        cut=last < dates[1],
    )


def unread(found: CampaignDays | None, zone: tzinfo) -> list[str]:
    """Return the one sentence on days of which no hour was seen; nothing for others."""
    if found is None or found.ahead or found.seen:
        return []
    first, last = (words.day(at, zone) for at in (found.since, found.until - timedelta.resolution))
    when = f"On {first}" if first == last else f"From {first} to {last}"
    return [f"{when} no source of posts was read: complaints are unknown."]


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the beginning of a day of the shop, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def whole_hour(now: datetime, since: datetime) -> datetime:
    """Return the end of the last full hour since then: one that still runs has no full count.

    Not all zones differ from UTC by whole hours: in Kolkata hours end at half past.
    """
    hour = timedelta(seconds=HOUR_S)
    return since + (now - since) // hour * hour

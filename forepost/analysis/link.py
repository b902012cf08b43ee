"""Incidents joined with what customers said: who was first, and how many were hit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from forepost.analysis.fallout import affected, expected_posts, failure_share
from forepost.analysis.group import Group, group
from forepost.analysis.prior import POSTING, Prior
from forepost.model import Estimate, FlowRun, Incident, IncidentKind, ScoredPost, Story


def link(  # noqa: PLR0917 - a join of that many things; call it by keyword
    incidents: Sequence[Incident],
    posts: Sequence[ScoredPost],
    flows_of_topic: Mapping[str, tuple[str, ...]],
    attempts_per_minute: Mapping[str, float],
    runs: Sequence[FlowRun],
    now: datetime,
    horizon_s: float,
    *,
    prior: Prior = POSTING,
) -> list[Story]:
    """Return one story for every cause, by its opening.

    Shape:   incidents, posts and runs of the span told about, in any order; a topic without
             an entry in `flows_of_topic` belongs to no flow. A complaint belongs to a story
             if one of its topics maps to a flow of the story and it was posted from onset
             to `horizon_s` after recovery, but before the next story of these flows.
    Units:   lead time in seconds from detection (the head's `opened_at`) to the first
             original complaint: negative when customers were first, None when nobody has
             posted. `attempts_per_minute` by flow; of the head, else of a flow it explains.
    Returns: incidents with one cause as one story (see `group.group` and `group.head`). A
             surge of complaints that falls into a story of its topic is part of it; one
             that no probe explains is a story of its own, in which customers were first.
             Estimates are None where no rate of attempts is known.
    """
    topics_of = flow_topics(flows_of_topic)
    probes = [one for one in incidents if one.kind is IncidentKind.PROBE]
    surges = [one for one in incidents if one.kind is IncidentKind.COMPLAINTS]
    told = group(probes, topics_of, now)
    windows = [(one, window_ends(one, told, now, horizon_s)) for one in told]
    stories = [
        story(
            one.head,
            complaints(posts, one.topics, one.onset_at, until),
            customers(one, attempts_per_minute, runs, now),
            prior,
            one.explained,
        )
        for one, until in windows
    ]
    for surge in surges:
        if any(falls_into(surge, one, until, now) for one, until in windows):
            continue
        until = (surge.closed_at or now) + timedelta(seconds=horizon_s)
        own = complaints(posts, {surge.subject}, surge.onset_at, min(now, until))
        stories.append(story(surge, own, None, prior, ()))
    return sorted(stories, key=lambda one: (one.incident.opened_at, one.incident.id))


def flow_topics(flows_of_topic: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Return the topics of each flow."""
    found: dict[str, set[str]] = {}
    for topic, flows in flows_of_topic.items():
        for flow in flows:
            found.setdefault(flow, set()).add(topic)
    return found


def window_ends(one: Group, told: Sequence[Group], now: datetime, horizon_s: float) -> datetime:
    """Return until when a complaint belongs to a story."""
    closed_at = one.closed_at()
    until = now if closed_at is None else min(now, closed_at + timedelta(seconds=horizon_s))
    followers = [
        other.onset_at
        for other in told
        if other.onset_at > one.onset_at and (other.topics & one.topics or other.flows & one.flows)
    ]
    return min([until, *followers])


def complaints(
    posts: Sequence[ScoredPost], topics: Collection[str], since: datetime, until: datetime
) -> list[ScoredPost]:
    """Return the original complaints on these topics in the span, by posting time."""
    own = [
        post
        for post in posts
        if post.complaint
        and not post.repost
        and since <= post.posted_at <= until
        and not set(topics).isdisjoint(post.topics)
    ]
    return sorted(own, key=lambda post: post.posted_at)


def authors(posts: Sequence[ScoredPost]) -> int:
    """Return how many people wrote them; an author without a key is a person of their own."""
    known = {post.author_key for post in posts if post.author_key}
    return len(known) + sum(not post.author_key for post in posts)


def customers(
    one: Group, attempts_per_minute: Mapping[str, float], runs: Sequence[FlowRun], now: datetime
) -> Estimate | None:
    """Return how many customers the head's flow has failed; None where no rate is known."""
    rates = [
        rate
        for flow in (one.head.subject, *one.explained)
        if (rate := attempts_per_minute.get(flow)) is not None
    ]
    if not rates:
        return None
    until = one.head.closed_at or now
    minutes = max(0.0, (until - one.head.onset_at).total_seconds() / 60)
    own = [run for run in runs if run.flow == one.head.subject]
    failed, worked = failure_share(own, one.head.onset_at, until)
    # The incident itself says that one failed, even if that run is no longer kept.
    return affected(rates[0], minutes, max(failed, 1), worked)


def story(
    incident: Incident,
    own: Sequence[ScoredPost],
    hit: Estimate | None,
    prior: Prior,
    explains: tuple[str, ...],
) -> Story:
    """Return the ledger's row."""
    first = own[0].posted_at if own else None
    return Story(
        incident=incident,
        first_complaint_at=first,
        lead_time_s=None if first is None else (first - incident.opened_at).total_seconds(),
        posts_seen=authors(own),
        customers_affected=hit,
        expected_posts=None if hit is None else expected_posts(hit, prior),
        explains=explains,
    )


def falls_into(surge: Incident, one: Group, until: datetime, now: datetime) -> bool:
    """Whether a surge of complaints is about a story that probes tell."""
    overlaps = surge.onset_at <= until and (surge.closed_at or now) >= one.onset_at
    return surge.subject in one.topics and overlaps

"""Incidents joined with what customers said: who was first, and how many were hit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forepost.analysis.decide import silent
from forepost.analysis.fallout import affected, expected_posts, failure_share
from forepost.analysis.group import Group, group
from forepost.analysis.prior import POSTING, Prior
from forepost.model import Estimate, FlowRun, Incident, IncidentKind, ScoredPost, Story


@dataclass(frozen=True, slots=True)
class Window:
    """The span in which a complaint may belong to a story."""

    flow: str
    since: datetime
    recovered_at: datetime
    until: datetime


def link(
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
             an entry in `flows_of_topic` belongs to no flow. An original complaint belongs
             to a story if one of its topics maps to the head's flow and it was posted from
             onset to `horizon_s` after recovery, but before the next story of this flow.
             It belongs to one story only: see `choose`.
    Units:   lead time in seconds from detection (the first `opened_at` of the story's
             incidents) to the first complaint: negative when customers were first, None
             when nobody has posted.
             `attempts_per_minute` by flow: of the head, else of a flow that it explains.
    Returns: incidents with one cause as one story: see `group.related` and `group.head`. A
             surge of complaints that falls into a story of its topic is part of it; one
             that no probe explains is a story of its own, in which customers were first.
             Estimates are None where no rate of attempts is known.
    """
    probes = [one for one in incidents if one.kind is IncidentKind.PROBE]
    surges = [one for one in incidents if one.kind is IncidentKind.COMPLAINTS]
    told = group(probes, flow_topics(flows_of_topic), now)
    windows = [window(one, told, now, horizon_s) for one in told]
    own: list[list[ScoredPost]] = [[] for _ in told]
    loose: list[ScoredPost] = []
    for post in originals(posts):
        place = choose(post, windows, flows_of_topic)
        (loose if place is None else own[place]).append(post)
    stories = [
        story(one, said, customers(one, attempts_per_minute, runs, now), prior)
        for one, said in zip(told, own, strict=True)
    ]
    for surge in surges:
        flows = set(flows_of_topic.get(surge.subject, ()))
        if not any(falls_into(surge, one, w, flows) for one, w in zip(told, windows, strict=True)):
            until = min(now, (surge.closed_at or now) + timedelta(seconds=horizon_s))
            said = [
                post
                for post in loose
                if surge.subject in post.topics and surge.onset_at <= post.posted_at <= until
            ]
            stories.append(story(Group(surge, (surge,)), said, None, prior))
    return sorted(stories, key=lambda one: (one.incident.opened_at, one.incident.id))


def flow_topics(flows_of_topic: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Return the topics of each flow."""
    found: dict[str, set[str]] = {}
    for topic, flows in flows_of_topic.items():
        for flow in flows:
            found.setdefault(flow, set()).add(topic)
    return found


def window(one: Group, told: Sequence[Group], now: datetime, horizon_s: float) -> Window:
    """Return when a complaint may belong to a story."""
    recovered_at = one.closed_at or now
    followers = [
        other.onset_at
        for other in told
        if other.onset_at > one.onset_at and one.head.subject in other.flows
    ]
    until = min([now, recovered_at + timedelta(seconds=horizon_s), *followers])
    return Window(one.head.subject, one.onset_at, recovered_at, until)


def originals(posts: Sequence[ScoredPost]) -> list[ScoredPost]:
    """Return the complaints that are not reposts, by posting time."""
    own = [post for post in posts if post.complaint and not post.repost]
    return sorted(own, key=lambda post: (post.posted_at, post.source, post.key))


def choose(
    post: ScoredPost, windows: Sequence[Window], flows_of_topic: Mapping[str, tuple[str, ...]]
) -> int | None:
    """Return the place of the story that a complaint belongs to; None: to none.

    Of several, the one that its topics speak of most closely (a topic of one flow says more
    than one of five); then one that lasted when it was posted, so that a doubt is never
    settled in favour of our lead; then the one that began first.
    """
    fitting = []
    for place, one in enumerate(windows):
        if not one.since <= post.posted_at <= one.until:
            continue
        breadths = [
            len(flows)
            for topic in post.topics
            if one.flow in (flows := flows_of_topic.get(topic, ()))
        ]
        if breadths:
            over = post.posted_at > one.recovered_at
            fitting.append((min(breadths), over, one.since, place))
    return min(fitting)[-1] if fitting else None


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
    minutes = max(0.0, (until - one.onset_at).total_seconds() / 60)
    own = [
        run
        for run in runs
        if run.flow == one.head.subject and run.maintenance is None
        if not silent(run, one.head.step)
    ]
    failed, worked = failure_share(own, one.onset_at, until)
    # The incident itself says that one failed, even if that run is no longer kept.
    return affected(rates[0], minutes, max(failed, 1), worked)


def story(one: Group, own: Sequence[ScoredPost], hit: Estimate | None, prior: Prior) -> Story:
    """Return the ledger's row."""
    first = own[0].posted_at if own else None
    told = one.told
    return Story(
        incident=told,
        first_complaint_at=first,
        lead_time_s=None if first is None else (first - told.opened_at).total_seconds(),
        posts_seen=authors(own),
        customers_affected=hit,
        expected_posts=None if hit is None else expected_posts(hit, prior),
        explains=one.explained,
    )


def falls_into(surge: Incident, one: Group, span: Window, flows: set[str]) -> bool:
    """Whether a surge of complaints is about a story that probes tell."""
    began = span.since <= surge.onset_at <= span.until
    lasted = surge.onset_at <= span.since <= (surge.closed_at or span.until)
    return (began or lasted) and not flows.isdisjoint(one.flows)

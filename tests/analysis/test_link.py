"""The lead-time ledger: who was first, and which incidents are one story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forepost.analysis.fallout import affected, expected_posts
from forepost.analysis.link import link
from forepost.model import (
    FlowRun,
    Incident,
    IncidentKind,
    Outcome,
    ScoredPost,
    Story,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=2)
HORIZON_S = 3600.0
TOPICS = {
    "payment": ("payment", "checkout"),
    "delivery": ("checkout", "after_sales"),
    "gift_card": ("gift_card",),
    "autopay": ("autopay",),
}


def at(minute: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minute)


def incident(
    flow: str = "payment", minute: float = 0, until: float | None = 20, step: str | None = "pay"
) -> Incident:
    """Began at that minute, first failed one later, opened another later."""
    return Incident(
        id=f"{flow}-{minute:g}",
        kind=IncidentKind.PROBE,
        subject=flow,
        onset_at=at(minute),
        first_failed_at=at(minute + 1),
        opened_at=at(minute + 2),
        closed_at=None if until is None else at(until),
        run_id="r1",
        step=step,
    )


def surge(topic: str, minute: float, until: float | None) -> Incident:
    """A surge of complaints about a topic."""
    one = incident(topic, minute, until, None)
    return replace(one, kind=IncidentKind.COMPLAINTS, run_id=None)


def post(
    minute: float,
    *topics: str,
    author: str = "a",
    complaint: bool = True,
    repost: bool = False,
) -> ScoredPost:
    """A post of that minute; on payment if nothing else is said."""
    when = at(minute)
    return ScoredPost(
        source="town",
        key=f"{minute}{author}",
        author_key=author,
        posted_at=when,
        arrived_at=when,
        score=0.9,
        complaint=complaint,
        topics=topics or ("payment",),
        repost=repost,
    )


def run(minute: float, outcome: Outcome, flow: str = "payment") -> FlowRun:
    """A run that starts at that minute."""
    when = at(minute)
    return FlowRun(f"{flow}{minute}", flow, "local", when, when, when, outcome)


def told(
    incidents: list[Incident],
    posts: list[ScoredPost],
    *,
    rates: dict[str, float] | None = None,
    runs: list[FlowRun] | None = None,
) -> list[Story]:
    """The ledger at two o'clock."""
    return link(incidents, posts, TOPICS, rates or {}, runs or [], NOW, HORIZON_S)


def test_the_first_complaint_after_detection_is_a_positive_lead() -> None:
    """Opened at 12:02, first complaint at 12:09: seven minutes."""
    (story,) = told([incident()], [post(15, author="b"), post(9)])
    assert story.first_complaint_at == at(9)
    assert story.lead_time_s == 7 * 60
    assert story.posts_seen == 2


def test_customers_who_were_first_make_the_lead_negative() -> None:
    """A complaint between onset and detection: they knew before us, and it is said."""
    (story,) = told([incident()], [post(0.5)])
    assert story.lead_time_s == -90


def test_nobody_posted_is_censored_not_zero() -> None:
    """Without a complaint there is no lead time to speak of."""
    (story,) = told([incident()], [])
    assert story.first_complaint_at is None
    assert story.lead_time_s is None
    assert story.posts_seen == 0


@pytest.mark.parametrize(
    "other",
    [
        post(-1),  # before the onset
        post(9, "gift_card"),  # about something else
        post(9, complaint=False),  # chatter
        post(9, repost=True),  # reach, not a first-hand complaint
        post(81),  # more than an hour after recovery
    ],
)
def test_what_does_not_belong_is_not_taken(other: ScoredPost) -> None:
    """Neither as the first complaint nor as a post seen."""
    (story,) = told([incident()], [other, post(30)])
    assert story.first_complaint_at == at(30)
    assert story.posts_seen == 1


def test_a_complaint_belongs_to_the_latest_incident_of_its_flow() -> None:
    """The window of the first incident ends where the next of the same flow begins."""
    first, second = told([incident(), incident(minute=40, until=60)], [post(45)])
    assert first.first_complaint_at is None
    assert second.first_complaint_at == at(45)


def test_one_author_is_one_post_seen_and_a_forgotten_author_a_person() -> None:
    """Distinct authors; empty keys (forgotten, or never known) count one each."""
    posts = [post(5, author="x"), post(6, author="x"), post(7, author=""), post(8, author="")]
    (story,) = told([incident()], posts)
    assert story.posts_seen == 3


def test_an_open_incident_counts_until_now() -> None:
    """Nothing after now is known."""
    (story,) = told([incident(until=None)], [post(119), post(121)])
    assert story.posts_seen == 1


def test_incidents_that_failed_in_the_same_step_are_one_story() -> None:
    """The same pay step fails in three flows: payment speaks, the others are explained."""
    incidents = [
        incident("checkout", 0, 20),
        incident("autopay", 1, 21),
        incident("payment", 2, 22),
    ]
    (story,) = told(incidents, [post(9)])
    assert story.incident.subject == "payment"
    assert story.explains == ("autopay", "checkout")
    # Found when the first of the three was; begun after the last run that was still good.
    assert story.incident.opened_at == at(2)
    assert story.lead_time_s == (9 - 2) * 60
    assert story.incident.onset_at == at(1)


def test_flows_that_share_a_topic_and_began_together_are_one_story() -> None:
    """Checkout at its payment page, payment at its own: payment has the fewer topics."""
    incidents = [incident("checkout", 0, 20, "order"), incident("payment", 0.5, 22, "charge")]
    (story,) = told(incidents, [])
    assert story.incident.subject == "payment"
    assert story.explains == ("checkout",)


def test_flows_that_share_a_topic_but_began_apart_are_two_stories() -> None:
    """Checkout still worked after payment had failed: not the same cause, though both last."""
    incidents = [incident("payment", 0, 20), incident("checkout", 5, 25, "receipt")]
    assert len(told(incidents, [])) == 2


def test_the_flow_that_the_step_speaks_of_tells_the_story() -> None:
    """Half of "buy a gift card" is about gift cards; all of "pay" is about payment."""
    incidents = [
        incident("gift_card", 0, 20, "buy a gift card"),
        incident("payment", 0.5, 20.5, "pay"),
    ]
    shared = {**TOPICS, "site_down": ("payment", "gift_card")}
    (story,) = link(incidents, [], shared, {}, [], NOW, HORIZON_S)
    assert (story.incident.subject, story.explains) == ("payment", ("gift_card",))


def test_a_complaint_belongs_to_one_story_the_one_it_speaks_of_most() -> None:
    """A word on gift cards beside "the site is slow" is about gift cards."""
    incidents = [incident("payment", 0, 20), incident("gift_card", 1.5, 21, "redeem")]
    wide = {**TOPICS, "site_slow": ("payment", "gift_card")}
    posts = [
        post(8, "site_slow", "gift_card"),
        post(9, "site_slow", author="b"),  # both last: the one that began first
        post(20.5, "site_slow", author="c"),  # only one still lasts
    ]
    payment, gift_card = link(incidents, posts, wide, {}, [], NOW, HORIZON_S)
    assert (payment.first_complaint_at, payment.posts_seen) == (at(9), 1)
    assert (gift_card.first_complaint_at, gift_card.posts_seen) == (at(8), 2)


def test_incidents_one_after_the_other_are_two_stories() -> None:
    """The second failed first after the first had recovered."""
    incidents = [incident("payment", 0, 20), incident("checkout", 21, 40)]
    assert [story.incident.subject for story in told(incidents, [])] == ["payment", "checkout"]


def test_incidents_without_anything_in_common_are_two_stories() -> None:
    """At the same time, in other steps, about other things."""
    incidents = [incident("payment"), incident("gift_card", step="redeem")]
    assert [story.explains for story in told(incidents, [])] == [(), ()]


def test_the_order_of_what_is_given_does_not_matter() -> None:
    """A ledger printed twice is the same ledger."""
    incidents = [
        incident("checkout", 0, 20),
        incident("gift_card", 5, 25),
        incident("payment", 2, 22),
        incident("autopay", 10, 30, "renewal"),
    ]
    posts = [post(9), post(12, "gift_card"), post(4, author="z")]
    assert told(incidents, posts) == told(incidents[::-1], posts[::-1])


def test_a_surge_that_a_probe_explains_is_part_of_its_story() -> None:
    """Customers and probes speak of the same thing: one row."""
    (story,) = told([incident(), surge("payment", 5, 30)], [post(6)])
    assert story.incident.kind is IncidentKind.PROBE


def test_a_surge_without_a_probe_is_told_as_missed() -> None:
    """What probes did not see is a story of its own, in which customers were first."""
    (story,) = told([surge("delivery", 5, 30)], [post(5.5, "delivery")])
    assert story.incident.subject == "delivery"
    assert story.lead_time_s == -90
    assert story.customers_affected is None


def test_customers_affected_come_from_rate_minutes_and_failure_share() -> None:
    """20 minutes at 30 a minute, 3 of 4 runs failed; the run before and ours do not count."""
    history = [run(-1, Outcome.PASSED), run(2, Outcome.BROKEN), run(30, Outcome.FAILED)]
    history += [run(minute, Outcome.FAILED) for minute in (1, 5, 9)] + [run(15, Outcome.PASSED)]
    (story,) = told([incident()], [], rates={"payment": 30.0}, runs=history)
    want = affected(30.0, 20.0, failed=3, worked=1)
    assert story.customers_affected == want
    assert story.expected_posts == expected_posts(want)


def test_without_a_rate_no_number_of_customers_is_made_up() -> None:
    """Unknown is None, never zero."""
    (story,) = told([incident()], [], rates={"gift_card": 30.0})
    assert story.customers_affected is None
    assert story.expected_posts is None

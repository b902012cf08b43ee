"""Complaints per bucket, and how much of each bucket was looked at."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forepost.model import ComplaintCount
from forepost.storage import Store
from tests.storage.nouns import at, failed_poll, poll, post

MINUTE_S = 60
HOUR_S = 3600
FORGOTTEN_AT = at(0) + timedelta(days=9)


def minutes(
    store: Store, since: float, until: float, topic: str | None = None
) -> list[ComplaintCount]:
    """The counts of those minutes."""
    return store.complaint_counts(topic, at(since), at(until), MINUTE_S)


def test_every_bucket_of_the_span_is_there(store: Store) -> None:
    """Aligned to the clock, also where nothing is known: coverage 0, not a quiet minute."""
    counts = minutes(store, 0.5, 3)
    assert [count.bucket_at for count in counts] == [at(0), at(1), at(2)]
    assert {(count.posts, count.complaints, count.coverage) for count in counts} == {(0, 0, 0.0)}
    assert minutes(store, 3, 3) == []


def test_complaints_reposts_and_chatter_are_counted_apart(store: Store) -> None:
    """Everything seen; original complaints by author; reposts of complaints."""
    posts = [
        post(0.1, "ann"),
        post(0.2, "bob"),
        post(0.3, "cid", complaint=False),
        post(0.4, "dot", repost=True),
        post(0.5, "eve", complaint=False, repost=True),
    ]
    store.add_posts(poll(0, 1), posts, None)
    (count,) = minutes(store, 0, 1)
    assert (count.posts, count.complaints, count.reposts, count.coverage) == (5, 2, 1, 1.0)


def test_an_author_counts_once_an_hour_and_topic(store: Store) -> None:
    """Angry twice is one person; again in the next hour, or about something else, is new."""
    store.add_posts(
        poll(0, 120),
        [post(1), post(5), post(61), post(6, "ann", "gift_card"), post(7, "", "payment")],
        None,
    )
    by_minute = {c.bucket_at: c.complaints for c in minutes(store, 0, 120, "payment")}
    assert {when for when, n in by_minute.items() if n} == {at(1), at(7), at(61)}
    assert sum(c.complaints for c in minutes(store, 0, 120, "gift_card")) == 1
    assert sum(c.complaints for c in minutes(store, 0, 120)) == 3
    # A span that begins between the two posts knows of the first one.
    assert sum(c.complaints for c in minutes(store, 3, 7, "payment")) == 0


def test_authors_without_a_key_are_people_of_their_own(store: Store) -> None:
    """A source that tells no author cannot say that two posts are one person's."""
    posts = [post(1, "", complaint=True), post(2, "")]
    store.add_posts(poll(0, 3), posts, None)
    assert sum(count.complaints for count in minutes(store, 0, 3)) == 2


# The store is not emptied between examples: each takes a day of its own.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 7199), st.sampled_from("abc")), max_size=25, unique=True))
def test_small_buckets_add_up_to_large_ones(store: Store, posts: list[tuple[int, str]]) -> None:
    """The hour's count is the sum of its minutes, and the number of authors by hour."""
    source = f"source{len(store.polls())}"
    start = at(0) + timedelta(days=len(store.polls()))
    shift = (start - at(0)).total_seconds() / 60
    store.add_posts(
        poll(shift, shift + 120),
        [post(shift + second / 60, author, source=source) for second, author in posts],
        None,
    )
    end = start + timedelta(hours=2)
    by_minute = [c.complaints for c in store.complaint_counts(None, start, end, MINUTE_S)]
    by_hour = [c.complaints for c in store.complaint_counts(None, start, end, HOUR_S)]
    assert [sum(by_minute[:60]), sum(by_minute[60:])] == by_hour
    assert by_hour == [
        len({who for second, who in posts if second // HOUR_S == hour}) for hour in (0, 1)
    ]


def test_coverage_is_the_share_of_the_bucket_that_looks_covered(store: Store) -> None:
    """Overlapping looks count once; a failed look covers nothing; now ends the last one."""
    store.add_posts(poll(0, 1.25), [], None)
    store.add_posts(poll(0.5, 1.5), [], None)
    store.add_posts(failed_poll(3), [], None)
    store.add_posts(poll(3.75, 4.5), [], None)
    assert [count.coverage for count in minutes(store, 0, 5)] == [1.0, 0.5, 0.0, 0.25, 0.5]


def test_a_new_look_is_seen_at_once(store: Store) -> None:
    """Nothing that is remembered outlives the next poll."""
    store.add_posts(poll(0, 0.5), [], None)
    assert minutes(store, 0, 1)[0].coverage == 0.5
    store.add_posts(poll(0.5, 1), [], None)
    assert minutes(store, 0, 1)[0].coverage == 1.0
    assert minutes(store, 0, 1, "payment")[0].coverage == 1.0


def test_all_known_sources_must_have_looked(store: Store) -> None:
    """The source that covered least says how much is known."""
    store.add_posts(poll(0, 10), [], None)
    store.add_posts(poll(2, 5, "file"), [], None)
    coverage = [count.coverage for count in minutes(store, 0, 10)]
    # Before its first look the second source was not known; afterwards it is missed.
    assert coverage == [1.0] * 5 + [0.0] * 5


def test_a_source_taken_out_of_the_configuration_is_not_missed_for_ever(store: Store) -> None:
    """A day after its last look it no longer counts."""
    store.add_posts(poll(0, 10, "old"), [], None)
    store.add_posts(poll(0, 3 * 1440), [], None)
    assert minutes(store, 1430, 1431)[0].coverage == 0.0
    assert minutes(store, 1460, 1461)[0].coverage == 1.0


def test_a_month_of_looks_covers_a_month(store: Store) -> None:
    """One look a quarter of an hour, for 30 days, joined without a seam."""
    for quarter in range(0, 30 * 96, 4):
        store.add_posts(poll(quarter * 15, quarter * 15 + 60), [], None)
    counts = store.complaint_counts(None, at(0), at(30 * 1440), 300)
    assert {count.coverage for count in counts} == {1.0}
    assert len(counts) == 30 * 288


def test_forgetting_authors_changes_no_closed_count(store: Store) -> None:
    """After 8 days the keys are gone and every hour counts the same people."""
    posts = [post(minute, who) for minute in (1, 5, 30, 61, 62) for who in ("ann", "bob")]
    store.add_posts(poll(0, 120), [*posts, post(7, "cid"), post(8, "")], None)
    before = minutes(store, 0, 120)
    store.prune(FORGOTTEN_AT)
    assert {one.author_key for one in store.posts()} == {""}
    assert minutes(store, 0, 120) == before
    late = post(40, "dan")
    store.add_posts(poll(120, 121), [late], None)
    store.prune(FORGOTTEN_AT)
    assert sum(c.complaints for c in minutes(store, 0, 120)) == 1 + sum(
        c.complaints for c in before
    )


def test_authors_of_the_last_8_days_are_kept(store: Store) -> None:
    """An open hour must still know who has posted already."""
    store.add_posts(poll(0, 2), [post(1)], None)
    store.prune(at(0) + timedelta(days=8))
    assert [one.author_key for one in store.posts()] == ["ann"]


def test_a_bucket_without_length_is_refused(store: Store) -> None:
    """Not a loop without end."""
    with pytest.raises(ValueError, match="bucket_s: 0 is not a length of time"):
        store.complaint_counts(None, at(0), at(1), 0)

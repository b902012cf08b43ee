"""The Mastodon source loses no post, counts none twice, and names itself when it fails."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from complaints.client import PoliteSession
from complaints.page import Page
from complaints.sources import mastodon
from forepost.errors import SourceError

from .conftest import PATH, Timeline


def ids(page: Page) -> list[int]:
    """Return the ids of a page's posts."""
    return [int(post.id) for post in page.posts]


def test_the_first_poll_looks_back_a_bounded_span(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """An hour by default: what is older is not read, and the coverage says so."""
    timeline.post(1, now - timedelta(hours=2))
    timeline.post(2, now - timedelta(minutes=50))
    timeline.post(3, now - timedelta(minutes=1))

    page = mastodon.fetch(http, None, settings)

    assert ids(page) == [2, 3]
    assert page.covered_from is not None
    assert page.covered_to is not None
    assert page.covered_to - page.covered_from == timedelta(hours=1)
    assert page.covered_to >= now


def test_post_41_is_not_lost(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """More new posts than a page holds arrive all, oldest first, each once."""
    timeline.post(100, now - timedelta(minutes=5))
    first = mastodon.fetch(http, None, settings)
    for number in range(101, 201):
        timeline.post(number, now)

    page = mastodon.fetch(http, first.cursor, settings)

    assert ids(page) == list(range(101, 201))
    assert page.covered_from == first.covered_to
    assert ids(mastodon.fetch(http, page.cursor, settings)) == []


def test_the_first_poll_reads_more_than_one_page_back(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """Paging backwards by `max_id` until the span is full."""
    for number in range(1, 121):
        timeline.post(number, now - timedelta(minutes=30) + timedelta(seconds=number))

    assert ids(mastodon.fetch(http, None, settings)) == list(range(1, 121))


@pytest.mark.parametrize("fault", ["shuffled", "repeated"])
def test_the_order_of_a_page_does_not_matter(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    now: datetime,
    fault: str,
) -> None:
    """Reordered and repeated entries give the same posts as a well-behaved instance."""
    timeline.post(9, now - timedelta(minutes=5))
    first = mastodon.fetch(http, None, settings)
    setattr(timeline, fault, True)
    # 99 < 100 as numbers, not as text: ids grow a digit.
    for number in range(95, 196):
        timeline.post(number, now)

    assert ids(mastodon.fetch(http, first.cursor, settings)) == list(range(95, 196))


def test_a_poll_that_stops_early_says_how_far_it_came(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """With the bound on pages reached, only up to the last post is covered; the rest follows."""
    timeline.post(1, now - timedelta(minutes=40))
    first = mastodon.fetch(http, None, settings)
    for number in range(2, 102):
        timeline.post(number, now - timedelta(minutes=30) + timedelta(seconds=number))
    bounded = dataclasses.replace(settings, max_pages=2)

    page = mastodon.fetch(http, first.cursor, bounded)
    rest = mastodon.fetch(http, page.cursor, bounded)
    last = mastodon.fetch(http, rest.cursor, bounded)

    assert ids(page) == list(range(2, 82))
    assert page.covered_to == page.posts[-1].posted_at
    assert rest.covered_from == page.covered_to
    assert set(ids(rest)) | set(ids(last)) >= set(range(82, 102))


def test_a_post_that_arrives_late_with_an_old_id_is_read(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """Posts of other instances get the id of their writing time: behind the cursor."""
    timeline.post(500, now - timedelta(minutes=3))
    first = mastodon.fetch(http, None, settings)
    timeline.post(400, now - timedelta(minutes=4))
    kept = json.loads(first.cursor or "")
    kept["reread_at"] = (now - timedelta(minutes=10)).isoformat()

    assert 400 in ids(mastodon.fetch(http, json.dumps(kept), settings))


def test_another_hashtag_starts_anew(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """A cursor of one timeline says nothing about another one."""
    timeline.post(7, now)
    foreign = mastodon.Cursor("another", 10**18, now, now).text()

    assert ids(mastodon.fetch(http, foreign, settings)) == [7]
    assert ids(mastodon.fetch(http, "rubbish", settings)) == [7]


def test_a_quiet_timeline_is_covered_and_empty(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession
) -> None:
    """Nothing posted is quiet, not unknown."""
    first = mastodon.fetch(http, None, settings)
    page = mastodon.fetch(http, first.cursor, settings)

    assert timeline.requests
    assert list(page.posts) == []
    assert page.covered_from == first.covered_to
    assert page.covered_to is not None


def test_a_repost_is_told_from_a_post(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """A reblog carries the text of the other post, and its id."""
    boosted = {"id": "5", "content": "<p>cannot pay</p>"}
    timeline.post(6, now, reblog=boosted)

    (post,) = mastodon.fetch(http, None, settings).posts

    assert (post.id, post.repost_of, post.text) == ("6", "5", "cannot pay")


@pytest.mark.parametrize("body", ["<html>", "[{}]", "", '{"error": "x"}', "[" * 9_000, "[null]"])
def test_a_bad_answer_names_the_source(
    httpserver: HTTPServer, settings: mastodon.Settings, http: PoliteSession, body: str
) -> None:
    """The operator must see which source failed without opening a traceback."""
    httpserver.expect_request(PATH).respond_with_data(body)

    with pytest.raises(
        SourceError, match=r"^mastodon: http://.*; kept the last good poll$"
    ) as told:
        mastodon.fetch(http, None, settings)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("code", "words"), [(401, "logged-in"), (403, "refuses"), (404, "API")])
def test_a_refusal_says_what_it_means(
    httpserver: HTTPServer, settings: mastodon.Settings, http: PoliteSession, code: int, words: str
) -> None:
    """Each status has its own remedy."""
    httpserver.expect_request(PATH).respond_with_data("no", status=code)

    with pytest.raises(SourceError, match=rf"HTTP {code}: .*{words}"):
        mastodon.fetch(http, None, settings)


def test_a_malformed_entry_is_not_quoted(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """The error may not carry a word of a post: it goes to logs and to the store."""
    timeline.post(1, now, "unmistakable words")
    timeline.statuses[0]["created_at"] = "unmistakable words"

    with pytest.raises(SourceError) as told:
        mastodon.fetch(http, None, settings)
    assert "unmistakable" not in str(told.value)


def test_a_password_in_the_address_is_not_shown(http: PoliteSession) -> None:
    """An instance behind basic auth: the error line must not leak it."""
    closed = mastodon.Settings(instance="http://me:hush@127.0.0.1:9", hashtag="shop")
    http.budget_s = 0.2

    with pytest.raises(SourceError) as told:
        mastodon.fetch(http, None, closed)
    assert "hush" not in str(told.value)
    assert "127.0.0.1:9" in str(told.value)


def test_asked_too_often_it_waits_and_reads_on(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """429 with a short Retry-After costs a moment, no post and no error."""
    timeline.post(1, now)
    timeline.disturb = [Response("slow down", status=429, headers={"Retry-After": "0"})]

    assert ids(mastodon.fetch(http, None, settings)) == [1]
    assert len(timeline.requests) == 3


def test_a_wait_longer_than_the_poll_is_an_error(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession
) -> None:
    """The poll does not hang; the next one tries again."""
    timeline.disturb = [Response("", status=429, headers={"Retry-After": "3600"})]

    with pytest.raises(SourceError, match="asked too often"):
        mastodon.fetch(http, None, settings)


def test_times_are_utc(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """Whatever zone the instance writes."""
    timeline.post(1, now)
    east = now.astimezone(UTC) + timedelta(hours=2)
    timeline.statuses[0]["created_at"] = east.strftime("%Y-%m-%dT%H:%M:%S+02:00")

    (post,) = mastodon.fetch(http, None, settings).posts

    assert post.posted_at == now
    assert post.posted_at.tzinfo is UTC


def test_the_cursor_is_no_posts_id(
    timeline: Timeline, settings: mastodon.Settings, http: PoliteSession, now: datetime
) -> None:
    """The store keeps no native id: the cursor holds a time, and nothing is lost by it."""
    number = int(now.timestamp() * 1000) << 16
    timeline.post(number, now)
    timeline.post(number + 4_711, now)

    first = mastodon.fetch(http, None, settings)
    timeline.post(number + 2**24, now)
    second = mastodon.fetch(http, first.cursor, settings)

    assert ids(first) == [number, number + 4_711]
    assert ids(second)[-1] == number + 2**24
    for post in timeline.statuses:
        assert post["id"] not in f"{first.cursor} {second.cursor}"

"""A poll ends in the store: exactly once under failure, and without a word of any post."""

import dataclasses
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug import Response

from complaints import client
from complaints.classify import Classifier
from complaints.client import PoliteSession
from complaints.observe import observe
from complaints.sources import file, mastodon
from complaints.topics import Topics
from forepost.errors import PluginError
from forepost.model import Poll
from forepost.storage.sqlite import SqliteStore

from .conftest import Timeline

CLASSIFIER = Classifier.load()
TOPICS = Topics.load()
COMPLAINT = "I was charged twice and got no order number, nobody answers. Fix your payment page!"


def look(
    store: SqliteStore, http: PoliteSession, settings: mastodon.Settings, now: datetime
) -> Poll:
    """Poll the timeline once."""
    return observe("mastodon", http, store, settings, CLASSIFIER, TOPICS, now)


def test_a_complaint_reaches_the_store_with_topics_and_coverage(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
) -> None:
    """Posts, poll and cursor together."""
    timeline.post(1, now, COMPLAINT)
    timeline.post(2, now, "what a lovely morning")

    poll = look(store, http, settings, now)

    (kept,) = store.posts()
    assert kept.complaint
    assert "payment" in kept.topics
    assert len(store.posts(complaints_only=False)) == 2
    assert poll.error == ""
    assert store.polls() == [poll]
    assert store.cursor("mastodon")


def test_failures_on_the_way_leave_the_same_posts(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """429, 503, HTML, a cut body, repeated and reordered pages: every post once, none lost."""
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 0.01)
    failures = [
        Response("", status=429, headers={"Retry-After": "0"}),
        Response("<html>maintenance</html>", content_type="text/html"),
        Response("", status=503),
        Response("[{", content_type="application/json"),
    ]
    number = 1_000
    errors = 0
    for turn in range(12):
        for _ in range(15 * (turn % 4)):
            number += 1
            timeline.post(number, now, COMPLAINT)
        timeline.shuffled, timeline.repeated = turn % 2 == 0, turn % 3 == 0
        if turn % 3 == 1:
            timeline.disturb = [failures[(turn // 3) % 4]]
        errors += bool(look(store, http, settings, now + timedelta(seconds=turn)).error)

    assert errors == 2
    assert len(store.posts(complaints_only=False)) == number - 1_000
    assert len({post.key for post in store.posts()}) == number - 1_000


def test_a_failed_poll_is_kept_without_coverage(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
) -> None:
    """Unknown, not quiet; the cursor stays, so that nothing is skipped."""
    timeline.post(1, now)
    look(store, http, settings, now)
    before = store.cursor("mastodon")
    timeline.disturb = [Response("<html>")]

    poll = look(store, http, settings, now + timedelta(seconds=1))

    assert poll.error.startswith("mastodon: http://")
    assert (poll.covered_from, poll.covered_to) == (None, None)
    assert store.polls()[-1] == poll
    assert store.cursor("mastodon") == before


def test_no_text_no_handle_and_no_id_is_stored(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A byte scan of everything the store wrote, and of the log."""
    caplog.set_level("INFO")
    # The test's own server writes what it is asked into the same log.
    logging.getLogger("werkzeug").setLevel("ERROR")
    native = 112_233_445_566_778_899
    account = {"acct": "conspicuous_handle@elsewhere.example"}
    timeline.post(native, now, f"{COMPLAINT} conspicuous_words", account=account)
    timeline.post(native + 2**20, now, "later", account=account)

    look(store, http, settings, now)
    store.close()

    files = sorted(store.path.parent.iterdir())
    written = b"".join(path.read_bytes() for path in files) + caplog.text.encode()
    assert files
    for secret in ("conspicuous", "charged twice", "elsewhere.example", str(native)):
        assert secret.encode() not in written


def test_one_author_has_one_key_and_two_stores_have_two(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
    tmp_path: Path,
) -> None:
    """Authors can be counted inside a store and compared nowhere else."""
    timeline.post(1, now, account={"acct": "ann"})
    timeline.post(2, now, account={"acct": "ann"})
    other = SqliteStore(tmp_path / "other.sqlite")

    look(store, http, settings, now)
    look(other, http, settings, now)

    here = {post.author_key for post in store.posts(complaints_only=False)}
    there = {post.author_key for post in other.posts(complaints_only=False)}
    other.close()
    assert len(here) == len(there) == 1
    assert not here & there


def test_unreadable_lines_are_told_beside_the_coverage(
    http: PoliteSession, store: SqliteStore, now: datetime, tmp_path: Path
) -> None:
    """The rest of the file counts."""
    path = tmp_path / "posts.jsonl"
    path.write_text('{"id": 1, "posted_at": "2026-03-01T12:00:00Z", "text": "hi"}\n{\n[\n', "utf-8")

    poll = observe("file", http, store, file.Settings(path), CLASSIFIER, TOPICS, now)

    assert "line 2" in poll.error
    assert poll.error.endswith("and 1 more like it")
    assert poll.covered_to is not None
    assert len(store.posts(complaints_only=False)) == 1


def test_an_unknown_source_names_those_that_exist(
    http: PoliteSession, store: SqliteStore, settings: mastodon.Settings, now: datetime
) -> None:
    """And nothing is stored."""
    with pytest.raises(PluginError, match="there is: file, mastodon"):
        observe("mastadon", http, store, settings, CLASSIFIER, TOPICS, now)
    assert store.polls() == []


def test_reposts_are_marked_as_reach(
    timeline: Timeline,
    settings: mastodon.Settings,
    http: PoliteSession,
    store: SqliteStore,
    now: datetime,
) -> None:
    """Counted apart from complaints."""
    timeline.post(1, now, COMPLAINT)
    timeline.post(2, now, reblog={"id": "1", "content": COMPLAINT})

    look(store, http, dataclasses.replace(settings, look_back_s=60), now)

    assert sorted(post.repost for post in store.posts()) == [False, True]

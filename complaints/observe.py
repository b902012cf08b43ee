"""One look at one source: fetch, score, forget the text, store."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from complaints.classify import Classifier
from complaints.client import PoliteSession
from complaints.page import Page
from complaints.topics import Topics
from forepost import plugins
from forepost.errors import SourceError
from forepost.model import Poll, Post, ScoredPost
from forepost.storage import Store

KEY_BYTES = 16


def observe(
    name: str,
    http: requests.Session,
    store: Store,
    settings: Any,
    classifier: Classifier,
    topics: Topics,
    now: datetime,
) -> Poll:
    """Poll one source and store what it yields: posts, coverage and cursor in one transaction.

    Shape:   `settings` is the plugin's own Settings.
    Returns: the poll as stored. A source that did not answer gives a poll with an error and
             no coverage, the cursor stays; lines of a file that could not be read give an
             error beside the coverage.
    Raises:  PluginError if there is no such source, StoreError if the store does not take it.
    """
    source = plugins.load("complaints.sources", name)
    try:
        page = _fetch(source.fetch, http, store.cursor(name), settings)
    except SourceError as error:
        poll = Poll(name, now, None, None, str(error))
        store.add_posts(poll, [], None)
        return poll
    poll = Poll(name, now, page.covered_from, page.covered_to, told(page.faults))
    salt = store.salt()
    judge = Judge(classifier, topics, salt)
    scored = [judge.score(post, name, now) for post in page.posts]
    store.add_posts(poll, scored, page.cursor)
    return poll


def _fetch(fetch: Any, http: requests.Session, cursor: str | None, settings: Any) -> Page:
    """Let all requests of the poll share one budget of time."""
    if not isinstance(http, PoliteSession):
        return fetch(http, cursor, settings)  # type: ignore[no-any-return]
    with http.poll():
        return fetch(http, cursor, settings)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Judge:
    """What turns a post into what is kept of it."""

    classifier: Classifier
    topics: Topics
    salt: bytes

    def score(self, post: Post, source: str, now: datetime) -> ScoredPost:
        """Return a post without text, author and native id."""
        value = self.classifier.score(post.text)
        key = hashed(self.salt, source, "post", post.id)
        # Nobody's name given: then every post counts as by someone of their own.
        author_key = hashed(self.salt, source, "author", post.author) if post.author else key
        return ScoredPost(
            source=source,
            key=key,
            author_key=author_key,
            posted_at=post.posted_at,
            arrived_at=now,
            score=round(value, 4),
            complaint=value >= self.classifier.threshold,
            topics=self.topics.of(post.text),
            repost=post.repost_of is not None,
        )


def hashed(salt: bytes, *parts: str) -> str:
    """Return a hash that nobody can turn back, or compare, without this store's salt."""
    words = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, key=salt[:64], digest_size=KEY_BYTES).hexdigest()


def told(faults: tuple[str, ...]) -> str:
    """Return one line for all records that could not be read."""
    if len(faults) <= 1:
        return "".join(faults)
    return f"{faults[0]}; and {len(faults) - 1} more like it"

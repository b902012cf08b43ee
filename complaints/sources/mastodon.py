"""Mastodon: the public posts under one hashtag of one instance."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from complaints.page import Page
from complaints.plain import plain
from forepost.errors import SourceError
from forepost.model import Post

TIME_SHIFT = 16
FEWEST_TIME_BITS = 48  # smaller ids are counters, not times


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[complaints.mastodon]` of config.toml, key for key."""

    instance: str
    hashtag: str
    limit: int = 40  # posts a request; the API gives no more than 40
    max_pages: int = 25  # requests a poll and direction; the rest waits for the next poll
    look_back_s: int = 3_600  # how far the first poll reads back
    # A post from another instance may arrive late, with an id of the time it was written:
    # it then lies behind the cursor. So the last stretch is read again now and then.
    reread_s: int = 900
    reread_every_s: int = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the last poll stopped: kept as text by the store, opaque to everyone else."""

    of: str  # which timeline it belongs to
    id: int  # just before the newest post seen; 0 if the timeline was empty
    at: datetime  # everything posted up to here has been read
    reread_at: datetime  # when the last stretch was read again

    def text(self) -> str:
        """Return the cursor as JSON."""
        times = {"at": self.at.isoformat(), "reread_at": self.reread_at.isoformat()}
        return json.dumps({"of": self.of, "id": str(self.id), **times})


@dataclass(slots=True)
class Reading:
    """What one poll has gathered: each post once, whatever page it came on."""

    posts: dict[int, Post] = field(default_factory=dict)
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))  # the last request
    caught_up: bool = False

    def take(self, statuses: list[tuple[int, Post]]) -> int:
        """Add a page; return how many of its posts were not known yet."""
        before = len(self.posts)
        self.posts.update(statuses)
        return len(self.posts) - before

    @property
    def in_order(self) -> list[Post]:
        """The posts, oldest id first."""
        return [self.posts[number] for number in sorted(self.posts)]


def fetch(http: requests.Session, cursor: str | None, settings: Settings) -> Page:
    """Return the posts made after `cursor`, oldest first.

    Raises: SourceError naming source and URL if the instance does not answer as documented;
            then nothing was read and the old cursor holds.
    """
    door = _Door(http, settings)
    known = _cursor(cursor, door.of)
    return _first(door, settings) if known is None else _next(door, known, settings)


def _first(door: "_Door", settings: Settings) -> Page:
    """Read back from now over a bounded span."""
    started_at = datetime.now(UTC)
    since = started_at - timedelta(seconds=settings.look_back_s)
    reading = door.backward(since)
    posts = reading.in_order
    # Stopped by the bound on pages: only what lies behind the oldest post read is whole.
    whole_from = since if reading.caught_up else max(since, posts[0].posted_at)
    new = Cursor(door.of, just_before(max(reading.posts, default=0)), started_at, started_at)
    return Page(
        posts=[post for post in posts if post.posted_at >= since],
        cursor=new.text(),
        covered_from=min(whole_from, started_at),
        covered_to=started_at,
    )


def _next(door: "_Door", known: Cursor, settings: Settings) -> Page:
    """Read forward from the cursor; now and then the last stretch once more."""
    reading = door.forward(known.id)
    posts = reading.in_order
    at = reading.asked_at if reading.caught_up else min(posts[-1].posted_at, reading.asked_at)
    newest = just_before(max(reading.posts)) if reading.posts else known.id
    reread_at = known.reread_at
    if not 0 <= (at - reread_at).total_seconds() < settings.reread_every_s and reading.caught_up:
        late = door.backward(at - timedelta(seconds=settings.reread_s))
        posts = Reading(late.posts | reading.posts).in_order
        reread_at = at
    return Page(
        posts=posts,
        cursor=Cursor(door.of, max(newest, known.id), at, reread_at).text(),
        covered_from=min(known.at, at),
        covered_to=at,
    )


class _Door:
    """The one timeline of one instance, page by page."""

    def __init__(self, http: requests.Session, settings: Settings) -> None:
        tag = quote(settings.hashtag.lstrip("#"), safe="")
        self.http = http
        self.url = f"{settings.instance.rstrip('/')}/api/v1/timelines/tag/{tag}"
        self.limit = settings.limit
        self.max_pages = max(1, settings.max_pages)
        self.of = hashlib.blake2b(self.url.encode(), digest_size=8).hexdigest()

    def forward(self, after: int) -> Reading:
        """Read from just after `after` towards now; `min_id` gives the nearest posts first."""
        reading = Reading()
        for _ in range(self.max_pages):
            reading.asked_at = datetime.now(UTC)
            # Not a short page but an empty one is the end: instances filter after counting.
            statuses = [found for found in self._page({"min_id": after}) if found[0] > after]
            if not statuses:
                reading.caught_up = True
                break
            reading.take(statuses)
            after = max(reading.posts)
        return reading

    def backward(self, since: datetime) -> Reading:
        """Read from the newest post back to the first one older than `since`."""
        reading = Reading()
        before: dict[str, int] = {}
        for _ in range(self.max_pages):
            statuses = self._page(before)
            if reading.take(statuses) == 0 or statuses[-1][1].posted_at < since:
                reading.caught_up = True
                break
            before = {"max_id": min(reading.posts)}
        return reading

    def _page(self, bound: dict[str, int]) -> list[tuple[int, Post]]:
        """Return one page, newest id first, whatever order it came in."""
        try:
            answer = self.http.get(self.url, params={"limit": self.limit, **bound})
            answer.raise_for_status()
            statuses = [parse(status) for status in _listed(answer.json())]
        except requests.JSONDecodeError as error:
            raise SourceError(self._line("the answer is not JSON")) from error
        except requests.HTTPError as error:
            raise SourceError(self._line(_refusal(error))) from error
        except requests.RequestException as error:
            raise SourceError(self._line(f"no answer ({type(error).__name__})")) from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # The error's own words may quote a post, so only its kind is told.
            what = f"not as docs.joinmastodon.org/entities/Status says ({type(error).__name__})"
            raise SourceError(self._line(what)) from error
        return sorted(statuses, key=lambda found: found[0], reverse=True)

    def _line(self, what: str) -> str:
        return f"mastodon: {_shown(self.url)}: {what}; kept the last good poll"


def parse(status: dict[str, Any]) -> tuple[int, Post]:
    """Turn one status of the Mastodon API (docs.joinmastodon.org/entities/Status) into a Post.

    Raises: ValueError, KeyError, TypeError or AttributeError if it is not one.
    """
    posted_at = datetime.fromisoformat(status["created_at"])
    if posted_at.tzinfo is None:
        raise ValueError("created_at without a zone")
    reposted = status.get("reblog")
    return int(status["id"]), Post(
        source="mastodon",
        id=str(int(status["id"])),
        posted_at=posted_at.astimezone(UTC),
        text=plain((reposted or status)["content"]),
        author=str(status["account"].get("acct") or status["account"].get("id") or ""),
        repost_of=str(int(reposted["id"])) if reposted else None,
    )


def just_before(number: int) -> int:
    """Return a place in the timeline just before a post, that is not any post's own id.

    A Mastodon id is its time in milliseconds and 16 more bits. The store keeps no native id,
    so the cursor keeps the time only; the newest post is read twice and counted once.
    """
    return (number >> TIME_SHIFT << TIME_SHIFT) - 1 if number >> FEWEST_TIME_BITS else number


def _listed(answer: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(answer, list):
        raise TypeError("not a list of statuses")
    return iter(answer)


def _refusal(error: requests.HTTPError) -> str:
    """Return what an error status means for the operator."""
    code = error.response.status_code
    meaning = {
        401: "the instance shows hashtags only to logged-in users",
        403: "the instance refuses us",
        404: "no such API: is this a Mastodon instance?",
        429: "asked too often, and the wait is longer than a poll may take",
    }.get(code, "the instance could not answer")
    return f"HTTP {code}: {meaning}"


def _shown(url: str) -> str:
    """Return a URL without user name and password."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else url


def _cursor(text: str | None, of: str) -> Cursor | None:
    """Return the kept cursor; None if there is none for this timeline: start anew."""
    try:
        kept = json.loads(text or "")
        at, reread_at = (datetime.fromisoformat(kept[key]) for key in ("at", "reread_at"))
        cursor = Cursor(kept["of"], int(kept["id"]), at.astimezone(UTC), reread_at.astimezone(UTC))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return cursor if cursor.of == of else None

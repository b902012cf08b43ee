"""The door to complaint sources: polite, patient within a time budget, never unbounded."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from requests import PreparedRequest, Response

from forepost import __version__

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 10.0
BUDGET_S = 30.0
MAX_BODY_BYTES = 8_000_000
MAX_TRIES = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
CHUNK_BYTES = 65_536
# Only these are repeated: asking twice changes nothing on the other side (RFC 9110, 9.2.2).
REPEATABLE = frozenset({"GET", "HEAD"})
# A broken line may be whole next time; a wrong address will not be right.
WORTH_REPEATING = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


class BodyTooLargeError(requests.RequestException):
    """An answer larger than any page of posts can be."""


class BudgetSpentError(requests.Timeout):
    """The time that one poll may take is over."""


class PoliteSession(requests.Session):
    """A requests session that names itself, waits when told to, and gives up in time.

    Units:  seconds. `budget_s` bounds a poll (see `poll()`), or one request outside a poll,
            with all its pauses and repeats.
    Raises: requests.RequestException as ever; the caller names the source.
            An answer that asks for more patience than the budget has is handed back as it is.
    """

    def __init__(self, contact: str, budget_s: float = BUDGET_S) -> None:
        super().__init__()
        asked_at = f" (+{contact})" if contact else ""
        self.headers["User-Agent"] = f"Forepost/{__version__}{asked_at}"
        self.max_redirects = 3
        self.budget_s = budget_s
        self._polls = threading.local()  # polls of several sources may share one door

    @contextmanager
    def poll(self) -> Iterator[None]:
        """Let all requests inside share one budget."""
        self._polls.ends = time.monotonic() + self.budget_s
        try:
            yield
        finally:
            self._polls.ends = None

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        """Send with timeouts, bounded body, and repeats where they are harmless."""
        ends = getattr(self._polls, "ends", None) or time.monotonic() + self.budget_s
        may_repeat = (request.method or "") in REPEATABLE
        for tried in range(1, MAX_TRIES + 1):
            last = tried == MAX_TRIES or not may_repeat
            try:
                answer = self._send_once(request, ends, kwargs)
            except WORTH_REPEATING as error:
                spent = isinstance(error, BudgetSpentError)
                if last or spent or not _pause(_backoff_s(tried), ends):
                    raise
                continue
            if answer.status_code not in TRY_AGAIN or last:
                return answer
            told = told_to_wait_s(answer, datetime.now(UTC))
            if not _pause(_backoff_s(tried) if told is None else told, ends):
                return answer
        raise BudgetSpentError(f"no answer in {MAX_TRIES} tries")

    def _send_once(self, request: PreparedRequest, ends: float, kwargs: dict[str, Any]) -> Response:
        """Send once and read the whole body, within the budget and the size bound."""
        left_s = ends - time.monotonic()
        if left_s <= 0:
            raise BudgetSpentError(f"the poll's {self.budget_s:g} s are spent")
        timeout = (min(CONNECT_TIMEOUT_S, left_s), min(READ_TIMEOUT_S, left_s))
        answer = super().send(request, **{**kwargs, "timeout": timeout, "stream": True})
        try:
            _read_body(answer, ends)
        finally:
            answer.close()
        return answer


def session(contact: str = "", **bounds: Any) -> PoliteSession:
    """Return the door; `contact` is a page or mail address where an instance's admin asks.

    Without one (`[complaints] contact`) we name only ourselves.

    Bounds: `budget_s`, seconds for one poll.
    """
    return PoliteSession(contact, **bounds)


def told_to_wait_s(answer: Response, now: datetime) -> float | None:
    """Return how long the other side asks us to wait, None if it does not say.

    Source: Retry-After in seconds or as a date (RFC 9110, 10.2.3); X-RateLimit-Reset as an
            ISO time (Mastodon), as Unix seconds (X, GitHub), or as seconds left.
    """
    said = answer.headers.get("Retry-After", "").strip()
    if said:
        if said.isdigit():
            return float(said)
        return _seconds_until(said, now, parsedate_to_datetime)
    said = answer.headers.get("X-RateLimit-Reset", "").strip()
    if said.isdigit():
        moment = float(said)
        return max(0.0, moment - now.timestamp()) if moment > now.timestamp() / 2 else moment
    return _seconds_until(said, now, datetime.fromisoformat) if said else None


def _seconds_until(said: str, now: datetime, parse: Any) -> float | None:
    try:
        moment = parse(said)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, float((moment - now).total_seconds()))


def _backoff_s(tried: int) -> float:
    """Return a pause that doubles, spread at random so that clients do not march in step."""
    ceiling = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (tried - 1))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, guards nothing


def _pause(wait_s: float, ends: float) -> bool:
    """Wait, unless that would outlast the budget; whether it waited."""
    if time.monotonic() + wait_s >= ends:
        return False
    time.sleep(wait_s)
    return True


def _read_body(answer: Response, ends: float) -> None:
    """Read the body into the answer, or raise when it is too large or too slow."""
    parts: list[bytes] = []
    size = 0
    # read1 returns what is there: a body that drips cannot outlast the budget unseen.
    while part := _read_part(answer):
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise BodyTooLargeError(f"more than {MAX_BODY_BYTES} bytes")
        if time.monotonic() > ends:
            raise BudgetSpentError("the answer came too slowly")
        parts.append(part)
    # requests has no public way to hand over a body that was read in parts.
    answer._content = b"".join(parts)  # noqa: SLF001 - see above


def _read_part(answer: Response) -> bytes:
    """Return the next bytes of the body; a connection cut in mid-body raises."""
    try:
        return bytes(answer.raw.read1(CHUNK_BYTES, decode_content=True))
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(f"the body broke off: {error}") from error

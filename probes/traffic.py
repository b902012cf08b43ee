"""What became of the requests: heard from events, never held up.

Each event costs processor time beside the page (measured: the three request events of each
request 6 % of a checkout), so a first attempt hears of answers and failures only. What is
still without an answer is known from the marked documents and calls (probes/mark.py); an
attempt with full evidence hears of every request. What each cost in time is the page's to
tell (probes/exchanges.py).
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import BrowserContext
from playwright.sync_api import Request as PlaywrightRequest
from playwright.sync_api import Response as PlaywrightResponse

from probes.exchanges import HEARD, Heard
from probes.network import silence
from probes.scrub import Scrubber
from probes.verdict import Request
from probes.vitals import first_party

REQUESTS = 2_000  # of one step; a page that asks for more is not kept whole
FAILING = 200
URL_LENGTH = 500
LEFT = "net::ERR_ABORTED"
ASKED_ABOUT = 3  # silent requests of a failed step whose connection is looked at
HTTP = ("http://", "https://")


class Traffic:
    """The requests of one attempt's customers."""

    def __init__(
        self, shop_url: str, scrubber: Scrubber, blocked: Callable[[str], bool] | None = None
    ) -> None:
        self.failing: list[dict[str, Any]] = []
        self.heard: list[Heard] = []  # the ends of all requests
        self.unheard = 0  # beyond what is kept
        self.sizes: dict[str, int] = {}  # Content-Length by URL, of other parties
        self._shop_url = shop_url
        self._scrubber = scrubber
        self._blocked = blocked or (lambda _: False)
        self._step: list[Request] = []
        self._waiting: dict[tuple[str, str], Request] = {}

    def listen(self, context: BrowserContext, *, every: bool) -> None:
        """Hear what a context asks for; `every`: also what has no answer yet."""
        context.on("response", heard(self._answered))
        context.on("requestfailed", heard(self._failed))
        if every:
            context.on("request", heard(lambda r: self.asked(r.method, r.url, r.resource_type)))

    @property
    def count(self) -> int:
        """The number of requests that have ended."""
        return len(self.heard) + self.unheard

    def step_began(self) -> None:
        """Forget the requests of the step before; those without an answer stay."""
        self._step = list(self._waiting.values())

    def requests(self) -> list[Request]:
        """Return the requests of this step that matter, oldest first."""
        return list(self._step)

    def look_at_silence(self) -> None:
        """Find out, for what has no answer, whether there is a connection at all."""
        for request in [one for one in self._step if one.pending][-ASKED_ABOUT:]:
            request.silence = silence(request.url, time.monotonic() - request.since)

    def asked(self, method: str, url: str, kind: str) -> None:
        """Note a request on its way."""
        if url.startswith(HTTP) and len(self._waiting) < REQUESTS:
            self._waiting[method, url] = self._note(method, url, kind)

    def _answered(self, response: PlaywrightResponse) -> None:
        request = response.request
        method, kind = request.method, request.resource_type
        self._hear(Heard(response.url, time.time() * 1000, method, kind, response.status))
        known = self._waiting.pop((method, response.url), None)
        if not response.url.startswith(self._shop_url):
            length = response.headers.get("content-length", "")
            if length.isdigit():
                self.sizes[response.url] = int(length)
        if known is not None:
            known.status = response.status
        elif response.status >= 400:  # noqa: PLR2004 - HTTP's own border
            known = self._note(method, response.url, kind)
            known.status = response.status
        if known is not None and known.bad:
            self._fail(known)

    def _failed(self, request: PlaywrightRequest) -> None:
        method, kind = request.method, request.resource_type
        known = self._waiting.pop((method, request.url), None)
        blocked = self._blocked(request.url)
        failure = "blocked by Forepost" if blocked else str(request.failure or "failed")[:120]
        self._hear(Heard(request.url, time.time() * 1000, method, kind, failure=failure))
        if blocked:
            return  # by us: nothing that failed
        if request.failure == LEFT and kind != "document":
            return  # the customer went on before it was there
        if known is None and request.url.startswith(HTTP):
            known = self._note(method, request.url, kind)
        if known is not None:
            known.failure = failure
            self._fail(known)

    def _hear(self, heard: Heard) -> None:
        if heard.url.startswith(HTTP) and len(self.heard) < HEARD:
            self.heard.append(heard)
        else:
            self.unheard += heard.url.startswith(HTTP)

    def _note(self, method: str, url: str, kind: str) -> Request:
        known = Request(
            method=method,
            url=self._scrubber.text(url),
            kind=kind,
            first_party=first_party(url, self._shop_url),
        )
        if len(self._step) < REQUESTS:
            self._step.append(known)
        return known

    def _fail(self, known: Request) -> None:
        if len(self.failing) < FAILING:
            self.failing.append(
                {
                    "at_ms": round(time.time() * 1000),
                    "method": known.method,
                    "url": known.url[:URL_LENGTH],
                    "type": known.kind,
                    "first_party": known.first_party,
                    "status": known.status,
                    "failure": known.failure,
                }
            )


def heard(listener: Callable[[Any], object]) -> Callable[[Any], None]:
    """Wrap a listener: Playwright would raise its error at the flow's next call."""

    def listen(event: Any) -> None:
        with suppress(Exception):
            listener(event)

    return listen

"""What became of the requests: heard from events, never held up.

Each event costs processor time beside the page (measured: the three request events of each
request 6 % of a checkout, that of each answer 2 %). So a first attempt hears of the answers
to documents, of which the driver tells unasked, and of failures; the status of a page's own
files stands in the page's book (`exchanges`). It hears of all answers from the moment
on at which that is not enough: the page calls its server, or its book hides something. What
was answered before is then asked of the driver, which remembers the last hundred requests.

What is still without an answer is known from the marked documents and calls (probes/mark.py);
an attempt with full evidence hears of every request. A page that calls its server without end
is heard until that is a flood (`flood`), then only its documents are.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import Parameter, Signature
from typing import Any

from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Request as PlaywrightRequest
from playwright.sync_api import Response as PlaywrightResponse

from probes.measures.exchanges import HEARD, Heard
from probes.measures.flood import CALLS, MOST, Flood
from probes.measures.vitals import first_party
from probes.network import silence
from probes.scrubbing.scrub import Scrubber
from probes.verdict import Request

REQUESTS = 2_000  # of one step; a page that asks for more is not kept whole
FAILING = 200
URL_LENGTH = 500
LEFT = "net::ERR_ABORTED"
ASKED_ABOUT = 3  # silent requests of a failed step whose connection is looked at
HTTP = ("http://", "https://")
BAD_STATUS = 400
COMPLAINT = "Failed to load resource: the server responded"  # Chromium's, for any site's file

_ONE = Signature([Parameter("event", Parameter.POSITIONAL_ONLY)])

# Shops whose pages have hidden something from their own book, as this process has seen: there
# the next attempt hears of all answers from the beginning.
_hiding: set[str] = set()


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
        self._step_began_ms = 0.0
        self._waiting: dict[tuple[str, str], Request] = {}
        self._contexts: list[BrowserContext] = []
        self._ended: set[object] = set()  # the requests whose answer was heard
        self._all = shop_url in _hiding  # whether all answers are heard
        self._hidden = False  # whether a page's book has hidden something since
        self._untold = False
        self._flood = Flood(2 * MOST)  # as a call is heard twice: sent, and answered
        self._doors: list[BrowserContext] = []  # that tell of their documents unasked
        self._listening: list[tuple[BrowserContext, str, Callable[[Any], None]]] = []

    @property
    def flooded(self) -> bool:
        """Whether a page has called without end, so that its calls are no longer heard."""
        return self._flood.on

    @property
    def sure(self) -> bool:
        """Whether all that was sent is known, also what has no answer yet."""
        return not (self._flood.on or self._untold)

    def lose(self) -> None:
        """Take note that calls on their way are not told any more, their answers only."""
        self._untold = True

    def listen(self, context: BrowserContext, *, every: bool) -> None:
        """Hear what a context asks for; `every`: also what has no answer yet."""
        self._contexts.append(context)
        self._all = self._all or every or not self._hear_documents(context)
        if self.flooded:
            self._hear_documents(context)
            return
        if self._all:
            self._on(context, "response", self._answered)
        self._on(context, "requestfailed", self._failed)
        if every:
            self._on(context, "request", lambda r: self.asked(r.method, r.url, r.resource_type))

    def told(self, traffic: Mapping[str, Any]) -> None:
        """See whether a page's book (vitals.js, `traffic`) leaves something to be asked."""
        rows = (row for row in traffic["rows"] if len(row) > 1)
        self._hidden = self._hidden or bool(traffic["unsized"]) or any(map(self._hides, rows))

    def logged(self, line: str) -> None:
        """See whether a line of the console tells of a file that was answered with an error."""
        self._hidden = self._hidden or line.startswith(COMPLAINT)

    def catch_up(self, *, failed: bool = False) -> None:
        """Ask for the answers that no page could tell of, if there are any or a step failed.

        Raises: PlaywrightError if a page goes meanwhile.
        """
        if not (failed or (self._hidden and not self._all)):
            return
        for page in [page for context in self._contexts for page in context.pages]:
            for request in page.requests():
                if request.existing_response is not None:
                    self._answered(request.existing_response, late=True)
        if self._hidden:
            _hiding.add(self._shop_url)
        self._hear_all()

    @property
    def count(self) -> int:
        """The number of requests that have ended."""
        return len(self.heard) + self.unheard

    def step_began(self) -> None:
        """Forget the requests of the step before; those without an answer stay."""
        self._step = list(self._waiting.values())
        self._step_began_ms = time.time() * 1000

    def requests(self) -> list[Request]:
        """Return the requests of this step that matter, oldest first."""
        return list(self._step)

    def look_at_silence(self) -> None:
        """Find out, for what has no answer, whether there is a connection at all."""
        for request in [one for one in self._step if one.pending][-ASKED_ABOUT:]:
            request.silence = silence(request.url, time.monotonic() - request.since)

    def asked(self, method: str, url: str, kind: str) -> None:
        """Note a request on its way; the answer to a call is not told unasked."""
        if kind in CALLS:
            self._hear_all()
        self._count(kind)
        if self.flooded and kind in CALLS:
            return
        if url.startswith(HTTP) and len(self._waiting) < REQUESTS:
            self._waiting[method, url] = self._note(method, url, kind)

    def _hear_all(self) -> None:
        if not self._all:
            self._all = True
            for context in self._contexts:
                self._on(context, "response", self._answered)

    def _hear_documents(self, context: BrowserContext) -> bool:
        if context not in self._doors and _hear_documents(context, self._answered):
            self._doors.append(context)
        return context in self._doors

    def _on(self, context: BrowserContext, event: Any, listener: Callable[[Any], object]) -> None:
        listening = heard(listener)
        self._listening.append((context, event, listening))
        context.on(event, listening)

    def _count(self, kind: str) -> None:
        """Count what is heard of a call; with one too many, go deaf for all but documents."""
        if kind not in CALLS or not self._flood.count():
            return
        self._all = True
        for context, event, listening in self._listening:
            context.remove_listener(event, listening)
        for context in self._contexts:
            self._hear_documents(context)
        self._waiting.clear()  # their answers would not be heard: nobody knows
        self._step = [one for one in self._step if not one.pending]

    def _hides(self, row: Any) -> bool:
        """Whether a row leaves open what answered, or says that it was an error."""
        known = row[1] not in CALLS or first_party(str(row[0]), self._shop_url)
        return not known or any(cell >= BAD_STATUS for cell in row[-3:-2])

    def _answered(self, response: PlaywrightResponse, *, late: bool = False) -> None:
        request = response.request
        known_as = getattr(request, "_impl_obj", request)
        if known_as in self._ended:
            return
        if len(self._ended) < HEARD:
            self._ended.add(known_as)
        at_ms = _answered_ms(request) if late else time.time() * 1000
        method, kind = request.method, request.resource_type
        self._count(kind)
        self._hear(Heard(response.url, at_ms, method, kind, response.status))
        known = self._waiting.pop((method, response.url), None)
        if not response.url.startswith(self._shop_url):
            length = response.headers.get("content-length", "")
            if length.isdigit():
                self.sizes[response.url] = int(length)
        if known is not None:
            known.status = response.status
        elif response.status >= BAD_STATUS:
            known = self._note(method, response.url, kind, at_ms)
            known.status = response.status
        if known is not None and known.bad:
            self._fail(known, at_ms)

    def _failed(self, request: PlaywrightRequest) -> None:
        method, kind = request.method, request.resource_type
        self._count(kind)
        known = self._waiting.pop((method, request.url), None)
        blocked = self._blocked(request.url)
        failure = "blocked by Forepost" if blocked else str(request.failure or "failed")[:120]
        at_ms = time.time() * 1000
        self._hear(Heard(request.url, at_ms, method, kind, failure=failure))
        if blocked:
            return  # by us: nothing that failed
        if request.failure == LEFT and kind != "document":
            return  # the customer went on before it was there
        if known is None and request.url.startswith(HTTP):
            known = self._note(method, request.url, kind)
        if known is not None:
            known.failure, known.framed = failure, _framed(request)
            self._fail(known, at_ms)

    def _hear(self, heard: Heard) -> None:
        if heard.url.startswith(HTTP) and len(self.heard) < HEARD:
            self.heard.append(heard)
        else:
            self.unheard += heard.url.startswith(HTTP)

    def _note(self, method: str, url: str, kind: str, at_ms: float = float("inf")) -> Request:
        known = Request(
            method=method,
            url=self._scrubber.text(url),
            kind=kind,
            first_party=first_party(url, self._shop_url),
        )
        if len(self._step) < REQUESTS and at_ms >= self._step_began_ms:
            self._step.append(known)
        return known

    def _fail(self, known: Request, at_ms: float) -> None:
        if len(self.failing) < FAILING:
            self.failing.append(
                {
                    "at_ms": round(at_ms),
                    "method": known.method,
                    "url": known.url[:URL_LENGTH],
                    "type": known.kind,
                    "first_party": known.first_party,
                    "status": known.status,
                    "failure": known.failure,
                }
            )


def _framed(request: PlaywrightRequest) -> bool:
    """Whether a request was made for a frame inside a page; a page that never came has none."""
    try:
        return request.frame.parent_frame is not None
    except PlaywrightError:
        return False


def _answered_ms(request: PlaywrightRequest) -> float:
    """Return when the answer to a request began (ms since 1970)."""
    times = request.timing
    return float(times["startTime"]) + max(float(times["responseStart"]), 0.0)


def _hear_documents(context: BrowserContext, listener: Callable[[Any], None]) -> bool:
    """Hear of answers without asking for them; False if this Playwright is made otherwise.

    The driver tells of all documents in any case, but `context.on` makes it tell of each
    file as well: four messages each (counted: 140 of the 506 of a checkout). So this listens
    behind that door. tests/probes/test_traffic.py sees whether it still holds.
    """
    try:
        channel = context._impl_obj._channel  # noqa: SLF001 - see above
        channel.onResponse(heard(lambda event: listener(event["response"]._object)))  # noqa: SLF001 - see above
    except (AttributeError, TypeError):
        return False
    return True


def heard(listener: Callable[[Any], object]) -> Callable[[Any], None]:
    """Wrap a listener: Playwright would raise its error at the flow's next call."""

    def listen(event: Any) -> None:
        with suppress(Exception):
            listener(event)

    return one_argument(listen)


def one_argument(listener: Callable[[Any], None]) -> Callable[[Any], None]:
    """Write down how many arguments a listener takes: else Playwright finds out at each event."""
    setattr(listener, "__signature__", _ONE)  # noqa: B010 - a plain assignment is no Python type
    return listener

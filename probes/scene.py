"""The browser of one attempt: its contexts, and what is heard from them.

Everything here listens; nothing holds a request up, except that the shop's own pages and
calls are marked as synthetic. (Measured: request events cost nothing that can be told from
noise, a route handler 16 % of wall time, the CDP Network domain 12 % of CPU.)
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Request as PlaywrightRequest
from playwright.sync_api import Response as PlaywrightResponse

from forepost.model import PageTiming
from probes.browser import Launched, answers
from probes.deadline import DeadlinePassed, limit
from probes.evidence import LINE_LENGTH, LINES, MASK_SCRIPT, Evidence
from probes.journey import Verdict
from probes.mark import USER_AGENT_SUFFIX, mark_requests
from probes.verdict import Request, judge
from probes.vitals import BINDING, READ, first_party, init_script, timing

LOOK_LIMIT_S = 1.0
CLOSE_LIMIT_S = 3.0
REQUESTS = 2_000  # of one step; a page that asks for more is not kept whole


class Scene:
    """One attempt's customers in a running browser; keeps the Observer and Scene protocols."""

    def __init__(
        self,
        launched: Launched,
        evidence: Evidence,
        *,
        shop_url: str,
        run_id: str,
        step_s: float,
        payment_hosts: frozenset[str] = frozenset(),
        full: bool = False,
    ) -> None:
        self.payment_hosts = payment_hosts
        self.threw = False
        self.console: list[str] = []
        self.failing: list[dict[str, Any]] = []
        self._browser = launched.browser
        self._user_agent = launched.user_agent
        self._shop_url = shop_url
        self._run_id = run_id
        self._evidence = evidence
        self._scrubber = evidence.scrubber
        self._step_ms = step_s * 1000
        self._full = full
        self._requests: dict[PlaywrightRequest, Request] = {}
        self._sizes: dict[str, int] = {}
        self._pages: dict[float, PageTiming] = {}
        self._crashed = False
        self._hangs = False
        self._session: CDPSession | None = None
        self._contexts: list[BrowserContext] = []
        self.page = self._open(measured=True)
        self.context = self._contexts[0]

    def step_began(self) -> None:
        """Forget the requests of the step before; those without an answer stay."""
        self._requests = {key: known for key, known in self._requests.items() if known.pending}

    def look(self) -> None:
        """Read the figures of the page as it stands; a page that cannot answer has none."""
        if self._hangs:
            return
        try:
            with limit(LOOK_LIMIT_S, "look"):
                figures = self.page.evaluate(READ)
        except PlaywrightError:
            return  # it is navigating or gone: beforeunload told the rest
        except DeadlinePassed as passed:
            if str(passed) != "look":
                raise
            return
        if figures:
            self._note(figures)

    def pages(self) -> dict[float, PageTiming]:
        """Return all documents known so far, keyed by when they began."""
        return self._pages

    def judge(self, error: BaseException) -> Verdict:
        """Say what a failure means."""
        return judge(error, self)

    def photograph(self, name: str) -> str | None:
        """Take a picture of the failure; the path relative to the output folder, or None."""
        if self.gone() or self._hangs:
            return None
        self._stop_loading()
        return self._evidence.photograph(self.page, name)

    def scrub(self, text: str) -> str:
        """Mask every known secret in a text."""
        return self._scrubber.text(text)

    def keep_secret(self, value: str) -> None:
        """Mask a value wherever it may turn up from now on."""
        self._scrubber.add(value)

    def open_customer(self) -> Page:
        """Return a page in a context of its own."""
        return self._open(measured=False)

    def gone(self) -> bool:
        """Whether the browser or the page's process has ended."""
        return self._crashed or not self._browser.is_connected()

    def answers(self) -> bool:
        """Whether the browser itself still answers, whatever its pages do."""
        self._hangs = self._hangs or not answers(self._browser)
        return not self._hangs

    def requests(self) -> list[Request]:
        """Return the requests of this step, oldest first."""
        return list(self._requests.values())

    def keep_evidence(self) -> None:
        """Write what was heard; the trace too, if this attempt recorded one."""
        self._evidence.console(self.console)
        self._evidence.requests(self.failing)
        if self._full and not self.gone() and not self._hangs:
            self._evidence.trace(self.context)

    def close(self) -> bool:
        """Close all contexts; False if the browser did not let them go in time."""
        try:
            with limit(CLOSE_LIMIT_S, "close"):
                for context in self._contexts:
                    context.close()
        except (PlaywrightError, DeadlinePassed):
            return False
        return True

    def _stop_loading(self) -> None:
        """Give up a navigation that has no answer: until then the page can tell nothing."""
        if self._session is None:
            return
        with suppress(PlaywrightError, DeadlinePassed), limit(LOOK_LIMIT_S, "stop"):
            self._session.send("Page.stopLoading")

    def _open(self, *, measured: bool) -> Page:
        agent = f"{self._user_agent} {USER_AGENT_SUFFIX}" if self._user_agent else None
        context = self._browser.new_context(user_agent=agent)
        self._contexts.append(context)
        context.set_default_timeout(self._step_ms)
        context.on("request", self._heard(self._asked))
        context.on("response", self._heard(self._answered))
        context.on("requestfailed", self._heard(self._failed))
        if self._full:
            context.add_init_script(MASK_SCRIPT)
        if measured:
            context.add_init_script(init_script())
            if self._full:
                context.tracing.start(screenshots=True, snapshots=True, sources=False)
        page = context.new_page()
        page.on("crash", self._heard(self._crash))
        if self._browser.browser_type.name == "chromium":
            session = context.new_cdp_session(page)
            mark_requests(session, self._shop_url, self._run_id)
            if measured:
                self._listen(session)
        return page

    def _listen(self, session: CDPSession) -> None:
        self._session = session
        session.on("Runtime.bindingCalled", self._heard(self._told))
        session.on("Runtime.consoleAPICalled", self._heard(self._logged))
        session.on("Runtime.exceptionThrown", self._heard(self._threw))
        session.send("Runtime.enable")
        session.send("Runtime.addBinding", {"name": BINDING})

    def _heard(self, listener: Callable[[Any], None]) -> Callable[[Any], None]:
        """Wrap a listener: Playwright would raise its error at the flow's next call."""

        def listen(event: Any) -> None:
            with suppress(Exception):
                listener(event)

        return listen

    def _asked(self, request: PlaywrightRequest) -> None:
        if len(self._requests) < REQUESTS and request.url.startswith("http"):
            self._requests[request] = Request(
                method=request.method,
                url=self._scrubber.text(request.url),
                kind=request.resource_type,
                first_party=first_party(request.url, self._shop_url),
            )

    def _answered(self, response: PlaywrightResponse) -> None:
        known = self._requests.get(response.request)
        length = response.headers.get("content-length", "")
        if length.isdigit():
            self._sizes[response.url] = int(length)
        if known is not None:
            known.status = response.status
            if known.bad:
                self._fail(known)

    def _failed(self, request: PlaywrightRequest) -> None:
        known = self._requests.get(request)
        if known is not None:
            known.failure = str(request.failure or "failed")[:120]
            self._fail(known)

    def _fail(self, known: Request) -> None:
        if len(self.failing) < LINES:
            self.failing.append(
                {
                    "at_ms": round(time.time() * 1000),
                    "method": known.method,
                    "url": known.url[:LINE_LENGTH],
                    "type": known.kind,
                    "first_party": known.first_party,
                    "status": known.status,
                    "failure": known.failure,
                }
            )

    def _crash(self, _page: object) -> None:
        self._crashed = True

    def _told(self, event: dict[str, Any]) -> None:
        if event["name"] == BINDING:
            self._note(json.loads(event["payload"])["page"])

    def _note(self, figures: dict[str, Any]) -> None:
        """Keep the latest figures of a document."""
        began, url = float(figures["began"]), str(figures["url"])
        if urlsplit(url).scheme in ("http", "https"):
            known = self._pages.get(began)  # a soft navigation may have changed the address since
            shown = known.url if known else self._scrubber.text(url)
            self._pages[began] = timing(figures, shown, self._shop_url, self._sizes)

    def _logged(self, event: dict[str, Any]) -> None:
        words = (
            str(part.get("value", part.get("description", part.get("type", ""))))
            for part in event["args"]
        )
        self._line(f"{event['type']}: {' '.join(words)}")

    def _threw(self, event: dict[str, Any]) -> None:
        self.threw = True
        details = event["exceptionDetails"]
        thrown = details.get("exception", {}).get("description", details.get("text", ""))
        self._line(f"uncaught: {thrown}")

    def _line(self, line: str) -> None:
        if len(self.console) < LINES:
            self.console.append(line.replace("\n", " ")[: 2 * LINE_LENGTH])

"""The browser of one attempt: its contexts, and what is heard from them.

Everything here listens; nothing holds a request up, except that the shop's own pages and
calls are marked as synthetic. (Measured on a page of 17 requests: a route handler costs 16 %
of wall time, the CDP Network domain 12 % of CPU, marking 3 to 6 %, console events nothing.)
"""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, ConsoleMessage, Page, WebError
from playwright.sync_api import Error as PlaywrightError

from forepost.model import PageTiming
from probes.browser import Launched, answers
from probes.deadline import DeadlinePassed, limit
from probes.evidence import LINE_LENGTH, LINES, MASK_SCRIPT, Evidence
from probes.journey import Verdict
from probes.mark import USER_AGENT_SUFFIX, mark_requests
from probes.traffic import Traffic, heard
from probes.verdict import Request, judge
from probes.vitals import READ, TOLD, init_script, timing

LOOK_LIMIT_S = 1.0
CLOSE_LIMIT_S = 3.0
PAGES = 500  # documents of one attempt


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
        self._browser = launched.browser
        self._user_agent = launched.user_agent
        self._shop_url = shop_url
        self._run_id = run_id
        self._evidence = evidence
        self._scrubber = evidence.scrubber
        self._step_ms = step_s * 1000
        self._full = full
        self._traffic = Traffic(shop_url, evidence.scrubber)
        self._console: list[str] = []
        self._pages: dict[float, PageTiming] = {}  # by the browser's own time of its beginning
        self._began: dict[float, float] = {}  # the same in this machine's time
        self._crashed = False
        self._hangs = False
        self._session: CDPSession | None = None
        self._contexts: list[BrowserContext] = []
        self.page = self._open(measured=True)

    def step_began(self) -> None:
        """Forget the requests of the step before; those without an answer stay."""
        self._traffic.step_began()

    def look(self) -> None:
        """Read the figures of the page as it stands; a page that cannot answer has none."""
        if self._hangs:
            return
        try:
            with limit(LOOK_LIMIT_S, "look"):
                figures = self.page.evaluate(READ)
        except PlaywrightError:
            return  # it is navigating or gone: what it told when it was left has to do
        except DeadlinePassed as passed:
            if str(passed) != "look":
                raise
            return
        if figures:
            self._note(figures)

    def pages(self) -> dict[float, PageTiming]:
        """Return all documents known so far by when they began (ms since 1970)."""
        return {self._began[key]: page for key, page in self._pages.items()}

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
        """Return the requests of this step that matter, oldest first."""
        return self._traffic.requests()

    def keep_evidence(self) -> None:
        """Write what was heard; the trace too, if this attempt recorded one."""
        self._evidence.console(self._console)
        self._evidence.requests(self._traffic.failing)
        if self._full and not self.gone() and not self._hangs:
            self._evidence.trace(self._contexts[0])

    def close(self) -> bool:
        """Close all contexts; False if the browser is gone or did not let them go in time."""
        if self.gone() or self._hangs:
            return False
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
        chromium = self._browser.browser_type.name == "chromium"
        context.set_default_timeout(self._step_ms)
        self._traffic.listen(context, every=self._full or not chromium)
        if self._full:
            context.add_init_script(MASK_SCRIPT)
        if measured:
            context.add_init_script(init_script())
            context.on("console", heard(self._logged))
            context.on("weberror", heard(self._threw))
            if self._full:
                context.tracing.start(screenshots=True, snapshots=True, sources=False)
        page = context.new_page()
        page.on("crash", heard(self._crash))
        if chromium:
            session = context.new_cdp_session(page)
            told = None if self._full else self._traffic.asked
            mark_requests(session, self._shop_url, self._run_id, told)
            self._session = self._session or session
        return page

    def _crash(self, _page: object) -> None:
        self._crashed = True

    def _note(self, figures: dict[str, Any]) -> None:
        """Keep the latest figures of a document."""
        began, url = float(figures["began"]), str(figures["url"])
        known = self._pages.get(began)  # a soft navigation may have changed the address since
        if urlsplit(url).scheme in ("http", "https") and (known or len(self._pages) < PAGES):
            shown = known.url if known else self._scrubber.text(url)
            self._began.setdefault(began, began + float(figures["drift"]))
            self._pages[began] = timing(figures, shown, self._shop_url, self._traffic.sizes)

    def _logged(self, message: ConsoleMessage) -> None:
        if message.text.startswith(TOLD):
            self._note(json.loads(message.text.removeprefix(TOLD)))
        else:
            self._line(f"{message.type}: {message.text}")

    def _threw(self, thrown: WebError) -> None:
        self.threw = True
        self._line(f"uncaught: {thrown.error}")

    def _line(self, line: str) -> None:
        if len(self._console) < LINES:
            self._console.append(line.replace("\n", " ")[: 2 * LINE_LENGTH])

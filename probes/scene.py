"""The browser of one attempt: its contexts, and what is heard from them.

Everything here listens; nothing holds a request up, except that the shop's own pages and
calls are marked as synthetic. (Measured on a page of 17 requests: a route handler costs 16 %
of wall time, the CDP Network domain 12 % of CPU, marking 3 to 6 %, console events nothing.)
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page
from playwright.sync_api import Error as PlaywrightError

from forepost.config.tables import Device
from forepost.model import PageTiming
from probes import recording
from probes.artefacts.evidence import Evidence
from probes.artefacts.pictures import Pictures
from probes.blocking import Blocking
from probes.browser import ANSWER_LIMIT_S, Launched, answers
from probes.console import Console
from probes.deadline import DeadlinePassed, limit
from probes.device import NOT_SLOWED, context_options, slow_down, slows
from probes.journey import Verdict
from probes.lines import URL_LENGTH
from probes.mark import USER_AGENT_SUFFIX, flag_first, mark_by_route, mark_requests
from probes.measures.exchanges import Document, exchanges, pack
from probes.measures.flood import SAID
from probes.measures.traffic import Traffic, heard
from probes.measures.vitals import READ, init_script, timing
from probes.scrubbing.jar import secrets_sent
from probes.scrubbing.masks import MASK_SCRIPT
from probes.verdict import Request, judge

LOOK_LIMIT_S = 1.0
CLOSE_LIMIT_S = 3.0
PAGES = 500  # documents of one attempt
FRAMES = 8  # iframes of the last page that are asked for their requests
POP_UPS = 5  # windows beside the customer's own; a payment page needs one
# How Chromium says that a page did not come at all; an aborted one leaves the page as it was.
NOT_COME = re.compile(r"net::ERR_(?!ABORTED)")
ERROR_PAGE = "chrome-error://"
LARGEST_BOOK = 4_000_000  # characters of what a page tells of itself: ours are a tenth of it
FLOODED_S = 8.0  # for the browser to answer while there is still much to be taken in

Figures = dict[str, Any]
K = TypeVar("K")


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
        pictures: bool = False,
        device: Device | None = None,
        blocking: Blocking | None = None,
        flag: str = "",
        record: str = "",
    ) -> None:
        self.payment_hosts = payment_hosts
        self._launched = launched
        self._browser = launched.browser
        self._device = device or Device()
        self._blocking = blocking
        self._shop_url = shop_url
        self._run_id = run_id
        self._flag = flag
        self._record = record
        self._evidence = evidence
        self._scrubber = evidence.scrubber
        self._step_ms = step_s * 1000
        self._full = full
        self._masks = full or pictures
        self._traffic = Traffic(shop_url, evidence.scrubber, blocking.blocks if blocking else None)
        self._console = Console(self._note, self._traffic.logged)
        # By the browser's own time of their beginning:
        self._documents: dict[float, Figures] = {}
        self._inside: dict[tuple[float, str], Figures] = {}  # iframes, with their address
        self._scrubber.public(urlsplit(shop_url).hostname or "")
        self._error: BaseException | None = None
        self._heard = 0  # requests that had ended at the last picture
        self._crashed = False
        self._hangs = False
        self._session: CDPSession | None = None
        self._contexts: list[BrowserContext] = []
        self.page = self._open(measured=True)
        shots = Pictures(self.page, self._session, evidence.scrubber)
        self._pictures = shots if pictures else None

    @property
    def threw(self) -> bool:
        """Whether a script of the page threw, and nobody caught it."""
        return self._console.threw

    @property
    def deaf(self) -> bool:
        """Whether the page called so much that what it sends is no longer known."""
        return not self._traffic.sure

    def note(self) -> str:
        """Say what of the device this browser cannot be; empty if it can be all of it."""
        if self._session is None and slows(self._device):
            return NOT_SLOWED.format(engine=self._launched.about.name)
        return ""

    def step_began(self) -> None:
        """Forget the requests of the step before; those without an answer stay."""
        self._traffic.step_began()

    def look(self) -> None:
        """Read the figures of the page as it stands; a page that cannot answer has none."""
        if self._hangs:
            return
        try:
            with limit(LOOK_LIMIT_S, "look"):
                self._note(self.page.evaluate(READ))
                for frame in self.page.frames[1 : FRAMES + 1]:
                    with suppress(PlaywrightError):  # one that is going elsewhere
                        self._note(frame.evaluate(READ))
                self._traffic.catch_up()
        except PlaywrightError:
            return  # it is navigating or gone: what it told when it was left has to do
        except DeadlinePassed as passed:
            if str(passed) != "look":
                raise

    def pages(self) -> dict[float, PageTiming]:
        """Return all documents known so far by when they began (ms since 1970)."""
        frames: dict[float, list[Figures]] = {}
        for (began, _), figures in self._inside.items():
            holders = [key for key in self._documents if key <= began]
            frames.setdefault(max(holders, default=0.0), []).append(figures)
        return {
            _began_ms(figures): self._timing(figures, frames.get(key, []))
            for key, figures in self._documents.items()
        }

    def judge(self, error: BaseException) -> Verdict:
        """Say what a failure means."""
        self._error = error
        return judge(error, self)

    def photograph(self, name: str) -> str | None:
        """Take a picture of the failure; the path relative to the output folder, or None."""
        if self.gone() or self._hangs:
            return None
        if self._session is not None and NOT_COME.search(str(self._error)):
            self._await_error_page()
        else:
            self._stop_loading()
        return self._evidence.failure(self.page, name, self._error)

    def picture(self, name: str) -> str | None:
        """Take a small picture of a step that worked, if pictures are wanted; its path."""
        self._catch_up()
        if self._pictures is None or self.gone() or self._hangs:
            return None
        quiet, self._heard = self._heard == self._traffic.count, self._traffic.count
        return self._pictures.take(
            lambda data: self._evidence.picture(name, data),
            lambda: self._evidence.dropped.append("picture"),
            quiet=quiet,
        )

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
        # After a flood of calls its answer may stand behind what was heard of them.
        patience_s = FLOODED_S if self._traffic.flooded else ANSWER_LIMIT_S
        self._hangs = self._hangs or not answers(self._launched, patience_s)
        return not self._hangs

    def requests(self) -> list[Request]:
        """Return the requests of this step that matter, oldest first; asked after a failure."""
        self._traffic.look_at_silence()
        return self._traffic.requests()

    def keep_exchanges(self, beginnings: Sequence[tuple[float, str]]) -> None:
        """Write down all requests of the run; `beginnings`: when each step began (ms), its name."""
        told = [*self._documents.values(), *self._inside.values()]
        documents = [
            Document(str(figures["url"]), _began_ms(figures), figures["traffic"]["rows"])
            for figures in told
        ]
        found = exchanges(documents, self._traffic.heard, beginnings, self._scrubber.text)
        if self._traffic.flooded:
            self._evidence.facts["calls of the page"] = SAID
        if found:
            attempt = 2 if self._full else 1
            packed = pack(
                found, run_id=self._run_id, attempt=attempt, left_out=self._traffic.unheard
            )
            self._evidence.exchanges(json.dumps(packed, separators=(",", ":")))

    def keep_evidence(self) -> None:
        """Write what was heard; the trace too, if this attempt recorded one."""
        if not self._hangs:
            self._catch_up(failed=True)
        if self._traffic.flooded:
            self._console.add(f"forepost: {SAID}")
        self._evidence.console(self._console.lines)
        self._evidence.requests(self._traffic.failing)
        if self._full and not self.gone() and not self._hangs:
            self._evidence.trace(self._contexts[0])

    def close(self) -> bool:
        """Close all contexts; False if the browser is gone or did not let them go in time."""
        if self.gone() or self._hangs:
            return False
        try:
            # A recording is written when its context closes.
            with limit(recording.CLOSE_LIMIT_S if self._record else CLOSE_LIMIT_S, "close"):
                for context in self._contexts:
                    context.close()
        except (PlaywrightError, DeadlinePassed):
            return False
        return True

    def _catch_up(self, *, failed: bool = False) -> None:
        """Ask the driver for answers that nobody has told of; it knows them if the page hangs."""
        try:
            with limit(LOOK_LIMIT_S, "catch up"):
                self._traffic.catch_up(failed=failed)
        except PlaywrightError:
            return
        except DeadlinePassed as passed:
            if str(passed) != "catch up":
                raise

    def _await_error_page(self) -> None:
        """Let the browser put up its own page of a shop that is not there: it is the evidence.

        It comes some 30 ms after the error (seen): until then the page is between two documents
        and tells nothing, and whoever stops it then gets none.
        """
        with suppress(PlaywrightError, DeadlinePassed), limit(LOOK_LIMIT_S, "error page"):
            self.page.wait_for_url(f"{ERROR_PAGE}**", wait_until="domcontentloaded")

    def _stop_loading(self) -> None:
        """Give up a navigation that has no answer: until then the page can tell nothing."""
        if self._session is None:
            return
        with suppress(PlaywrightError, DeadlinePassed), limit(LOOK_LIMIT_S, "stop"):
            self._session.send("Page.stopLoading")

    def _open(self, *, measured: bool) -> Page:
        chromium = self._browser.browser_type.name == "chromium"
        recorded = recording.options(self._record) if measured else {}
        context = self._browser.new_context(**self._options(), **recorded)
        self._contexts.append(context)
        context.set_default_timeout(self._step_ms)
        self._traffic.listen(context, every=self._full or not chromium)
        scripts = [MASK_SCRIPT] if self._masks else []
        if measured:
            scripts.append(init_script())
            self._console.listen(context)
            context.on("page", heard(self._popped_up))
            if self._full:
                context.tracing.start(screenshots=True, snapshots=True, sources=False)
        elif self._record:
            recording.count(context, self._record)
        if scripts:
            context.add_init_script("\n".join(scripts))
        page = context.new_page()
        page.on("crash", heard(self._crash))
        if chromium:
            self._prepare(context.new_cdp_session(page))
            if recorded:
                recording.listen(context.new_cdp_session(page), self._record)
        else:
            mark_by_route(context, self._shop_url, self._run_id, self._blocking)
        if measured and self._flag:
            flag_first(page, self._shop_url, self._flag)
        return page

    def _options(self) -> dict[str, Any]:
        """Return what makes a context the device's, with our mark in the user agent."""
        launched = self._launched
        about, agent = launched.about, launched.user_agent
        options = context_options(self._device, about.name, agent, about.version)
        agent = options.pop("user_agent")
        return {**options, "user_agent": f"{agent} {USER_AGENT_SUFFIX}"} if agent else options

    def _prepare(self, session: CDPSession) -> None:
        """Mark a page's requests and slow it down, where CDP is spoken."""
        told = None if self._full else self._traffic.asked
        learn = self._learn
        lost = self._traffic.lose if told is not None else None
        mark_requests(session, self._shop_url, self._run_id, told, self._blocking, learn, lost)
        slow_down(session, self._device)
        self._session = self._session or session

    def _learn(self, url: str, headers: Mapping[str, str]) -> None:
        """Take in what a request on its way must not tell anybody."""
        for value in secrets_sent(url, headers):
            self._scrubber.add(value)

    def _crash(self, _page: object) -> None:
        self._crashed = True

    def _note(self, told: Any) -> None:
        """Keep the latest figures of a document; they are hostile until they are read."""
        with suppress(TypeError, ValueError, KeyError, RecursionError, OverflowError):
            if len(told) > LARGEST_BOOK:
                return
            figures = json.loads(told)
            began, url = float(figures["began"]), str(figures["url"])
            known = isfinite(_began_ms(figures)) and urlsplit(url).scheme in ("http", "https")
            if not known or not isinstance(figures["traffic"]["rows"], list):
                return
            figures["url"] = url
            self._traffic.told(figures["traffic"])
            if figures["inside"]:
                _put(self._inside, (began, url), figures)
            else:
                _put(self._documents, began, figures)

    def _timing(self, figures: Figures, frames: Sequence[Figures]) -> PageTiming:
        """Return the noun of a document."""
        shown = self._scrubber.text(figures["url"])[:URL_LENGTH]
        masked = dict(figures)
        for name in ("lcp_url", "lcp_element"):
            masked[name] = self._scrubber.text(str(figures.get(name) or "")) or None
        if self._device.latency_ms:
            # Chromium stamps the first byte before it holds it back (seen: 12 of 375 ms).
            masked["ttfb_ms"] = None
        return timing(masked, shown, self._shop_url, self._traffic.sizes, frames)

    def _popped_up(self, page: Page) -> None:
        """Close windows that nobody can have wanted."""
        if len(page.context.pages) > 1 + POP_UPS:
            page.close()


def _began_ms(figures: Figures) -> float:
    """Return when a document began, in this machine's time (ms since 1970)."""
    return float(figures["began"]) + float(figures["drift"])


def _put(place: dict[K, Figures], key: K, figures: Figures) -> None:
    """Keep figures; a soft navigation may have changed the address since, and time the drift."""
    known = place.get(key)
    if known is not None:
        place[key] = {**figures, "url": known["url"], "drift": known["drift"]}
    elif len(place) < PAGES:
        place[key] = figures

"""What every page of any shop needs: clicking, typing, alerts kept."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame, Locator, Page, Request
from playwright.sync_api import TimeoutError as NotThere

from probes.controls import Controls, Found, load_preset
from probes.controls.finder import CLOSE_TO_END_S
from probes.controls.reader import read
from probes.deadline import left_s
from probes.journey import Journey
from probes.measures.flood import Flood
from probes.storefront import ShopSettings
from probes.storefronts._clicks import overlaid, sent
from probes.storefronts._generic_banners import Banners

ALERTS = Path(__file__).with_name("_generic_alerts.js").read_text("utf-8")
PRESS_MS = 4_000  # for a control to be free to press
CALL_S = 3.0  # of a call of the shop's scripts; longer ones wait for news
POLLS = 10  # GETs of one path within CALL_S: it asks without end, and nothing waits for that
STILL_S = 0.2  # without a change: the page is redrawn
LOOK_MS = 30  # between two looks at what a click led to
ANSWER_S = 8.0  # after that a customer has no answer; the flow says what is missing
AT_ONCE_MS = 400  # in which a control is pressed that nothing keeps off: five tries
BACK = 3  # banners that are put away before one press


class GenericPages:
    """One customer at a shop whose pages nobody has described."""

    def __init__(self, journey: Journey, shop: ShopSettings) -> None:
        self.journey = journey
        self.settings = shop
        preset = load_preset(shop.preset)
        self.table = {**preset, **shop.controls}
        self.controls = Controls(journey.page, shop.controls, preset)
        self._waiting: dict[Request, float] = {}
        self._calls: dict[str, deque[float]] = {}  # when each path was asked for, lately
        self.banners = Banners(journey.page, self.controls)
        page = journey.page
        page.add_init_script(ALERTS)
        self._flood = Flood()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)
        page.on("framenavigated", self._left)

    @property
    def page(self) -> Page:
        """The customer's page."""
        return self.journey.page

    @property
    def path(self) -> str:
        """The path of the page at hand."""
        return urlsplit(self.page.url).path

    def open(self, path: str) -> None:
        """Open a path of the shop, or an address inside it."""
        self.page.goto(self.whole(path), wait_until="domcontentloaded")
        self.banners.refuse_cookies()

    def whole(self, path: str) -> str:
        """Return the address of a path; a full address of the shop stays as it is."""
        base = self.page.url if not path.startswith("/") and "://" in self.page.url else ""
        return urljoin(base or f"{self.settings.url}/", path)

    # -- pressing and typing ------------------------------------------------------------

    def press(
        self,
        found: Found | Locator,
        clicks: int = 1,
        again: Callable[[], Found | Locator] | None = None,
    ) -> None:
        """Press a control, once; what lies over it is put away first.

        `again` looks for it once more, where its locator holds only while the page stays as it is.
        """
        locator = found.locator if isinstance(found, Found) else found
        if isinstance(found, Found) and found.covered:
            self.banners.clear()
            locator = self._again(found, again)
        for _ in range(BACK):
            kept_off = self._click(locator, clicks, AT_ONCE_MS)
            if not kept_off:
                return
            if not (overlaid(kept_off) and self.banners.uncover(locator)):
                break
            locator = self._again(found, again)
        if self._click(locator, clicks, PRESS_MS - AT_ONCE_MS):
            self.banners.clear()
            self._again(found, again).click(click_count=clicks)

    def _click(self, locator: Locator, clicks: int, within_ms: int) -> str:
        """Click; "" if that was done, however slow the answer, else what kept it off."""
        try:
            locator.click(timeout=within_ms, click_count=clicks)
        except NotThere as error:
            if not sent(str(error)):
                return str(error)
            # Never twice. As the click itself would have: until the page's scripts are through
            # with it, then for the page that they lead to.
            page = self.page.locator("html")
            with suppress(NotThere):
                page.wait_for(state="attached", timeout=PRESS_MS)
                page.wait_for(state="attached", timeout=PRESS_MS)
        return ""

    def _again(
        self, found: Found | Locator, again: Callable[[], Found | Locator] | None = None
    ) -> Locator:
        """Return a control when something beside it has gone: it may stand elsewhere now."""
        if again is not None:
            found = again()
        if not isinstance(found, Found):
            return found
        if found.locator.count():
            return found.locator
        seen = self.controls.look(found.name)[found.name]
        same = [one for one in seen if one.text == found.text]
        return (same or seen or [found])[0].locator

    def put(self, found: Found, value: str, *, keys: bool = False) -> None:
        """Put a value into a field; with `keys` as somebody types who corrects it."""
        if self.banners.answered and not found.locator.count() and self.banners.answer_again():
            found = replace(found, locator=self._again(found))
        if found.tag == "select":
            self._select(found, value)
        elif keys:
            found.locator.press("Control+a")
            found.locator.press("Delete")
            found.locator.press_sequentially(value)
        else:
            try:
                found.locator.fill(value, timeout=PRESS_MS)
            except NotThere:
                self.banners.clear()
                self._again(found).fill(value)

    def tick(self, found: Found) -> None:
        """Tick a box or choose one of several; the label is pressed where the box is hidden."""
        if found.checked:
            return
        try:
            found.locator.check(timeout=1_000)
        except PlaywrightError:
            label = found.locator.locator("xpath=ancestor-or-self::label[1]")
            by_id = found.locator.get_attribute("id")
            if not label.count() and by_id:
                label = self.page.locator(f'label[for="{by_id}"]').first
            self.press(label if label.count() else found.locator)

    def _select(self, found: Found, value: str) -> None:
        """Choose an option by its value, else by what people read on it.

        Raises: AssertionError if there is none.
        """
        script = """(el, value) => { const low = value.toLowerCase().trim();
            const all = [...el.options];
            const hit = all.find(o => o.value.toLowerCase() === low)
                || all.find(o => o.textContent.toLowerCase().trim() === low);
            return hit ? hit.index : -1; }"""
        index = found.locator.evaluate(script, value)
        if index < 0:
            raise AssertionError(f'{found.name} has no option "{value}"')
        found.locator.select_option(index=index)

    # -- what came of it ---------------------------------------------------------------------

    def mark(self) -> str:
        """Return what a page looks like now, to see later whether it has changed."""
        script = """() => document.readyState === 'loading' ? 'leaving'
            : performance.timeOrigin + '|' + location.href + '|'
            + (document.body
                ? document.body.innerText.length + document.body.innerText.slice(0, 4000)
            + [...document.querySelectorAll('input,select,button')].filter(e => e.offsetParent)
                .length : '')"""
        try:
            return str(self.page.evaluate(script))
        except NotThere:
            raise
        except PlaywrightError:
            return "leaving"

    def until(self, holds: Callable[[], Any], within_s: float = ANSWER_S) -> Any:
        """Look again and again until something holds; what it said, falsy if it never did."""
        end = monotonic() + min(within_s, left_s() - CLOSE_TO_END_S)
        while True:
            told = holds()
            if told or monotonic() >= end:
                return told
            self.page.wait_for_timeout(LOOK_MS)

    def changed(self, before: str, within_s: float = ANSWER_S) -> bool:
        """Wait until the page looks different; whether it does.

        A new document is an answer. A page that has only been redrawn counts once it stands
        still with no call under way: first comes the spinner, then the answer.
        """
        last, since = before, monotonic()

        def settled() -> bool:
            nonlocal last, since
            now = self.mark()
            if now != last or not self.quiet():
                last, since = now, monotonic()
            if now in (before, "leaving"):
                return False
            soft = _document(now) == _document(before)
            return self.quiet() and (not soft or monotonic() - since > STILL_S)

        self.until(settled, within_s)
        return last != before

    def quiet(self) -> bool:
        """Whether no call of the shop's scripts waits for its answer; one that waits on is none."""
        return all(monotonic() - began > CALL_S for began in self._waiting.values())

    def alert(self) -> str:
        """Return what the page says went wrong, also if it has faded; empty if nothing."""
        told = read(self.page, "alerts").get("alerts", [])
        shown = [one["text"] for one in told if not one["good"]]
        return str(shown[0]) if shown else self.faded()

    def faded(self) -> str:
        """Return the last alert of this page that was seen, also if it is gone."""
        try:
            said = self.page.evaluate("() => (window.__forepostSaid || []).slice(-5)")
        except NotThere:
            raise
        except PlaywrightError:
            return ""
        return str(said[-1]) if said else ""

    def forget_alerts(self) -> None:
        """Forget the alerts so far: what is said next belongs to what is done next."""
        self.page.evaluate("() => { if (window.__forepostSaid) window.__forepostSaid.length = 0 }")

    def _asked(self, request: Request) -> None:
        shop, asked, now = urlsplit(self.settings.url), urlsplit(request.url), monotonic()
        if request.resource_type not in ("xhr", "fetch") or asked.netloc != shop.netloc:
            return
        if self._flood.count():
            self._go_deaf()
        if self._flood.on:
            return
        if request.method == "GET":
            earlier = self._calls.setdefault(asked.path, deque(maxlen=POLLS))
            endless = len(earlier) == POLLS and now - earlier[0] < CALL_S
            earlier.append(now)
            if endless:
                return
        self._waiting[request] = now

    def _answered(self, request: Request) -> None:
        self._waiting.pop(request, None)

    def _go_deaf(self) -> None:
        """Hear no more requests: a page that calls without end is never quiet."""
        self._waiting.clear()
        self.page.remove_listener("request", self._asked)
        self.page.remove_listener("requestfinished", self._answered)
        self.page.remove_listener("requestfailed", self._answered)

    def _left(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self._waiting.clear()


def _document(mark: str) -> str:
    """Return which document a mark was taken of."""
    return mark.partition("|")[0]

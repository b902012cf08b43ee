"""What lies over a shop's page: the question for cookies, a window of advertising."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as NotThere

from probes.controls import Controls, Found, phrases

SCRIPT = Path(__file__).with_name("_generic_banners.js").read_text("utf-8").rstrip()
HARMLESS = f"(button, asked) => ({SCRIPT}).harmless(button, asked)"
COVERS = f"(button, control) => ({SCRIPT}).covers(button, control)"
CONSENT = ("consent_refuse", "consent_accept")
CLOSE = ("modal_close",)
CLICK_MS = 4_000
LOOK_MS = 1_000
_CONSENT = re.compile(r"consent|cookie|privacy|cmp|sp_message|trustarc|usercentrics", re.IGNORECASE)


class Banners:
    """Puts away what a customer would: no button that buys, subscribes or takes an offer."""

    def __init__(self, page: Page, controls: Controls) -> None:
        self.answered = False  # whether the shop asked for cookies, and has its answer
        self._returns = False  # whether it asks again all the same
        self._page = page
        self._controls = controls

    def refuse_cookies(self) -> None:
        """Answer the question for cookies if it is asked now: once, unless it comes back."""
        if not self.answered:
            self.answered = self._dismiss(CONSENT)
        elif self._returns:
            self.answer_again()

    def answer_again(self) -> bool:
        """Answer the question for cookies if it has come back; whether it had."""
        with suppress(NotThere):  # it is on its way out, or only drawn
            if self._dismiss(CONSENT):
                self._returns = True
                return True
        return False

    def clear(self) -> None:
        """Put away whatever lies over the page, the window at hand too."""
        if not self._answer() and not self._dismiss(CLOSE):
            self._page.keyboard.press("Escape")

    def uncover(self, control: Locator) -> bool:
        """Put away what has come over a control since somebody looked; whether anything was.

        Only known kinds: what loads goes by itself, and Escape may close the control's own window.
        """
        with suppress(NotThere):  # it is on its way out, or only drawn
            return self._answer() or self._dismiss(CLOSE, over=control)
        return False

    def _answer(self) -> bool:
        if not self._dismiss(CONSENT):
            return False
        self._returns = self._returns or self.answered
        self.answered = True
        return True

    def _dismiss(self, names: Sequence[str], over: Locator | None = None) -> bool:
        """Press the first of the controls that stands in a banner or a window; whether it did."""
        seen = self._controls.look(*names)
        for name in names:
            for found in seen[name]:
                if self._harmless(found) and (over is None or self._covers(found, over)):
                    found.locator.click(timeout=CLICK_MS)
                    return True
        return names == CONSENT and self._dismiss_in_frames()

    def _dismiss_in_frames(self) -> bool:
        for frame in self._controls.frames():
            if not _CONSENT.search(f"{frame.name} {frame.url}"):
                continue
            for name in CONSENT:
                hits = self._controls.in_frame(frame, name)
                if hits:
                    hits[0].locator.click(timeout=CLICK_MS)
                    return True
        return False

    def _harmless(self, found: Found) -> bool:
        """Whether a button is of a banner or a window, and nothing but puts it away."""
        if found.how.startswith("table"):
            return True
        asked = {
            "kind": found.name,
            "newsletter": phrases("_newsletter"),
            "buys": [word for word in phrases("place_order") if not word.startswith("!")],
        }
        try:
            return bool(found.locator.evaluate(HARMLESS, asked, timeout=LOOK_MS))
        except PlaywrightError:
            return False

    def _covers(self, found: Found, control: Locator) -> bool:
        """Whether what lies over a control is the window of a button."""
        try:
            over = control.element_handle(timeout=LOOK_MS)
            return bool(found.locator.evaluate(COVERS, over, timeout=LOOK_MS))
        except PlaywrightError:  # gone meanwhile, or in different frames
            return False

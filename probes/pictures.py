"""A picture of every step, taken after its clock stopped: a frame of the browser's screencast.

Measured on the demo shop's product page, the page at rest, per picture: a screenshot as
JPEG in full size 36 ms of wall and 22 ms of CPU time, at half size 34 and 16, as PNG 51 and
35 (a screenshot waits for two new frames); the first frame of a screencast at half size 17
and 11, since the browser scales and gives what it has painted last.
"""

import base64
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import CDPSession, Page
from playwright.sync_api import Error as PlaywrightError

from probes.deadline import DeadlinePassed, limit
from probes.masks import MASK
from probes.scrub import Scrubber

WIDTH, HEIGHT = 640, 720  # at most, of a picture
QUALITY = 45
LIMIT_S = 1.0
FRAME_S = 0.3  # how long a frame is waited for
POLL_MS = 4  # each look costs a millisecond of processor time itself
PAINT_MS = 150  # how long the first paint is waited for
TEXT = 200_000  # characters of a page that are looked through
_LOOK = "look at the picture"
# What the page shows: its address, its text, its fields, its place. Two steps of which all
# that is the same share one picture. A page that has not painted yet is waited for.
SHOWS = """async ([limit_ms, length]) => {
  const end = performance.now() + limit_ms;
  const blank = () => window.__forepost && !window.__forepost.painted();
  while (blank() && performance.now() < end) await new Promise((go) => setTimeout(go, 4));
  const fields = [...document.querySelectorAll("input,select,textarea")].slice(0, 200);
  const filled = fields.map((f) => `${f.value.length}${f.checked ? "x" : ""}`).join();
  return [
    `${performance.timeOrigin} ${location.href} ${scrollX} ${scrollY} ${filled}`,
    (document.body?.innerText ?? "").slice(0, length),
  ];
}"""


class Pictures:
    """Takes the pictures of one attempt's page."""

    def __init__(self, page: Page, session: CDPSession | None, scrubber: Scrubber) -> None:
        self._page = page
        self._session = session
        self._scrubber = scrubber
        self._frames: list[str] = []
        self._shown: tuple[str, str] | None = None
        self._kept: str | None = None
        if session is not None:
            session.on("Page.screencastFrame", self._came)

    def take(self, keep: Callable[[bytes], str | None], dropped: Callable[[], None]) -> str | None:
        """Return the path under which the picture of the page was kept; None if there is none.

        `keep` writes a JPEG; `dropped` hears of a picture that would show a secret.
        """
        try:
            with limit(LIMIT_S, _LOOK):
                marks, text = self._page.evaluate(SHOWS, [PAINT_MS, TEXT])
                if (marks, text) == self._shown:
                    return self._kept
                if self._scrubber.shows(str(text)):
                    dropped()
                    return None
                data = self._frame() if self._session is not None else self._screenshot()
        except PlaywrightError:
            return None  # the page is going elsewhere
        except DeadlinePassed as passed:
            if str(passed) != _LOOK:
                raise
            return None
        if not data:
            return None
        self._kept, self._shown = keep(data), (str(marks), str(text))
        return self._kept

    def _frame(self) -> bytes:
        """Return the last frame that the browser painted; empty if none came."""
        session = self._session
        if session is None:
            return b""
        self._frames.clear()
        session.send(
            "Page.startScreencast",
            {"format": "jpeg", "quality": QUALITY, "maxWidth": WIDTH, "maxHeight": HEIGHT},
        )
        try:
            end = time.monotonic() + FRAME_S
            while not self._frames and time.monotonic() < end:
                self._page.wait_for_timeout(POLL_MS)
        finally:
            session.send("Page.stopScreencast")
        return base64.b64decode(self._frames[-1]) if self._frames else b""

    def _screenshot(self) -> bytes:
        """Return the picture as Playwright takes it, in any browser."""
        return self._page.screenshot(
            type="jpeg", quality=QUALITY, scale="css", style=MASK, timeout=LIMIT_S * 1000
        )

    def _came(self, event: dict[str, Any]) -> None:
        self._frames.append(str(event["data"]))

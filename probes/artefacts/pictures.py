"""A picture of every step, taken after its clock stopped: a frame of the browser's screencast.

Measured on the demo shop's product page, the page at rest, per picture: a screenshot as
JPEG in full size 36 ms of wall and 22 ms of CPU time, at half size 34 and 16, as PNG 51 and
35 (a screenshot waits for two new frames); the first frame of a screencast at half size 17
and 11, since the browser scales and gives what it has painted last.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page
from playwright.sync_api import Error as PlaywrightError

from probes.deadline import DeadlinePassed, limit
from probes.scrubbing.masks import MASK
from probes.scrubbing.scrub import Scrubber

WIDTH, HEIGHT = 640, 720  # at most, of a picture
QUALITY = 45
LIMIT_S = 1.0
FRAME_S = 0.3  # how long a frame is waited for
# How long until a frame is looked for, and again: each look costs a millisecond of processor time.
FIRST_MS, POLL_MS = 12, 4
FRAME_MS = 50  # how long the page's next frame is waited for; a hidden page has none
PAINT_MS = 150  # how long the first paint is waited for
TEXT = 200_000  # characters of a page that are looked through
_LOOK = "look at the picture"
# What the page shows: its address, its text, its fields, its place. Two steps of which all
# that is the same share one picture, also when the page was loaded anew meanwhile. A page
# that has not painted yet is waited for, and so is the frame that shows the last thing done.
SHOWS = """async ([limit_ms, length, frame_ms]) => {
  const end = performance.now() + limit_ms;
  const blank = () => window.__forepost && !window.__forepost.painted();
  const late = blank();
  while (blank() && performance.now() < end) await new Promise((go) => setTimeout(go, 4));
  const frame = frame_ms && await new Promise((go) => {
    requestAnimationFrame((at) => setTimeout(() => go(performance.timeOrigin + at), 0));
    setTimeout(() => go(0), frame_ms);
  });
  const fields = [...document.querySelectorAll("input,select,textarea")].slice(0, 200);
  const filled = fields.map((f) => `${f.value.length}${f.checked ? "x" : ""}`).join();
  return [
    `${location.href} ${scrollX} ${scrollY} ${filled}`,
    (document.body?.innerText ?? "").slice(0, length),
    late,
    frame,
  ];
}"""


class Pictures:
    """Takes the pictures of one attempt's page."""

    def __init__(self, page: Page, session: CDPSession | None, scrubber: Scrubber) -> None:
        self._page = page
        self._session = session
        self._scrubber = scrubber
        self._frames: list[tuple[float, str]] = []  # when (ms since 1970), JPEG in base64
        self._shown: tuple[str, str] | None = None
        self._kept: str | None = None
        self._url = ""  # where the last picture was taken
        if session is not None:
            session.on("Page.screencastFrame", self._came)

    def take(
        self,
        keep: Callable[[bytes], str | None],
        dropped: Callable[[], None],
        *,
        quiet: bool = False,
    ) -> str | None:
        """Return the path under which the picture of the page was kept; None if there is none.

        `keep` writes a JPEG; `dropped` hears of a picture that would show a secret. `quiet`:
        nothing was asked for since the last picture, so that there may be nothing new to see.
        """
        try:
            with limit(LIMIT_S, _LOOK):
                again = quiet or self._page.url == self._url
                if again and self._look(0)[:2] == self._shown:
                    return self._kept
                data, shown = self._shoot()
                if self._scrubber.shows(shown[1]):
                    dropped()
                    return None
        except PlaywrightError:
            return None  # the page is going elsewhere
        except DeadlinePassed as passed:
            if str(passed) != _LOOK:
                raise
            return None
        if not data:
            return None
        self._kept, self._shown, self._url = keep(data), shown, self._page.url
        return self._kept

    def _shoot(self) -> tuple[bytes, tuple[str, str]]:
        """Return a picture (empty: none came), and what the page showed with it."""
        session = self._session
        if session is None:
            marks, text, _, _ = self._look(0)
            return self._screenshot(), (marks, text)
        with self._screencast(session):
            marks, text, late, at_ms = self._look(FRAME_MS)  # frames come meanwhile
            if not late:
                return self._frame(at_ms), (marks, text)
        with self._screencast(session):  # it had painted nothing yet: what came is the page before
            return self._frame(0.0), (marks, text)

    def _look(self, frame_ms: int) -> tuple[str, str, bool, float]:
        """Return what the page shows, and when its next frame began (0: not waited for)."""
        marks, text, late, at_ms = self._page.evaluate(SHOWS, [PAINT_MS, TEXT, frame_ms])
        return str(marks), str(text), bool(late), float(at_ms)

    @contextmanager
    def _screencast(self, session: CDPSession) -> Iterator[None]:
        """Let the browser send what it paints, beginning with what it has painted last."""
        self._frames.clear()
        session.send(
            "Page.startScreencast",
            {"format": "jpeg", "quality": QUALITY, "maxWidth": WIDTH, "maxHeight": HEIGHT},
        )
        try:
            yield
        finally:
            session.send("Page.stopScreencast")

    def _frame(self, at_ms: float) -> bytes:
        """Return the last frame that came; empty if none came in time.

        One from before `at_ms` may lack the last thing that was done, or nothing has changed
        since: a newer one is given a moment to come.
        """
        end, wait_ms = time.monotonic() + FRAME_S, FIRST_MS
        while not self._frames and time.monotonic() < end:
            self._page.wait_for_timeout(wait_ms)
            wait_ms = POLL_MS
        if self._frames and self._frames[-1][0] < at_ms:
            self._page.wait_for_timeout(FIRST_MS)
        return base64.b64decode(self._frames[-1][1]) if self._frames else b""

    def _screenshot(self) -> bytes:
        """Return the picture as Playwright takes it, in any browser."""
        return self._page.screenshot(
            type="jpeg", quality=QUALITY, scale="css", style=MASK, timeout=LIMIT_S * 1000
        )

    def _came(self, event: dict[str, Any]) -> None:
        at_ms = float(event["metadata"].get("timestamp", 0)) * 1000
        self._frames.append((at_ms, str(event["data"])))

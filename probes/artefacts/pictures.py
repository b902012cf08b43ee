"""A picture of every step, taken after its clock stopped: a frame of the browser's screencast.

Measured on the demo shop's product page, the page at rest, per picture: a screenshot as
JPEG in full size 36 ms of wall and 22 ms of CPU time, at half size 34 and 16, as PNG 51 and
35 (a screenshot waits for two new frames); the first frame of a screencast at half size 17
and 11, since the browser scales and gives what it has painted last.

The page's next frame is waited for before the screencast begins: its first frame then showed
the last thing done in 70 of 70 tries (a colour changed just before, half of them on a busy
machine), in 16 ms. Begun before that frame, it showed the page of before in 5 of 70, and to
wait for a second one costs 12 ms, mostly for nothing.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from playwright.sync_api import CDPSession, Page
from playwright.sync_api import Error as PlaywrightError

from probes.deadline import DeadlinePassed, limit
from probes.scrubbing.masks import MASK
from probes.scrubbing.scrub import Scrubber

WIDTH, HEIGHT = 640, 720  # at most, of a picture
QUALITY = 45
LIMIT_S = 1.5
FRAME_S = 0.8  # how long a frame is waited for: it comes in 16 ms, on a busy machine in hundreds
# How long until a frame is looked for, and again: each look costs a millisecond of processor time.
FIRST_MS, POLL_MS = 8, 4
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
  while (blank() && performance.now() < end) await new Promise((go) => setTimeout(go, 4));
  if (frame_ms) await new Promise((go) => {
    requestAnimationFrame(() => setTimeout(go, 0));
    setTimeout(go, frame_ms);
  });
  const fields = [...document.querySelectorAll("input,select,textarea")].slice(0, 200);
  const filled = fields.map((f) => `${f.value.length}${f.checked ? "x" : ""}`).join();
  // What stands in shadow roots is drawn too, and is no part of the body's text.
  const said = [document.body?.innerText ?? ""];
  const descend = (root) => {
    for (const { shadowRoot } of root.querySelectorAll("*")) {
      if (!shadowRoot) continue;
      for (const child of shadowRoot.children)
        if (!/^(STYLE|SCRIPT|TEMPLATE)$/.test(child.tagName)) said.push(child.innerText ?? "");
      descend(shadowRoot);
    }
  };
  descend(document);
  return [
    `${location.href} ${scrollX} ${scrollY} ${filled}`,
    said.join("\\n").slice(0, length),
  ];
}"""
FRAMED = "(length) => (document.body?.innerText ?? '').slice(0, length)"
FRAMES = 5  # inside the page: a card form, a challenge
FRAMES_S = 0.4  # for their texts; one that does not answer shows nothing either
_FRAMES = "look into the frames"


class Pictures:
    """Takes the pictures of one attempt's page."""

    def __init__(self, page: Page, session: CDPSession | None, scrubber: Scrubber) -> None:
        self._page = page
        self._session = session
        self._scrubber = scrubber
        self._frames: list[str] = []  # JPEG in base64
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
                if again and self._look(0) == self._shown:
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
        shown = self._look(FRAME_MS)
        if self._session is None:
            return self._screenshot(), shown
        with self._screencast(self._session):
            return self._frame(), shown

    def _look(self, frame_ms: int) -> tuple[str, str]:
        """Return what the page shows, once its next frame has begun (0: not waited for)."""
        marks, text = self._page.evaluate(SHOWS, [PAINT_MS, TEXT, frame_ms])
        return str(marks), "\n".join([str(text), *self._framed()])

    def _framed(self) -> list[str]:
        """Return what the frames inside the page say."""
        said: list[str] = []
        try:
            with limit(FRAMES_S, _FRAMES):
                for frame in self._page.frames[1 : FRAMES + 1]:
                    with suppress(PlaywrightError):  # one that is going elsewhere
                        said.append(str(frame.evaluate(FRAMED, TEXT)))
        except DeadlinePassed as passed:
            if str(passed) != _FRAMES:
                raise
        return said

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

    def _frame(self) -> bytes:
        """Return the first frame that came; empty if none came in time."""
        end, wait_ms = time.monotonic() + FRAME_S, FIRST_MS
        while not self._frames and time.monotonic() < end:
            self._page.wait_for_timeout(wait_ms)
            wait_ms = POLL_MS
        return base64.b64decode(self._frames[0]) if self._frames else b""

    def _screenshot(self) -> bytes:
        """Return the picture as Playwright takes it, in any browser."""
        return self._page.screenshot(
            type="jpeg", quality=QUALITY, scale="css", style=MASK, timeout=LIMIT_S * 1000
        )

    def _came(self, event: dict[str, Any]) -> None:
        self._frames.append(str(event["data"]))

"""Evidence of a failure: screenshot, console, failing requests, trace; without secrets.

Fails closed: what still holds a secret after masking is not kept, and the run says so.
"""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from forepost.model import Artefact
from probes.deadline import DeadlinePassed, limit
from probes.exchanges import zipped
from probes.scrub import Scrubber
from probes.trace import scrub_zip

PHOTO_LIMIT_S = 3.0
TRACE_LIMIT_S = 10.0
LINES = 200
LINE_LENGTH = 500
MASK = "input,textarea{-webkit-text-security:disc!important}"
# For the trace: its frames are taken all along, so fields are masked from the first instant.
MASK_SCRIPT = f"""(() => {{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync({json.dumps(MASK)});
  const mask = () => {{ document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }};
  mask();
  addEventListener("DOMContentLoaded", mask);
}})();"""
# Replaces secrets in what the page shows, and returns all of its text for a last look.
MASK_TEXT = """(spans) => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let text = node.data;
    for (const secret of spans) text = text.split(secret).join("*".repeat(secret.length));
    if (text !== node.data) node.data = text;
  }
  return document.documentElement.innerText;
}"""


class Evidence:
    """What one attempt leaves on disk, under runs/<run id>/ of the output folder."""

    def __init__(self, out: Path, run_id: str, attempt: int, scrubber: Scrubber) -> None:
        self.artefacts: list[Artefact] = []
        self.dropped: list[str] = []
        self._out = out
        self._folder = Path("runs") / run_id
        self._suffix = "" if attempt == 1 else "-retry"
        self.scrubber = scrubber

    def photograph(self, page: Page, name: str) -> str | None:
        """Keep a picture of the whole page as it stands; None if there can be none."""
        try:
            with limit(PHOTO_LIMIT_S, "photograph"):
                shown = page.evaluate(MASK_TEXT, self.scrubber.values())
                if self.scrubber.leaks(str(shown).encode()):
                    self.dropped.append("screenshot")
                    return None
                data = page.screenshot(
                    full_page=True, style=MASK, animations="disabled", timeout=PHOTO_LIMIT_S * 1000
                )
        except (PlaywrightError, DeadlinePassed):
            return None
        return self._keep("screenshot", f"{slug(name)}{self._suffix}.png", data)

    def console(self, lines: Sequence[str]) -> None:
        """Keep what the page wrote to its console."""
        kept = [self.scrubber.text(line)[:LINE_LENGTH] for line in lines[-LINES:]]
        if kept:
            self._text("console", f"console{self._suffix}.txt", "\n".join(kept) + "\n")

    def requests(self, failing: Sequence[Mapping[str, Any]]) -> None:
        """Keep the requests that failed."""
        if failing:
            text = self.scrubber.text(json.dumps(failing[-LINES:], indent=1))
            self._text("requests", f"requests{self._suffix}.json", text + "\n")

    def picture(self, name: str, data: bytes) -> str | None:
        """Keep the picture of a step (JPEG); its path, or None."""
        return self._keep("picture", f"{slug(name)}{self._suffix}.jpg", data)

    def exchanges(self, text: str) -> None:
        """Keep the requests of the run with their times, packed."""
        if self.scrubber.leaks(text.encode("utf-8", "replace")):
            self.dropped.append("exchanges")
        else:
            self._keep("exchanges", f"exchanges{self._suffix}.json.gz", zipped(text))

    def trace(self, context: BrowserContext) -> None:
        """Stop the recording and keep it, every entry masked before it reaches its place."""
        with tempfile.TemporaryDirectory() as folder:
            raw, clean = Path(folder, "raw.zip"), Path(folder, "clean.zip")
            try:
                with limit(TRACE_LIMIT_S, "trace"):
                    context.tracing.stop(path=raw)
                    found = scrub_zip(raw, clean, self.scrubber)
            except (PlaywrightError, DeadlinePassed, OSError, zipfile.BadZipFile):
                self.dropped.append("trace (not finished)")
                return
            if found:
                self.dropped.append("trace")
                return
            self._keep("trace", f"trace{self._suffix}.zip", clean.read_bytes())

    def _text(self, kind: str, name: str, text: str) -> None:
        data = text.encode("utf-8", "replace")
        if self.scrubber.leaks(data):
            self.dropped.append(kind)
        else:
            self._keep(kind, name, data)

    def _keep(self, kind: str, name: str, data: bytes) -> str | None:
        """Write a file whole or not at all; a full disk costs the evidence, not the verdict."""
        place = self._folder / name
        target = self._out / place
        draft = target.with_name(f".{name}.{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            self.dropped.append(f"{kind} ({error.strerror})")
            return None
        self.artefacts.append(Artefact(kind, place.as_posix(), len(data)))
        return place.as_posix()


def slug(name: str) -> str:
    """Return a step's name as a file name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "step"

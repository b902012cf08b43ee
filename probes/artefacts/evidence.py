"""Evidence of a failure: picture, page, nearest controls, console, requests, trace, HAR, film.

A first attempt is cheap: what can be read off the page when it has failed. A retry is
recorded whole. Fails closed: what still holds a secret after masking is not kept, and the
run says so.
"""

import json
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from forepost.model import Artefact
from probes.artefacts.candidates import Nearest, nearest_to
from probes.artefacts.dom import documents
from probes.artefacts.film import film_of
from probes.artefacts.har import har_of
from probes.artefacts.trace import scrub_zip
from probes.deadline import DeadlinePassed, limit
from probes.measures.exchanges import zipped
from probes.scrubbing.jar import secret_cookie
from probes.scrubbing.masks import MASK, mask_text
from probes.scrubbing.scrub import Scrubber

ANSWER_LIMIT_S = 1.5  # a page that does not answer in that time can tell nothing
PHOTO_LIMIT_S = 3.0
LARGEST_PICTURE = 4_000_000  # bytes
DOM_LIMIT_S = 4.0
TRACE_LIMIT_S = 10.0
HAR_LIMIT_S = 3.0
FILM_LIMIT_S = 5.0
LINES = 200
LINE_LENGTH = 500
FACT_LENGTH = 300
STEPS = 1_000  # more pictures than that of one name are not told apart
UNREADABLE = (
    PlaywrightError,
    DeadlinePassed,
    OSError,
    ValueError,
    RecursionError,
    zipfile.BadZipFile,
)


class Evidence:
    """What one attempt leaves on disk, under runs/<run id>/ of the output folder."""

    def __init__(self, out: Path, run_id: str, attempt: int, scrubber: Scrubber) -> None:
        self.artefacts: list[Artefact] = []
        self.dropped: list[str] = []
        self.facts: dict[str, str] = {}  # what the evidence says in a line
        self._out = out
        self._folder = Path("runs") / run_id
        self._suffix = "" if attempt == 1 else "-retry"
        self.scrubber = scrubber

    def failure(self, page: Page, name: str, error: BaseException | None) -> str | None:
        """Keep what a page that failed shows and says; the path of its picture, or None."""
        try:
            with limit(ANSWER_LIMIT_S, "answer"):
                page.evaluate("1")
                self._learn(page.context)
        except (PlaywrightError, DeadlinePassed):
            self.dropped.append("the page (it does not answer)")
            return None
        # The picture first: where time is short it tells most, and it masks the page's texts.
        picture = self.photograph(page, name)
        if error is not None and (nearest := nearest_to(error, page, self.scrubber.text)):
            self._nearest(nearest)
        try:
            with limit(DOM_LIMIT_S, "dom"):
                for number, html in enumerate(documents(page), 1):
                    place = f"dom{'' if number == 1 else f'-{number}'}{self._suffix}.html"
                    self._text("dom", place, self.scrubber.text(html))
        except DeadlinePassed:  # to mask a document of a million characters takes a second
            self.dropped.append("dom (not finished)")
        return picture

    def photograph(self, page: Page, name: str) -> str | None:
        """Keep a picture of the whole page as it stands; None if there can be none.

        Of a page that would be too large, what the window shows.
        """
        try:
            with limit(PHOTO_LIMIT_S, "photograph"):
                if self.scrubber.shows(mask_text(page, self.scrubber)):
                    self.dropped.append("screenshot")
                    return None
                data = _shot(page, whole=True)
                if len(data) > LARGEST_PICTURE:
                    data = _shot(page, whole=False)
        except (PlaywrightError, DeadlinePassed):
            return None
        return self._keep("screenshot", self._name(name, "png"), data)

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
        return self._keep("picture", self._name(name, "jpg"), data)

    def exchanges(self, text: str) -> None:
        """Keep the requests of the run with their times, masked and packed."""
        clean = self.scrubber.text(text)
        # Where nothing was masked, that look has found nothing in these very bytes: a second
        # one would find the same (and cost 7 ms of a checkout).
        if clean != text and self.scrubber.leaks(clean.encode("utf-8", "replace")):
            self.dropped.append("exchanges")
        else:
            self._keep("exchanges", f"exchanges{self._suffix}.json.gz", zipped(clean))

    def trace(self, context: BrowserContext) -> None:
        """Stop the recording; keep the trace, its requests as a HAR, its frames as a film.

        Every entry is masked before it reaches its place.
        """
        with tempfile.TemporaryDirectory() as folder:
            raw, clean = Path(folder, "raw.zip"), Path(folder, "clean.zip")
            try:
                with limit(TRACE_LIMIT_S, "trace"):
                    context.tracing.stop(path=raw)
                    done = scrub_zip(raw, clean, self.scrubber)
            except UNREADABLE:
                self.dropped.append("trace (not finished)")
                return
            if done.left:
                self.dropped.append(f"trace ({', '.join(sorted(set(done.left)))})")
                return
            self._keep("trace", f"trace{self._suffix}.zip", clean.read_bytes())
            self._har(clean)
            if done.shown:
                self.dropped.append("film and frames (a page showed a secret)")
            else:
                self._film(clean)

    def _har(self, trace: Path) -> None:
        try:
            with limit(HAR_LIMIT_S, "har"):
                text = har_of(trace)
        except UNREADABLE:
            self.dropped.append("har (not finished)")
            return
        if text is not None:
            self._text("har", f"requests{self._suffix}.har", text + "\n")

    def _film(self, trace: Path) -> None:
        try:
            with limit(FILM_LIMIT_S, "film"):
                film = film_of(trace)
        except UNREADABLE:
            self.dropped.append("film (not finished)")
            return
        if film is not None:
            self._keep("film", f"film{self._suffix}.webp", film)

    def _learn(self, context: BrowserContext) -> None:
        """Take in what a visitor of the page must not tell: the cookies of the session."""
        for cookie in context.cookies():
            name, value = str(cookie.get("name", "")), str(cookie.get("value", ""))
            if secret_cookie(name, value, http_only=bool(cookie.get("httpOnly"))):
                self.scrubber.add(value)

    def _nearest(self, nearest: Nearest) -> None:
        """Keep the nearest controls, in a file with their tags and in a line."""
        self.facts["nearest"] = self.scrubber.text(nearest.say())[:FACT_LENGTH]
        told = {
            "wanted": nearest.wanted,
            "nearest": [
                {
                    "role": control.role,
                    "name": control.name,
                    "visible": control.visible,
                    "enabled": control.enabled,
                    "html": control.html,
                }
                for control in nearest.controls
            ],
        }
        text = self.scrubber.text(json.dumps(told, indent=1))
        self._text("nearest", f"nearest{self._suffix}.json", text + "\n")

    def _name(self, step: str, ending: str) -> str:
        """Return a file name for a step's picture that no other step has: 支払い has no letters."""
        taken = {artefact.path.rpartition("/")[2] for artefact in self.artefacts}
        names = (f"{slug(step)}{n}{self._suffix}.{ending}" for n in ("", *range(2, STEPS)))
        return next((name for name in names if name not in taken), f"more{self._suffix}.{ending}")

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
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            self.dropped.append(f"{kind} ({error.strerror})")
            return None
        self.artefacts.append(Artefact(kind, place.as_posix(), len(data)))
        return place.as_posix()


def _shot(page: Page, *, whole: bool) -> bytes:
    return page.screenshot(
        full_page=whole, style=MASK, animations="disabled", timeout=PHOTO_LIMIT_S * 1000
    )


def slug(name: str) -> str:
    """Return a step's name as a file name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "step"

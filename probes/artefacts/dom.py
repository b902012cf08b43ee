"""The page as it stood, as HTML that can be opened: no script runs, nothing is loaded.

Values of fields that hold secrets are masked by their field; the rest is the scrubber's work.
"""

import re
from contextlib import suppress
from html import escape
from html.parser import HTMLParser

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.deadline import DeadlinePassed, limit
from probes.scrubbing.fields import HIDDEN_FIELD, SECRET_FIELD, secret_field, secret_token

LIMIT_S = 2.0
LARGEST = 1_000_000  # characters of one document
DOCUMENTS = 4  # the page and its first iframes
# The file may be opened by people: no request leaves it, no script runs, no form is sent.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'\">"
)
_WITHOUT = frozenset({"script", "noscript", "object", "embed", "base"})
_ACTIVE = re.compile(r"^\s*(?:javascript|data|vbscript):", re.IGNORECASE)


def documents(page: Page) -> list[str]:
    """Return the HTML, without what acts, of a page and its first iframes, within 2 s.

    Python's parser gives up on some malformed declarations with an AssertionError.
    """
    found: list[str] = []
    with suppress(PlaywrightError, DeadlinePassed, AssertionError), limit(LIMIT_S, "dom"):
        found.extend(still(frame.content()[:LARGEST]) for frame in page.frames[:DOCUMENTS])
    return found


def still(html: str) -> str:
    """Return HTML without scripts, handlers and secret values."""
    reader = _Still()
    reader.feed(html)
    reader.close()
    return _POLICY + "".join(reader.kept)


class _Still(HTMLParser):
    """Writes a document down again, without what acts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._skips = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        if tag in _WITHOUT:
            self._skips += tag in ("script", "noscript")
            return
        known = dict(attrs)
        if self._skips or (tag == "meta" and known.get("http-equiv")):
            return
        secret = _secret(tag, known)
        self.kept.append(f"<{tag}{''.join(_attributes(attrs, secret=secret))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag that has no end."""
        if tag not in _WITHOUT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Keep the end of a tag."""
        if tag in ("script", "noscript"):
            self._skips = max(self._skips - 1, 0)
        elif not self._skips and tag not in _WITHOUT:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if not self._skips:
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep `&amp;`."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Keep `&#38;`."""
        self.handle_data(f"&#{name};")


def _secret(tag: str, known: dict[str, str | None]) -> str:
    """Return the attribute of a tag that holds a secret: `<meta name="csrf-token" content=…>`."""
    if tag == "meta" and secret_token(known.get("name") or "", known.get("content") or ""):
        return "content"
    return "value" if tag in ("input", "textarea") and secret_field(known) else ""


def _attributes(attrs: list[tuple[str, str | None]], *, secret: str) -> list[str]:
    kept = []
    for name, value in attrs:
        if name.startswith("on") or name in ("srcdoc", "nonce", "integrity"):
            continue
        text = value or ""
        if name == secret or (name.startswith("data-") and _names_secret(name)):
            text = "*" * len(text)
        if name in ("href", "src", "action", "formaction") and _ACTIVE.match(text):
            text = ""
        kept.append(f" {name}" if value is None else f' {name}="{escape(text)}"')
    return kept


def _names_secret(name: str) -> bool:
    """Whether an attribute of the shop's own says that it holds a secret: `data-csrf-token`."""
    return bool(HIDDEN_FIELD.search(name) or SECRET_FIELD.search(name))

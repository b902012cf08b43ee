"""From the HTML of a post to its plain text: hostile input, bounded time, nothing executed."""

import re
from html import unescape
from html.parser import HTMLParser

MAX_HTML_CHARS = 10_000  # twenty times the longest post of a usual instance, mark-up included
BREAKS = frozenset({"br", "p", "div", "li", "blockquote", "tr", "h1", "h2", "h3"})
SILENT = frozenset({"script", "style", "template", "head"})

_TAG = re.compile(r"<[^<>]{0,2000}>")
_SPACE = re.compile(r"\s+")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        if tag in SILENT:
            self.silent += 1
        elif tag in BREAKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in BREAKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def plain(html: str) -> str:
    """Return the text that a reader of the post sees, on one line.

    Shape:  any text; what lies beyond 10,000 characters is not read.
    """
    html = html[:MAX_HTML_CHARS]
    if html.count("<") != html.count(">"):
        # Not what an instance sends. The parser needs the square of the length for tags that
        # never close (1 s for 10,000 characters), so these are only stripped.
        return _stripped(html)
    parser = _Text()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # the standard parser's answer to a broken "<![" section
        return _stripped(html)
    return _SPACE.sub(" ", "".join(parser.parts)).strip()


def _stripped(html: str) -> str:
    """Return what is left of broken mark-up without its tags."""
    return _SPACE.sub(" ", unescape(_TAG.sub(" ", html))).strip()

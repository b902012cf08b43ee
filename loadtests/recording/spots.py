"""Where in an answer a value stands, as the call of `loadtests.extract` that finds it (pure).

Each candidate is tried on the recorded answer: only a call that returns the very value is
taken, so what is written into a script is known to work.
"""

import html
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from loadtests import extract
from loadtests.markup import tags
from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.text import quoted
from loadtests.session import Answer, FlowFailedError

_CALLS: dict[str, Callable[..., Any]] = {
    name: getattr(extract, name)
    for name in (
        "hidden",
        "field",
        "link",
        "attribute",
        "text",
        "between",
        "at",
        "header",
        "address",
    )
}
# What names an element for good, the best first.
_ANCHORS = ("name", "property", "itemprop", "data-testid", "id", "class")
_LEFT = (12, 20, 32, 48)  # characters before a value that may tell where it stands
_LEAVES = 20_000  # of a JSON answer
_TRIES = 60  # each reads the page once


@dataclass(frozen=True, slots=True)
class Spot:
    """One way to take a value from an answer."""

    call: str
    args: tuple[str | int, ...] = ()
    given: dict[str, str] = field(default_factory=dict)
    kind: type = str  # of the value as it stands there

    def of(self, answer: Answer) -> Any:
        """Return the value; None where it is not found."""
        try:
            return _CALLS[self.call](answer, *self.args, **self.given)
        except (FlowFailedError, TypeError, re.error):
            return None

    def code(self, answer: str) -> str:
        """Return the call on the answer of that name."""
        args = [quoted(one) if isinstance(one, str) else str(one) for one in self.args]
        args += [f"{name}={quoted(value)}" for name, value in self.given.items()]
        return f"{self.call}({', '.join([answer, *args])})"


def answer_of(one: Exchange) -> Answer:
    """Return what the visitor got, as a user file would see it."""
    return Answer(200, one.seen_url, one.text, one.answered)


def find(one: Exchange, value: str) -> Spot | None:
    """Return how to take a value from one answer; None if it does not stand there."""
    answer = answer_of(one)
    for spot in islice(_candidates(one, value), _TRIES):
        got = spot.of(answer)
        if got is not None and not isinstance(got, (dict, list, bool)) and str(got) == value:
            return spot
    return None


def find_link(one: Exchange, url: str, pattern: str) -> Spot | None:
    """Return how to take a whole address from an answer: a link, or a form's action."""
    if not one.text or urlsplit(url).path.rpartition("/")[2] not in html.unescape(one.text):
        return None
    spot = Spot("link", (pattern,))
    return spot if spot.of(answer_of(one)) == url else None


def _candidates(one: Exchange, value: str) -> Iterator[Spot]:
    yield from _in_address(one, value)
    for name, told in one.answered.items():
        if told == value:
            yield Spot("header", (name,))
    if value.isalnum() and value not in one.text:
        return  # nothing in it that an escape could hide
    body = json_of(one)
    if body is not None:
        yield from (_leaf(path, leaf) for path, leaf in leaves(body) if str(leaf) == value)
    elif value in one.text or html.escape(value) in one.text:
        yield from _in_tags(one.text, value)
        yield from _in_text(one.text, value)


def _leaf(path: tuple[str | int, ...], leaf: Any) -> Spot:
    return Spot("at", path, kind=type(leaf))


def json_of(one: Exchange, text: str | None = None) -> Any:
    """Return the JSON of an answer, or of another `text` of it; None if it is none."""
    text = one.text if text is None else text
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return Answer(200, one.seen_url, text).json()
    except FlowFailedError:
        return None


def leaves(body: Any, *, flags: bool = False) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield (path, value) of texts and numbers in JSON, up to a number of them.

    `flags`: of true and false too.
    """
    waiting: deque[tuple[tuple[str | int, ...], Any]] = deque([((), body)])
    for _ in range(_LEAVES):
        if not waiting:
            return
        path, node = waiting.popleft()
        if isinstance(node, dict):
            waiting += [((*path, name), inside) for name, inside in node.items()]
        elif isinstance(node, list):
            waiting += [((*path, index), inside) for index, inside in enumerate(node)]
        elif node is not None and (flags or not isinstance(node, bool)):
            yield path, node


def _in_address(one: Exchange, value: str) -> Iterator[Spot]:
    """Yield where the value stands in the address that redirects led to."""
    if one.seen_url == one.url:
        return
    parts = urlsplit(one.seen_url)
    segments = parts.path.split("/")
    for index, segment in enumerate(segments):
        if unquote(segment) == value:
            before = "/".join("[^/]+" if looks.has_digit(s) else s for s in segments[:index])
            yield Spot("address", (f"{before}/([^/?]+)",))
    for name, told in parse_qsl(parts.query):
        if told == value:
            yield Spot("address", (f"[?&]{name}=([^&]+)",))


def _in_tags(text: str, value: str) -> Iterator[Spot]:
    """Yield the elements that have the value as an attribute or as their text."""
    for tag in tags(text):
        if tag.closing:
            continue
        anchors = [(name, tag.attrs[name]) for name in _ANCHORS if tag.attrs.get(name)]
        stable = [(name, told) for name, told in anchors if not looks.tokens(told)]
        for wanted, told in tag.attrs.items():
            if told == value:
                for name, held in stable:
                    if name != wanted:
                        yield Spot("attribute", (tag.name, wanted), {_keyword(name): held})
                if wanted not in _ANCHORS:
                    yield Spot("attribute", (tag.name, wanted))
        if html.unescape(text[tag.end : tag.end + len(value) + 200].partition("<")[0]) == value:
            yield from (Spot("text", (), {_keyword(name): held}) for name, held in stable)


def _in_text(text: str, value: str) -> Iterator[Spot]:
    """Yield what stands before and after the value on its line."""
    raw = value if value in text else html.escape(value)
    begin = text.find(raw)
    line, _, rest = text[:begin].rpartition("\n")[2], "", text[begin + len(raw) :]
    for length in _LEFT:
        before = line[-length:]
        if before.strip() and rest and not looks.tokens(before) and not looks.emails(before):
            yield Spot("between", (before, rest[:1]))


def _keyword(name: str) -> str:
    """Return an attribute's name as a keyword of a call."""
    word = name.replace("-", "_")
    return f"{word}_" if word in ("class", "for") else word


def onward(one: Exchange, path: str) -> str:
    """Return an address as the page of an answer means it."""
    return urljoin(one.seen_url, path)

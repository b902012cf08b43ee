"""Where in an answer a value stands, as the call of `loadtests.extract` that finds it (pure).

Each candidate is tried on the recorded answer: only a call that returns the very value is
taken, so what is written into a script is known to work.
"""

import html
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

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
_LINE = 120
_LEAST = 4  # characters of a value that may be known by what stands before it alone
_LONGEST = 500  # characters of a value whose escapes are undone
_PLACES = 5  # of a page where the same value stands
_QUOTE = "&quot;"
_ENDS = (_QUOTE, '\\"')
_NAMED_SIGNS = (
    "&quot;",
    "&amp;",
    "&lt;",
    "&gt;",
    "&apos;",
    "&nbsp;",
    "&sol;",
    "&plus;",
    "&equals;",
)
# What gives a value its name in scripts and in JSON, and what that stands in:
# `"csrf": "`, `&quot;cart&quot;:{&quot;id&quot;:`, `token = '`
_NAME = r"(?:\\?[\"']|&quot;|\b)[\w.$-]{1,40}(?:\\?[\"']|&quot;)?\s{0,3}[:=]\s{0,3}"
_NAMED = re.compile(rf"(?:{_NAME}\{{\s{{0,3}})?{_NAME}(?:\\?[\"'`]|&quot;)?$")
_OF_ANY = re.compile(r"(?:value|content)\b")
_ESCAPED = re.compile(r"[^A-Za-z0-9]+")
_GROUPED = 4  # digits from which people group them
_GROUPS = (".", ",", " ", "\u00a0", "\u202f", "'", "\u2019")
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


def find_number(one: Exchange, value: str, answer: str) -> tuple[Spot | None, str]:
    """Return `find`, and the code for it on the answer of that name.

    A number is found also as people read it: 1.234.567.
    """
    spot = find(one, value)
    if spot is not None:
        return spot, spot.code(answer)
    if value.isascii() and value.isdigit() and len(value) >= _GROUPED and value[0] != "0":
        near = any(f"{end}{value[-3:]}" in one.text for end in (*_GROUPS, ";"))
        for sign in _GROUPS if near else ():
            spot = find(one, f"{int(value):,}".replace(",", sign))
            if spot is not None:
                return spot, f"digits({spot.code(answer)})"
    return None, ""


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
    core = max(_ESCAPED.split(value), key=len)
    if core not in one.text:
        return  # no escape hides letters and figures
    held = _leaves(one.text)
    if held is not None:
        yield from (_leaf(path, leaf) for path, leaf in held.get(value, ()))
        if len(value) >= _LEAST:  # in a page's piece, or in JSON of its own, that the JSON holds
            yield from _in_text(one.text, value, _written(value))
    elif (written := _written(value)).search(one.text) or len(value) > _LONGEST:
        yield from _in_tags(one.text, value)
        yield from _in_text(one.text, value, written)


@lru_cache(maxsize=128)
def _leaves(text: str) -> Mapping[str, Sequence[tuple[tuple[str | int, ...], Any]]] | None:
    """Return where each text or number stands in an answer of JSON, which is read once."""
    body = _json(text)
    if body is None:
        return None
    held: dict[str, list[tuple[tuple[str | int, ...], Any]]] = {}
    for path, leaf in leaves(body):
        held.setdefault(str(leaf), []).append((path, leaf))
    return held


def _leaf(path: tuple[str | int, ...], leaf: Any) -> Spot:
    return Spot("at", path, kind=type(leaf))


def json_of(one: Exchange, text: str | None = None) -> Any:
    """Return the JSON of an answer, or of another `text` of it; None if it is none."""
    return _json(one.text if text is None else text)


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
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


def _in_text(text: str, value: str, written: re.Pattern[str]) -> Iterator[Spot]:
    """Yield what stands before and after the value on its line, best the name that it has there."""
    for found in islice(written.finditer(text), _PLACES):
        line = text[max(0, found.start() - _LINE) : found.start()].rpartition("\n")[2]
        rest = text[found.end() : found.end() + len(_QUOTE)]
        after = next((end for end in _ENDS if rest.startswith(end)), rest[:1])
        named = _NAMED.search(line)
        befores = [named[0]] if named else []
        if len(value) >= _LEAST:  # a shorter one stands anywhere
            befores += sorted((line[-length:] for length in _LEFT), key=looks.has_digit)
        if named and _OF_ANY.match(named[0]):  # of a tag: its name stands before
            befores.insert(0, line[-_LEFT[-1] :])
        for before in befores:
            told = looks.tokens(before) or looks.emails(before)
            if before.strip() and after and not told:
                yield Spot("between", (before, after))


def _written(value: str) -> re.Pattern[str]:
    """Return a pattern for a value as pages write it: in HTML, in scripts, in JSON in both.

    What is longer than a token was typed or written by people: only as it is.
    """
    if len(value) > _LONGEST:
        return re.compile(re.escape(value))
    signs = "".join(sign if sign.isalnum() else _sign(sign) for sign in value)
    begin = "(?<![A-Za-z0-9])" if value[0].isalnum() else ""
    end = "(?![A-Za-z0-9])" if value[-1].isalnum() else ""
    return re.compile(begin + signs + end)


def _sign(sign: str) -> str:
    """Return a pattern for what is no letter: itself, a reference, an escape."""
    number, named = ord(sign), [name for name in _NAMED_SIGNS if html.unescape(name) == sign]
    ways = [re.escape(sign), rf"\\{re.escape(sign)}", *named]
    ways += [f"&#(?:0*{number}|[xX]0*(?i:{number:x}));", rf"\\(?:u00|x)(?i:{number:02x})"]
    return f"(?:{'|'.join(ways)})"


def _keyword(name: str) -> str:
    """Return an attribute's name as a keyword of a call."""
    word = name.replace("-", "_")
    return f"{word}_" if word in ("class", "for") else word


def onward(one: Exchange, path: str) -> str:
    """Return an address as the page of an answer means it."""
    return extract.onward(one.seen_url, path)

"""The requests of a load script: each exchange as the call that repeats it (pure)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from loadtests.multipart import MOST_BYTES, Upload
from loadtests.recording import looks
from loadtests.recording.bodies import Pairs, shallow
from loadtests.recording.har import Exchange
from loadtests.recording.headers import own
from loadtests.recording.named import identifier
from loadtests.recording.names import endpoints
from loadtests.recording.pages import PageForm, form_of
from loadtests.recording.polls import poll
from loadtests.recording.shows import ERRORS, lacks, shows
from loadtests.recording.spots import find, find_link
from loadtests.recording.text import Call, flat, joined, quoted
from loadtests.recording.values import ANSWER, About, Parts, Values, Where

_SHORT_FORM = 2  # entries that still stand in the call
_WITHIN = re.compile(r"([;=,!~]+)")
_SPECIAL = re.compile(r"([.^$*+?{}\[\]\\|()])")


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the script; marks stand for what answers hand on."""

    step: str
    endpoint: str
    call: Call
    form: Call | None  # written before the call, where it is long
    cookies: list[Call]  # set before the call, as the page's script did
    document: bool
    times: int  # asked again and again in the walk, once by the script
    shows: str  # what proves that it worked; empty: its status alone


def requests(
    exchanges: Sequence[Exchange], about: About, values: Values, baked: Sequence[Pairs]
) -> list[Request]:
    """Return the requests in turn; `values` then knows what they need.

    `baked`: the cookies that pages had set by themselves before each.
    """
    names = endpoints(exchanges, about.target)
    made = [
        _Writer(values, about, index).request(name, baked[index])
        for index, name in enumerate(names)
    ]
    last = max((i for i, one in enumerate(exchanges) if one.method != "GET"), default=0)
    proved = any(one.shows for one in made[last:]) or any(one.at >= last for one in values.taken)
    if not proved:
        but = f" but that it has no {ERRORS}" if lacks(exchanges[last]) == () else ""
        told = f"nothing shows that {exchanges[last].what} worked{but}: add shows= to it"
        values.look.append(told)
    return made


class _Writer:
    """Writes the request of one exchange."""

    def __init__(self, values: Values, about: About, index: int) -> None:
        self._values = values
        self._about = about
        self._index = index
        self._one = values.exchanges[index]

    def request(self, endpoint: str, baked: Pairs) -> Request:
        """Return it."""
        one = self._one
        cookies = [call for name, value in baked if (call := self._cookie(name, value))]
        path = self._path()
        long: Call | None = None
        form = self._form() if one.form is not None else None
        if isinstance(form, Call) and len(form.parts) > _SHORT_FORM:
            long, form = replace(form, head=f"form = {form.head}"), None
        sent: list[str | Call] = []
        if one.json is not None:
            sent.append(_named("json=", self._json(one.json, "")))
        if headers := self._headers():
            sent.append(Call("headers={", headers, "}"))
        lacking = self._lacks()
        bare = not sent and not lacking and not one.multipart
        plain = one.method in ("GET", "POST") and bare
        args: list[str | Call] = [quoted(endpoint), path]
        if one.form is not None or (one.method == "POST" and plain):
            body: str | Call = "form" if long else form or "{}"
            key = "parts=" if one.multipart else "form="
            args.append(body if plain else _named(key, body))
        args += sent
        shown = shows(self._index, self._values)
        if shown:
            args.append(f"shows={quoted(shown)}")
        args += lacking
        head = f"session.{one.method.lower()}(" if plain else "session.send("
        args = args if plain else [quoted(one.method), *args]
        call, times = Call(head, args), one.times
        if waits := poll(one):
            asks: list[str | Call] = ["session", _named("lambda: ", call), *waits.args()]
            call, times = Call("until(", asks), 1
        return Request(one.step, endpoint, call, long, cookies, one.document, times, shown)

    def _cookie(self, name: str, value: str) -> Call | None:
        """Return what sets a cookie as the page's script did; None if it is the same for all."""
        found = self._values.text(unquote(value), name, self._index, Where.SCRIPT)
        if not any(code for code, _ in found):
            return None
        told = joined(found)
        told = told if unquote(value) == value else f'quote({told}, safe="")'
        return Call("session.set_cookie(", [quoted(name), told])

    def _lacks(self) -> list[str | Call]:
        """Return what the answer must not tell; errors that it told in the walk are pointed out."""
        known = lacks(self._one)
        if known is None:
            return []
        args: list[str | Call] = [f"lacks={quoted(ERRORS)}"]
        if known:
            below = [path for path in known if path != ERRORS]
            where = f" ({', '.join(below)})" if below else ""
            told = (
                f"{self._one.what} told {ERRORS} in the walk{where}: under load they do not count"
            )
            self._values.look.append(told)
            args.append(Call("but=[", [quoted(path) for path in known], "]"))
        return args

    # -- the address ----------------------------------------------------------------------

    def _path(self) -> str:
        """Return the code for the address: a link of an earlier page, or its parts."""
        url = self._one.url
        pattern, moving = self._pattern(url)
        if moving:
            for at in range(self._index - 1, -1, -1):
                if code := self._linked(at, url, pattern):
                    return self._inline(at, code, "link")
        return joined(self._parts(url))

    def _inline(self, at: int, code: str, what: str) -> str:
        """Return the use of what an answer hands to this request alone."""
        name = f"{identifier(_last_word(self._one.url))}_{what}"
        return self._values.code(self._values.take(at, code, name, inline=True), self._index)

    def _linked(self, at: int, url: str, pattern: str) -> str:
        """Return the call that finds an address in an answer; empty if it is not there."""
        one = self._values.exchanges[at]
        if spot := find_link(one, url, pattern):
            return spot.code(ANSWER)
        parts = urlsplit(url)
        relative = parts.path + (f"?{parts.query}" if parts.query else "")
        for told in (url, relative):
            spot = find(one, told)
            if spot is not None and spot.call in ("at", "header"):
                return spot.code(ANSWER)
        return ""

    def _pattern(self, url: str) -> tuple[str, bool]:
        """Return a pattern for the path and query, and whether there is anything in it to find."""
        parts = urlsplit(url)
        moving = False
        segments = []
        for segment in parts.path.split("/"):
            pattern, moves = self._segment(segment)
            moving |= moves
            segments.append(pattern)
        query = []
        for pair in parts.query.split("&") if parts.query else []:
            name, _, value = pair.partition("=")
            moves = self._moves(unquote(value))
            moving |= moves
            query.append(f"{_escaped(name)}=[^&]+" if moves else _escaped(pair))
        return "/".join(segments) + (r"\?" + "&".join(query) if query else ""), moving

    def _moves(self, value: str) -> bool:
        """Whether a part of an address belongs to this visit alone."""
        if value in map(str, self._about.settings.values()):
            return False
        if looks.moment(value, self._one.at_ms) or looks.email(value):
            return False
        return looks.random(value) or (
            looks.has_digit(value)
            and not self._values.static(value, self._index)
            and self._seen_before(value)
        )

    def _seen_before(self, value: str) -> bool:
        earlier = self._values.exchanges[: self._index]
        return any(value in one.text or value in one.seen_url for one in earlier)

    def _parts(self, url: str) -> Parts:
        """Return an address by its parts, each as a visit gets it."""
        target, own = urlsplit(self._about.target), urlsplit(url)
        here = (target.scheme, target.netloc) == (own.scheme, own.netloc)
        parts: Parts = [] if here else [(False, f"{own.scheme}://{own.netloc}")]
        before = ""
        for number, segment in enumerate(own.path.split("/")):
            parts += [(False, "/")] if number else []
            parts += self._within(segment, before or "path", Where.PATH)
            before = segment
        for number, pair in enumerate(own.query.split("&") if own.query else []):
            name, equals, value = pair.partition("=")
            parts.append((False, f"{'&' if number else '?'}{name}{equals}"))
            parts += self._within(value, unquote(name), Where.QUERY)
        return parts if any(code or text for code, text in parts) else [(False, "/")]

    def _within(self, raw: str, name: str, where: Where) -> Parts:
        """Return a part of an address; what comes from elsewhere is quoted there."""
        value = unquote(raw.replace("+", " ") if where is Where.QUERY else raw)
        found = self._values.text(value, name, self._index, where)
        if not any(code for code, _ in found):
            return [(False, raw)]
        if raw == value and (where is Where.PATH or looks.random(value)):
            return found
        slashes = ", safe=''" if where is Where.PATH else ""
        return [
            (code, text if not code or text.startswith("fresh.") else f"quote({text}{slashes})")
            for code, text in found
        ]

    # -- what is sent -----------------------------------------------------------------------

    def _form(self) -> str | Call:
        """Return the fields of a form: the page's hidden ones, and what is put beside them.

        A dict, or pairs in their order where a name was sent several times.
        """
        sent = self._one.form or ()
        page = form_of(self._values, self._index, self._path_pattern(), sent)
        if len(dict(sent)) < len(sent):
            return self._pairs(sent, page)
        entries: list[str | Call] = []
        if page is not None:
            entries.append(f"**{self._inline(page.at, page.hidden(), 'form')}")
        hidden = page.form.hidden if page is not None else {}
        for at, (name, value) in enumerate(sent):
            if hidden.get(name) != value:
                entries.append(_named(f"{quoted(name)}: ", self._field(at, name, value)))
        if len(entries) == 1 and str(entries[0]).startswith("**"):
            return str(entries[0])[2:]
        return Call("{", entries, "}")

    def _pairs(self, sent: Sequence[tuple[str, str]], page: PageForm | None) -> Call:
        """Return pairs; the n-th hidden field of a name is read from the page as the n-th."""
        taken: set[tuple[str, int]] = set()
        entries: list[str | Call] = []
        for at, (name, value) in enumerate(sent):
            which = page.which(name, value, taken) if page is not None else None
            if page is None or which is None:
                code = self._field(at, name, value)
            else:
                taken.add((name, which))
                made = self._values.take(
                    page.at, page.field(name, which), identifier(name), inline=True
                )
                code = self._values.code(made, self._index)
            entries.append(Call("(", [quoted(name), code]))
        return Call("[", entries, "]")

    def _field(self, at: int, name: str, value: str) -> str | Call:
        """Return the code for an entry of a form that no page hides: a text, or a file."""
        file = dict(self._one.files).get(at)
        if file is None:
            return self._value(name, value)
        named = self._values.text(file.name, name, self._index, Where.SCRIPT)
        args: list[str | Call] = [joined(named), quoted(file.kind)]
        if file.text:  # what a script sends as a file, and the shop reads as a call's JSON
            sent = self._json(json.loads(file.text), name)
            args.append(_named("text=", Call("dumps(", [sent])))
        elif file.name:
            self._values.look.append(_of_file(f'"{name}" of {self._one.what}', file))
            args.append(str(min(file.size_bytes, MOST_BYTES)))
        return Call("Upload(", args)

    def _value(self, name: str, value: str) -> str | Call:
        """Return the code for a field that no page hides.

        JSON in it is the very text that an answer had, or has ids of its own.
        """
        inside = _inside(value)
        if inside is not None and (handed := self._values.handed(value, name, self._index)):
            return self._values.code(handed, self._index)
        if inside is not None and flat(node := self._json(inside, name)) != flat(_display(inside)):
            return Call("dumps(", [node])
        where = self._values.where(name, self._index)
        return joined(self._values.text(value, name, self._index, where))

    def _path_pattern(self) -> str:
        """Return a pattern for the path alone, as forms are found by it."""
        return "/".join(self._segment(part)[0] for part in urlsplit(self._one.url).path.split("/"))

    def _segment(self, segment: str) -> tuple[str, bool]:
        """Return a pattern for a part of a path, and whether it belongs to this visit alone.

        Also of those that keep a session behind a sign: cart;jsessionid=95a09cfa.
        """
        if self._moves(unquote(segment)):
            return "[^/?]+", True
        pieces = _WITHIN.split(segment)
        moves = [len(pieces) > 1 and self._moves(unquote(piece)) for piece in pieces]
        told = [
            "[^/?;]+" if moving else _escaped(piece)
            for piece, moving in zip(pieces, moves, strict=True)
        ]
        return "".join(told), any(moves)

    def _headers(self) -> list[str | Call]:
        """Return what a script put on its call, and what asks for JSON."""
        if self._one.document:
            return []
        return [
            f"{quoted(name)}: "
            f"{joined(self._values.text(value, name.lower(), self._index, Where.HEADER))}"
            for name, value in own(self._one.headers, json=self._one.json is not None)
        ]

    def _json(self, value: Any, name: str) -> str | Call:
        """Return a JSON body as a display."""
        if isinstance(value, dict):
            parts = [_named(f"{quoted(key)}: ", self._json(one, key)) for key, one in value.items()]
            return Call("{", parts, "}")
        if isinstance(value, list):
            return Call("[", [self._json(one, name) for one in value], "]")
        if isinstance(value, str):
            return self._value(name, value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._values.number(value, name, self._index)
        return repr(value)


def _named(head: str, node: str | Call) -> str | Call:
    return f"{head}{node}" if isinstance(node, str) else replace(node, head=f"{head}{node.head}")


def _inside(value: str) -> Any:
    """Return the object or list that a text is as JSON; None if it is none."""
    if value[:1] not in ("{", "["):
        return None
    try:
        inside = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return inside if shallow(inside) else None


def _display(value: Any) -> str | Call:
    """Return JSON as a display of what stood there."""
    if isinstance(value, dict):
        return Call(
            "{", [_named(f"{quoted(key)}: ", _display(one)) for key, one in value.items()], "}"
        )
    if isinstance(value, list):
        return Call("[", [_display(one) for one in value], "]")
    return quoted(value) if isinstance(value, str) else repr(value)


def _of_file(what: str, file: Upload) -> str:
    """Return what a person should know of a made-up file."""
    size = file.size_bytes
    sent = f"{size} made-up bytes" if size <= MOST_BYTES else f"{MOST_BYTES} of {size} bytes"
    return f"{what} was a file: {sent} of {file.kind} are sent, nothing that opens as one"


def _escaped(text: str) -> str:
    """Return a text as a pattern; dashes stay readable."""
    return _SPECIAL.sub(r"\\\1", text)


def _last_word(url: str) -> str:
    words = [part for part in urlsplit(url).path.split("/") if part and not looks.has_digit(part)]
    return words[-1] if words else "visit"

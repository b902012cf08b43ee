"""From a recorded HAR to the exchanges that a load script repeats (pure).

Kept are documents and calls of scripts to hosts that may be asked; a redirect belongs to the
request that led to it, since a session follows it by itself.
Source: HTTP Archive 1.2, w3c.github.io/web-performance/specs/HAR/Overview.html.
"""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from loadtests.multipart import Upload
from loadtests.recording import looks
from loadtests.recording.bodies import Pairs, body
from loadtests.recording.headers import own

_SCRIPT = "script"
_KINDS = {
    "document": "document",
    "iframe": "document",
    "xhr": "call",
    "fetch": "call",
    _SCRIPT: _SCRIPT,
}
_STREAMS = {"websocket": "a WebSocket", "eventsource": "a stream of events"}
_ERRORS = 400
_REDIRECTS = (301, 302, 303, 307, 308)
_KEEP_METHOD = (307, 308)
_SEE_OTHER = 303
_OWN = ("x-synthetic-probe",)
_LOOKS = 100  # answers of one polling that are kept
_CLOCK_MS = 5.0  # a HAR's times are whole milliseconds


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of the journey with what the visitor saw in the end, after redirects."""

    step: str
    method: str
    url: str
    document: bool
    at_ms: float
    headers: Mapping[str, str]  # of the request, names in lower case
    form: Pairs | None = None
    files: tuple[tuple[int, Upload], ...] = ()  # by their place in the form, where they are empty
    multipart: bool = False  # whether the form was sent as multipart/form-data
    json: Any = None  # what was sent as JSON; None: nothing was
    seen_url: str = ""
    text: str = ""
    answered: Mapping[str, str] = field(default_factory=dict)  # headers of the last answer
    cookies: Pairs = ()  # set on the way
    times: int = 1  # how often it was asked in a row: a script's polling
    earlier: tuple[tuple[float, str], ...] = ()  # of those: when each but the last, its answer
    last_ms: float = 0.0

    @property
    def what(self) -> str:
        """Method and path, as people read it."""
        return f"{self.method} {unquote(urlsplit(self.url).path) or '/'}"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is repeated, and what is left out and why."""

    exchanges: tuple[Exchange, ...]
    left: tuple[str, ...]
    look: tuple[str, ...] = ()  # what is repeated, but may not be what was meant
    outside: tuple[tuple[str, str], ...] = ()  # host and answer of those that are not asked
    cookies: frozenset[tuple[str, str]] = frozenset()  # that any answer has set, pictures' too


@dataclass(slots=True)
class _Entry:
    at_ms: float
    kind: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.request["url"]).partition("#")[0]

    @property
    def status(self) -> int:
        return int(self.response["status"])


def read(
    har: Mapping[str, Any],
    steps: Sequence[tuple[float, str]],
    ended_ms: float,
    hosts: Collection[str],
) -> Kept:
    """Return the exchanges of a journey in the order of their beginning.

    `steps`: when each began (ms since 1970, ascending), and its name; what began before the
    first or after `ended_ms` is not the journey's. `hosts`: the only ones that are asked.
    Raises: ValueError for what is no HAR.
    """
    left: dict[str, int] = {}
    kept: list[Exchange] = []
    look: list[str] = []
    outside: list[tuple[str, str]] = []
    entries = _entries(har, ended_ms)
    for what in _streams(har, ended_ms, hosts):
        _leave(left, what)
    while entries:
        entry = entries.pop(0)
        host = urlsplit(entry.url).hostname or ""
        if host not in hosts:
            _leave(left, f"{host}: not in allow_hosts")
            outside.append((host, _text(entry.response)))
            continue
        what = f"{entry.request['method']} {urlsplit(entry.url).path or '/'}"
        last, cookies, problem = _follow(entry, entries, hosts)
        if not problem and last.status <= 0 and (problem := _unanswered(entry, entries)) == "":
            look.append(f"{what} had no answer when the browser went on: repeated all the same")
        made, problem = (None, problem) if problem else _exchange(entry, last, cookies, steps)
        if made is None:
            _leave(left, f"{what}: {problem}")
        else:
            _put(kept, made)
    told = tuple(_told(why, count) for why, count in left.items())
    return Kept(tuple(kept), told, tuple(look), tuple(outside), _all_cookies(har))


def _all_cookies(har: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    answers = (raw["response"].get("cookies", ()) for raw in har["log"]["entries"])
    return frozenset((str(one["name"]), str(one["value"])) for told in answers for one in told)


def _entries(har: Mapping[str, Any], ended_ms: float) -> list[_Entry]:
    """Return documents and calls of the journey; pictures and scripts are not even counted."""
    try:
        raws = har["log"]["entries"]
        found = [
            _Entry(_at_ms(raw["startedDateTime"]), kind, raw["request"], raw["response"])
            for raw in raws
            if (kind := _kind(raw)) and raw["request"]["method"] not in ("OPTIONS", "HEAD")
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no HAR that can be read: {error!r}") from error
    found = [one for one in found if one.at_ms <= ended_ms and one.url.startswith("http")]
    sent = [(one.at_ms, _drawn(one)) for one in found if one.kind != _SCRIPT]
    found = [one for one in found if one.kind != _SCRIPT or _hands_on(one, sent)]
    return sorted(found, key=lambda one: one.at_ms)


def _drawn(one: _Entry) -> set[str]:
    """Return what a request sent that may have been drawn by chance."""
    values = (value for _, value in own(_headers(one.request), json=False))
    told = looks.tokens(f"{one.url} {(one.request.get('postData') or {}).get('text')}")
    return {*filter(looks.mixed, values), *told}


def _hands_on(script: _Entry, sent: Sequence[tuple[float, Collection[str]]]) -> bool:
    """Whether something that a later request sent stands in a script's text.

    Most scripts are files that hand nothing on; some shops put a token or a key into one.
    """
    text = _text(script.response)
    return any(at_ms >= script.at_ms and any(one in text for one in told) for at_ms, told in sent)


def _streams(har: Mapping[str, Any], ended_ms: float, hosts: Collection[str]) -> Iterator[str]:
    """Yield what the pages kept open to hear more: no request of a script can do that."""
    for raw in har["log"]["entries"]:
        kind, url = _STREAMS.get(str(raw.get("_resourceType"))), urlsplit(raw["request"]["url"])
        if kind and url.hostname in hosts and _at_ms(raw["startedDateTime"]) <= ended_ms:
            yield f"GET {url.path or '/'}: {kind}: what it tells is not heard"


def _kind(raw: Mapping[str, Any]) -> str:
    """Return "document", "call" or nothing; other recorders say it by headers only."""
    told = raw.get("_resourceType")
    if not told:
        headers = _headers(raw["request"])
        navigates = "upgrade-insecure-requests" in headers
        told = headers.get("sec-fetch-dest", "document" if navigates else "fetch")
        told = "fetch" if told == "empty" else told
    return _KINDS.get(str(told), "")


def _follow(
    entry: _Entry, rest: list[_Entry], hosts: Collection[str]
) -> tuple[_Entry, tuple[tuple[str, str], ...], str]:
    """Take what redirects led to out of `rest`; return the last hop, cookies and a problem."""
    cookies = _cookies(entry)
    while entry.status in _REDIRECTS and (onward := _headers(entry.response).get("location")):
        url = urljoin(entry.url, onward).partition("#")[0]
        if urlsplit(url).hostname not in hosts:
            return entry, cookies, f"leads to {urlsplit(url).hostname}, not in allow_hosts"
        method = _method_after(entry.status, str(entry.request["method"]))
        hops = (one for one in rest if (one.url, one.request["method"]) == (url, method))
        found = next(hops, None)
        if found is None:
            break
        rest.remove(found)
        entry, cookies = found, cookies + _cookies(found)
    return entry, cookies, ""


def _method_after(status: int, method: str) -> str:
    """Return the method that follows a redirect, as the session follows it too."""
    keeps = status in _KEEP_METHOD or (status != _SEE_OTHER and method != "POST")
    return method if keeps else "GET"


def _unanswered(entry: _Entry, rest: Sequence[_Entry]) -> str:
    """Return why a request without an answer is left out; nothing for one that may have counted.

    A form that is pressed twice is sent twice, and the first answer is lost; a form whose answer
    never came was taken by the shop all the same, as far as anybody knows.
    """
    after = next((one for one in rest if one.kind == "document"), None)
    again = after is not None and (after.request["method"], after.url) == (
        entry.request["method"],
        entry.url,
    )
    sends = entry.request["method"] != "GET" and entry.kind == "document"
    return "" if sends and not again else "it had no answer when the browser went on"


def _exchange(
    first: _Entry,
    last: _Entry,
    cookies: tuple[tuple[str, str], ...],
    steps: Sequence[tuple[float, str]],
) -> tuple[Exchange | None, str]:
    """Return what was exchanged, or why that cannot be repeated under load."""
    if last.status >= _ERRORS:
        return None, f"the shop answered {last.status}: a visit under load would count as failed"
    sent = body(first.request)
    if sent.problem:
        return None, sent.problem
    return Exchange(
        step=_step(first.at_ms, steps),
        method=str(first.request["method"]),
        url=first.url,
        document=first.kind == "document",
        at_ms=first.at_ms,
        last_ms=first.at_ms,
        headers={k: v for k, v in _headers(first.request).items() if k not in _OWN},
        form=sent.form,
        files=sent.files,
        multipart=sent.multipart,
        json=sent.json,
        seen_url=last.url,
        text=_text(last.response),
        answered=_headers(last.response),
        cookies=cookies,
    ), ""


def _put(kept: list[Exchange], made: Exchange) -> None:
    """Add an exchange; the same call again on the same page is its page's polling."""
    for index in range(len(kept) - 1, -1, -1):
        one = kept[index]
        if one.document or made.document or made.method != "GET":
            break
        if (one.method, _bare(one.url)) == (made.method, _bare(made.url)):
            earlier = (*one.earlier, (one.last_ms, one.text))[-_LOOKS:]
            made = replace(made, step=one.step, at_ms=one.at_ms, times=one.times + 1)
            kept[index] = replace(made, earlier=earlier)
            return
    kept.append(made)


def _bare(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return an address without what only keeps caches away: times in the query."""
    parts = urlsplit(url)
    query = [(n, v) for n, v in parse_qsl(parts.query) if not (v.isdigit() and len(v) >= 10)]  # noqa: PLR2004 - seconds since 1970 or longer
    return f"{parts.netloc}{parts.path}", tuple(query)


def _step(at_ms: float, steps: Sequence[tuple[float, str]]) -> str:
    """Return the step in which an instant lies; what comes before the first is its too."""
    name = steps[0][1] if steps else "visit"
    for began_ms, step in steps:
        if at_ms + _CLOCK_MS < began_ms:
            break
        name = step
    return name


def _headers(side: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["name"]).lower(): str(one["value"]) for one in side.get("headers", ())}


def _cookies(entry: _Entry) -> tuple[tuple[str, str], ...]:
    told = entry.response.get("cookies", ())
    return tuple((str(one["name"]), str(one["value"])) for one in told)


def _text(response: Mapping[str, Any]) -> str:
    content = response.get("content", {})
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        return base64.b64decode(text).decode("utf-8", "replace")
    return text


def _at_ms(told: str) -> float:
    return datetime.fromisoformat(told).timestamp() * 1000


def _leave(left: dict[str, int], why: str) -> None:
    left[why] = left.get(why, 0) + 1


def _told(why: str, count: int) -> str:
    return f"{why} ({count} times)" if count > 1 else why

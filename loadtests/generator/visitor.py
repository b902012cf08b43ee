"""A visitor of the shop under load: own cookies, shared connections, every request named.

Locust's client is handed in, so importing this patches nothing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.cookiejar import Cookie
from json import dumps
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from loadtests.cells import WHOLE_STEP
from loadtests.generator import kinds
from loadtests.generator.plan import Plan
from loadtests.generator.recorder import Open, Recorder
from loadtests.generator.told_errors import told_errors
from loadtests.multipart import Parts, encoded
from loadtests.session import Answer, Fields, FlowFailedError

MARK = "X-Load-Test"
_HOPS = 5
_ERRORS, _REDIRECTS = 400, (301, 302, 303, 307, 308)
_SEE_OTHER, _MOVED = 303, (301, 302)
_OF_A_BODY = ("content-type", "content-encoding", "content-language", "content-location")
_FOR_ANYBODY = ("accept", "content-type")

Payload = Mapping[str, str] | str | bytes | None


def headers(plan: Plan) -> dict[str, str]:
    """Return what every request carries, the load test's mark above all."""
    return {MARK: f"forepost/{plan.load_run}", "Accept-Encoding": "gzip, deflate, br"}


class Door:
    """The one way to the shop: hosts that may be asked, clients to ask with, the token."""

    def __init__(self, plan: Plan, client: Callable[[], Any], count: Callable[..., None]) -> None:
        self.plan = plan
        self.requests = 0
        self.closed = False  # then nothing is sent any more
        parts = urlsplit(plan.target)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._client = client  # makes one with `headers`, on the shared connections
        self._count = count  # Locust's own, for each request
        self._idle: list[Any] = []

    def borrow(self) -> Any:
        """Return a client without a cookie."""
        return self._idle.pop() if self._idle else self._client()

    def give_back(self, client: Any) -> None:
        """Take a client whose visit is over."""
        client.cookiejar.clear()
        self._idle.append(client)

    def url(self, path: str, base: str | None = None) -> str:
        """Return the address of a path; a host that may not be asked is refused."""
        usual = base is None and path[:1] == "/" and path[:2] != "//" and "/." not in path
        if usual and path.isprintable():
            return self._origin + path  # without the cost of taking it apart
        url, host = _taken_apart(base or self.plan.target + "/", path)
        if host not in self.plan.hosts:
            raise FlowFailedError("host", f"{host} is not among allow_hosts: nothing was sent")
        return url

    def counted(self, method: str, endpoint: str, sent_at: float, length: int, kind: str) -> None:
        """Count a request that was answered, or failed; Locust counts it too."""
        self.requests += 1
        self._count(
            request_type=method,
            name=endpoint,
            response_time=(time.monotonic() - sent_at) * 1000,
            response_length=length,
            exception=kind or None,
        )


class Visitor:
    """One visitor's session; counts under an arrival, or nowhere (before the run)."""

    def __init__(
        self, door: Door, recorder: Recorder | None = None, second: int = 0, flow: str = ""
    ) -> None:
        self._door = door
        self._recorder = recorder
        self._second, self._flow, self._step = second, flow, ""
        self._client = door.borrow()
        self._due_at: float | None = None  # when the next request should leave

    def due(self, at: float) -> None:
        """Say when the first request was meant to leave (monotonic seconds)."""
        self._due_at = at

    def leave(self) -> None:
        """The visit is over: somebody else may use the client."""
        self._door.give_back(self._client)

    def step(self, name: str) -> "_Step":
        """Name what the customer does; all its requests together are timed as one."""
        return _Step(self, name)

    def begin_step(self, name: str) -> tuple[str, Open | None]:
        """Begin a step; return the one before it, and its count."""
        before, self._step = self._step, name
        if self._recorder is None:
            return before, None
        now = time.monotonic()
        key = (self._second, self._flow, name, WHOLE_STEP)
        return before, self._recorder.begin(key, self._due_at or now, now)

    def end_step(self, before: str, one: Open | None, error: BaseException | None) -> None:
        """End a step, in whatever way."""
        self._step = before
        if one is not None and self._recorder is not None:
            failure = None if error is None else kinds.of_visit(error)
            self._recorder.end(one, time.monotonic(), failure)

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Open a page."""
        return self._counted("GET", endpoint, path, None, shows)

    def post(self, endpoint: str, path: str, form: Fields, *, shows: str | None = None) -> Answer:
        """Send a form."""
        more: dict[str, str] = {}
        return self._counted("POST", endpoint, path, _body(form, more), shows, more)

    def send(
        self,
        method: str,
        endpoint: str,
        path: str,
        *,
        form: Fields | None = None,
        parts: Parts | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        shows: str | None = None,
        lacks: str | None = None,
        but: Sequence[str] = (),
    ) -> Answer:
        """Make the call of a page's script: any method, a form or JSON, headers of its own."""
        more = dict(headers or {})
        payload: Payload = None if form is None else _body(form, more)
        if parts is not None:
            payload, more["Content-Type"] = encoded(parts)
        if json is not None:
            more.setdefault("Content-Type", "application/json")
            payload = dumps(json)
        return self._counted(method, endpoint, path, payload, shows, more, lacks, but)

    def cookie(self, name: str) -> str:
        """Return a cookie that the shop has set."""
        for one in self._client.cookiejar:
            if one.name == name and one.value:
                return str(one.value)
        raise FlowFailedError("content", f"the shop has set no cookie {name}")

    def set_cookie(self, name: str, value: str) -> None:
        """Keep a cookie for the target."""
        self._client.cookiejar.set_cookie(_cookie(urlsplit(self._door.plan.target), name, value))

    def pause(self, seconds: float) -> None:
        """Wait before going on; the next request is due when the pause is over."""
        self._due_at = (self._due_at or time.monotonic()) + seconds
        time.sleep(max(0.0, self._due_at - time.monotonic()))  # inside Locust others go on

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the shop's test API with the token; not counted."""
        more = {"Authorization": f"Bearer {self._door.plan.token}"}
        if body is not None:
            more["Content-Type"] = "application/json"
        payload = None if body is None else dumps(body)
        asked_at = time.monotonic()
        answer = self._walk(method, f"{method} {path}", path, payload, more)
        if self._due_at is not None:  # what this took is not the next request's lateness
            self._due_at += time.monotonic() - asked_at
        return answer.json() if answer.text else None

    def _counted(
        self,
        method: str,
        endpoint: str,
        path: str,
        payload: Payload,
        shows: str | None,
        more: Mapping[str, str] | None = None,
        lacks: str | None = None,
        but: Sequence[str] = (),
    ) -> Answer:
        recorder = self._recorder
        if recorder is None:
            answer = _shown(self._walk(method, endpoint, path, payload, more), shows)
            return _sound(answer, endpoint, lacks, payload, but)
        now = time.monotonic()
        key = (self._second, self._flow, self._step, endpoint)
        one = recorder.begin(key, self._due_at or now, now)
        try:
            answer = _shown(self._walk(method, endpoint, path, payload, more), shows)
            _sound(answer, endpoint, lacks, payload, but)
        except BaseException as error:  # the patience of a visit ends in a gevent.Timeout
            recorder.end(one, time.monotonic(), kinds.of_visit(error))
            raise
        self._due_at = time.monotonic()  # the visitor goes on at once
        recorder.end(one, self._due_at)
        return answer

    def _walk(
        self,
        method: str,
        endpoint: str,
        path: str,
        payload: Payload,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and follow its redirects, never to a host that is not allowed.

        As a browser does (Fetch standard, fetch.spec.whatwg.org/#http-redirect-fetch): 307 and
        308 repeat method and body, and so do 301 and 302 except after a POST. At another origin
        nothing is told that was meant for this one.
        """
        url = self._door.url(path)
        for _ in range(_HOPS + 1):
            answer, onward = self._hop(method, endpoint, url, payload, more)
            if onward is None:
                return answer
            if _becomes_get(answer.status, method):
                method, payload, more = "GET", None, _without(more, _OF_A_BODY)
            before, url = url, self._door.url(onward, url).partition("#")[0]
            if more and urlsplit(before)[:2] != urlsplit(url)[:2]:
                more = {name: more[name] for name in more if name.lower() in _FOR_ANYBODY}
        raise FlowFailedError("redirects", f"{endpoint}: more than {_HOPS} redirects")

    def _hop(
        self,
        method: str,
        endpoint: str,
        url: str,
        payload: Payload,
        more: Mapping[str, str] | None,
    ) -> tuple[Answer, str | None]:
        door = self._door
        if door.closed:
            raise FlowFailedError("stopped", "the run is over: nothing was sent")
        sent_at = time.monotonic()
        try:
            reply = self._client.urlopen(url, method=method, payload=payload, headers=more)
            status, content = reply.status_code, reply.content
        except Exception as error:  # noqa: BLE001 - whatever the client raises is told by its kind
            kind = kinds.of_request(error)
            door.counted(method, endpoint, sent_at, 0, kind)
            raise FlowFailedError(kind, f"{endpoint}: {method} {url}: {kind}") from None
        if status >= _ERRORS:
            kind = f"http {status}"
            door.counted(method, endpoint, sent_at, len(content), kind)
            raise FlowFailedError(kind, f"{endpoint}: {method} {url}: {kind}")
        door.counted(method, endpoint, sent_at, len(content), "")
        onward = only(reply.headers, "location") if status in _REDIRECTS else None
        return Answer(status, url, _text(content, reply.headers), reply.headers), onward


class _Step:
    """A step of a visit; a context made of a generator costs twice as much."""

    __slots__ = ("_begun", "_name", "_visitor")

    def __init__(self, visitor: Visitor, name: str) -> None:
        self._visitor, self._name = visitor, name

    def __enter__(self) -> None:
        self._begun = self._visitor.begin_step(self._name)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._visitor.end_step(*self._begun, error)


def _cookie(target: SplitResult, name: str, value: str) -> Cookie:
    """Return a cookie of a whole host, as `document.cookie` makes one."""
    host = target.hostname or ""
    dotted = host if "." in host or ":" in host else f"{host}.local"  # as the jar calls them
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=dotted,
        domain_specified=False,
        domain_initial_dot=False,
        path="/",
        path_specified=True,
        secure=target.scheme == "https",
        expires=None,
        discard=True,
        comment=None,
        comment_url=None,
        rest={},
    )


def _taken_apart(base: str, path: str) -> tuple[str, str]:
    """Return the whole address, and its host; the shop may have written anything into a link."""
    with suppress(ValueError):  # "http://[::1", a port of 99999
        url = urljoin(base, path)
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return url, parts.hostname
    raise FlowFailedError("address", f'"{path[:200]}" is no web address: nothing was sent')


def _becomes_get(status: int, method: str) -> bool:
    """Whether a redirect is followed by a GET without a body."""
    if status == _SEE_OTHER:
        return method not in ("GET", "HEAD")
    return status in _MOVED and method == "POST"


def _without(more: Mapping[str, str] | None, names: Sequence[str]) -> Mapping[str, str] | None:
    return more and {name: value for name, value in more.items() if name.lower() not in names}


def _shown(answer: Answer, shows: str | None) -> Answer:
    if shows is not None and shows not in answer.text:
        raise FlowFailedError("content", f'{answer.url} does not show "{shows}"')
    return answer


def _sound(
    answer: Answer, endpoint: str, lacks: str | None, sent: Payload, but: Sequence[str]
) -> Answer:
    if lacks is not None and (found := told_errors(answer, lacks, sent, but)) is not None:
        raise FlowFailedError(found.kind, f"{endpoint}: {found.kind}: {found.message}")
    return answer


def _body(form: Fields, more: dict[str, str]) -> Mapping[str, str] | str:
    """Return the body of a form; the client takes no pairs, so those are encoded here."""
    if isinstance(form, Mapping):
        return dict(form)
    more.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return urlencode(form)


def only(headers: Mapping[str, Any], name: str) -> str | None:
    """Return a header; the first where the shop sends several, for which the client has a list."""
    value = headers.get(name)
    return str(value[0]) if isinstance(value, list) else value


def _text(content: bytes | None, headers: Mapping[str, str]) -> str:
    """Return a body as text, in the character set that it names if there is such a one."""
    named = (only(headers, "content-type") or "").lower().partition("charset=")[2]
    charset = named.partition(";")[0].strip(" \"'") or "utf-8"
    try:
        return str(content or b"", charset, "replace")
    except (LookupError, ValueError):  # what the shop says of its pages is no fault of a user file
        return str(content or b"", "utf-8", "replace")

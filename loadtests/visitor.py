"""A visitor of the shop under load: own cookies, shared connections, every request named.

Locust's session is handed in, so importing this patches nothing.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from loadtests.plan import Plan
from loadtests.recorder import Recorder
from loadtests.session import Answer, FlowFailedError

MARK = "X-Load-Test"
_HOPS = 5
_ERRORS = 400
_REDIRECTS = (301, 302, 303, 307, 308)
_KINDS = {
    "Timeout": "timeout",
    "timeout": "timeout",
    "TimeoutError": "timeout",
    "ConnectionRefusedError": "refused",
    "ConnectionResetError": "closed",
    "HTTPConnectionClosed": "closed",
    "BrokenPipeError": "closed",
}
"""What failures are called, by the names of their classes: Locust's own need its import."""

OUR_FAULT = "flow file: "
"""Begins the kind of a failure that a user file made, not the shop."""


class Door:
    """The one way to the shop: hosts that may be asked, the mark, the token."""

    def __init__(self, plan: Plan, session: Callable[[], Any]) -> None:
        self.plan = plan
        self.session = session  # makes a fresh FastHttpSession on the shared connections
        self.requests = 0

    def allow(self, url: str) -> None:
        """Refuse a host that may not be asked, before anything is sent."""
        host = urlsplit(url).hostname
        if host not in self.plan.hosts:
            raise FlowFailedError("host", f"{host} is not among allow_hosts: nothing was sent")


class Visitor:
    """One visitor's session; counts under an arrival, or nowhere (before the run)."""

    def __init__(
        self, door: Door, recorder: Recorder | None = None, second: int = 0, flow: str = ""
    ) -> None:
        self._door = door
        self._recorder = recorder
        self._place = (second, flow)
        self._session = door.session()
        self._due_at: float | None = None  # when the next request should leave

    def due(self, at: float) -> None:
        """Say when the first request was meant to leave (monotonic seconds)."""
        self._due_at = at

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Open a page."""
        return self._counted("GET", endpoint, path, None, shows)

    def post(
        self, endpoint: str, path: str, form: Mapping[str, str], *, shows: str | None = None
    ) -> Answer:
        """Send a form."""
        return self._counted("POST", endpoint, path, form, shows)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the shop's test API with the token; not counted."""
        bearer = {"Authorization": f"Bearer {self._door.plan.token}"}
        answer = self._walk(method, f"{method} {path}", path, None, headers=bearer, json=body)
        return answer.json() if answer.text else None

    def _counted(
        self,
        method: str,
        endpoint: str,
        path: str,
        form: Mapping[str, str] | None,
        shows: str | None,
    ) -> Answer:
        if self._recorder is None:
            return self._shown(self._walk(method, endpoint, path, form), shows)
        now = time.monotonic()
        one = self._recorder.begin(
            (*self._place, endpoint), intended_at=self._due_at or now, sent_at=now
        )
        try:
            answer = self._shown(self._walk(method, endpoint, path, form), shows)
        except BaseException as error:  # the patience of a visit ends in a gevent.Timeout
            self._recorder.end(one, time.monotonic(), kind_of(error))
            raise
        self._due_at = time.monotonic()  # the visitor goes on at once
        self._recorder.end(one, self._due_at)
        return answer

    def _walk(
        self, method: str, endpoint: str, path: str, form: Mapping[str, str] | None, **more: Any
    ) -> Answer:
        """Send one request and follow its redirects, never to a host that is not allowed."""
        url = urljoin(self._door.plan.target + "/", path)
        for _ in range(_HOPS):
            self._door.allow(url)
            answer, onward = self._hop(method, endpoint, url, form, **more)
            if onward is None:
                return answer
            url, method, form, more = urljoin(url, onward), "GET", None, {}
        raise FlowFailedError("redirects", f"{endpoint}: more than {_HOPS} redirects")

    def _hop(
        self,
        method: str,
        endpoint: str,
        url: str,
        form: Mapping[str, str] | None,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
    ) -> tuple[Answer, str | None]:
        sent = {MARK: f"forepost/{self._door.plan.load_run}", **(headers or {})}
        with self._session.request(
            method,
            url,
            name=endpoint,
            data=dict(form) if form is not None else None,
            json=json,
            headers=sent,
            allow_redirects=False,
            catch_response=True,
        ) as reply:
            failure = _kind(reply)
            if failure:
                reply.failure(failure)
        self._door.requests += 1
        if failure:
            raise FlowFailedError(failure, f"{endpoint}: {method} {url}: {failure}")
        onward = reply.headers.get("location") if reply.status_code in _REDIRECTS else None
        return Answer(reply.status_code, url, reply.text or ""), onward

    @staticmethod
    def _shown(answer: Answer, shows: str | None) -> Answer:
        if shows is not None and shows not in answer.text:
            raise FlowFailedError("content", f'{answer.url} does not show "{shows}"')
        return answer


def _kind(reply: Any) -> str | None:
    """Return the kind of failure of a Locust reply; None if it is a success."""
    if reply.status_code >= _ERRORS:
        return f"http {reply.status_code}"
    error = getattr(reply, "error", None)
    if error is None and reply.status_code:
        return None
    error = getattr(error, "original", None) or error  # what the HTTP client wrapped
    return _named(error) or type(error).__name__


def kind_of(error: BaseException) -> str:
    """Return the kind of failure of an exception out of a flow."""
    if isinstance(error, FlowFailedError):
        return error.kind
    return _named(error) or f"{OUR_FAULT}{type(error).__name__}"


def _named(error: object) -> str | None:
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((_KINDS[name] for name in names if name in _KINDS), None)

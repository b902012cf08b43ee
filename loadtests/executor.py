"""The generator inside Locust: sends each visit at its planned instant, whatever the replies.

One dispatcher user walks the plan. Each arrival is a greenlet of its own with a visitor
(cookies of its own, connections from one pool), so a slow shop delays nobody else's start.
Locust runs this as a child process: importing it patches sockets.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit

import gevent
from gevent.socket import wait_read
from locust import User, events, task
from locust.contrib.fasthttp import FastHttpSession
from locust.event import EventHook
from locust.exception import StopUser

from forepost import plugins
from forepost.config.faults import Faults
from loadtests import plan as plans
from loadtests import users
from loadtests.cells import WHOLE
from loadtests.plan import LEAD_S, PREPARE_LIMIT_S
from loadtests.recorder import Recorder
from loadtests.session import Answer, FlowFailedError, Row
from loadtests.shape import Arrival

MARK = "X-Load-Test"
_HOPS = 5
_ERRORS = 400
_REDIRECTS = (301, 302, 303, 307, 308)
_KINDS = (
    ("Timeout", "timeout"),
    ("timeout", "timeout"),
    ("TimeoutError", "timeout"),
    ("ConnectionRefusedError", "refused"),
    ("ConnectionResetError", "closed"),
    ("HTTPConnectionClosed", "closed"),
    ("BrokenPipeError", "closed"),
)


class Door:
    """The one way to the shop: hosts that may be asked, connections, the mark, the token."""

    def __init__(self, plan: plans.Plan, request_event: EventHook) -> None:
        self.plan = plan
        self.request_event = request_event
        self.requests = 0
        # As many connections as visits: a wait for one would be our queue, not the shop's.
        first = FastHttpSession(
            plan.target,
            request_event,
            None,
            insecure=False,
            concurrency=plan.max_in_flight + 4,
            connection_timeout=plan.patience_s + 1,
            network_timeout=plan.patience_s + 1,
        )
        self.pool = first.client.clientpool

    def session(self) -> FastHttpSession:
        """Return a fresh visitor's session."""
        return FastHttpSession(
            self.plan.target, self.request_event, None, insecure=False, client_pool=self.pool
        )

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
        except (Exception, gevent.Timeout) as error:
            self._recorder.end(one, time.monotonic(), _kind_of(error))
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
    names = {kind.__name__ for kind in type(error).__mro__}
    return next((kind for name, kind in _KINDS if name in names), type(error).__name__)


def _kind_of(error: BaseException) -> str:
    """Return the kind of failure of an exception out of a flow."""
    if isinstance(error, FlowFailedError):
        return error.kind
    return "timeout" if isinstance(error, gevent.Timeout) else f"flow file: {type(error).__name__}"


class Flow:
    """A user file with its settings and its rows."""

    def __init__(self, name: str, raw: Mapping[str, Any]) -> None:
        self.name = name
        self.module: ModuleType = plugins.load("loadtests.users", name)
        faults = Faults("campaign", "")
        self.settings: Any = faults.read(f"flows.{name}", raw, self.module.Settings)
        if self.settings is None:
            raise FlowFailedError("settings", "; ".join(faults.found))
        self._rows: Sequence[Row] = [{}]
        self._turn = count()

    def prepare(self, door: Door, arrivals: int) -> None:
        """Let the file make its test data, then walk the flow once."""
        try:
            if hasattr(self.module, "prepare"):
                self._rows = self.module.prepare(Visitor(door), arrivals, self.settings) or [{}]
            self.module.run(Visitor(door), self.row(), self.settings)
        except FlowFailedError as error:
            raise FlowFailedError(error.kind, f"{self.name}: {error}") from error

    def row(self) -> Row:
        """Return the next row, in turn."""
        return self._rows[next(self._turn) % len(self._rows)]


class Generator:
    """Walks a plan: prepares, sends, writes once a second, drains, tells how it ended."""

    def __init__(self, plan: plans.Plan, environment: Any) -> None:
        self.plan = plan
        self.environment = environment
        self.recorder = Recorder(Path(plan.cells).open("a", encoding="utf-8"))  # noqa: SIM115 - open for life
        self.door = Door(plan, environment.events.request)
        self.flows: dict[str, Flow] = {}
        self.started_at = 0.0

    def run(self) -> None:
        """Do everything; the last line says how it ended."""
        if not self._prepare():
            return
        self.started_at = time.monotonic() + LEAD_S
        self.recorder.event("ready", first_at=time.time() + LEAD_S)
        ticker = gevent.spawn(self._tick)
        for arrival in self.plan.arrivals:
            gevent.sleep(max(0.0, self.started_at + arrival.at_s - time.monotonic()))
            self._send(arrival)
        self._drain()
        ticker.kill()
        self.finish("finished")

    def finish(self, reason: str) -> None:
        """Close the books; whatever is open becomes censored. Safe to call again."""
        if self.recorder.closed:
            return
        self.recorder.close(time.monotonic())
        self.recorder.write(self._second())
        self.recorder.event(
            "end",
            reason=reason,
            requests=self.door.requests,
            locust_requests=self.environment.stats.total.num_requests,
            lateness_p99_ms=self.recorder.lateness_p99_ms(),
            **self.recorder.totals(),
        )

    def _prepare(self) -> bool:
        """Make test data and walk every flow once; False, with the reason told, if it fails."""
        quiet = Door(self.plan, EventHook())  # type: ignore[no-untyped-call]
        for name, raw in self.plan.flows.items():
            arrivals = sum(one.flow == name for one in self.plan.arrivals)
            try:
                with gevent.Timeout(PREPARE_LIMIT_S):
                    self.flows[name] = Flow(name, raw)
                    self.flows[name].prepare(quiet, arrivals)
            except FlowFailedError as error:
                return self._refuse(str(error))
            except gevent.Timeout:
                return self._refuse(f"{name}: one pass took longer than {PREPARE_LIMIT_S:g} s")
            except Exception as error:  # noqa: BLE001 - a user file may raise anything
                return self._refuse(f"{name}: loadtests/users/{name}.py: {error!r}")
        return True

    def _refuse(self, reason: str) -> bool:
        self.recorder.event("refused", reason=reason)
        self.recorder.closed = True  # nothing was counted: there is no end to tell
        return False

    def _send(self, arrival: Arrival) -> None:
        if self.recorder.visits_open >= self.plan.max_in_flight:
            self.recorder.drop(int(arrival.at_s), arrival.flow)
            return
        gevent.spawn(self._visit, arrival)

    def _visit(self, arrival: Arrival) -> None:
        """Walk one flow; it ends as done or failed unless the books are closed first."""
        due_at = self.started_at + arrival.at_s
        key = (int(arrival.at_s), arrival.flow, WHOLE)
        one = self.recorder.begin(key, intended_at=due_at, sent_at=time.monotonic())
        flow, failure = self.flows[arrival.flow], None
        visitor = Visitor(self.door, self.recorder, key[0], key[1])
        visitor.due(due_at)
        try:
            with gevent.Timeout(max(0.001, due_at + self.plan.patience_s - time.monotonic())):
                flow.module.run(visitor, flow.row(), flow.settings)
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - a user file may raise anything
            failure = _kind_of(error)
        self.recorder.end(one, time.monotonic(), failure)

    def _drain(self) -> None:
        until = time.monotonic() + self.plan.patience_s + 1
        last = self.started_at + self.plan.duration_s
        while time.monotonic() < last or (self.recorder.visits_open and time.monotonic() < until):
            gevent.sleep(0.05)

    def _second(self) -> int:
        return max(0, int(time.monotonic() - self.started_at))

    def _tick(self) -> None:
        """Once a second: the cells that changed, and how the generator itself is doing."""
        for second in count():
            cpu_s, at = time.process_time(), time.monotonic()
            gevent.sleep(max(0.0, self.started_at + second + 1 - at))
            self.recorder.write(second)
            wall_s = max(time.monotonic() - at, 1e-6)
            self.recorder.event(
                "health",
                second=second,
                cpu_ratio=round((time.process_time() - cpu_s) / wall_s, 4),
                lateness_p99_ms=self.recorder.lateness_p99_ms(),
                in_flight=self.recorder.visits_open,
            )


class Dispatcher(User):
    """The one Locust user: it runs the plan and then ends Locust."""

    fixed_count = 1
    generator: Generator | None = None

    @task
    def walk(self) -> None:
        """Run the plan that stands on standard input."""
        generator = Generator(plans.from_line(sys.stdin.readline()), self.environment)
        type(self).generator = generator
        gevent.spawn(_end_with_parent)
        room = users.__path__
        room.extend(place for place in generator.plan.plugin_folders if place not in room)
        generator.run()
        # Locust's own code for failed requests would read as a failed generator.
        self.environment.process_exit_code = 0
        gevent.spawn(self.environment.runner.quit)
        raise StopUser


def _end_with_parent() -> None:
    """Stop at once when the parent is gone: nobody would stop the load any more."""
    wait_read(0)
    if os.read(0, 1) == b"":
        _finish("parent gone")
        os._exit(1)


def _finish(reason: str) -> None:
    if Dispatcher.generator is not None:
        Dispatcher.generator.finish(reason)


def _on_quitting(**_: Any) -> None:
    """SIGTERM: Locust ends; the books are closed first."""
    _finish("stopped")


events.quitting.add_listener(_on_quitting)  # type: ignore[no-untyped-call]

"""The generator inside Locust: sends each visit at its planned instant, whatever the replies.

A dispatcher walks the worker's share of the arrivals. Each arrival is a greenlet of its own with
a visitor (cookies of its own, connections from one pool), so a slow shop delays nobody else's
start. Locust runs this as a child process: importing it patches sockets.
"""

import os
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.cookiejar import CookieJar
from itertools import count
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from gevent.socket import wait_read
from locust.contrib.fasthttp import FastHttpSession, FastResponse, LocustUserAgent
from locust.event import EventHook

from loadtests.cells import WHOLE
from loadtests.generator import body, kinds
from loadtests.generator.flow import Flow
from loadtests.generator.plan import LOST_S, Plan
from loadtests.generator.recorder import Recorder
from loadtests.generator.visitor import Door, Visitor, headers, only
from loadtests.shapes.shape import Arrival

_OPEN_FILES = 10_000  # connections need one each
# It goes on while the machine is asleep, which `time.monotonic` does not on every system.
_WALL = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class _Response(FastResponse):
    """An answer whose body has an end, whatever the shop sends."""

    def _content(self) -> bytes:
        """Return the body, unpacked; the connection is free for others then."""
        reply: Any = self._response
        headers: Any = self.headers
        try:
            return body.unpacked(body.read(reply.read), only(headers, "content-encoding") or "")
        finally:
            self.release()


class _Client(LocustUserAgent):
    """Locust's client; whether a status is a failure, and where to go on, is the visitor's."""

    response_type = _Response

    def _verify_status(self, status_code: int, url: Any = None) -> None:
        del status_code, url


class _Cookies(CookieJar):
    """A visitor's cookies; where there are none, nothing is worked out (a tenth of all time)."""

    def add_cookie_header(self, request: Any) -> None:
        """Put the cookies that are for this address on a request."""
        if next(iter(self), None) is not None:
            super().add_cookie_header(request)

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Take the cookies that an answer brings."""
        if "set-cookie" in response.headers:
            super().extract_cookies(response, request)


def clients(plan: Plan) -> Callable[[], Any]:
    """Return what makes a visitor's client; all of them share their connections."""
    first = FastHttpSession(
        plan.target,
        EventHook(),  # type: ignore[no-untyped-call]
        None,
        insecure=False,
        # As many connections as visits: a wait for one would be our queue, not the shop's.
        concurrency=plan.max_in_flight + 4,
        connection_timeout=plan.patience_s + 1,
        network_timeout=plan.patience_s + 1,
    )
    own, shared = headers(plan), _sending_once(first.client.clientpool)

    def make() -> Any:
        # A retry would hide a failure, and a hop is counted: both are the visitor's.
        return _Client(
            client_pool=shared,
            cookiejar=_Cookies(),
            headers=own,
            max_retries=0,
            max_redirects=0,
        )

    return make


def _sending_once(pool: Any) -> Any:
    """Return the connections of all visitors, made to send each request once.

    The library sends a GET again, at once and as often as there may be connections, when the
    shop closes before it answers: load that nobody planned or counts, on a shop that is full.
    """
    of_host = pool.get_client

    def get_client(url: Any) -> Any:
        client = of_host(url)
        # It counts its attempts by the size of the pool; there is no setting for it.
        client._connection_pool.size = -1  # noqa: SLF001 - see above
        return client

    pool.get_client = get_client
    return pool


def awake_s() -> float:
    """Return seconds of a clock that sees a machine's sleep."""
    return time.clock_gettime(_WALL)


def many_files() -> None:
    """Raise the limit of open files as far as the system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def lines(descriptor: int) -> Iterator[bytes]:
    """Yield the lines that come in, until the other side is gone; others run meanwhile."""
    begun: list[bytes] = []  # of a line that has not come to its end; some have megabytes
    while True:
        wait_read(descriptor)
        read = os.read(descriptor, 1 << 20)
        if not read:
            return
        first, *others = read.split(b"\n")
        begun.append(first)
        if others:
            *whole, rest = others
            yield b"".join(begun)
            yield from whole
            begun = [rest]


class Executor:
    """One worker's share of a run: sends, counts, reports once a second, drains."""

    def __init__(
        self,
        plan: Plan,
        flows: dict[str, Flow],
        recorder: Recorder,
        door: Door,
        report: Callable[[int, list[str], dict[str, object] | None], None],
    ) -> None:
        self.plan = plan
        self.recorder = recorder
        self.door = door
        self.planned = 0
        self.ended = Event()
        self._flows = flows
        self._report = report
        self._queue: deque[Arrival] = deque()
        self._news, self._begun = Event(), Event()
        self._finish_s: float | None = None
        self._started_at = 0.0
        self._pulse_at = 0.0
        self._sent_s = 0  # the second of the latest arrival; they come in order
        # Each with the instant at which its patience is over: they begin in that order. A pool and
        # a timer of gevent's for each would cost a tenth of all time.
        self._visits: dict[Any, float] = {}
        self._own = Group()

    def offer(self, arrivals: Sequence[tuple[float, str]]) -> None:
        """Take more arrivals, in order, none before those it has."""
        self._queue.extend(Arrival(at_s, flow) for at_s, flow in arrivals)
        self.planned += len(arrivals)
        self._news.set()

    def finish(self, at_s: float) -> None:
        """No more arrivals come after this instant."""
        self._finish_s = at_s
        self._news.set()

    def go(self, lead_s: float) -> None:
        """Start the clock: the first instant is `lead_s` from now."""
        self._started_at = time.monotonic() + lead_s
        self._pulse_at = awake_s() + lead_s
        for part in (self._tick, self._dispatch, self._impatience):
            self._own.spawn(part)

    def close(self) -> None:
        """Close the books at once: nothing more is sent, what is open becomes censored."""
        if self.recorder.closed:
            return
        self.door.closed = True
        self.recorder.close(time.monotonic())
        gevent.killall(list(self._visits), block=False)
        self._report(self._second(), self.recorder.changed(self._second()), None)
        self.ended.set()

    def totals(self) -> dict[str, int]:
        """Return the books of this worker: planned = started + dropped + unsent."""
        own = self.recorder.totals()
        unsent = len(self._queue)
        return {**own, "planned": self.planned, "unsent": unsent, "requests": self.door.requests}

    def _dispatch(self) -> None:
        queue = self._queue
        while not self.recorder.closed:
            if queue:
                wait_s = self._started_at + queue[0].at_s - time.monotonic()
                gevent.sleep(max(0.0, wait_s))
                if self.recorder.closed:
                    return
                self._alive()
                self._send(queue.popleft())
            elif self._finish_s is None:
                self._news.clear()
                self._news.wait()
            else:
                break
        self._drain(self._started_at + (self._finish_s or 0.0))
        self.close()

    def _drain(self, last_at: float) -> None:
        """Wait for the visits in flight, as long as their patience can last.

        And until it was told how late the last of them left: a stall at the end is ours too.
        """
        until = max(last_at, time.monotonic()) + self.plan.patience_s + 1
        # A little more, so that the last second is told like the others.
        gevent.sleep(max(0.0, last_at - time.monotonic()) + 0.02)
        recorder = self.recorder
        while (recorder.visits_open or recorder.untold) and time.monotonic() < until:
            gevent.sleep(0.05)

    def _alive(self) -> None:
        """End if we slept for so long that we count as lost: our share is written off.

        Also with the whole machine: whoever lost patience or a connection meanwhile is our doing.
        """
        if awake_s() - self._pulse_at > LOST_S:
            self.close()
            os._exit(1)

    def _send(self, arrival: Arrival) -> None:
        self._sent_s = int(arrival.at_s)
        if self.recorder.visits_open >= self.plan.max_in_flight:
            self.recorder.drop(int(arrival.at_s), arrival.flow)
            return
        # Begun here, not in its greenlet: whatever was sent out is counted at once.
        due_at = self._started_at + arrival.at_s
        key = (int(arrival.at_s), arrival.flow, "", WHOLE)
        one = self.recorder.begin(key, due_at, time.monotonic())
        visit = gevent.spawn(self._visit, arrival, due_at, one)
        self._visits[visit] = due_at + self.plan.patience_s
        if not self._begun.is_set():
            self._begun.set()

    def _visit(self, arrival: Arrival, due_at: float, one: Any) -> None:
        """Walk one flow; it ends as done or failed unless the books are closed first."""
        failure = None
        visitor = Visitor(self.door, self.recorder, one.key[0], arrival.flow)
        visitor.due(due_at)
        try:
            if time.monotonic() < due_at + self.plan.patience_s:
                self._flows[arrival.flow].visit(visitor)
            else:  # this process stood still for so long
                failure = kinds.of_visit(gevent.Timeout())
        except (Exception, gevent.Timeout) as error:  # noqa: BLE001 - a user file may raise anything
            failure = kinds.of_visit(error)
        finally:
            self._visits.pop(gevent.getcurrent(), None)
        self.recorder.end(one, time.monotonic(), failure)
        visitor.leave()

    def _impatience(self) -> None:
        """End each visit whose patience is over, where it waits."""
        while not self.recorder.closed:
            visit, until = next(iter(self._visits.items()), (None, 0.0))
            if visit is None:
                self._begun.clear()
                self._begun.wait()
            elif (wait_s := until - time.monotonic()) > 0:
                gevent.sleep(wait_s)  # whoever stands first then may be another
            elif visit.gr_frame is None:
                gevent.sleep(0)  # it has not begun, and sees for itself when it does
            else:
                # Once: it may take a moment, or hold on, before it is gone.
                self._visits.pop(visit)
                visit.kill(gevent.Timeout(self.plan.patience_s), block=False)

    def _second(self) -> int:
        return max(0, int(time.monotonic() - self._started_at))

    def _tick(self) -> None:
        """Once a second: the cells that changed, and how the generator itself is doing."""
        gevent.sleep(max(0.0, self._started_at - time.monotonic()))
        cpu_s, at = time.process_time(), time.monotonic()
        for second in count():
            gevent.sleep(max(0.0, self._started_at + second + 1 - time.monotonic()))
            if self.recorder.closed:
                return
            now, used_s = time.monotonic(), time.process_time()
            self._alive()
            self._pulse_at = awake_s()
            cpu_ratio = (used_s - cpu_s) / max(now - at, 1e-6)
            cpu_s, at = used_s, now
            health = {"cpu_ratio": round(cpu_ratio, 4), **self.recorder.take_health()}
            self._report(second, self.recorder.changed(second), health)
            self.recorder.let_go(self._sent_s)

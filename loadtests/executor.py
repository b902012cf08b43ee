"""The generator inside Locust: sends each visit at its planned instant, whatever the replies.

One dispatcher user walks the plan. Each arrival is a greenlet of its own with a visitor
(cookies of its own, connections from one pool), so a slow shop delays nobody else's start.
Locust runs this as a child process: importing it patches sockets.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

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
from loadtests.session import FlowFailedError, Row
from loadtests.shape import Arrival
from loadtests.visitor import Door, Visitor, kind_of


def _sessions(plan: plans.Plan, request_event: EventHook) -> Callable[[], FastHttpSession]:
    """Return what makes a fresh visitor's session; all of them share their connections."""

    def make(**more: Any) -> FastHttpSession:
        return FastHttpSession(plan.target, request_event, None, insecure=False, **more)

    first = make(
        # As many connections as visits: a wait for one would be our queue, not the shop's.
        concurrency=plan.max_in_flight + 4,
        connection_timeout=plan.patience_s + 1,
        network_timeout=plan.patience_s + 1,
    )
    return partial(make, client_pool=first.client.clientpool)


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
        self.door = Door(plan, _sessions(plan, environment.events.request))
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
        quiet = Door(self.plan, _sessions(self.plan, EventHook()))  # type: ignore[no-untyped-call]
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
            failure = kind_of(error)
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

"""A worker of the generator: joins the master on this machine's loopback, sends its share.

It is told where and with which code to join by one JSON line on its standard input, and ends
when that closes: whoever started it is gone.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.generator import plan as plans
from loadtests.generator.executor import Executor, clients, lines, many_files
from loadtests.generator.flow import Flow, open_rooms
from loadtests.generator.plan import LOST_S
from loadtests.generator.recorder import Recorder
from loadtests.generator.visitor import Door

LOOPBACK = "127.0.0.1"
_BYE_S = 5.0
_ANSWER_S = 30.0  # for a master to answer at all
_QUIET_S = 30  # without a beat before the run: user files of the master may be at work


class Worker:
    """What the master's messages do here; nothing in a handler waits."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self._environment = Environment()
        self._runner: WorkerRunner | None = None
        self._executor: Executor | None = None
        self._bye = Event()
        self._beats_missed = 0
        self._going = False
        self.refused = ""

    def run(self) -> None:
        """Join, do what is asked, and return when the run is over."""
        port = self._told["port"]
        try:
            with gevent.Timeout(_ANSWER_S):
                self._runner = self._environment.create_worker_runner(LOOPBACK, port)
        except gevent.Timeout:
            self.refused = f"no answer on port {port} within {_ANSWER_S:g} s"
            return
        # Locust has messages of its own, "stop" among them: ours are called otherwise.
        for name in ("plan", "offer", "settle", "finish", "go", "halt", "beat", "bye", "refuse"):
            self._runner.register_message(name, self._hear)
        gevent.spawn(self._await_beats)
        who = {"pid": os.getpid(), "host": socket.gethostname(), "name": self._told["name"]}
        self._runner.send_message("hello", {**who, "join": self._told["join"]})
        self._bye.wait()

    def leave(self) -> None:
        """Nobody steers us any more: send nothing, tell what was counted, and end."""
        if self._executor is not None:
            self._executor.close()
        self._bye.set()

    def _hear(self, environment: Any, msg: Any) -> None:
        del environment
        self._beats_missed = 0
        data = msg.data or {}
        match msg.type:
            case "plan":
                self._take(data)
            case "refuse":
                self.refused = str(data["reason"])
                self._bye.set()
            case "bye":
                self._bye.set()
            case "halt":
                if self._executor is not None:  # else nothing was sent
                    self._executor.close()
            case "offer":
                self._steered().offer(data["arrivals"])
            case "settle":  # what was offered before this lies with us now
                self._send("settled", {})
            case "finish":
                self._steered().finish(data["at_s"])
            case "go":
                self._going = True
                self._steered().go(data["lead_s"])

    def _steered(self) -> Executor:
        assert self._executor is not None  # noqa: S101 - the master sends the plan first
        return self._executor

    def _take(self, data: Mapping[str, Any]) -> None:
        """Take the plan with our share of rows, and say whether it can be walked here."""
        plan = plans.from_values(data["plan"])
        open_rooms(plan)
        try:
            flows = {
                name: Flow(name, raw, plan.rows.get(name, ({},)))
                for name, raw in plan.flows.items()
            }
        except Exception as error:  # noqa: BLE001 - a user file may raise anything
            self._send("set", {"error": str(error) or repr(error)})
            return
        door = Door(plan, clients(plan), self._environment.events.request.fire)
        self._executor = Executor(plan, flows, Recorder(data["index"]), door, self._report)
        gevent.spawn(self._tell_end, self._executor)
        self._send("set", {"error": ""})

    def _report(self, second: int, cells: list[str], health: dict[str, object] | None) -> None:
        self._send("cells", {"second": second, "cells": cells, "health": health})

    def _tell_end(self, executor: Executor) -> None:
        """Tell our books once they are closed, after Locust's own."""
        executor.ended.wait()
        assert self._runner is not None  # noqa: S101 - it brought the plan
        own: dict[str, Any] = {}
        fire = self._environment.events.report_to_master.fire
        fire(client_id=self._runner.client_id, data=own)  # type: ignore[no-untyped-call]
        self._send("stats", own)
        self._send("drained", executor.totals())
        gevent.spawn_later(_BYE_S, self._bye.set)

    def _send(self, name: str, data: dict[str, Any]) -> None:
        assert self._runner is not None  # noqa: S101 - it brought the message
        self._runner.send_message(name, data)

    def _await_beats(self) -> None:
        """End when the master is silent; counted in ticks, for we may have slept ourselves."""
        while self._beats_missed < (LOST_S if self._going else _QUIET_S):
            gevent.sleep(1.0)
            self._beats_missed += 1
        self.refused = "it fell silent"
        self.leave()


def main() -> None:
    """Do what standard input says; exit code 1 with one line if the master refuses us."""
    many_files()
    heard = lines(0)
    worker = Worker(json.loads(next(heard)))
    gevent.spawn(_end_with_parent, heard, worker)
    worker.run()
    gevent.sleep(0.05)  # what was sent last is on its way
    if worker.refused:
        sys.stderr.write(f"the master does not have this worker: {worker.refused}\n")
    sys.stderr.flush()
    # At once: Locust's threads and sockets would wait for a master that is gone.
    os._exit(1 if worker.refused else 0)


def _end_with_parent(heard: Any, worker: Worker) -> None:
    """Stop at once when whoever started us is gone: nobody would stop the load any more."""
    for _ in heard:
        pass
    worker.leave()
    gevent.sleep(0.2)
    os._exit(1)

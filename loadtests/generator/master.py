"""The master of the generator: gathers its workers, splits the arrivals, collects the cells.

It hears its parent as JSON lines on standard input (the plan, then `offer`, `finish`, `stop`,
`lost`) and appends JSON lines to the run's file. It ends when standard input closes.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent.queue import Empty, Queue
from gevent.util import wrap_errors
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MasterRunner

from loadtests.generator import plan as plans
from loadtests.generator.crew import Crew
from loadtests.generator.executor import clients, lines
from loadtests.generator.flow import Flow
from loadtests.generator.plan import CLEANUP_LIMIT_S, LEAD_S, LOST_S
from loadtests.generator.stage import Stage
from loadtests.generator.worker import LOOPBACK
from loadtests.session import FlowFailedError

_SET_S = 15.0  # for a worker to load the plan's user files
_END_S = 3.0  # for all workers to close their books once they were told to
_BEAT_S = 1.0
_SETTLE_S = 120.0  # for all workers to have the visits that are known; millions take some seconds
_GONE_S = _END_S + LOST_S + 5.0  # for us to end once our parent has


class _RefusedError(Exception):
    """The run cannot begin."""


class Master:
    """One run, seen from its middle: all messages are taken one after the other."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.plan = plans.from_values(told["plan"])
        self.crew = Crew(told["workers"])
        self.flows: Mapping[str, Flow] = {}
        self._stage = Stage(self.plan, clients(self.plan), gevent.Timeout)
        self._told = told
        self._out = Path(self.plan.cells).open("a", encoding="utf-8")  # noqa: SIM115 - open for life
        self._inbox: Queue[tuple[str, str, Any]] = Queue()
        self._waiting: list[tuple[str, Mapping[str, Any]]] = []  # arrivals that came too early
        self._more = False  # and others belong to them
        self._planned = 0
        self._reason = "finished"
        self._end_by = float("inf")
        self._begun = False
        self._mute = False  # the disk takes no more: nobody hears us
        self._environment = Environment()
        self._runner: MasterRunner | None = None

    def run(self) -> int:
        """Do everything; the last line says how it ended. Return the exit code."""
        try:
            self._open()
            self._gather()
            self._rehearse()
            self._set_up()
            self._settle()
        except (_RefusedError, FlowFailedError) as error:
            self._write("refused", reason="; ".join(filter(None, (str(error), self._undo()))))
        else:
            self._begun = True
            self._write("ready", first_at=time.time() + LEAD_S)
            self._tell_all("go", {"lead_s": LEAD_S})
            self._follow()
            self._clean_up()
            self._write_end()
        self._tell_all("bye", {})
        gevent.sleep(0.1)  # the last messages are on their way
        return int(self._mute)

    def hear_parent(self, line: bytes) -> None:
        """Put a line of the parent into the queue."""
        told = json.loads(line)
        self._inbox.put((str(told["do"]), "", told))

    def parent_gone(self) -> None:
        """End the load, for nobody would stop it any more, and wait for our own end.

        What was made is undone as after a stop by hand, where the campaign asks for it: whoever
        was killed cannot, and nobody else knows the names.
        """
        if self._runner is not None:
            self._tell_all("halt", {})
            self._inbox.put(("stop", "", {"reason": "whoever started it is gone"}))
            undo_s = CLEANUP_LIMIT_S * len(self.plan.flows) if self.plan.cleanup else 0.0
            gevent.sleep(_GONE_S + undo_s)
            self._tell_all("bye", {})
            gevent.sleep(0.1)

    def _open(self) -> None:
        """Open the door for workers, on loopback only; from now on they hear that we live."""
        port = self._told["port"]
        try:
            self._runner = self._environment.create_master_runner(LOOPBACK, port)
        except (RPCError, SystemExit):
            raise _RefusedError(
                f"port {port} of this machine is taken; choose another, or none for a free one"
            ) from None
        for name in ("hello", "set", "settled", "cells", "drained"):
            self._runner.register_message(name, self._hear_worker)
        gevent.spawn(self._beats)
        self._write("listening", port=self._runner.server.port)

    def _beats(self) -> None:
        while True:
            self._tell_all("beat", {})
            gevent.sleep(_BEAT_S)

    def _hear_worker(self, environment: Any, msg: Any) -> None:
        del environment
        self._inbox.put((str(msg.type), str(msg.node_id), msg.data))

    def _gather(self) -> None:
        """Wait until all workers have joined; nothing is sent before."""
        limit_s = self._told["join_s"]
        for name, client, data in self._messages(limit_s):
            if name == "hello":
                self._welcome(client, data)
            else:
                self._early(name, data)
            if self.crew.full:
                return
        raise _RefusedError(
            f"{len(self.crew.clients)} of {self.crew.size} load workers joined within "
            f"{limit_s:g} s (from: {self.crew.names()}); start the missing ones; "
            "no request was sent"
        )

    def _welcome(self, client: str, data: Any) -> None:
        if not isinstance(data, dict) or data.get("join") != self._told["join"]:
            self._tell(client, "refuse", {"reason": "its code is not that of this run"})
            return
        if self.crew.full:
            self._tell(client, "refuse", {"reason": "the run has all its workers"})
            return
        who = {key: data[key] for key in ("name", "host", "pid")}
        self._write("worker", worker=self.crew.join(client, who), **who)

    def _early(self, name: str, data: Mapping[str, Any]) -> None:
        """Take what comes before the run: arrivals wait, an end ends it."""
        if name in ("offer", "finish"):
            self._waiting.append((name, data))
            self._more = bool(data.get("more"))
        elif name == "stop":
            raise _RefusedError(str(data["reason"]))
        elif name == "lost":
            raise _RefusedError(f"a load worker {data['how']}")

    def _rehearse(self) -> None:
        """Prepare and walk every flow, unless somebody ends the run meanwhile."""
        work = gevent.spawn(wrap_errors(FlowFailedError, self._stage.rehearse))
        work.link(lambda _: self._inbox.put(("rehearsed", "", {})))
        try:
            while (message := self._inbox.get())[0] != "rehearsed":
                name, client, data = message
                if name == "hello":
                    self._welcome(client, data)
                else:
                    self._early(name, data)
        finally:
            work.kill(timeout=_END_S)
        outcome = work.get()
        if isinstance(outcome, FlowFailedError):
            raise outcome
        self.flows = outcome

    def _undo(self) -> str:
        """Undo what a refused run has made; a fault of ours must not hide why it was refused."""
        try:
            return self._stage.take_back()
        except Exception as error:  # noqa: BLE001 - told as what it is
            return f"not known what is left in the shop ({error!r})"

    def _set_up(self) -> None:
        """Give each worker the plan with its rows; wait until all can walk it."""
        size = self.crew.size
        for index, client in enumerate(self.crew.clients):
            own = plans.share(
                self.plan, {name: flow.rows for name, flow in self.flows.items()}, index, size
            )
            self._tell(client, "plan", {"plan": plans.to_values(own), "index": index})
        ready: set[str] = set()
        for name, client, data in self._messages(_SET_S):
            if name == "hello":
                self._welcome(client, data)
            elif name == "set" and self.crew.index(client) is not None:
                if data["error"]:
                    raise _RefusedError(f"worker {self._named(client)}: {data['error']}")
                ready.add(client)
            else:
                self._early(name, data)
            if len(ready) == size:
                break
        else:
            raise _RefusedError(f"only {len(ready)} of {size} load workers took the plan")

    def _settle(self) -> None:
        """Wait until all visits that are known lie with the workers; a day of them is megabytes.

        On their way they would keep everybody busy while the first visits leave.
        """
        messages, settled = self._messages(_SETTLE_S), set[str]()
        while self._more:
            self._hear_before(messages)
        self._hand_on()
        self._tell_all("settle", {})
        while len(settled) < self.crew.size:
            if client := self._hear_before(messages, "settled"):
                settled.add(client)
        self._hand_on()

    def _hear_before(self, messages: Iterator[tuple[str, str, Any]], wanted: str = "") -> str:
        """Take a message before the run; return which worker sent it if it is a wanted one."""
        name, client, data = next(messages, ("", "", {}))
        if not name:
            raise _RefusedError(
                f"the load workers did not take all visits within {_SETTLE_S:g} s; plan fewer, or "
                "run them on a quieter machine"
            )
        if name == wanted and self.crew.index(client) is not None:
            return client
        if name == "hello":
            self._welcome(client, data)
        else:
            self._early(name, data)
        return ""

    def _hand_on(self) -> None:
        """Give the workers what has waited for them."""
        waiting, self._waiting = self._waiting, []
        for name, data in waiting:
            self._take(name, "", data)

    def _named(self, client: str) -> str:
        return str(self.crew.who[self.crew.clients.index(client)]["name"])

    def _messages(self, limit_s: float) -> Iterator[tuple[str, str, Any]]:
        """Yield messages until the time is over."""
        until = time.monotonic() + limit_s
        while (left_s := until - time.monotonic()) > 0:
            try:
                yield self._inbox.get(timeout=left_s)
            except Empty:
                return

    def _follow(self) -> None:
        """Take messages until every worker has closed its books, or is lost."""
        beat_at = time.monotonic() + _BEAT_S
        while self.crew.going:
            left_s = beat_at - time.monotonic()
            if left_s > 0:
                for message in self._messages(left_s):
                    self._take(*message)
                    break
                continue
            beat_at = time.monotonic() + _BEAT_S
            self._count_silent()

    def _count_silent(self) -> None:
        """Give up workers that were silent for too long."""
        overdue = time.monotonic() > self._end_by
        for index in self.crew.going:
            self.crew.missed[index] += 1
            if overdue:
                self._lose(index, "did not close its books")
            elif self.crew.missed[index] > LOST_S:
                self._lose(index, f"was not heard of for {LOST_S} s")

    def _take(self, name: str, client: str, data: Mapping[str, Any]) -> None:
        match name:
            case "hello":
                self._welcome(client, data)
            case "offer":
                self._offer(data["arrivals"])
            case "finish":
                self._tell_all("finish", {"at_s": data["at_s"]})
            case "stop":
                self._stop(str(data["reason"]))
            case "lost":
                index = self.crew.of_process(socket.gethostname(), data["pid"])
                if index in self.crew.going:
                    self._lose(index, str(data["how"]))
            case "cells" | "drained":
                index = self.crew.index(client)
                if index is not None:
                    self.crew.missed[index] = 0
                    self._hear(name, index, data)

    def _hear(self, name: str, index: int, data: Mapping[str, Any]) -> None:
        if name == "drained":
            self.crew.drained[index] = data
            return
        self._append("".join(f"{line}\n" for line in data["cells"]))
        if data["health"] is not None:
            self._write("health", worker=index, second=data["second"], **data["health"])

    def _offer(self, arrivals: list[tuple[float, str]]) -> None:
        self._planned += len(arrivals)
        for client, share in self.crew.split(arrivals):
            self._tell(client, "offer", {"arrivals": share})

    def _lose(self, index: int, how: str) -> None:
        """Give a worker up, and end the run: its share would be missing."""
        self.crew.lost[index] = how
        self._write("lost", worker=index, how=how)
        self._stop("a worker was lost")

    def _stop(self, reason: str) -> None:
        if self._end_by == float("inf"):
            self._reason, self._end_by = reason, time.monotonic() + _END_S
            self._tell_all("halt", {})

    def _clean_up(self) -> None:
        """Let user files undo what the visits made, where the campaign asks for it."""
        if self.plan.cleanup:
            for told in self._stage.clean_up(self.flows):
                self._write("cleaned", **told)

    def _write_end(self) -> None:
        books = [{"worker": index, **own} for index, own in sorted(self.crew.drained.items())]
        self._write(
            "end",
            reason=self._reason,
            planned=self._planned,
            workers=books,
            requests=sum(own["requests"] for own in books),
            locust_requests=self._environment.stats.total.num_requests,
        )

    def _write(self, event: str, **values: object) -> None:
        self._append(json.dumps({"event": event, **values}, separators=(",", ":")) + "\n")

    def _append(self, lines: str) -> None:
        """Append to the run's file; a full disk ends the run, not us: what was made is undone."""
        try:
            self._out.write(lines)
            self._out.flush()
        except OSError as error:
            if not self._mute:
                self._mute = True
                self._complain(f"{self.plan.cells}: cannot be written: {error.strerror}")

    def _complain(self, why: str) -> None:
        with suppress(OSError):  # it lies on the same disk
            sys.stderr.write(f"{why}\n")
        if not self._begun:
            raise _RefusedError(why)
        self._stop(why)

    def _tell(self, client: str, name: str, data: Mapping[str, Any]) -> None:
        assert self._runner is not None  # noqa: S101 - clients come by it
        self._runner.send_message(name, dict(data), client_id=client)

    def _tell_all(self, name: str, data: Mapping[str, Any]) -> None:
        for client in self.crew.clients:
            self._tell(client, name, data)


def main() -> None:
    """Do what standard input says."""
    heard = lines(0)
    master = Master(json.loads(next(heard)))
    gevent.spawn(_listen, heard, master)
    code = master.run()
    # At once: Locust's threads and sockets would wait for workers that are gone.
    os._exit(code)


def _listen(heard: Iterator[bytes], master: Master) -> None:
    for line in heard:
        master.hear_parent(line)
    master.parent_gone()
    os._exit(1)

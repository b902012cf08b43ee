"""The generator, seen from the process that starts it: a master, its workers, and their lines."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from forepost.errors import LoadError
from loadtests.generator import books, child, joining
from loadtests.generator import plan as plans
from loadtests.generator.child import Child
from loadtests.generator.plan import Plan
from loadtests.generator.watching import Watching
from loadtests.shapes.shape import Arrival

JOIN_LOCAL_S = 60.0
JOIN_REMOTE_S = 300.0  # somebody has to type the commands first
OFFER_AHEAD_S = 1.0
"""So long before its instant an arrival must be offered at the latest, to leave in time."""
_FLUSH_S = 0.05
_LOT = 20_000  # arrivals in one message


class RefusedError(Exception):
    """The run did not begin; one line says why."""


class Live:
    """A run under way. Call `look` at least five times a second."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        watching: Watching,
        names: Sequence[str] = (joining.HERE,),
        invite: Callable[[str], None] | None = None,
    ) -> None:
        self.watching = watching
        self.planned = 0  # visits that were offered so far
        self.over = False
        self._cells = Path(plan.cells)
        self._file: IO[bytes] | None = None
        self._rest = b""
        self._folder = folder
        self._master: Child | None = None
        self._workers: list[tuple[str, Child]] = []
        self._mourned: set[int] = set()
        self._stopped = ""
        self._names = tuple(names)  # where each worker runs
        self._invite = invite
        self._join = secrets.token_hex(8)
        self._introduced = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the workers that were started from here."""
        return tuple(worker.process.pid for _, worker in self._workers)

    @property
    def master_pid(self) -> int:
        """The process of the master."""
        return self._chief.process.pid

    def offer(self, arrivals: Sequence[Arrival]) -> None:
        """Plan more visits, in order; `at_s` counts from the first instant.

        While the run goes on: each at least OFFER_AHEAD_S ahead, none before those offered.
        """
        self.planned += len(arrivals)
        for first in range(0, len(arrivals), _LOT):
            lot = [(round(one.at_s, 6), one.flow) for one in arrivals[first : first + _LOT]]
            self._say("offer", arrivals=lot, more=first + _LOT < len(arrivals))

    def finish(self, at_s: float) -> None:
        """No more visits come after this instant; those in flight may end, then it is over."""
        self._say("finish", at_s=at_s)

    def stop(self, reason: str) -> None:
        """End at once: nothing more is sent, what is open is censored. Look on until it is over.

        Before the first instant the run is refused for that reason, once what was made for it
        is undone.
        """
        if self.over or self._stopped:
            return
        self._stopped = reason
        if self._introduced:
            self._say("stop", reason=reason)
        else:  # no worker has joined: nothing was made
            self.watching.refused = reason
            self.over = True

    def look(self) -> bool:
        """Take in what came; return whether the run goes on.

        Raises: RefusedError if it did not begin, LoadError for a line that is not ours.
        """
        ended = self._chief.ended  # before the lines are read: none comes after
        self._chief.flush(_FLUSH_S)
        for event in self._events():
            self.watching.feed(event)
        if self.watching.port is not None and not self._introduced:
            self._introduce(self.watching.port)
        self._mourn()
        if not self.over and (ended or self.watching.end or self.watching.refused is not None):
            self.over = True
            self.watching.close()
        if self.over and not self.watching.ready:
            raise RefusedError(self.watching.refused or self.death())
        return not self.over

    def unsound(self, max_lateness_s: float) -> str:
        """Return why a run that is over says nothing of the shop; empty when it does."""
        return self.death() or books.unsound(self.watching, self.planned, max_lateness_s)

    def death(self) -> str:
        """Return why a master that did not write its end ended; empty if it did, or still runs."""
        if self.watching.end is not None or not self._chief.ended:
            return ""
        words = self._chief.last_words()
        after = "before its first visit"
        if self.watching.ready:
            after = f"after {self.watching.second + 1} s"
        return f"the load generator died {after} ({self._chief.how}){': ' + words if words else ''}"

    @property
    def _chief(self) -> Child:
        assert self._master is not None  # noqa: S101 - `running` starts it first
        return self._master

    def _start(self, plan: Plan, port: int) -> None:
        """Start all processes side by side, and tell the master what to do."""
        local = [name for name in self._names if joining.is_here(name)]
        self._master = child.start(["--master"], self._folder, "master.log")
        for index, name in enumerate(local):
            log = f"worker-{index}.log"
            self._workers.append((name, child.start(["--worker"], self._folder, log)))
        told = {
            "plan": plans.to_values(plan),
            "workers": len(self._names),
            "join": self._join,
            "join_s": JOIN_LOCAL_S if len(local) == len(self._names) else JOIN_REMOTE_S,
            "port": port,
        }
        self._chief.say(plans.to_line(told))

    def _introduce(self, port: int) -> None:
        """Tell our workers where to join, and whoever asked what to type for the others."""
        self._introduced = True
        for name, worker in self._workers:
            worker.say(plans.to_line({"port": port, "join": self._join, "name": name}))
        for command in joining.commands(self._names, port, self._join):
            if self._invite is None:
                raise LoadError(f"workers beyond this machine join by hand: {command}")
            self._invite(command)

    def _end(self) -> None:
        """End every process: first all are let go, so that they end side by side."""
        children = [worker for _, worker in self._workers]
        children += [self._master] if self._master is not None else []
        for one in children:
            one.let_go()
        for one in children:
            one.stop()
        if self._file is not None:
            self._file.close()

    def _mourn(self) -> None:
        """Tell the master of workers that have died."""
        if self.watching.end is not None or self.watching.refused is not None:
            return
        for _, worker in self._workers:
            pid = worker.process.pid
            if pid not in self._mourned and worker.ended:
                self._mourned.add(pid)
                words = "" if self.watching.ready else worker.last_words()
                how = f"died ({worker.how}){': ' + words if words else ''}"
                self._say("lost", pid=pid, how=how)

    def _say(self, do: str, **values: object) -> None:
        self._chief.say(plans.to_line({"do": do, **values}))

    def _events(self) -> list[Mapping[str, Any]]:
        """Return the lines that were completed since the last call."""
        if self._file is None:
            if not self._cells.exists():
                return []
            self._file = self._cells.open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise LoadError(f"{self._cells}: a line cannot be read: {error}") from error


@contextmanager
def running(
    plan: Plan,
    folder: Path,
    *,
    workers: int = 1,
    hosts: Sequence[str] = (),
    invite: Callable[[str], None] | None = None,
    port: int = 0,
    total_s: float = 0.0,
) -> Iterator[Live]:
    """Run the generator for as long as the block lasts.

    Shape:  `hosts`, one a worker, replaces `workers`: for those that are not this machine
            `invite` gets the command line that makes them join. `port` is the master's on
            loopback, 0 for a free one.
    Raises: LoadError if it cannot be started; nothing is left running, however the block ends.
    """
    names = list(hosts) or [joining.HERE] * workers
    live = Live(plan, folder, Watching(plan.load_run, total_s), names, invite)
    try:
        live._start(plan, port)  # noqa: SLF001 - a part of this module
        yield live
    finally:
        live._end()  # noqa: SLF001 - a part of this module

"""A `forepost watch` that runs, and every process that it started."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import psutil
import requests

from forepost.model import FlowRun, Outcome
from forepost.storage.sqlite import SqliteStore
from tests.system.home import FOREPOST, Home

T = TypeVar("T")
LIMIT_S = 120.0
TOKEN = "the-tests-own-token"
USUAL_MS, HELD_MS = 100, 4_000  # that a page takes
CONFIG = """
[shop]
url = "bundled"
environment = "sandbox"
[watch]
workers = 1
[flows.browse]
interval = "3s"
interval_failing = "1s"
[flows.checkout]
interval = "3s"
interval_failing = "1s"
[alerts.webhook]
url = "{hook}"
"""


def wait_for(look: Callable[[], T | None], what: str, limit_s: float = LIMIT_S) -> T:
    """Return what `look` finds as soon as it finds something."""
    end = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < end, f"no {what} within {limit_s:.0f} s"
        time.sleep(0.05)
    return found


def lives(process: psutil.Process) -> bool:
    """Whether a process still runs; a zombie only waits for its parent."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@dataclass
class Watching:
    """The process, its folder, and all of its descendants that were ever seen."""

    home: Home
    process: subprocess.Popen[bytes]
    seen: set[psutil.Process] = field(default_factory=set)

    def said(self) -> str:
        """Return what it has written to stderr so far."""
        return (self.home.folder / "watch.err").read_text("utf-8")

    def family(self) -> list[psutil.Process]:
        """Return the descendants that live now."""
        with suppress(psutil.Error):
            self.seen.update(psutil.Process(self.process.pid).children(recursive=True))
        return [one for one in self.seen if lives(one)]

    def find(self, what: str) -> psutil.Process:
        """Return the topmost descendant that has a word in its command line."""
        return wait_for(lambda: self._named(what), f"process {what}")

    def below(self, process: psutil.Process) -> list[psutil.Process]:
        """Return a process with all its descendants."""
        return [process, *process.children(recursive=True)]

    def runs(self) -> list[FlowRun]:
        """Return the stored runs."""
        return self.look(lambda store: store.runs())

    def look(self, read: Callable[[SqliteStore], T]) -> T:
        """Read the store beside the program that writes it."""
        store = SqliteStore(self.home.folder / "out" / "forepost.sqlite", read_only=True)
        try:
            return read(store)
        finally:
            store.close()

    def passed_after(self, at: datetime) -> FlowRun:
        """Wait for a run that began after `at` and worked."""
        return wait_for(
            lambda: next(
                (one for one in self.runs() if one.started_at > at and one.outcome.worked), None
            ),
            f"run that works after {at}",
        )

    def hit(self, at: datetime) -> FlowRun:
        """Wait for the run that was under way at `at`."""
        return wait_for(
            lambda: next(
                (one for one in self.runs() if one.started_at <= at <= one.finished_at), None
            ),
            f"run under way at {at}",
        )

    def in_mid_run(self) -> None:
        """Wait until a run has just begun: the one before is stored, the browser asks again.

        From then on its pages are held back, so that it lasts however late the test goes on.
        """
        before = len(self._ran())
        wait_for(lambda: len(self._ran()) > before, "further run")
        wait_for(self._asks, "request of the browser")
        self.pages_take(HELD_MS)
        wait_for(self._asks, "request of the browser")

    def pages_take(self, delay_ms: int) -> None:
        """Let every page of the bundled shop take its time."""
        self.fault("slow_pages", delay_ms=delay_ms)

    def url(self) -> str:
        """Return where the bundled shop answers."""
        return self.said().partition(" at ")[2].partition(";")[0]

    def fault(self, name: str, **parameters: int) -> None:
        """Switch a fault of the bundled shop on."""
        requests.put(
            f"{self.url()}/api/faults/{name}",
            json=parameters,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=20,
        ).raise_for_status()

    def _ran(self) -> list[FlowRun]:
        """Return the runs that were not skipped."""
        return [run for run in self.runs() if run.attempts]

    def _asks(self) -> bool:
        """Whether the browser has a connection to the shop: contexts close theirs when they end."""
        port = urlsplit(self.url()).port
        with suppress(psutil.Error):
            for one in self.below(browser_of(self)):
                for line in one.net_connections("tcp"):
                    if line.raddr and line.raddr.port == port:
                        return True
        return False

    def _named(self, what: str) -> psutil.Process | None:
        found = []
        for one in self.family():
            with suppress(psutil.Error):
                if any(what in word for word in one.cmdline()):
                    found.append(one)
        pids = {one.pid for one in found}
        tops = (one for one in found if one.ppid() not in pids)
        with suppress(psutil.Error):
            return next(tops, None)
        return None


@contextmanager
def watching(home: Home) -> Iterator[Watching]:
    """Run `forepost watch` in a folder until its first run is stored, then for the block."""
    with (home.folder / "watch.err").open("wb") as err:
        process = subprocess.Popen(
            [FOREPOST, "watch"],
            cwd=home.folder,
            env=home.variables(DEMOSHOP_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL,
            stderr=err,
        )
    watch = Watching(home, process)
    began_at = datetime.now(UTC)
    try:
        wait_for(lambda: "watching" in watch.said() or process.poll(), "start")
        assert process.poll() is None, watch.said()
        # Pages that take their time: with one worker and two flows there is always a run.
        watch.pages_take(USUAL_MS)
        watch.passed_after(began_at)
        yield watch
    finally:
        sys.stdout.write(watch.said())  # shown for a test that fails
        watch.family()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(LIMIT_S)
        process.kill()
        process.wait()
        for one in watch.family():  # only after a test that failed
            with suppress(psutil.Error):
                one.kill()


def ended(watch: Watching, limit_s: float = LIMIT_S) -> None:
    """Wait until nothing of it is left running."""
    wait_for(lambda: not watch.family(), "quiet: something is left running", limit_s)


def not_the_shop(run: FlowRun) -> bool:
    """Whether a run that we hit says nothing against the shop."""
    return run.outcome is Outcome.BROKEN or (run.outcome.worked and run.attempts > 1)


def browser_of(watch: Watching) -> psutil.Process:
    """Return the browser's main process: only that one has the profile as its own option."""
    return watch.find("--user-data-dir=")

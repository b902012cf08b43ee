"""The worker child: Playwright and one warm browser; orders come in, events go out.

`python -m probes.worker OUT BROWSER`: one order a line on stdin, one JSON event a line on
stdout. It ends when stdin does, with everything below it, even while a call hangs.
"""

import gc
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

from forepost.errors import BrowserError
from probes import deadline, processes
from probes.attempt import attempt
from probes.browser import Launched, answers, launch, start_driver
from probes.deadline import DeadlinePassed
from probes.job import dumps, read_order

RUNS_PER_WORKER = 500  # what leaks, leaks little: a new process from time to time is enough
RUNS_PER_BROWSER = 25  # a browser keeps what its pages left; a new one is there in 100 ms
BROWSER_AGE_S = 6 * 3600.0
CLOSE_LIMIT_S = 3.0


class Worker:
    """The main thread's side: a browser, and one order after the other."""

    def __init__(self, out: Path, choice: str, events: TextIO) -> None:
        self._out = out
        self._choice = choice
        self._events = events
        self._playwright: Playwright | None = None
        self._launched: Launched | None = None
        self._since = 0.0
        self._runs = 0

    def serve(self, orders: "queue.Queue[str | None]", busy: threading.Event) -> None:
        """Work until there are no more orders, or until the browser is not to be trusted."""
        while (line := orders.get()) is not None:
            busy.set()
            deadline.forget()
            order = read_order(line)
            try:
                launched = self._browser()
            except BrowserError as error:
                self.tell("refused", {"message": str(error)})
                return
            about = launched.about
            browser = {"name": about.name, "version": about.version, "kind": about.kind}
            self.tell("started", {"run_id": order.run_id, "browser": browser})
            usable = attempt(order, launched, self._out, self.tell, orders.get)
            self._runs += 1
            busy.clear()
            if not usable or self._spent():
                return
            self._freshen()

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Write one event."""
        self._events.write(dumps({"event": event, **data}) + "\n")
        self._events.flush()

    def close(self) -> None:
        """Close browser and driver, if they let us."""
        with suppress(PlaywrightError, DeadlinePassed), deadline.limit(CLOSE_LIMIT_S, "close"):
            if self._launched is not None:
                self._launched.browser.close()
            if self._playwright is not None:
                self._playwright.stop()

    def _browser(self) -> Launched:
        """Return the warm browser; one that died or hangs while idle is replaced, unseen."""
        if self._playwright is None:
            self._playwright = start_driver()
        if self._launched is not None and not answers(self._launched):
            processes.end(processes.tree(os.getpid())[1:])
            raise SystemExit(0)  # the pool starts a fresh worker: the order has not begun
        if self._launched is None:
            self._launched = launch(self._playwright, self._choice, self._out)
            self._since = time.monotonic()
        return self._launched

    def _freshen(self) -> None:
        """Take a new browser between two orders, so that memory does not grow with the runs."""
        if self._runs == 1:
            # What is there now stays: the collector need not look through it in each run (seen:
            # 8 ms in the midst of a verdict).
            gc.collect()
            gc.freeze()
        if self._runs % RUNS_PER_BROWSER or self._launched is None:
            return
        try:
            with deadline.limit(CLOSE_LIMIT_S, "close"):
                self._launched.browser.close()
        except (PlaywrightError, DeadlinePassed):
            raise SystemExit(0) from None  # it hangs: the pool starts a fresh worker
        self._launched = None
        with suppress(BrowserError):  # the next order asks again, and says so
            self._browser()

    def _spent(self) -> bool:
        return self._runs >= RUNS_PER_WORKER or time.monotonic() - self._since > BROWSER_AGE_S


def main(arguments: list[str]) -> int:
    """Serve until stdin ends."""
    out, choice = Path(arguments[0]), arguments[1]
    orders: queue.Queue[str | None] = queue.Queue()
    busy, done = threading.Event(), threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we end
    deadline.install()
    _empty_temporary_folder()
    with _own_stdout() as events:
        worker = Worker(out, choice, events)
        guard = threading.Thread(target=_read, args=(orders, busy, done), daemon=True)
        guard.start()
        try:
            worker.serve(orders, busy)
        finally:
            busy.set()
            worker.close()
            done.set()
    _end_below()
    return 0


def _read(orders: "queue.Queue[str | None]", busy: threading.Event, done: threading.Event) -> None:
    """Pass on orders; when the parent is gone, end everything, whatever the main thread does."""
    with suppress(OSError, ValueError):
        for line in sys.stdin:
            orders.put(line)
    idle = not busy.is_set()
    orders.put(None)
    if idle:
        done.wait(2 * CLOSE_LIMIT_S)
    _end_below()
    os._exit(0)


def _end_below() -> None:
    """Kill what is left below this process, by parentage and by its temporary folder."""
    processes.end(processes.tree(os.getpid())[1:])
    folder = os.environ.get("TMPDIR")
    if folder:
        processes.end_all(None, Path(folder))


def _empty_temporary_folder() -> None:
    """Remove what a killed browser left in our own TMPDIR (never in a shared one)."""
    folder = os.environ.get("FOREPOST_WORKER_TMP")
    if folder and folder == os.environ.get("TMPDIR"):
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True, exist_ok=True)


@contextmanager
def _own_stdout() -> Iterator[TextIO]:
    """Keep the pipe for events; whatever a plugin prints goes to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as events:
        os.dup2(2, 1)
        yield events


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

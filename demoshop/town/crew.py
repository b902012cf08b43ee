"""A bounded crew of threads with a bounded queue: what does not fit is said, never silent."""

import logging
import queue
import threading
import time
from collections.abc import Callable

from demoshop.town.books import Books

LATE_AFTER_S = 1.0
log = logging.getLogger("town")


class Crew:
    """Runs customers' journeys; threads are started as they are needed."""

    def __init__(self, threads: int, waiting: int, books: Books) -> None:
        self._jobs: queue.Queue[tuple[float, Callable[[], None]] | None] = queue.Queue(waiting)
        self._threads = threads
        self._started = 0
        self._unfinished = 0
        self._lock = threading.Lock()
        self._books = books

    def send(self, due_s: float, job: Callable[[], None]) -> None:
        """Have `job` done; `due_s` (monotonic seconds) is when it should have begun."""
        try:
            self._jobs.put_nowait((due_s, job))
        except queue.Full:
            self._books.count("late")
            self._books.count("turned_away")
            return
        with self._lock:
            self._unfinished += 1
            if self._started >= min(self._unfinished, self._threads):
                return
            self._started += 1
        threading.Thread(target=self._work, name="customer", daemon=True).start()

    def stop(self) -> None:
        """Send home those who wait; threads end after the journey that they are on."""
        try:
            while True:
                self._jobs.get_nowait()
        except queue.Empty:
            self._jobs.put(None)

    def _work(self) -> None:
        while (next_one := self._jobs.get()) is not None:
            due_s, job = next_one
            if time.monotonic() - due_s > LATE_AFTER_S:
                self._books.count("late")
            try:
                job()
            except Exception:  # a fault of the town must not cost it a thread
                log.exception("town: a customer's journey broke on our side")
            with self._lock:
                self._unfinished -= 1
        self._jobs.put(None)  # for the next thread

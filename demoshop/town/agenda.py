"""What is due when: posts being written, reposts, members on their way to the shop."""

import heapq
import itertools
import threading
from collections.abc import Callable

LONGEST = 50_000  # entries; nothing here may grow without end


class Agenda:
    """A heap of (monotonic seconds, job), thread-safe."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def add(self, due_s: float, job: Callable[[], None]) -> bool:
        """Enter a job; False when the agenda is full."""
        with self._lock:
            if len(self._heap) >= LONGEST:
                return False
            heapq.heappush(self._heap, (due_s, next(self._order), job))
            return True

    def take(self, now_s: float) -> list[Callable[[], None]]:
        """Return the jobs that are due, earliest first, and strike them off."""
        due = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now_s:
                due.append(heapq.heappop(self._heap)[2])
        return due

"""A small pool of connections: first come, first served, with a limit on waiting.

Each loan lasts at least `hold_ms`, so the pool's capacity is known:
size / hold_ms loans a second, no matter how fast the machine is.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic, sleep
from typing import Generic, TypeVar

T = TypeVar("T")


class PoolBusyError(Exception):
    """No connection became free within the limit."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """The pool's own books."""

    size: int
    in_use: int
    waiting: int
    loans: int
    timeouts: int
    hold_ms: int
    wait_ms: int


class _Ticket(Generic[T]):
    """A place in the queue."""

    def __init__(self) -> None:
        self.called = Event()
        self.item: T | None = None
        self.since_s = 0.0


class Pool(Generic[T]):
    """Lends its items in the order of asking."""

    def __init__(self, items: list[T], *, hold_ms: int, wait_ms: int) -> None:
        self._free = deque(items)
        self._size = len(items)
        self._hold_ms, self._wait_ms = hold_ms, wait_ms
        self._queue: deque[_Ticket[T]] = deque()
        self._lock = Lock()
        self._loans = self._timeouts = 0

    @contextmanager
    def lend(self, *, starved: bool = False) -> Iterator[T]:
        """Lend one item for the block; it stays taken for at least `hold_ms`.

        `starved` waits like someone whose turn never comes.
        Raises: PoolBusyError after `wait_ms` in the queue.
        """
        ticket = self._starve() if starved else self._take()
        try:
            assert ticket.item is not None  # noqa: S101 - _take returns only with an item
            yield ticket.item
        finally:
            sleep(max(0.0, ticket.since_s + self._hold_ms / 1000 - monotonic()))
            self._give_back(ticket)

    def state(self) -> PoolState:
        """Return the counts of this moment."""
        with self._lock:
            return PoolState(
                size=self._size,
                in_use=self._size - len(self._free),
                waiting=len(self._queue),
                loans=self._loans,
                timeouts=self._timeouts,
                hold_ms=self._hold_ms,
                wait_ms=self._wait_ms,
            )

    def _take(self) -> _Ticket[T]:
        ticket = _Ticket[T]()
        with self._lock:
            self._queue.append(ticket)
            self._call_next()
        if ticket.called.wait(self._wait_ms / 1000):
            return ticket
        with self._lock:
            if ticket.item is not None:  # called in the very moment it gave up
                return ticket
            self._queue.remove(ticket)
            self._timeouts += 1
        raise PoolBusyError

    def _starve(self) -> _Ticket[T]:
        sleep(self._wait_ms / 1000)
        with self._lock:
            self._timeouts += 1
        raise PoolBusyError

    def _give_back(self, ticket: _Ticket[T]) -> None:
        with self._lock:
            assert ticket.item is not None  # noqa: S101 - only lent tickets come back
            self._free.append(ticket.item)
            self._call_next()

    def _call_next(self) -> None:
        """Hand free items to the head of the queue; the clock of a loan starts here."""
        while self._free and self._queue:
            ticket = self._queue.popleft()
            ticket.item = self._free.popleft()
            ticket.since_s = monotonic()
            self._loans += 1
            ticket.called.set()

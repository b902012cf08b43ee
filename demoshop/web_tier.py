"""The web tier: so many servers with so many slots, and a balancer with one queue before them.

A slot stands for a server's own work on one page. What a page waits for elsewhere (the
gift card ledger, the payment provider) takes none, as in a server that does other work
meanwhile: so more servers give more pages, and not one gift card more.
"""

import heapq
from collections import deque
from dataclasses import dataclass
from threading import Lock
from time import monotonic, sleep
from typing import NoReturn


class WebBusyError(Exception):
    """No server had a slot free within the limit."""


@dataclass(frozen=True, slots=True)
class WebState:
    """The tier's own books; `pages` counts by server, the first one first."""

    servers: int
    slots: int  # of each server
    in_use: int
    waiting: int
    timeouts: int
    pages: tuple[int, ...]


class WebTier:
    """Gives slots in the order of asking, each for `hold_ms`; 0 servers: no limit at all.

    A slot's next turn begins when its last was to end, not when a busy machine noticed it: so the
    capacity is servers * slots / hold_ms exactly, as long as this machine can do that much.
    """

    def __init__(self, *, servers: int, slots: int, hold_ms: int, wait_ms: int) -> None:
        self.slots, self.hold_ms, self.wait_ms = slots, hold_ms, wait_ms
        self._free_at = [(0.0, server) for server in range(servers) for _ in range(slots)]  # a heap
        self._begins: deque[float] = deque()  # turns that were given, in order
        self._pages = [0] * servers
        self._giving_up = self._timeouts = 0
        self._lock = Lock()

    @property
    def capacity_per_s(self) -> float | None:
        """Pages a second; None without a limit."""
        return len(self._free_at) * 1000 / self.hold_ms if self._free_at else None

    def take(self) -> int | None:
        """Wait for a slot and work for `hold_ms`; return the server (from 0), None without a limit.

        Raises: WebBusyError after `wait_ms` in the queue.
        """
        if not self._free_at:
            return None
        turn = self._turn()
        if turn is None:
            self._give_up()
        ends_at, server = turn
        sleep(max(0.0, ends_at - monotonic()))
        return server

    def state(self) -> WebState:
        """Return the counts of this moment."""
        with self._lock:
            now = monotonic()
            return WebState(
                servers=len(self._pages),
                slots=self.slots,
                in_use=sum(free_at > now for free_at, _ in self._free_at),
                waiting=self._queued(now) + self._giving_up,
                timeouts=self._timeouts,
                pages=tuple(self._pages),
            )

    def _turn(self) -> tuple[float, int] | None:
        """Return when the work ends and where; None if it could not begin in time."""
        with self._lock:
            now = monotonic()
            free_at, server = self._free_at[0]
            begins_at = max(now, free_at)
            if begins_at - now > self.wait_ms / 1000:
                return None
            ends_at = begins_at + self.hold_ms / 1000
            heapq.heapreplace(self._free_at, (ends_at, server))
            self._queued(now)
            self._begins.append(begins_at)
            self._pages[server] += 1
            return ends_at, server

    def _queued(self, now: float) -> int:
        """Return how many turns have not begun; forget those that have."""
        while self._begins and self._begins[0] <= now:
            self._begins.popleft()
        return len(self._begins)

    def _give_up(self) -> NoReturn:
        """Wait as long as anybody would, then go. Raises: WebBusyError."""
        with self._lock:
            self._giving_up += 1
        sleep(self.wait_ms / 1000)
        with self._lock:
            self._giving_up -= 1
            self._timeouts += 1
        raise WebBusyError

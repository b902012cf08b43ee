"""The timeline's rate limit: 300 requests in 5 minutes an address, as Mastodon announces it."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REQUESTS = 300
WINDOW_S = 300


@dataclass(frozen=True, slots=True)
class Quota:
    """What an address may still ask for; below zero it is refused."""

    remaining: int
    reset_at: datetime

    def headers(self) -> dict[str, str]:
        """Return the X-RateLimit headers."""
        return {
            "X-RateLimit-Limit": str(REQUESTS),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": self.reset_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


class Limiter:
    """Counts requests of each address in fixed windows; old windows are dropped."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._window = -1
        self._lock = threading.Lock()

    def take(self, address: str, now_s: float | None = None) -> Quota:
        """Count one request of `address` at `now_s` (Unix seconds; None: the clock's)."""
        now_s = time.time() if now_s is None else now_s
        window = int(now_s // WINDOW_S)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            self._counts[address] = self._counts.get(address, 0) + 1
            used = self._counts[address]
        reset_at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=(window + 1) * WINDOW_S)
        return Quota(REQUESTS - used, reset_at)

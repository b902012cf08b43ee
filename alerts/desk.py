"""A channel's place of work: who sends there now, and what the store does not know yet."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from forepost.storage import Store


@dataclass(eq=False, slots=True)
class Desk:
    """What is remembered of a channel between calls: who works there, what was sent."""

    channel: str
    mutex: threading.Lock = field(default_factory=threading.Lock)
    idle: threading.Event = field(default_factory=threading.Event)
    working: bool = False
    asked_again: bool = False
    asked_at: datetime | None = None  # the latest `now` of those who asked
    since_s: float = 0.0  # monotonic: when the send under way began
    sending: int | None = None  # the row under way
    unnoted: dict[int, datetime] = field(default_factory=dict)  # sent, the store did not take it
    sent: int = 0

    def take(self, now: datetime) -> bool:
        """Begin to work here; False, and whoever does looks again, if somebody does already."""
        with self.mutex:
            self.asked_at = now if self.asked_at is None else max(now, self.asked_at)
            self.asked_again = self.working
            if self.working:
                return False
            self.working = True
            self.idle.clear()
            self.since_s = time.monotonic()
            return True

    def leave(self) -> bool:
        """Stop working here; False if there was another call meanwhile."""
        with self.mutex:
            if self.asked_again:
                self.asked_again = False
                return False
            self._stop()
            return True

    def drop(self) -> None:
        """Stop working here, whatever is asked."""
        with self.mutex:
            self._stop()

    def _stop(self) -> None:
        self.working = False
        self.sending = None
        self.idle.set()

    def count(self) -> int:
        """Return how many were sent since the last question."""
        with self.mutex:
            sent, self.sent = self.sent, 0
            return sent


# By store, because deliver() is called from the thread of every flow: rows that one call is
# sending must not be sent by the other.
_MEMORY: WeakKeyDictionary[Store, dict[str, Desk]] = WeakKeyDictionary()
_MEMORY_LOCK = threading.Lock()


def desks_of(store: Store) -> dict[str, Desk]:
    """Return the desks of a store by channel; they live as long as the store."""
    with _MEMORY_LOCK:
        return _MEMORY.setdefault(store, {})

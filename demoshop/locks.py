"""One lock for each key: two clicks of one customer wait for each other, nobody else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class KeyedLocks:
    """Locks by name, kept only while somebody holds or wants them."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._locks: dict[str, tuple[Lock, int]] = {}

    @contextmanager
    def hold(self, key: str) -> Iterator[bool]:
        """Hold the lock of `key` for the block; tell it whether somebody else was first."""
        with self._guard:
            lock, users = self._locks.get(key, (Lock(), 0))
            self._locks[key] = (lock, users + 1)
        try:
            with lock:
                yield users > 0
        finally:
            with self._guard:
                lock, users_now = self._locks.pop(key)
                if users_now > 1:
                    self._locks[key] = (lock, users_now - 1)

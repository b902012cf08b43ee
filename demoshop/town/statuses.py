"""The statuses of the timeline, in memory: published once, read in pages."""

import bisect
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from demoshop.town.accounts import Account

KEPT = 20_000  # statuses; older ones are forgotten
ID_SHIFT = 16  # as Mastodon: milliseconds, then 16 bits of sequence


@dataclass(frozen=True, slots=True)
class Status:
    """One post, or (with `reblog`) somebody's repost of it. `text` is plain and hostile."""

    id: int
    created_at: datetime
    account: Account
    text: str
    reblog: "Status | None" = None


class Statuses:
    """Ids and times rise strictly in the order of publishing, whatever the clock does."""

    def __init__(self) -> None:
        self._all: list[Status] = []
        self._reposts: dict[int, int] = {}
        self._last_id = 0
        self._lock = threading.Lock()

    def publish(
        self, account: Account, text: str, at: datetime, reblog: Status | None = None
    ) -> Status:
        """Append a status made at `at` (aware UTC) and return it."""
        with self._lock:
            self._last_id = max(self._last_id + 1, int(at.timestamp() * 1000) << ID_SHIFT)
            made_at = datetime.fromtimestamp((self._last_id >> ID_SHIFT) / 1000, UTC)
            status = Status(self._last_id, made_at, account, text, reblog)
            self._all.append(status)
            if reblog is not None:
                self._reposts[reblog.id] = self._reposts.get(reblog.id, 0) + 1
            if len(self._all) > KEPT:
                del self._all[: KEPT // 10]
            return status

    def reposts_of(self, status: Status) -> int:
        """Return how often a status was reposted."""
        return self._reposts.get(status.id, 0)

    def page(
        self,
        limit: int,
        *,
        max_id: int | None = None,
        since_id: int | None = None,
        min_id: int | None = None,
    ) -> list[Status]:
        """Return at most `limit` statuses between the given ids (both exclusive), newest first.

        `since_id` yields the newest ones above it (and may skip), `min_id` those immediately
        above it (and never skips): Mastodon's documented difference.
        """
        with self._lock:
            floor = max(since_id or 0, min_id or 0)
            first = bisect.bisect_right(self._all, floor, key=lambda status: status.id)
            last = len(self._all)
            if max_id is not None:
                last = bisect.bisect_left(self._all, max_id, key=lambda status: status.id)
            if min_id is not None:
                last = min(last, first + limit)
            return self._all[max(first, last - limit) : last][::-1]

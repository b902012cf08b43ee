"""The town's own books: what really happened, for comparing estimates with it."""

import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from demoshop.town.decisions import Customer, Kind

log = logging.getLogger("town")
REMEMBERED = 20_000  # customers hit, and lines of the log: nothing here grows without end
SITUATIONS = (Kind.PAYMENT, Kind.AUTOPAY, Kind.GIFT_CARD, Kind.BROWSER)


@dataclass(slots=True)
class Tally:
    """One situation: customers count once, posts are originals only."""

    hit: dict[tuple[Kind, int], None] = field(default_factory=dict)  # the latest, in order
    customers_hit: int = 0
    posts: int = 0
    reposts: int = 0
    first_hit_at: datetime | None = None
    first_post_at: datetime | None = None

    def add(self, who: tuple[Kind, int]) -> bool:
        """Count a customer; False when he was counted before."""
        if who in self.hit:
            return False
        self.hit[who] = None
        self.customers_hit += 1
        if len(self.hit) > REMEMBERED:
            del self.hit[next(iter(self.hit))]
        return True

    def as_json(self) -> dict[str, Any]:
        """Return what GET /truth shows of it."""
        return {
            "customers_hit": self.customers_hit,
            "posts": self.posts,
            "reposts": self.reposts,
            "first_hit_at": _iso(self.first_hit_at),
            "first_post_at": _iso(self.first_post_at),
        }


class Books:
    """Counts, thread-safe; every problem also goes as one JSON line to `log`."""

    def __init__(self, log: Path | None = None) -> None:
        self._tallies = {kind: Tally() for kind in Kind}
        self._counts = dict.fromkeys(("customers", "support_tickets", "late", "turned_away"), 0)
        self._log = log
        self._lines_left = REMEMBERED
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        """Count a customer, a support ticket, a late start or one turned away."""
        with self._lock:
            self._counts[what] += 1

    def hit(self, customer: Customer, situation: Kind, saw: str, at: datetime) -> bool:
        """Note a problem; False when this customer was already counted in the situation."""
        who = (customer.kind, customer.index)
        with self._lock:
            tally = self._tallies[situation]
            if not tally.add(who):
                return False
            tally.first_hit_at = tally.first_hit_at or at
            self._write(
                {"at": _iso(at), "situation": situation.value, "customer": who, "saw": saw[:200]}
            )
            return True

    def posted(self, situation: Kind, at: datetime) -> None:
        """Note an original post."""
        with self._lock:
            tally = self._tallies[situation]
            tally.posts += 1
            tally.first_post_at = tally.first_post_at or at

    def reposted(self, situation: Kind) -> None:
        """Note a repost."""
        with self._lock:
            self._tallies[situation].reposts += 1

    def truth(self) -> dict[str, Any]:
        """Return the counts so far: situations, chatter, customers, tickets, late ones."""
        with self._lock:
            chatter = self._tallies[Kind.CHATTER]
            return {
                "situations": {kind.value: self._tallies[kind].as_json() for kind in SITUATIONS},
                "chatter": {"posts": chatter.posts, "reposts": chatter.reposts},
                **self._counts,
            }

    def _write(self, line: dict[str, Any]) -> None:
        if self._log is None or not self._lines_left:
            return
        self._lines_left -= 1
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:  # the counts matter more than the log
            self._lines_left = 0
            log.warning("town: %s: %s; counting goes on", self._log, error.strerror)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

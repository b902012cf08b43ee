"""The shop's own books: what it served, sold and refused."""

from collections import Counter
from dataclasses import asdict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demoshop.services import Services

SERVER_ERROR = 500


class Traffic:
    """Requests and server errors by route; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def note(self, route: str, status: int) -> None:
        """Count one answer."""
        with self._lock:
            self._requests[route] += 1
            self._errors[route] += status >= SERVER_ERROR

    def counts(self) -> dict[str, dict[str, int]]:
        """Return requests and server errors by route; routes without errors are left out."""
        with self._lock:
            return {"requests": dict(self._requests), "errors_5xx": dict(+self._errors)}


def collect(shop: "Services") -> dict[str, Any]:
    """Return all counts of this moment as JSON."""
    count, pool = shop.db.count, shop.ledger.state()
    return {
        "orders": count("SELECT count(*) FROM orders WHERE state != 'voided'"),
        "orders_voided": count("SELECT count(*) FROM orders WHERE state = 'voided'"),
        "orders_returned": count("SELECT count(*) FROM orders WHERE state = 'returned'"),
        "gift_cards_sold": count("SELECT count(*) FROM gift_sales WHERE voided_at IS NULL"),
        "redemptions": shop.ledger.redemptions,
        "subscriptions": count("SELECT count(*) FROM subscriptions WHERE state != 'voided'"),
        "renewals": {"renewed": shop.renewals.renewed, "declined": shop.renewals.declined},
        "support_tickets": count("SELECT count(*) FROM tickets"),
        "refunds_owed": count("SELECT count(*) FROM owed"),
        "mails_sent": shop.mailer.sent,
        "ledger": {
            "size": pool.size,
            "in_use": pool.in_use,
            "waiting": pool.waiting,
            "loans": pool.loans,
            "timeouts": pool.timeouts,
            "hold_ms": pool.hold_ms,
            "wait_ms": pool.wait_ms,
            "capacity_per_s": pool.size * 1000 / pool.hold_ms if pool.hold_ms else None,
        },
        "web": {
            **asdict(shop.web_tier.state()),
            "hold_ms": shop.web_tier.hold_ms,
            "wait_ms": shop.web_tier.wait_ms,
            "capacity_per_s": shop.web_tier.capacity_per_s,
        },
        **shop.traffic.counts(),
    }

"""Money that goes back: to a card through the provider, to a gift card through the ledger.

What is owed is written down first and paid afterwards, so a busy ledger delays a refund
and never loses it.
"""

from demoshop.clock import now, stamp
from demoshop.ledger import Ledger
from demoshop.orders import Order
from demoshop.payments import Provider, ProviderError
from demoshop.pool import PoolBusyError
from demoshop.store import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS owed (
  reference TEXT PRIMARY KEY, kind TEXT NOT NULL, target TEXT NOT NULL,
  cents INTEGER NOT NULL, since TEXT NOT NULL);
"""


def gift_reference(number: str) -> str:
    """Return the key under which an order's gift card money goes back: once, whoever asks."""
    return f"return-{number}-gift"


class Refunds:
    """The list of what is owed."""

    def __init__(self, db: Database, ledger: Ledger, provider: Provider) -> None:
        self._db, self.ledger, self._provider = db, ledger, provider

    def gift(self, code: str, cents: int, reference: str) -> None:
        """Give `cents` back to a gift card: now, or as soon as the ledger has time."""
        self._owe(reference, "gift", code, cents)
        self.pay(reference)

    def order(self, order: Order, *, gift: bool = True) -> None:
        """Give an order's money back the way it came; a fault forgets the gift card's share."""
        if gift and order.gift_code and order.gift_cents:
            reference = gift_reference(order.number)
            self._owe(reference, "gift", order.gift_code, order.gift_cents)
        if order.charge:
            self._owe(f"return-{order.number}", "charge", order.charge, order.charged_cents)
        self.pay(f"return-{order.number}%")

    def pay(self, like: str = "%") -> None:
        """Pay what is owed; what cannot be paid now stays on the list."""
        for row in self._db.rows("SELECT * FROM owed WHERE reference LIKE ?", like):
            try:
                if row["kind"] == "gift":
                    self.ledger.give_back(row["target"], row["cents"], row["reference"])
                else:
                    self._provider.refund(row["target"])
            except (PoolBusyError, ProviderError):
                continue
            self._db.run("DELETE FROM owed WHERE reference = ?", row["reference"])

    def _owe(self, reference: str, kind: str, target: str, cents: int) -> None:
        self._db.run(
            "INSERT OR IGNORE INTO owed VALUES (?, ?, ?, ?, ?)",
            reference,
            kind,
            target,
            cents,
            stamp(now()),
        )

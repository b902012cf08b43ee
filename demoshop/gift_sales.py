"""Selling gift cards: charged first, issued then; if the ledger is busy the charge goes back."""

from datetime import datetime

from demoshop.clock import add_months, now
from demoshop.ledger import GiftCardError, Ledger
from demoshop.letters import gift_card
from demoshop.locks import KeyedLocks
from demoshop.mailer import Mailer
from demoshop.payments import Provider
from demoshop.pool import PoolBusyError
from demoshop.store import Database
from demoshop.tokens import new_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS gift_sales (
  attempt TEXT PRIMARY KEY, reference TEXT NOT NULL, code TEXT NOT NULL, cents INTEGER NOT NULL);
"""
AMOUNTS = (1000, 2500, 5000, 10000, 15000)
LEAST_CENTS, MOST_CENTS = 500, 50_000
MONTHS = 36


def expiry() -> datetime:
    """Return when a card issued now runs out."""
    return add_months(now(), MONTHS)


class GiftSales:
    """The counter for gift cards."""

    def __init__(self, db: Database, ledger: Ledger, provider: Provider, mailer: Mailer) -> None:
        self._db, self._ledger, self._provider, self._mailer = db, ledger, provider, mailer
        self._locks = KeyedLocks()

    def buy(self, attempt: str, cents: int, email: str, card: dict[str, str]) -> tuple[str, str]:
        """Sell one card and return (code, reference); the same attempt gives the same card.

        Raises: GiftCardError if the payment is refused, PoolBusyError, ProviderError.
        """
        with self._locks.hold(attempt):
            row = self._db.row("SELECT * FROM gift_sales WHERE attempt = ?", attempt)
            if row:
                return row["code"], row["reference"]
            reference = new_id("gift")
            charge = self._provider.charge(
                {"reference": reference, "attempt": attempt, "email": email,
                 "amount_cents": cents, "card": card},
                reference,
            )  # fmt: skip
            if charge.status != "succeeded":
                message = charge.message or "This card needs a confirmation we cannot ask for here."
                raise GiftCardError(f"{message} Nothing was bought.", 402)
            code = self._issue(cents, charge.id)
            self._db.run(
                "INSERT INTO gift_sales VALUES (?, ?, ?, ?)", attempt, reference, code, cents
            )
        self._mailer.send(email, *gift_card(code, cents))
        return code, reference

    def _issue(self, cents: int, charge_id: str) -> str:
        try:
            return self._ledger.issue([(cents, expiry())])[0]
        except PoolBusyError:
            self._provider.refund(charge_id)
            raise

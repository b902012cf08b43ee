"""Selling gift cards: charged first, issued then; if the ledger is busy the charge goes back."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from demoshop.clock import add_months, now, parse, stamp
from demoshop.ledger import GiftCardError, Ledger, tidy
from demoshop.letters import gift_card
from demoshop.locks import KeyedLocks
from demoshop.mailer import Mailer
from demoshop.payments import Provider
from demoshop.pool import PoolBusyError
from demoshop.store import Database
from demoshop.tokens import new_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS gift_sales (
  attempt TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, code TEXT NOT NULL UNIQUE,
  cents INTEGER NOT NULL, email TEXT NOT NULL, sold_at TEXT NOT NULL, voided_at TEXT);
CREATE INDEX IF NOT EXISTS gift_sales_email ON gift_sales (email);
"""
AMOUNTS = (1000, 2500, 5000, 10000, 15000)
LEAST_CENTS, MOST_CENTS = 500, 50_000
MONTHS = 36


@dataclass(frozen=True, slots=True)
class GiftSale:
    """A gift card that somebody bought."""

    reference: str  # of the charge
    code: str
    cents: int
    sold_at: datetime
    voided_at: datetime | None  # its price is back


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
            row_values = (attempt, reference, code, cents, email, stamp(now()))
            self._db.run("INSERT INTO gift_sales VALUES (?, ?, ?, ?, ?, ?, NULL)", *row_values)
        self._mailer.send(email, *gift_card(code, cents), about=reference)
        return code, reference

    def by_email(self, email: str) -> list[GiftSale]:
        """Return what was sold to an address, oldest first."""
        rows = self._db.rows("SELECT * FROM gift_sales WHERE email = ? ORDER BY rowid", email)
        return [_sale(row) for row in rows]

    def get(self, name: str) -> GiftSale | None:
        """Return the sale of a card by its code or its payment reference, or None."""
        find = "SELECT * FROM gift_sales WHERE reference = ? OR code = ?"
        row = self._db.row(find, name, tidy(name))
        return _sale(row) if row else None

    def voided(self, reference: str) -> None:
        """Note that the price of a card is back."""
        change = "UPDATE gift_sales SET voided_at = ? WHERE reference = ?"
        self._db.run(change, stamp(now()), reference)

    def _issue(self, cents: int, charge_id: str) -> str:
        try:
            return self._ledger.issue([(cents, expiry())])[0]
        except PoolBusyError:
            self._provider.refund(charge_id)
            raise


def _sale(row: sqlite3.Row) -> GiftSale:
    return GiftSale(
        reference=row["reference"],
        code=row["code"],
        cents=row["cents"],
        sold_at=parse(row["sold_at"]),
        voided_at=parse(row["voided_at"]) if row["voided_at"] else None,
    )

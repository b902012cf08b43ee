"""Orders: what was bought, what it cost, what was charged, and whether it may come back."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from demoshop import stock
from demoshop.cart import Address, Cart
from demoshop.clock import now, parse, stamp
from demoshop.pricing import DELIVERIES, Totals
from demoshop.store import Database
from demoshop.tokens import new_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS numbers (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS orders (
  number TEXT PRIMARY KEY, key TEXT NOT NULL, sid TEXT NOT NULL, attempt TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL, details TEXT NOT NULL, gift_code TEXT, gift_cents INTEGER NOT NULL,
  charge TEXT, charged_cents INTEGER NOT NULL, total_cents INTEGER NOT NULL,
  state TEXT NOT NULL, placed_at TEXT NOT NULL, returned_at TEXT, voided_at TEXT,
  restocked_at TEXT, seen INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS orders_email ON orders (email);
"""
FIRST_NUMBER = 100_000
NEXT = "INSERT INTO numbers DEFAULT VALUES"
RETURN_WITHIN = timedelta(days=30)
STATES = {
    "placed": "Received: we are packing it",
    "returned": "Return accepted: your refund is on its way",
    "voided": "Cancelled: your money has gone back",
}


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of an order, at the price of that day."""

    sku: str
    name: str
    qty: int
    price_cents: int

    @property
    def cents(self) -> int:
        """The price of the line."""
        return self.price_cents * self.qty


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was placed."""

    number: str
    key: str
    sid: str
    attempt: str
    email: str
    lines: tuple[Bought, ...]
    address: Address
    delivery: str
    totals: Totals
    gift_code: str | None
    gift_cents: int
    charge: str | None
    charged_cents: int  # as the provider reported it
    state: str
    placed_at: datetime
    voided_at: datetime | None  # all its money is back
    restocked_at: datetime | None  # its pieces are back on the shelf
    seen: bool  # the customer was shown its confirmation

    @property
    def delivery_label(self) -> str:
        """How it is sent."""
        way = DELIVERIES[self.delivery]
        return f"{way.label}, {way.days}"

    @property
    def return_until(self) -> datetime:
        """The last moment for a return."""
        return self.placed_at + RETURN_WITHIN

    def returnable(self, at: datetime) -> bool:
        """Whether the policy takes it back at that moment."""
        return self.state == "placed" and at <= self.return_until


def details_of(cart: Cart) -> str:
    """Return what a cart holds as JSON: the order is made from this, not from later changes."""
    lines = [
        Bought(line.product.sku, line.product.name, line.qty, line.price_cents)
        for line in cart.lines
    ]
    if cart.address is None or cart.delivery is None:
        raise ValueError("a cart without address and delivery cannot be ordered")
    return json.dumps(
        {
            "lines": [asdict(line) for line in lines],
            "address": asdict(cart.address),
            "delivery": cart.delivery,
            "totals": asdict(cart.totals),
        }
    )


class Orders:
    """The shop's book of orders."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, number: str) -> Order | None:
        """Return one order, or None."""
        row = self._db.row("SELECT * FROM orders WHERE number = ?", number)
        return _order(row) if row else None

    def by_email(self, email: str) -> list[Order]:
        """Return a customer's orders, oldest first."""
        rows = self._db.rows("SELECT * FROM orders WHERE email = ? ORDER BY rowid", email)
        return [_order(row) for row in rows]

    def returned(self, number: str) -> bool:
        """Mark an order as returned; False if it already was."""
        with self._db.transaction() as connection:
            done = connection.execute(
                "UPDATE orders SET state = 'returned', returned_at = ? "
                "WHERE number = ? AND state = 'placed'",
                (stamp(now()), number),
            )
        return done.rowcount == 1

    def saw(self, number: str) -> None:
        """Note that the customer was shown the confirmation."""
        self._db.run("UPDATE orders SET seen = 1 WHERE number = ?", number)

    def voided(self, number: str) -> None:
        """Mark an order as undone: its money is back."""
        self._db.run(
            "UPDATE orders SET state = 'voided', voided_at = ? WHERE number = ?",
            stamp(now()),
            number,
        )

    def restock(self, order: Order) -> None:
        """Put the pieces of an order back on the shelf, once."""
        with self._db.transaction() as connection:
            done = connection.execute(
                "UPDATE orders SET restocked_at = ? WHERE number = ? AND restocked_at IS NULL",
                (stamp(now()), order.number),
            )
            if done.rowcount == 1:
                stock.give(connection, [(line.sku, line.qty) for line in order.lines])


def next_number(connection: sqlite3.Connection) -> str:
    """Return a fresh order number inside the caller's transaction."""
    return f"FH-{FIRST_NUMBER + (connection.execute(NEXT).lastrowid or 0)}"


def copy(connection: sqlite3.Connection, number: str, to: str, charge: str | None) -> None:
    """Write an order once more under another number, inside the caller's transaction."""
    row = connection.execute("SELECT * FROM orders WHERE number = ?", (number,)).fetchone()
    same = ("sid", "email", "details", "total_cents", "charged_cents")
    own = {"number": to, "attempt": f"{row['attempt']}+{to}", "charge": charge}
    insert(connection, {**{name: row[name] for name in same}, **own, "gift_cents": 0})


def insert(connection: sqlite3.Connection, values: dict[str, Any]) -> None:
    """Write a new order inside the caller's transaction."""
    row = {**values, "key": new_key(), "state": "placed", "placed_at": stamp(now())}
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO orders ({names}) VALUES ({marks})", row)  # noqa: S608 - our own column names


def _order(row: sqlite3.Row) -> Order:
    details = json.loads(row["details"])
    return Order(
        number=row["number"],
        key=row["key"],
        sid=row["sid"],
        attempt=row["attempt"],
        email=row["email"],
        lines=tuple(Bought(**line) for line in details["lines"]),
        address=Address(**details["address"]),
        delivery=details["delivery"],
        totals=Totals(**details["totals"]),
        gift_code=row["gift_code"],
        gift_cents=row["gift_cents"],
        charge=row["charge"],
        charged_cents=row["charged_cents"],
        state=row["state"],
        placed_at=parse(row["placed_at"]),
        voided_at=parse(row["voided_at"]) if row["voided_at"] else None,
        restocked_at=parse(row["restocked_at"]) if row["restocked_at"] else None,
        seen=bool(row["seen"]),
    )

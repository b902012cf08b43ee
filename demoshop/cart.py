"""The cart: lines, where they go, and the key of the next attempt to pay."""

import json
import sqlite3
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from demoshop.catalog import BY_SKU, Product
from demoshop.faults import Faults
from demoshop.pricing import Totals, totals
from demoshop.store import Database
from demoshop.tokens import new_key

if TYPE_CHECKING:
    from demoshop.orders import Order

SCHEMA = """
CREATE TABLE IF NOT EXISTS carts (
  sid TEXT PRIMARY KEY, attempt TEXT NOT NULL, address TEXT, delivery TEXT, last_order TEXT);
CREATE TABLE IF NOT EXISTS cart_lines (
  sid TEXT NOT NULL, sku TEXT NOT NULL, qty INTEGER NOT NULL, PRIMARY KEY (sid, sku));
"""
MAX_QTY = 20


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes, and whom to write to."""

    email: str
    name: str
    street: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Line:
    """Some pieces of one product."""

    product: Product
    qty: int
    price_cents: int  # of one piece

    @property
    def cents(self) -> int:
        """The price of the line."""
        return self.price_cents * self.qty


@dataclass(frozen=True, slots=True)
class Cart:
    """The cart of one session, as it is now."""

    sid: str
    attempt: str  # changes with the cart: a page that shows an old total cannot be paid
    lines: tuple[Line, ...] = ()
    address: Address | None = None
    delivery: str | None = None
    last_order: str | None = None
    off_cents: int = 0  # a fault's: the total is so much more than its parts

    @property
    def totals(self) -> Totals:
        """The sums; standard delivery until another is chosen."""
        sums = totals((line.cents for line in self.lines), self.delivery or "standard")
        return replace(sums, total_cents=sums.total_cents + (self.off_cents if self.lines else 0))

    @property
    def pieces(self) -> int:
        """How many things are in it."""
        return sum(line.qty for line in self.lines)


class Carts:
    """Every session's cart, kept in the shop's database."""

    def __init__(self, db: Database, faults: Faults) -> None:
        self._db, self._faults = db, faults

    def of(self, sid: str) -> Cart:
        """Return the cart of a session; an empty one if there is none yet."""
        row = self._db.row("SELECT * FROM carts WHERE sid = ?", sid)
        if row is None:
            return Cart(sid, "")
        lines = self._db.rows("SELECT * FROM cart_lines WHERE sid = ? ORDER BY rowid", sid)
        more = self._faults.amount_case("cart_price", "off_cents", sid)
        return Cart(
            sid,
            row["attempt"],
            tuple(_line(row, more) for row in lines),
            Address(**json.loads(row["address"])) if row["address"] else None,
            row["delivery"],
            row["last_order"],
            self._faults.amount_case("sums_off", "off_cents", sid),
        )

    def looked_at_again(self, sid: str) -> Cart:
        """Return the cart of a customer who may have gone back; a broken shop has lost it."""
        cart = self.of(sid)
        if cart.lines and cart.delivery and self._faults.hits("cart_lost_on_back"):
            self.empty(sid)
            return self.of(sid)
        return cart

    def add(self, sid: str, sku: str, qty: int) -> None:
        """Put pieces of a product into the cart; no more than MAX_QTY of one."""
        self._touch(sid)
        self._db.run(
            "INSERT INTO cart_lines VALUES (?1, ?2, min(?3, ?4)) "
            "ON CONFLICT DO UPDATE SET qty = min(qty + ?3, ?4)",
            sid,
            sku,
            qty,
            MAX_QTY,
        )

    def remove(self, sid: str, sku: str) -> None:
        """Take a product out of the cart."""
        if self._faults.hits("remove_dead"):
            return
        self._touch(sid)
        self._db.run("DELETE FROM cart_lines WHERE sid = ? AND sku = ?", sid, sku)

    def empty(self, sid: str) -> None:
        """Take everything out of the cart."""
        self._touch(sid)
        self._db.run("DELETE FROM cart_lines WHERE sid = ?", sid)

    def refill(self, sid: str, order: "Order") -> None:
        """Put an order's goods back into the cart, with the key it was paid with."""
        with self._db.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO cart_lines VALUES (?, ?, ?)",
                [(sid, line.sku, line.qty) for line in order.lines],
            )
            connection.execute(
                "UPDATE carts SET attempt = ?, delivery = ? WHERE sid = ?",
                (order.attempt, order.delivery, sid),
            )

    def set_address(self, sid: str, address: Address) -> None:
        """Remember where to send it."""
        text = json.dumps(asdict(address))
        self._db.run("UPDATE carts SET address = ? WHERE sid = ?", text, sid)

    def set_delivery(self, sid: str, delivery: str) -> None:
        """Remember how to send it; another price is another attempt."""
        if self.of(sid).delivery != delivery:
            self._touch(sid)
        self._db.run("UPDATE carts SET delivery = ? WHERE sid = ?", delivery, sid)

    def _touch(self, sid: str) -> None:
        self._db.run(
            "INSERT INTO carts (sid, attempt) VALUES (?1, ?2) "
            "ON CONFLICT DO UPDATE SET attempt = ?2, last_order = NULL",
            sid,
            new_key(),
        )


def close(connection: sqlite3.Connection, sid: str, number: str) -> None:
    """Empty a cart that became the order `number`, inside the caller's transaction."""
    connection.execute("DELETE FROM cart_lines WHERE sid = ?", (sid,))
    connection.execute(
        "UPDATE carts SET last_order = ?, attempt = ?, delivery = NULL WHERE sid = ?",
        (number, new_key(), sid),
    )


def _line(row: sqlite3.Row, more_cents: int) -> Line:
    product = BY_SKU[row["sku"]]
    return Line(product, row["qty"], product.price_cents + more_cents)

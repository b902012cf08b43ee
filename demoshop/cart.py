"""The cart: lines, where they go, and the key of the next attempt to pay."""

import json
from dataclasses import asdict, dataclass

from demoshop.catalog import BY_SKU, Product
from demoshop.pricing import Totals, totals
from demoshop.store import Database
from demoshop.tokens import new_key

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

    @property
    def cents(self) -> int:
        """The price of the line."""
        return self.product.price_cents * self.qty


@dataclass(frozen=True, slots=True)
class Cart:
    """The cart of one session, as it is now."""

    sid: str
    attempt: str  # changes with the cart: a page that shows an old total cannot be paid
    lines: tuple[Line, ...] = ()
    address: Address | None = None
    delivery: str | None = None
    last_order: str | None = None

    @property
    def totals(self) -> Totals:
        """The sums; standard delivery until another is chosen."""
        return totals((line.cents for line in self.lines), self.delivery or "standard")

    @property
    def pieces(self) -> int:
        """How many things are in it."""
        return sum(line.qty for line in self.lines)


class Carts:
    """Every session's cart, kept in the shop's database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, sid: str) -> Cart:
        """Return the cart of a session; an empty one if there is none yet."""
        row = self._db.row("SELECT * FROM carts WHERE sid = ?", sid)
        if row is None:
            return Cart(sid, "")
        lines = self._db.rows("SELECT * FROM cart_lines WHERE sid = ? ORDER BY rowid", sid)
        return Cart(
            sid,
            row["attempt"],
            tuple(Line(BY_SKU[line["sku"]], line["qty"]) for line in lines),
            Address(**json.loads(row["address"])) if row["address"] else None,
            row["delivery"],
            row["last_order"],
        )

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
        self._touch(sid)
        self._db.run("DELETE FROM cart_lines WHERE sid = ? AND sku = ?", sid, sku)

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

"""Paying: exactly one charge, one order and one mail for each attempt, whatever is clicked."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Any

from demoshop import orders as order_book
from demoshop.cart import Cart, Carts, close
from demoshop.clock import now, stamp
from demoshop.faults import Faults
from demoshop.locks import KeyedLocks
from demoshop.orders import Orders
from demoshop.payments import Charge, Provider, ProviderError
from demoshop.receipts import Receipts
from demoshop.refunds import Refunds
from demoshop.repeats import Repeats
from demoshop.stock import SoldOutError, Stock, give
from demoshop.store import Database
from demoshop.tokens import new_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
  attempt TEXT PRIMARY KEY, sid TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL,
  tries INTEGER NOT NULL, details TEXT, gift_code TEXT, gift_cents INTEGER NOT NULL DEFAULT 0,
  gift_taking TEXT, charge TEXT, reserved INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL);
"""
AT_THE_PROVIDER = ("declined_but_charged", "charge_missing", "challenge_loops")
CHALLENGE_WITHIN = timedelta(minutes=15)


class CheckoutError(Exception):
    """The order was not made; the message is for the customer, `status` for HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ShopFaultError(Exception):
    """A fault that was switched on: the shop falls over with a 500."""


def sold_out(name: str) -> CheckoutError:
    """Return what a customer is told who came too late."""
    return CheckoutError(f"{name} has just sold out. Nothing was charged; your cart is kept.", 409)


@dataclass(frozen=True, slots=True)
class Paid:
    """The order stands."""

    number: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """The provider wants the customer to confirm on its own page."""

    url: str


class Till:
    """Where a cart becomes an order."""

    def __init__(
        self,
        *,
        db: Database,
        carts: Carts,
        orders: Orders,
        refunds: Refunds,
        stock: Stock,
        provider: Provider,
        receipts: Receipts,
        repeats: Repeats,
        faults: Faults,
        shop_url: str,
    ) -> None:
        self._db, self._carts, self._orders, self._refunds = db, carts, orders, refunds
        self._stock = stock
        self._provider, self._faults = provider, faults
        self._receipts, self._repeats = receipts, repeats
        self._shop_url = shop_url
        self._locks = KeyedLocks()

    def pay(self, sid: str, attempt: str, card: dict[str, str], gift_code: str) -> Paid | Challenge:
        """Pay the cart of `sid`; the same attempt again gives the same order.

        Raises: CheckoutError, GiftCardError, PoolBusyError, ProviderError, ShopFaultError.
        """
        with self._locks.hold(attempt) as at_once:
            row = self._open(sid, attempt)
            paid = self._settled(row)
            if paid:
                cart = self._carts.of(sid)
                return Paid(self._repeats.submitted(cart, paid.number, at_once=at_once))
            sleep(self._faults.amount("double_click_orders", "delay_ms") / 1000)
            return self._try(self._carts.of(sid), attempt, row["number"], card, gift_code)

    def resume(self, sid: str, attempt: str) -> Paid:
        """Come back from the provider's page. Raises: CheckoutError, ProviderError."""
        with self._locks.hold(attempt):
            row = self._db.row("SELECT * FROM attempts WHERE attempt = ?", attempt)
            if row is None or row["sid"] != sid:
                raise CheckoutError("We do not know this payment.", 404)
            paid = None if self._loses(row) else self._settled(row)
        if paid:
            return paid
        raise CheckoutError("Your bank did not confirm the payment. Nothing was charged.", 402)

    def give_up_old_challenges(self) -> None:
        """Free the gift cards of customers who never came back. Raises: ProviderError."""
        limit = stamp(now() - CHALLENGE_WITHIN)
        old = "SELECT attempt FROM attempts WHERE state = 'challenge' AND at < ?"
        for (attempt,) in self._db.rows(old, limit):
            self.settle(attempt)

    def settle(self, attempt: str) -> None:
        """End an attempt that waits for its challenge. Raises: ProviderError."""
        with self._locks.hold(attempt):
            row = self._db.row("SELECT * FROM attempts WHERE attempt = ?", attempt)
            if row:
                self._settled(row)

    def _open(self, sid: str, attempt: str) -> sqlite3.Row:
        """Return the row of an attempt; a new one only for the cart as it is now."""
        cart = self._carts.of(sid)
        with self._db.transaction() as connection:
            find = "SELECT * FROM attempts WHERE attempt = ?"
            row = connection.execute(find, (attempt,)).fetchone()
            if row is None and attempt and attempt == cart.attempt and cart.lines:
                number = order_book.next_number(connection)
                connection.execute(
                    "INSERT INTO attempts (attempt, sid, number, state, tries, at) "
                    "VALUES (?, ?, ?, 'open', 0, ?)",
                    (attempt, sid, number, stamp(now())),
                )
                row = connection.execute(find, (attempt,)).fetchone()
        stale = row is not None and row["state"] != "paid" and attempt != cart.attempt
        if row is None or row["sid"] != sid or stale:
            raise CheckoutError("Your cart has changed. Please check the total below.", 409)
        found: sqlite3.Row = row
        return found

    def _loses(self, row: sqlite3.Row) -> bool:
        """Whether a fault forgets an attempt that comes back from the bank, confirmed or not."""
        if row["state"] != "challenge":
            return False
        if not self._faults.hits_case("challenge_loses_order", row["attempt"]):
            return False
        self._drop(row["attempt"])
        return True

    def _settled(self, row: sqlite3.Row) -> Paid | None:
        """Return the order if the attempt already led to one; end a challenge left open."""
        if row["state"] == "paid":
            return Paid(row["number"])
        if row["state"] == "challenge":
            charge = self._provider.look(row["charge"])
            if charge.status == "challenge":
                charge = self._provider.cancel(row["charge"])
            if charge.status == "succeeded":
                return self._finish(row["attempt"], charge)
            self._drop(row["attempt"])
        return None

    def _try(
        self, cart: Cart, attempt: str, number: str, card: dict[str, str], gift_code: str
    ) -> Paid | Challenge:
        if cart.address is None or cart.delivery is None:
            raise CheckoutError("Please fill in address and delivery first.", 409)
        if self._faults.hits("payment_error"):
            raise ShopFaultError("payment_error")
        if self._faults.hits("out_of_stock"):
            raise sold_out(cart.lines[0].product.name)
        self._take_gift(attempt, cart.totals.total_cents, gift_code)
        self._update(attempt, details=order_book.details_of(cart))
        try:
            self._reserve(attempt, cart)
            return self._charge(cart, attempt, number, card)
        except (CheckoutError, ProviderError):
            self._drop(attempt)
            raise

    def _reserve(self, attempt: str, cart: Cart) -> None:
        """Take the goods from the shelf before any money moves."""
        try:
            self._stock.take((line.product.sku, line.qty) for line in cart.lines)
        except SoldOutError as error:
            raise sold_out(error.name) from error
        self._update(attempt, reserved=1)

    def _take_gift(self, attempt: str, total_cents: int, code: str) -> None:
        taking, cents, used = None, 0, None
        if code:
            taking = new_key()
            taken = self._refunds.ledger.take(code, total_cents, taking)
            cents, used = taken.amount_cents, taken.code
        self._update(attempt, gift_code=used, gift_cents=cents, gift_taking=taking)

    def _charge(
        self, cart: Cart, attempt: str, number: str, card: dict[str, str]
    ) -> Paid | Challenge:
        row = self._row(attempt)
        due = cart.totals.total_cents - row["gift_cents"]
        if due == 0:
            return self._finish(attempt, None)
        if not card["number"]:
            raise CheckoutError("Please fill in your card: the gift card does not cover it.", 422)
        order = self._order(cart, attempt, number, due, card)
        charge = self._provider.charge(order, f"{attempt}:{row['tries']}")
        if charge.status == "declined":
            self._update(attempt, tries=row["tries"] + 1)
            raise self._declined(cart.sid, charge.message)
        if charge.status == "challenge" and charge.challenge_url:
            self._update(
                attempt,
                state="challenge",
                charge=charge.id,
                tries=row["tries"] + 1,
                at=stamp(now()),
            )
            return Challenge(charge.challenge_url)
        if self._faults.hits("double_charge"):
            self._provider.charge(order, f"{attempt}:{row['tries']}:again")
        return self._finish(attempt, charge)

    def _declined(self, sid: str, message: str) -> CheckoutError:
        if self._faults.hits("declined_loses_cart"):
            self._carts.empty(sid)
        told = f"{message} Nothing was ordered; your cart is kept."
        return CheckoutError("" if self._faults.hits("declined_silent") else told, 402)

    def _order(
        self, cart: Cart, attempt: str, number: str, due: int, card: dict[str, str]
    ) -> dict[str, Any]:
        return {
            "reference": number,
            "attempt": attempt,
            "email": cart.address.email if cart.address else "",
            "amount_cents": due + self._faults.amount("wrong_total", "off_cents"),
            "card": card,
            "return_url": f"{self._shop_url}/checkout/return/{attempt}",
            "simulate": next(filter(self._faults.hits, AT_THE_PROVIDER), ""),
        }

    def _finish(self, attempt: str, charge: Charge | None) -> Paid:
        """Write the order down and empty the cart in one transaction; then send the mail."""
        row = self._row(attempt)
        details = json.loads(row["details"])
        with self._db.transaction() as connection:
            order_book.insert(connection, {
                "number": row["number"],
                "sid": row["sid"],
                "attempt": attempt,
                "email": details["address"]["email"],
                "details": row["details"],
                "gift_code": row["gift_code"],
                "gift_cents": row["gift_cents"],
                "charge": charge.id if charge else None,
                "charged_cents": charge.amount_cents if charge else 0,
                "total_cents": details["totals"]["total_cents"],
            })  # fmt: skip
            connection.execute("UPDATE attempts SET state = 'paid' WHERE attempt = ?", (attempt,))
            close(connection, row["sid"], row["number"])
        order = self._orders.get(row["number"])
        if order:
            self._receipts.send(order)
        return Paid(row["number"])

    def _drop(self, attempt: str) -> None:
        """Undo what an attempt took from the shelf and from a gift card."""
        row = self._row(attempt)
        free = {"gift_code": None, "gift_cents": 0, "gift_taking": None, "reserved": 0}
        self._update(attempt, state="open", **free)
        if row["reserved"]:
            lines = json.loads(row["details"])["lines"]
            with self._db.transaction() as connection:
                give(connection, [(line["sku"], line["qty"]) for line in lines])
        if row["gift_cents"]:
            self._refunds.gift(row["gift_code"], row["gift_cents"], f"undo-{row['gift_taking']}")

    def _row(self, attempt: str) -> sqlite3.Row:
        row = self._db.row("SELECT * FROM attempts WHERE attempt = ?", attempt)
        if row is None:
            raise CheckoutError("We do not know this payment.", 404)
        return row

    def _update(self, attempt: str, **values: Any) -> None:
        names = ", ".join(f"{name} = :{name}" for name in values)
        with self._db.transaction() as connection:
            connection.execute(
                f"UPDATE attempts SET {names} WHERE attempt = :attempt",  # noqa: S608 - our own column names
                {**values, "attempt": attempt},
            )

"""What happens when a purchase that was made comes once more: nothing, in a healthy shop.

A broken one charges again. It may come by a double click, by the back button, from a customer
whose answer was lost, or as the very same request a while later; each has a bug of its own.
"""

from demoshop import orders as order_book
from demoshop.cart import Cart, Carts, close
from demoshop.faults import Faults
from demoshop.orders import Order, Orders
from demoshop.payments import Charge, Provider
from demoshop.receipts import Receipts
from demoshop.stock import SoldOutError, Stock
from demoshop.store import Database
from demoshop.tokens import new_key


class Repeats:
    """Watches purchases that come again."""

    def __init__(
        self,
        *,
        db: Database,
        carts: Carts,
        orders: Orders,
        stock: Stock,
        provider: Provider,
        receipts: Receipts,
        faults: Faults,
    ) -> None:
        self._db, self._carts, self._orders, self._stock = db, carts, orders, stock
        self._provider, self._receipts, self._faults = provider, receipts, faults

    def shown(self, order: Order) -> None:
        """The confirmation is shown, for the first time or after a reload."""
        if order.seen and self._faults.hits("reload_charges"):
            self._charge(order, order.number)
        self._orders.saw(order.number)

    def reopened(self, cart: Cart) -> Cart:
        """Return the cart for the payment page; a broken shop offers a paid one again."""
        order = self._orders.get(cart.last_order or "") if not cart.lines else None
        if order is None or not self._faults.hits_case(_offered(order), order.number):
            return cart
        self._carts.refill(cart.sid, order)
        return self._carts.of(cart.sid)

    def submitted(self, cart: Cart, number: str, *, at_once: bool) -> str:
        """A paid purchase is submitted again; return the number of the order it leads to.

        `at_once`: while the first was still being paid.
        """
        order = self._orders.get(number)
        if order is None:
            return number
        offered = bool(cart.lines) and cart.attempt == order.attempt
        # Nobody sends a page twice before he has seen an answer, but by a double click.
        if not offered and (at_once or not order.seen):
            return self._twin(order) if self._faults.hits("double_click_orders") else number
        bug = _offered(order) if offered else "key_ignored"
        if self._faults.hits_case(bug, number):
            self._charge(order, number)
        if offered:
            with self._db.transaction() as connection:
                close(connection, cart.sid, number)
        return number

    def _twin(self, order: Order) -> str:
        """Make the same order once more, with all that belongs to it."""
        try:
            self._stock.take((line.sku, line.qty) for line in order.lines)
        except SoldOutError:
            return order.number
        with self._db.transaction() as connection:
            number = order_book.next_number(connection)
        charge = self._charge(order, number)
        with self._db.transaction() as connection:
            order_book.copy(connection, order.number, number, charge.id if charge else None)
        twin = self._orders.get(number)
        if twin:
            self._receipts.send(twin)
        return number

    def _charge(self, order: Order, reference: str) -> Charge | None:
        """Charge an order's card once more; it need not be typed again."""
        if order.charge is None:
            return None
        again = {
            "reference": reference,
            "attempt": order.attempt,
            "email": order.email,
            "amount_cents": order.charged_cents,
            "card": {"token": self._provider.look(order.charge).token},
            "off_session": True,
        }
        return self._provider.charge(again, new_key())


def _offered(order: Order) -> str:
    """Name the fault that offers the payment of an order again: to one who has seen it, or not."""
    return "back_charges" if order.seen else "retry_charges"

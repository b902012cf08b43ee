"""Undoing what was bought for a test: money back, goods back, no renewal ever after.

Each may be asked again: what is already undone stays undone, what failed is made up for.
"""

from demoshop.checkout import Till
from demoshop.faults import Faults
from demoshop.gift_sales import GiftSales
from demoshop.ledger import GiftCard, Ledger
from demoshop.locks import KeyedLocks
from demoshop.orders import Order, Orders
from demoshop.payments import Entry, Provider
from demoshop.refunds import gift_reference
from demoshop.subscriptions import Subscription, Subscriptions

STANDS = ("succeeded", "challenge", "refunded")  # money moved, or may still


class Voids:
    """The counter where purchases are undone."""

    def __init__(
        self,
        *,
        orders: Orders,
        sales: GiftSales,
        subscriptions: Subscriptions,
        ledger: Ledger,
        provider: Provider,
        till: Till,
        faults: Faults,
    ) -> None:
        self._orders, self._sales, self._subscriptions = orders, sales, subscriptions
        self._ledger, self._provider, self._till, self._faults = ledger, provider, till, faults
        self._locks = KeyedLocks()

    def order(self, number: str) -> Order | None:
        """Void an order and return it, None if there is none.

        Raises: PoolBusyError, ProviderError; then it is not void yet.
        """
        with self._locks.hold(number):
            found = self._orders.get(number)
            if found and found.voided_at is None:
                self._refund(number)
                if found.gift_code and found.gift_cents:
                    back = gift_reference(number)
                    self._ledger.give_back(found.gift_code, found.gift_cents, back)
                self._orders.voided(number)
            if found and found.restocked_at is None and not self._faults.hits("restock_lost"):
                self._orders.restock(found)
            return self._orders.get(number)

    def gift_card(self, name: str) -> GiftCard:
        """Void a gift card by its code or its payment reference.

        Raises: GiftCardError if unknown, PoolBusyError, ProviderError.
        """
        sale = self._sales.get(name)
        card = self._ledger.void(sale.code if sale else name)
        self.price(name)
        return card

    def price(self, name: str) -> None:
        """Give back what was paid for a gift card, once. Raises: ProviderError."""
        sale = self._sales.get(name)
        if sale and sale.voided_at is None:
            self._refund(sale.reference)
            self._sales.voided(sale.reference)

    def subscription(self, ident: str) -> Subscription | None:
        """Void a membership and return it, None if there is none. Raises: ProviderError."""
        with self._subscriptions.locks.hold(ident):
            found = self._subscriptions.get(ident)
            if found and found.voided_at is None:
                self._subscriptions.stop(ident)
                self._refund(ident)
                self._subscriptions.voided(ident)
            return self._subscriptions.get(ident)

    def stray(self, email: str) -> list[Entry]:
        """Return an address's charges that no purchase stands for. Raises: ProviderError."""
        known = {order.number for order in self._orders.by_email(email)}
        known |= {sale.reference for sale in self._sales.by_email(email)}
        known |= {sub.id for sub in self._subscriptions.by_email(email)}
        charges = self._provider.of(email)
        return [each for each in charges if each.reference not in known and each.status in STANDS]

    def charges(self, email: str) -> list[Entry]:
        """Give back the charges without a purchase, end open challenges. Raises: ProviderError."""
        for each in self.stray(email):
            self._provider.void(each.id)
            if each.attempt:
                self._till.settle(each.attempt)
        return self.stray(email)

    def _refund(self, reference: str) -> None:
        """Give back every charge of a reference, also one too many."""
        for entry in self._provider.of(reference):
            self._provider.void(entry.id)

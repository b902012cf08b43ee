"""Exactly once: one charge, one order, one mail, whatever a customer does to the page."""

from dataclasses import dataclass

from probes.flows._letters import names
from probes.flows._untold import told
from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Purchase:
    """What one customer bought."""

    email: str
    number: str
    total_cents: int


@dataclass(frozen=True, slots=True)
class Once:
    """Looks into the books that a storefront can open."""

    shop: Storefront
    journey: Journey
    settle_ms: int  # how long a second charge or mail is given to turn up
    books: bool  # whether the provider's charges can be looked up
    orders: bool  # whether the shop's orders can
    mails: bool  # whether the mailbox can

    @property
    def blind(self) -> bool:
        """Whether nothing would tell a second charge."""
        return not (self.books or self.orders)

    def see(self, bought: Purchase) -> None:
        """See one charge of the shown total, and one order, and no second one soon."""
        self.journey.page.wait_for_timeout(self.settle_ms)
        if self.books:
            charged = [charge.amount_cents for charge in self.shop.charges(bought.number)]
            rule = "charges in the provider's books and one total"
            self.journey.equal(charged, [bought.total_cents], rule, "cents")
        if self.orders:
            made = list(self.shop.orders(bought.email))
            self.journey.equal(made, [bought.number], "orders in the shop's books and one number")

    def see_nothing(self, email: str) -> None:
        """See that nothing was charged or ordered under an address."""
        if self.books:
            charged = [charge.amount_cents for charge in self.shop.charges(email)]
            self.journey.equal(charged, [], "charges without an order and none", "cents")
        if self.orders:
            self.journey.equal(list(self.shop.orders(email)), [], "orders without payment and none")

    def see_mail(self, bought: Purchase, within_s: float) -> None:
        """See one mail that names the order, and no second one soon."""

        def count() -> int:
            return sum(names(mail, bought.number) for mail in self.shop.mails(bought.email))

        self.journey.wait_for(count, "a confirmation mail", within_s)
        self.journey.page.wait_for_timeout(self.settle_ms)
        self.journey.equal(count(), 1, f"mails about {bought.number} and one order")


def once(shop: Storefront, journey: Journey, email: str, settle_ms: int) -> Once:
    """Find out what can be looked up; what cannot is named in the run."""
    return Once(
        shop,
        journey,
        settle_ms,
        books=told(journey, "the provider's books", lambda: shop.charges(email)),
        orders=told(journey, "the shop's orders", lambda: shop.orders(email)),
        mails=told(journey, "mails", lambda: shop.mails(email)),
    )

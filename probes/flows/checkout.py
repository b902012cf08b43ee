"""Checkout: guest checkout from product page to order number, mail and charge."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Address, Card, Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.checkout]` of config.toml, key for key."""

    product: str = "lantern-moth"
    card: str = "4242424242424242"
    mail_domain: str = "probe.invalid"
    page_budget_ms: float = 3_000
    pay_budget_ms: float = 4_000
    mail_within_s: float = 10.0


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy one product as a guest; the first step that fails ends the run."""
    customer = Address(email=f"{journey.key}@{settings.mail_domain}")
    card = Card(journey.secret(settings.card))

    with journey.step("add to cart", budget_ms=settings.page_budget_ms):
        shop.add_to_cart(settings.product)

    with journey.step("address", budget_ms=settings.page_budget_ms):
        shop.address(customer)

    with journey.step("delivery", budget_ms=settings.page_budget_ms):
        shop.delivery("standard")

    with journey.step("back and edit", budget_ms=2 * settings.page_budget_ms):
        kept = shop.back_to_address()
        journey.equal(kept, customer, "address after going back and address given")
        shop.address(customer)
        totals = shop.delivery("standard")
        journey.check(totals.lines_cents, "the cart is kept after going back")

    with journey.step("pay", pays=True, budget_ms=settings.pay_budget_ms):
        order = shop.pay(card)
        if order.message:
            journey.fact("page said", order.message)
        # A spinner shows for declined cards too: only the order number proves the sale.
        number = journey.goal(order.number, "an order number")
        journey.fact("order", number)

    with journey.step("receipt"):
        parts = (totals.lines_cents, totals.delivery_cents, totals.tax_cents)
        added = sum(part or 0 for part in parts) - (totals.discount_cents or 0)
        journey.equal(added, totals.total_cents, "lines + delivery + tax − discount and total")
        journey.equal(order.charged_cents, totals.total_cents, "charged and shown total")
        booked = sum(charge.amount_cents for charge in shop.charges(number))
        journey.equal(booked, totals.total_cents, "total in the provider's books and shown total")
        journey.fact("total_cents", totals.total_cents)

    with journey.step("confirmation mail"):
        mail = journey.wait_for(
            lambda: next(iter(shop.mails(customer.email)), None),
            "a confirmation mail",
            settings.mail_within_s,
        )
        journey.check(number in mail.text, "the mail names the order number")

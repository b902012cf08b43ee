"""Payment: a card is charged exactly once, a declined one says so, a challenge is passed."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Address, Card, Storefront, Totals


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.payment]` of config.toml, key for key.

    `checks`: which cases are walked after the accepted card, in this order.
    """

    product: str = "lantern-moth"
    card: str = "4242424242424242"
    declined_card: str = "4000000000000002"
    challenge_card: str = "4000000000003220"
    mail_domain: str = "probe.invalid"
    pay_budget_ms: float = 4_000
    settle_ms: int = 600  # how long a second charge or mail is given to turn up
    checks: tuple[str, ...] = ("reload", "back", "declined", "challenge", "dropped")


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Pay as people do: twice in a hurry, once more after a reload, and with the wrong card."""
    customer = Address(email=f"{journey.key}@{settings.mail_domain}")
    with journey.step("fill the cart"):
        totals = _fill(shop, settings, customer)

    with journey.step("pay", pays=True, budget_ms=settings.pay_budget_ms):
        order = shop.pay(Card(journey.secret(settings.card)), clicks=2)
        if order.message:
            journey.fact("page said", order.message)
        if not order.number:
            taken = [charge.amount_cents for charge in shop.charges(customer.email)]
            journey.equal(taken, [], "charges without an order and none")
        number = journey.goal(order.number, "an order number")
        journey.fact("order", number)

    with journey.step("charged once after a double click"):
        _exactly_once(shop, journey, settings, number, totals)
        journey.equal(len(shop.orders(customer.email)), 1, "orders and purchases")

    for check in settings.checks:
        CHECKS[check](shop, journey, settings, number, totals)

    with journey.step("one mail for one order"):
        journey.wait_for(lambda: _mails(shop, customer, number), "a confirmation mail", 10.0)
        journey.page.wait_for_timeout(settings.settle_ms)
        journey.equal(_mails(shop, customer, number), 1, "mails and orders")


def _fill(shop: Storefront, settings: Settings, customer: Address) -> Totals:
    """Go to the payment page with one product."""
    shop.add_to_cart(settings.product)
    shop.address(customer)
    return shop.delivery("standard")


def _mails(shop: Storefront, customer: Address, number: str) -> int:
    return sum(number in mail.text for mail in shop.mails(customer.email))


def _exactly_once(
    shop: Storefront, journey: Journey, settings: Settings, number: str, totals: Totals
) -> None:
    """See one charge of the shown total in the provider's own books, and no second one soon."""
    journey.page.wait_for_timeout(settings.settle_ms)
    charges = [charge.amount_cents for charge in shop.charges(number)]
    journey.equal(charges, [totals.total_cents], "charges in the provider's books and one total")


def _reload(
    shop: Storefront, journey: Journey, settings: Settings, number: str, totals: Totals
) -> None:
    """Reload the confirmation page, as people do who wait for a mail."""
    with journey.step("charged once after a reload", pays=True):
        journey.page.reload()
        _exactly_once(shop, journey, settings, number, totals)


def _back(
    shop: Storefront, journey: Journey, settings: Settings, number: str, totals: Totals
) -> None:
    """Go back to the payment page; whatever it offers, nothing may be charged again."""
    with journey.step("charged once after the back button", pays=True):
        shop.back_and_pay_again(Card(settings.card))
        _exactly_once(shop, journey, settings, number, totals)


def _declined(
    shop: Storefront, journey: Journey, settings: Settings, _number: str, _totals: Totals
) -> None:
    """Pay with a card that the provider refuses."""
    customer = Address(email=f"{journey.key}-declined@{settings.mail_domain}")
    with journey.step("a declined card says so", pays=True):
        _fill(shop, settings, customer)
        refused = shop.pay(Card(journey.secret(settings.declined_card)))
        journey.check(not refused.number, "a declined card makes no order")
        journey.check(refused.message, "a declined card is told so")
        journey.equal(len(shop.orders(customer.email)), 0, "orders and accepted cards")
        taken = [charge.amount_cents for charge in shop.charges(customer.email)]
        journey.equal(taken, [], "charges of a declined card and none")
        journey.check(shop.cart().lines, "the cart is kept after a declined card")


def _challenge(
    shop: Storefront, journey: Journey, settings: Settings, _number: str, _totals: Totals
) -> None:
    """Pay with a card whose bank asks the customer to confirm."""
    customer = Address(email=f"{journey.key}-challenge@{settings.mail_domain}")
    with journey.step("a challenge is passed", pays=True):
        totals = _fill(shop, settings, customer)
        order = shop.pay(Card(journey.secret(settings.challenge_card)))
        journey.check(order.number, "a confirmed challenge makes an order")
        _exactly_once(shop, journey, settings, order.number, totals)


def _dropped(
    shop: Storefront, journey: Journey, settings: Settings, _number: str, _totals: Totals
) -> None:
    """Lose the answer to the payment on its way back, and submit again."""
    customer = Address(email=f"{journey.key}-dropped@{settings.mail_domain}")
    with journey.step("charged once after a dropped response", pays=True):
        totals = _fill(shop, settings, customer)
        order = shop.pay_with_dropped_response(Card(settings.card))
        journey.check(order.number, "paying again after a dropped response ends in an order")
        _exactly_once(shop, journey, settings, order.number, totals)
        journey.equal(len(shop.orders(customer.email)), 1, "orders and purchases")


CHECKS = {
    "reload": _reload,
    "back": _back,
    "declined": _declined,
    "challenge": _challenge,
    "dropped": _dropped,
}

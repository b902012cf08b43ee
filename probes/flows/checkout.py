"""Checkout: guest checkout from product page to order number, mail and charge."""

from dataclasses import asdict, dataclass

from probes.flows._cards import ACCEPTED, CardText, card_of
from probes.flows._kinds import Budget, Domain, Within, Words
from probes.flows._letters import confirmation
from probes.flows._money import adds_up, names_amount, pieces
from probes.flows._untold import leave_out, told
from probes.journey import Journey
from probes.storefront import Address, PayResult, Storefront, Totals


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.checkout]` of config.toml, key for key."""

    product: Words = "lantern-moth"
    card: CardText = ACCEPTED
    mail_domain: Domain = "probe.invalid"
    page_budget_ms: Budget = 3_000
    pay_budget_ms: Budget = 4_000
    mail_within_s: Within = 10.0


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy one product as a guest; the first step that fails ends the run."""
    customer = Address(email=journey.buyer(f"{journey.key}@{settings.mail_domain}"))
    totals = _to_payment(shop, journey, settings, customer)

    due_cents = totals.total_cents
    budget_ms = settings.pay_budget_ms
    with journey.step("pay", pays=True, amount_cents=due_cents, budget_ms=budget_ms):
        order = shop.pay(card_of(journey, settings.card))
        if order.message:
            journey.fact("page said", order.message)
        # A spinner shows for declined cards too: only the order number proves the sale.
        number = journey.goal(order.number, "an order number")
        journey.fact("order", number)

    books = told(journey, "the provider's books", lambda: shop.charges(number))
    with journey.step("receipt"):
        _receipt(shop, journey, order, totals, books=books)

    if told(journey, "the confirmation mail", lambda: shop.mails(customer.email)):
        with journey.step("confirmation mail"):
            mail = confirmation(shop, journey, customer.email, number, settings.mail_within_s)
            named = names_amount(mail.text, totals.total_cents)
            journey.check(named, f"the mail names the total of {totals.total_cents} cents")


def _to_payment(
    shop: Storefront, journey: Journey, settings: Settings, customer: Address
) -> Totals:
    """Walk to the payment page, go back once, and come again; the sums shown there."""
    budget_ms = settings.page_budget_ms
    with journey.step("add to cart", budget_ms=budget_ms):
        shop.add_to_cart(settings.product)
        chosen = pieces(shop.cart().lines)
        journey.check(chosen, "what was added is in the cart")

    with journey.step("address", budget_ms=budget_ms):
        shop.address(customer)

    with journey.step("delivery", budget_ms=budget_ms):
        first = shop.delivery("standard")
        adds_up(journey, first)

    with journey.step("back and edit", budget_ms=2 * budget_ms):
        kept = asdict(shop.back_to_address())
        journey.equal(pieces(shop.cart().lines), chosen, "cart after going back and cart before")
        given = {name: value for name, value in asdict(customer).items() if kept[name] != value}
        lost = {name: kept[name] for name in given}
        journey.equal(lost, given, "address after going back and address given")
        shop.address(customer)
        totals = shop.delivery("standard")
        journey.equal(
            totals.total_cents, first.total_cents, "total after going back and before", "cents"
        )
    return totals


def _receipt(
    shop: Storefront, journey: Journey, order: PayResult, totals: Totals, *, books: bool
) -> None:
    """See that what was shown is what was charged, on the page and by the provider."""
    adds_up(journey, totals)
    if order.charged_cents is not None:
        journey.equal(order.charged_cents, totals.total_cents, "charged and shown total", "cents")
    else:
        journey.check(books, "page or provider tell what was charged")
        leave_out(journey, "the amount on the receipt")
    if books:
        booked = sum(charge.amount_cents for charge in shop.charges(order.number))
        journey.equal(
            booked, totals.total_cents, "total in the provider's books and shown total", "cents"
        )
    journey.fact("total_cents", totals.total_cents)

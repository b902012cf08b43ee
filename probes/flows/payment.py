"""Payment: a card is charged exactly once, a declined one says so, a challenge is passed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from probes.flows._again import Again
from probes.flows._cards import ACCEPTED, CHALLENGED, DECLINED, CardText, card_of
from probes.flows._kinds import Budget, Domain, Settle, Within, Words
from probes.flows._money import adds_up, pieces
from probes.flows._once import Once, Purchase, once
from probes.flows._untold import leave_out
from probes.journey import Journey
from probes.storefront import Address, PayResult, Storefront, Totals

Check = Literal["reload", "back", "same_key", "declined", "challenge", "dropped"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.payment]` of config.toml, key for key.

    `checks`: which cases are walked after the accepted card, in this order.
    """

    product: Words = "lantern-moth"
    card: CardText = ACCEPTED
    declined_card: CardText = DECLINED
    challenge_card: CardText = CHALLENGED
    mail_domain: Domain = "probe.invalid"
    pay_budget_ms: Budget = 4_000
    settle_ms: Settle = 600  # how long a second charge or mail is given to turn up
    mail_within_s: Within = 10.0
    checks: tuple[Check, ...] = ("reload", "back", "same_key", "declined", "challenge", "dropped")


@dataclass(frozen=True, slots=True)
class Till:
    """What every case needs."""

    shop: Storefront
    journey: Journey
    settings: Settings
    once: Once
    bought: Purchase  # by the accepted card
    again: Again  # the request that paid it


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Pay as people do: twice in a hurry, once more after a reload, and with the wrong card."""
    email = journey.buyer(f"{journey.key}@{settings.mail_domain}")
    with journey.step("fill the cart"):
        totals = _fill(shop, settings, email)
        adds_up(journey, totals)

    proof = once(shop, journey, email, settings.settle_ms)
    again = Again(journey.page, shop.settings.url, journey.run_id)
    due_cents, budget_ms = totals.total_cents, settings.pay_budget_ms
    with journey.step("pay", pays=True, amount_cents=due_cents, budget_ms=budget_ms):
        order = shop.pay(card_of(journey, settings.card), clicks=2)
        if order.message:
            journey.fact("page said", order.message)
        if not order.number:
            proof.see_nothing(email)
        number = journey.goal(order.number, "an order number")
        journey.fact("order", number)
    again.stop()

    till = Till(shop, journey, settings, proof, Purchase(email, number, due_cents), again)
    _again(till, "charged once after a double click", lambda: None)
    for check in settings.checks:
        CHECKS[check](till)

    if proof.mails:
        with journey.step("one mail for one order"):
            proof.see_mail(till.bought, settings.mail_within_s)


def _fill(shop: Storefront, settings: Settings, email: str) -> Totals:
    """Go to the payment page with one product."""
    shop.add_to_cart(settings.product)
    shop.address(Address(email=email))
    return shop.delivery("standard")


def _again(till: Till, name: str, do: Callable[[], object]) -> None:
    """Do what might pay a second time, and see that it did not; unseen it proves nothing."""
    if till.once.blind:
        leave_out(till.journey, name)
        return
    due_cents = till.bought.total_cents
    with till.journey.step(name, pays=True, amount_cents=due_cents):
        do()
        till.once.see(till.bought)


def _reload(till: Till) -> None:
    """Reload the confirmation page, as people do who wait for a mail."""
    _again(till, "charged once after a reload", till.journey.page.reload)


def _back(till: Till) -> None:
    """Go back to the payment page; whatever it offers, nothing may be charged again."""
    card = card_of(till.journey, till.settings.card)
    _again(till, "charged once after the back button", lambda: till.shop.back_and_pay_again(card))


def _same_key(till: Till) -> None:
    """Send the paying request a second time, as a phone does that lost its network."""
    if not till.again.heard:
        leave_out(till.journey, "charged once after a retry with the same key")
        return
    _again(till, "charged once after a retry with the same key", till.again.send)


def _customer(till: Till, case: str) -> str:
    """Name a customer of its own for a case."""
    return till.journey.buyer(f"{till.journey.key}-{case}@{till.settings.mail_domain}")


def _declined(till: Till) -> None:
    """Pay with a card that the provider refuses."""
    shop, journey = till.shop, till.journey
    email, card = _customer(till, "declined"), card_of(journey, till.settings.declined_card)
    with journey.step("fill the cart again"):
        shop.add_to_cart(till.settings.product)
        chosen = pieces(shop.cart().lines)
        shop.address(Address(email=email))
        due_cents = shop.delivery("standard").total_cents
        journey.check(chosen, "what was added is in the cart")

    with journey.step("a declined card says so", pays=True, amount_cents=due_cents):
        refused = shop.pay(card)
        journey.equal(refused.number, "", "order number for a declined card and none")
        till.once.see_nothing(email)
        journey.check(refused.message, "a declined card is told so")

    with journey.step("a declined card keeps the cart"):
        kept = pieces(shop.cart().lines)
        journey.equal(kept, chosen, "cart after a declined card and cart before")


def _challenge(till: Till) -> None:
    """Pay with a card whose bank asks the customer to confirm."""
    card = card_of(till.journey, till.settings.challenge_card)
    _sale(till, "challenge", "a challenge is passed", lambda: till.shop.pay(card))


def _dropped(till: Till) -> None:
    """Lose the answer to the payment on its way back, and submit again."""
    card, name = card_of(till.journey, till.settings.card), "charged once after a dropped response"
    lost = _sale(till, "dropped", name, lambda: till.shop.pay_with_dropped_response(card))
    if till.once.mails:
        with till.journey.step("one mail after a dropped response"):
            till.once.see_mail(lost, till.settings.mail_within_s)


def _sale(till: Till, case: str, name: str, pay: Callable[[], PayResult]) -> Purchase:
    """Buy as a customer of its own in a way that is out of the ordinary; once, as ever."""
    email = _customer(till, case)
    with till.journey.step(f"fill the cart ({case})"):
        due_cents = _fill(till.shop, till.settings, email).total_cents
        till.journey.check(due_cents > 0, f"a total is shown before paying: {due_cents} cents")
    with till.journey.step(name, pays=True, amount_cents=due_cents):
        order = pay()
        said = f': "{order.message}"' if order.message else ""
        till.journey.check(order.number, f"{name}: it ends in an order number{said}")
        bought = Purchase(email, order.number, due_cents)
        till.once.see(bought)
    return bought


CHECKS: dict[str, Callable[[Till], None]] = {
    "reload": _reload,
    "back": _back,
    "same_key": _same_key,
    "declined": _declined,
    "challenge": _challenge,
    "dropped": _dropped,
}

"""Gift card: bought, redeemed in part, redeemed to the end, never spent twice.

With a `code` of the shop's own nothing is bought or spent: `probes.flows._own_card`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from forepost.config import Secret
from forepost.errors import ProbeError
from probes.flows._cards import ACCEPTED, CardText, card_of
from probes.flows._kinds import Budget, Cents, Domain, Words
from probes.flows._own_card import OwnCard, look_after, mistyped
from probes.flows._untold import leave_out
from probes.journey import Journey
from probes.storefront import Balance, CannotTellError, MadeKind, Storefront

Check = Literal["refusals", "race", "carts", "refund"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.gift_card]` of config.toml, key for key.

    `checks`: which cases are walked after the card is used up, in this order; of a `code` of
    the shop's own, `refusals` only.
    """

    card: CardText = ACCEPTED
    amount_cents: Cents = 5_000
    part_cents: Cents = 1_850
    expired_code: str = ""  # a card known to have expired; empty: the storefront is asked for one
    mail_domain: Domain = "probe.invalid"
    ledger_budget_ms: Budget = 3_000
    checks: tuple[Check, ...] = ("refusals", "race", "carts", "refund")
    product: Words = "lantern-moth"
    code: Secret | None = None  # of a card that stands ready: it is looked at, nothing is bought
    code_cents: Cents | None = None  # what it holds; None: what the shop shows is believed

    def __post_init__(self) -> None:
        """Raises: ValueError where something is said of a card that is not named."""
        if self.code_cents is not None and self.code is None:
            raise ValueError("code_cents is what the card of `code` holds, and none is named")


@dataclass(frozen=True, slots=True)
class Counter:
    """What every case needs."""

    shop: Storefront
    journey: Journey
    settings: Settings

    def customer(self, case: str = "") -> str:
        """Name a customer: one of its own for each case."""
        ending = f"-{case}" if case else ""
        return self.journey.buyer(f"{self.journey.key}{ending}@{self.settings.mail_domain}")

    def buy(self, email: str, name: str) -> str:
        """Buy a card in a step of its own; its code never reaches the evidence."""
        settings, journey = self.settings, self.journey
        with journey.step(
            name,
            pays=True,
            makes=MadeKind.GIFT_CARD,
            amount_cents=settings.amount_cents,
            budget_ms=settings.ledger_budget_ms,
        ):
            paid = card_of(journey, settings.card)
            code = self.shop.buy_gift_card(settings.amount_cents, email, paid)
            journey.check(code, "the page shows the code of the card")
            return journey.secret(code)


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Follow the money of one card from its purchase to its last cent."""
    if settings.code is not None:
        look_after(shop, journey, _own(journey, settings, settings.code))
        return
    if settings.part_cents >= settings.amount_cents:
        raise ProbeError(
            f"[flows.gift_card] part_cents = {settings.part_cents}: a part must be less than "
            f"amount_cents = {settings.amount_cents}"
        )
    counter = Counter(shop, journey, settings)
    email, budget_ms = counter.customer(), settings.ledger_budget_ms
    code = counter.buy(email, "buy a gift card")

    with journey.step("look at the balance", budget_ms=budget_ms):
        before = cents(shop.gift_balance(code))
        journey.equal(before, settings.amount_cents, "balance of a new card and its price", "cents")

    with journey.step("redeem a part", budget_ms=budget_ms):
        told = cents(shop.redeem(code, settings.part_cents, email))
        rest = settings.amount_cents - settings.part_cents
        journey.equal(told, rest, "balance told and balance before − redeemed", "cents")
        left = cents(shop.gift_balance(code))
        journey.equal(left, rest, "balance after and before − redeemed", "cents")

    with journey.step("redeem the rest", budget_ms=budget_ms):
        cents(shop.redeem(code, rest, email))
        empty = cents(shop.gift_balance(code))
        journey.equal(empty, 0, "balance after the last redemption and nothing", "cents")
        journey.goal(empty == 0, "a gift card used to the last cent")

    for check in settings.checks:
        CHECKS[check](counter, code)


def _own(journey: Journey, settings: Settings, code: Secret) -> OwnCard:
    """Say what is known of the card that stands ready."""
    return OwnCard(
        code=code.reveal(),
        cents=settings.code_cents,
        expired=settings.expired_code,
        product=settings.product,
        email=f"{journey.key}@{settings.mail_domain}",
        budget_ms=settings.ledger_budget_ms,
        refusals="refusals" in settings.checks,
    )


def cents(told: Balance) -> int:
    """Return the cents; a refusal where none is due fails in the page's own words."""
    if told.cents is None:
        raise AssertionError(f'refused: "{told.message or "no answer"}"')
    return told.cents


def _refusals(counter: Counter, code: str) -> None:
    """Try codes that must be refused with a message."""
    settings = counter.settings
    _refused(counter, "a used card is refused", code)
    wrong = counter.journey.secret(mistyped(code))
    _refused(counter, "a mistyped code is refused", wrong)
    name = "an expired card is refused"
    try:
        expired = settings.expired_code or counter.shop.expired_gift_card()
    except CannotTellError:
        leave_out(counter.journey, name)
        return
    _refused(counter, name, counter.journey.secret(expired))


def _refused(counter: Counter, rule: str, code: str) -> None:
    """See that a code gives no money, and that the customer is told so."""
    journey = counter.journey
    email = f"{journey.key}@{counter.settings.mail_domain}"
    with journey.step(rule):
        answer = counter.shop.redeem(code, 100, email)
        if answer.cents is not None:
            raise AssertionError(
                f"does not hold: {rule}: 100 cents were redeemed, {answer.cents} are left"
            )
        journey.check(answer.message, f"{rule} with a message")


def _race(counter: Counter, _code: str) -> None:
    """Let two customers redeem one card at the same moment: only one may get the money."""
    shop, journey, amount_cents = counter.shop, counter.journey, counter.settings.amount_cents
    email = counter.customer("race")
    share = amount_cents // 2 + 100  # two of these are more than the card holds
    code = counter.buy(email, "buy a gift card for a race")
    with journey.step("two redeem one card at once"):
        try:
            told = shop.race(code, share, email)
        except CannotTellError:
            leave_out(journey, "two redeem one card at once")
            return
        spent = share * sum(one.cents is not None for one in told)
        left = cents(shop.gift_balance(code))
        journey.equal(spent, share, "redeemed by both of a race and one share", "cents")
        journey.equal(left, amount_cents - share, "balance after a race and one spending", "cents")


def _carts(counter: Counter, _code: str) -> None:
    """Let two carts pay with one card that holds enough for one of them."""
    shop, journey, settings = counter.shop, counter.journey, counter.settings
    email = counter.customer("carts")
    code = counter.buy(email, "buy a gift card for two carts")
    with journey.step("leave enough for one cart"):
        shop.add_to_cart(settings.product)
        totals = shop.cart().totals
        journey.check(totals, "the total is shown before any account is asked for")
        due_cents = totals.total_cents if totals else 0
        shop.remove(settings.product)
        left = cents(shop.redeem(code, settings.amount_cents - due_cents, email))
        journey.equal(left, due_cents, "balance told and the total of one cart", "cents")

    with journey.step("two carts race for one card", pays=True, amount_cents=2 * due_cents):
        try:
            told = shop.race_carts(settings.product, code, email)
        except CannotTellError:
            leave_out(journey, "two carts race for one card")
            return
        numbers = [one.number for one in told if one.number]
        journey.equal(len(numbers), 1, "orders paid by a card that holds enough for one, and one")
        after = cents(shop.gift_balance(code))
        journey.equal(after, 0, "balance after a race of two carts and nothing", "cents")
        for line in shop.cart().lines:  # who lost still has it, and would buy it next time
            shop.remove(line.sku)


def _refund(counter: Counter, _code: str) -> None:
    """Buy with a gift card, send it back: the money returns to the card."""
    shop, journey, settings = counter.shop, counter.journey, counter.settings
    email = counter.customer("refund")
    code = counter.buy(email, "buy a gift card to shop with")
    with journey.step("pay with a gift card", pays=True):
        order = shop.buy(settings.product, email, gift_code=code)
        journey.check(order.number, "an order paid by gift card gets a number")
        spent = settings.amount_cents - cents(shop.gift_balance(code))
        journey.check(spent > 0, f"an order paid by gift card lowers its balance: by {spent} cents")

    with journey.step("a refund goes back to the card"):
        returned = shop.request_return(order.status_url)
        journey.check(returned.state, "a return inside the policy is accepted")
        again = cents(shop.gift_balance(code))
        journey.equal(
            again, settings.amount_cents, "balance after a refund and before the order", "cents"
        )


CHECKS: dict[str, Callable[[Counter, str], None]] = {
    "refusals": _refusals,
    "race": _race,
    "carts": _carts,
    "refund": _refund,
}

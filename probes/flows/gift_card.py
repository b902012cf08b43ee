"""Gift card: bought, redeemed in part, redeemed to the end, never spent twice."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Balance, Card, Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.gift_card]` of config.toml, key for key.

    `checks`: which cases are walked after the card is used up, in this order.
    """

    card: str = "4242424242424242"
    amount_cents: int = 5_000
    part_cents: int = 1_850
    expired_code: str = ""  # a card known to have expired; empty: not checked
    mail_domain: str = "probe.invalid"
    ledger_budget_ms: float = 3_000
    checks: tuple[str, ...] = ("refusals", "race", "refund")
    product: str = "lantern-moth"


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Follow the money of one card from its purchase to its last cent."""
    email = f"{journey.key}@{settings.mail_domain}"
    budget_ms = settings.ledger_budget_ms

    with journey.step("buy a gift card", pays=True, budget_ms=budget_ms):
        paid = Card(journey.secret(settings.card))
        code = shop.buy_gift_card(settings.amount_cents, email, paid)
        journey.check(code, "the page shows the code of the card")
        journey.secret(code)

    with journey.step("look at the balance", budget_ms=budget_ms):
        before = _cents(shop.gift_balance(code))
        journey.equal(before, settings.amount_cents, "balance of a new card and its price")

    with journey.step("redeem a part", budget_ms=budget_ms):
        told = _cents(shop.redeem(code, settings.part_cents, email))
        rest = settings.amount_cents - settings.part_cents
        journey.equal(told, rest, "balance told and balance before − redeemed")
        left = _cents(shop.gift_balance(code))
        journey.equal(left, rest, "balance after and before − redeemed")

    with journey.step("redeem the rest", budget_ms=budget_ms):
        _cents(shop.redeem(code, rest, email))
        empty = _cents(shop.gift_balance(code))
        journey.equal(empty, 0, "balance after the last redemption and nothing")
        journey.goal(empty == 0, "a gift card used to the last cent")

    for check in settings.checks:
        CHECKS[check](shop, journey, settings, code)


def _cents(told: Balance) -> int:
    """Return the cents; a refusal where none is due fails in the page's own words."""
    if told.cents is None:
        raise AssertionError(f'refused: "{told.message or "no answer"}"')
    return told.cents


def _refusals(shop: Storefront, journey: Journey, settings: Settings, code: str) -> None:
    """Try codes that must be refused with a message."""
    email = f"{journey.key}@{settings.mail_domain}"
    with journey.step("a used card is refused"):
        used = shop.redeem(code, 100, email)
        journey.check(used.cents is None and used.message, "a used card is refused with a message")
    with journey.step("a mistyped code is refused"):
        wrong = shop.redeem(_mistyped(code), 100, email)
        journey.check(wrong.cents is None and wrong.message, "a wrong code is refused and told so")
    if settings.expired_code:
        with journey.step("an expired card is refused"):
            old = shop.redeem(settings.expired_code, 100, email)
            journey.check(old.cents is None and old.message, "an expired card is refused")


def _mistyped(code: str) -> str:
    """Return the code with its last two characters exchanged, or the last one changed."""
    swapped = code[:-2] + code[-1] + code[-2]
    return swapped if swapped != code else code[:-1] + ("X" if code[-1] != "X" else "Y")


def _race(shop: Storefront, journey: Journey, settings: Settings, _code: str) -> None:
    """Let two carts redeem one card at the same moment: only one may get the money."""
    email = f"{journey.key}-race@{settings.mail_domain}"
    with journey.step("two carts race for one card", pays=True):
        code = journey.secret(shop.buy_gift_card(settings.amount_cents, email, Card(settings.card)))
        share = settings.amount_cents // 2 + 100  # two of these are more than the card holds
        shop.race(code, share, email)
        left = _cents(shop.gift_balance(code))
        journey.equal(left, settings.amount_cents - share, "balance after a race and one spending")


def _refund(shop: Storefront, journey: Journey, settings: Settings, _code: str) -> None:
    """Buy with a gift card, send it back: the money returns to the card."""
    email = f"{journey.key}-refund@{settings.mail_domain}"
    with journey.step("a refund goes back to the card", pays=True):
        code = journey.secret(shop.buy_gift_card(settings.amount_cents, email, Card(settings.card)))
        order = shop.buy(settings.product, email, gift_code=code)
        journey.check(order.number, "an order paid by gift card gets a number")
        spent = settings.amount_cents - _cents(shop.gift_balance(code))
        journey.check(spent > 0, "an order paid by gift card lowers its balance")
        shop.request_return(order.status_url)
        again = _cents(shop.gift_balance(code))
        journey.equal(again, settings.amount_cents, "balance after a refund and before")


CHECKS = {"refusals": _refusals, "race": _race, "refund": _refund}

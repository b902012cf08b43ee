"""Faults that break what `gift_card` promises."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demoshop.customer import Shop
from tests.demoshop.looks import Case, bought

EXPIRED = {"expires_at": "2020-03-01T00:00:00+00:00"}


def balance(shop: Shop) -> tuple[int, int, int]:
    """Redeem 1,500 of 5,000: what the page says is left, what the ledger says, the credit."""
    customer, code = shop.customer(), shop.gift_card(5000)
    form = {"code": code, "amount_cents": "1500", "email": customer.email}
    page = customer.post("/gift-cards/redeem", form)
    return page.cents("balance"), shop.balance(code), page.cents("credit")


def refusal(shop: Shop, which: str) -> tuple[int, bool]:
    """Redeem with a code that must be refused: the status, whether the page says why."""
    customer = shop.customer()
    code = shop.gift_card(1000, **(EXPIRED if which == "expired" else {}))
    form = {"code": code, "amount_cents": "1000", "email": customer.email}
    if which == "used":
        assert customer.post("/gift-cards/redeem", form).status == 200
    typed = f"{code[:-1]}0" if which == "mistyped" else code
    page = customer.post("/gift-cards/redeem", {**form, "code": typed})
    return page.status, bool(page.alert)


def race(shop: Shop) -> tuple[list[int], int]:
    """Two redeem 600 of 1,000 at once: the statuses, and what is left."""
    code, customers = shop.gift_card(1000), [shop.customer() for _ in range(2)]
    for customer in customers:
        customer.get("/support")

    def redeem(number: int) -> int:
        form = {"code": code, "amount_cents": "600", "email": customers[number].email}
        return customers[number].post("/gift-cards/redeem", form).status

    with ThreadPoolExecutor(2) as both:
        return sorted(both.map(redeem, range(2))), shop.balance(code)


def refund(shop: Shop) -> tuple[int, int]:
    """Pay in part by gift card and send it back: the answer's status, what is on the card."""
    code = shop.gift_card(1000)
    customer, done = bought(shop, code)
    key = {"key": shop.orders(customer)[0]["key"]}
    page = customer.post(f"/order/{done.words('order-number')}/return", key)
    return page.status, shop.balance(code)


CASES = [
    Case("gift_balance_wrong", balance, (3500, 3500, 1500), (3470, 3470, 1500), {"off_cents": 30}),
    Case("gift_expired_accepted", lambda shop: refusal(shop, "expired"), (410, True), (200, False)),
    Case("gift_used_accepted", lambda shop: refusal(shop, "used"), (409, True), (200, False)),
    Case(
        "gift_mistyped_accepted", lambda shop: refusal(shop, "mistyped"), (404, True), (200, False)
    ),
    Case("gift_refusal_silent", lambda shop: refusal(shop, "used"), (409, True), (409, False)),
    Case("gift_race", race, ([200, 409], 400), ([200, 200], 0)),
    Case("gift_refund_lost", refund, (200, 1000), (200, 0)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_breaks_its_rule_and_a_healthy_shop_keeps_it(shop: Shop, case: Case) -> None:
    """The same look, without and with the fault."""
    assert case.look(shop) == case.healthy
    shop.fault(case.name, **case.settings)
    assert case.look(shop) == case.broken


def test_a_redemption_from_nothing_can_be_reloaded_like_any_other(shop: Shop) -> None:
    """The same form again gives no second credit, even in a broken shop."""
    shop.fault("gift_mistyped_accepted")
    customer = shop.customer()
    attempt = customer.get("/gift-cards/redeem").field("attempt")
    form = {"code": "FERN-NONE", "amount_cents": "500", "email": customer.email, "attempt": attempt}
    pages = [customer.post("/gift-cards/redeem", form) for _ in range(2)]
    assert [(page.cents("balance"), page.cents("credit")) for page in pages] == [(0, 500)] * 2

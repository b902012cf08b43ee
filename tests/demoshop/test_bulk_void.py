"""A load test's things can be undone in one go, and what is left is named."""

from typing import Any

import pytest

from tests.demoshop.customer import Customer, Shop, card, join, names, until

START = "2026-01-31T09:00:00+00:00"
RENEWAL = "2026-02-28T09:00:00+00:00"


def void(shop: Shop, *customers: Customer, cards: tuple[str, ...] = ()) -> dict[str, Any]:
    """Undo all that these customers made."""
    body = {"emails": [each.email for each in customers], "gift_cards": list(cards)}
    answer = shop.api("POST", "/api/void", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_many_things_are_undone_in_one_go_and_once(shop: Shop) -> None:
    """Two orders, a renewed membership, a bought card and two issued ones: all their money back."""
    one, other = shop.customer(), shop.customer()
    numbers = [each.pay(each.to_payment()).words("order-number") for each in (one, other)]
    ident, _ = names(join(one, START))
    shop.api("PUT", f"/api/test-clocks/{ident}", {"now": RENEWAL})
    until(lambda: len(shop.charges(ident)) == 2, "the renewal's charge")
    bought = other.post("/gift-cards/buy", {"amount_cents": 2500, "email": other.email, **card()})
    issued = tuple(shop.gift_card(1000) for _ in range(2))

    first = void(shop, one, other, cards=(*issued, "FERN-NONE"))
    again = void(shop, one, other, cards=issued)

    assert first == {"made": 7, "undone": 6, "left": ["FERN-NONE"]}
    assert again == {"made": 6, "undone": 6, "left": []}
    for reference in (*numbers, ident, bought.words("reference")):
        charged = shop.charges(reference)
        assert charged
        assert all(each["refunded_cents"] == each["amount_cents"] for each in charged)
    assert [shop.balance(code) for code in (*issued, bought.words("gift-code"))] == [0, 0, 0]


def test_what_cannot_be_undone_is_named_and_the_rest_is_undone(shop: Shop) -> None:
    """A starved ledger keeps the card; the order does not wait for it."""
    customer, code = shop.customer(), shop.gift_card(1000)
    customer.pay(customer.to_payment())
    shop.fault("gift_pool_starved")

    assert void(shop, customer, cards=(code,)) == {"made": 2, "undone": 1, "left": [code]}

    shop.api("DELETE", "/api/faults")
    assert void(shop, customer, cards=(code,)) == {"made": 2, "undone": 2, "left": []}


@pytest.mark.parametrize(
    "body", [None, [], {"emails": "a@example.com"}, {"gift_cards": [1]}, {"emails": [""] * 1001}]
)
def test_a_bulk_request_that_is_none_is_refused(shop: Shop, body: object) -> None:
    """One line that shows how to ask."""
    answer = shop.api("POST", "/api/void", body)
    assert answer.status_code == 400
    assert "up to 1000 names" in answer.json()["error"]

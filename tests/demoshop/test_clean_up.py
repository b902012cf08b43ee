"""What was bought for a test can be listed and undone: money, goods, cards, renewals."""

from typing import Any

import pytest
import requests

from tests.demoshop.customer import (
    CHALLENGED,
    DECLINED,
    Customer,
    Shop,
    card,
    join,
    names,
    until,
)

START = "2026-01-31T09:00:00+00:00"
RENEWAL = "2026-02-28T09:00:00+00:00"


def made(shop: Shop, customer: Customer) -> dict[str, list[dict[str, Any]]]:
    """Return all that the shop has of a customer."""
    found: dict[str, list[dict[str, Any]]] = shop.api(
        "GET", f"/api/made?email={customer.email}"
    ).json()
    return found


def void(shop: Shop, what: str, body: Any = None) -> dict[str, Any]:
    """Undo something and return how it stands then."""
    answer = shop.api("POST", f"/api/{what}/void", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def pieces(shop: Shop, sku: str = "mug-birch") -> int:
    """Return how many pieces are on the shelf."""
    return int(shop.api("GET", f"/api/stock?sku={sku}").json()["pieces"])


def refunded(shop: Shop, reference: str) -> list[tuple[str, int]]:
    """Return status and refund of each charge by the provider's own book."""
    return [(each["status"], each["refunded_cents"]) for each in shop.charges(reference)]


def test_an_order_is_listed_voided_refunded_and_restocked_once(shop: Shop) -> None:
    """Every instant is told, and asking twice changes nothing."""
    customer, before = shop.customer(), pieces(shop)
    done = customer.pay(customer.to_payment(qty=2))
    number = done.words("order-number")
    assert pieces(shop) == before - 2
    until(lambda: made(shop, customer)["orders"][0]["mail_sent_at"], "the mail's time")
    (row,) = made(shop, customer)["orders"]
    assert (row["number"], row["state"], row["voided_at"]) == (number, "placed", None)
    assert row["total_cents"] == done.cents("total")

    first = void(shop, f"orders/{number}")
    assert first["state"] == "voided"
    assert first["voided_at"]
    assert first["restocked_at"]
    assert void(shop, f"orders/{number}") == first
    assert made(shop, customer)["orders"] == [first]
    assert refunded(shop, number) == [("refunded", done.cents("charged"))]
    assert pieces(shop) == before


def test_both_charges_of_a_double_charge_go_back(shop: Shop) -> None:
    """The shop's own book knows of one of them only."""
    shop.fault("double_charge")
    customer = shop.customer()
    number = customer.pay(customer.to_payment()).words("order-number")
    void(shop, f"orders/{number}")
    assert [status for status, _ in refunded(shop, number)] == ["refunded", "refunded"]


def test_a_voided_order_gives_the_gift_card_its_money_back_once(shop: Shop) -> None:
    """Also after a return that had already done so."""
    customer, code = shop.customer(), shop.gift_card(1000)
    done = customer.pay(customer.to_payment(), gift_code=code)
    number = done.words("order-number")
    (row,) = made(shop, customer)["orders"]
    assert (row["gift_code"], row["gift_cents"]) == (code, 1000)
    customer.post(f"/order/{number}/return", {"key": row["key"]})
    until(lambda: shop.balance(code) == 1000, "the return's money")
    void(shop, f"orders/{number}")
    assert shop.balance(code) == 1000
    assert refunded(shop, number) == [("refunded", done.cents("charged"))]


def test_a_declined_attempt_and_a_return_leave_the_shelf_as_it_should_be(shop: Shop) -> None:
    """Declined: nothing was taken. Returned: the parcel is not back yet."""
    customer, before = shop.customer(), pieces(shop)
    declined = customer.pay(customer.to_payment(), DECLINED)
    assert pieces(shop) == before
    number = customer.pay(declined).words("order-number")
    key = shop.orders(customer)[0]["key"]
    customer.post(f"/order/{number}/return", {"key": key})
    assert pieces(shop) == before - 1
    void(shop, f"orders/{number}")
    assert pieces(shop) == before


@pytest.mark.parametrize("by", ["code", "id"])
def test_a_gift_card_is_voided_with_the_credit_it_gave(shop: Shop, by: str) -> None:
    """Its price goes back, it is worth nothing, and what was redeemed is gone again."""
    customer = shop.customer()
    form = {"amount_cents": "5000", "email": customer.email, **card()}
    bought = customer.post("/gift-cards/buy", form)
    part = {"code": bought.words("gift-code"), "amount_cents": "1500", "email": customer.email}
    customer.post("/gift-cards/redeem", part)
    other = {**part, "code": shop.gift_card(700), "amount_cents": "700"}
    assert customer.post("/gift-cards/redeem", other).cents("credit") == 2200
    (row,) = made(shop, customer)["gift_cards"]
    assert (row["code"], row["id"]) == (part["code"], bought.words("reference"))
    assert (row["state"], row["amount_cents"]) == ("sold", 5000)

    for _ in range(2):
        gone = void(shop, f"gift-cards/{row[by]}")
        assert (gone["state"], gone["balance_cents"]) == ("voided", 0)
    assert made(shop, customer)["gift_cards"][0]["voided_at"]
    assert refunded(shop, row["id"]) == [("refunded", 5000)]
    refused = customer.post("/gift-cards/redeem", part)
    assert (refused.status, "given back" in refused.alert) == (409, True)
    last = {**part, "code": shop.gift_card(100), "amount_cents": "100"}
    assert customer.post("/gift-cards/redeem", last).cents("credit") == 800


def test_a_voided_card_takes_nothing_back_from_a_voided_order(shop: Shop) -> None:
    """Whatever is voided first, nobody keeps money."""
    customer, code = shop.customer(), shop.gift_card(5000)
    number = customer.pay(customer.to_payment(), "", code).words("order-number")
    assert void(shop, f"gift-cards/{code}")["id"] is None
    void(shop, f"orders/{number}")
    assert shop.balance(code) == 0


def test_a_voided_membership_is_closed_refunded_and_never_renewed(shop: Shop) -> None:
    """Not even when its renewal date comes."""
    customer = shop.customer()
    page = join(customer, START)
    ident, key = names(page)
    assert made(shop, customer)["subscriptions"][0]["charges"] == 1
    first = void(shop, f"subscriptions/{ident}")
    assert (first["state"], first["voided_at"] is None) == ("voided", False)
    assert void(shop, f"subscriptions/{ident}") == first
    assert customer.get(f"/members?id={ident}&key={key}").status == 402
    customer.post(f"/subscription/{ident}/cancel", {"key": key})

    shop.api("PUT", f"/api/test-clocks/{ident}", {"now": RENEWAL})
    other, _ = names(join(shop.customer(), START))
    shop.api("PUT", f"/api/test-clocks/{other}", {"now": RENEWAL})
    until(lambda: len(shop.charges(other)) == 2, "the renewal of another membership")
    assert refunded(shop, ident) == [("refunded", 990)]
    assert made(shop, customer)["subscriptions"] == [first]


def test_a_charge_without_an_order_is_listed_and_given_back(shop: Shop) -> None:
    """The customer was told: declined."""
    shop.fault("declined_but_charged")
    customer = shop.customer()
    page = customer.pay(customer.to_payment())
    (stray,) = made(shop, customer)["charges"]
    assert (stray["status"], stray["amount_cents"]) == ("succeeded", page.cents("total"))
    for _ in range(2):
        (row,) = shop.api("POST", "/api/charges/void", {"email": customer.email}).json()
        assert (row["id"], row["status"]) == (stray["id"], "refunded")
    assert refunded(shop, stray["id"]) == []  # a charge is found by what it was for, not by id
    assert refunded(shop, customer.email) == [("refunded", page.cents("total"))]


def test_an_open_challenge_is_ended_and_its_goods_and_gift_card_are_free(shop: Shop) -> None:
    """A probe that was killed on the bank's page never comes back."""
    customer, code, before = shop.customer(), shop.gift_card(300), pieces(shop)
    customer.pay(customer.to_payment(), CHALLENGED, code)
    assert made(shop, customer)["charges"][0]["status"] == "challenge"
    assert shop.api("POST", "/api/charges/void", {"email": customer.email}).json() == []
    assert (shop.balance(code), pieces(shop)) == (300, before)


def test_voided_purchases_leave_the_customer_figures(shop: Shop) -> None:
    """They were nobody's."""
    customer = shop.customer()
    before = shop.api("GET", "/api/stats").json()
    number = customer.pay(customer.to_payment()).words("order-number")
    ident, _ = names(join(customer, START))
    void(shop, f"orders/{number}")
    void(shop, f"subscriptions/{ident}")
    after = shop.api("GET", "/api/stats").json()
    assert (after["orders"], after["subscriptions"]) == (before["orders"], before["subscriptions"])
    assert after["orders_voided"] == before["orders_voided"] + 1


def test_a_void_that_fails_undoes_nothing_and_works_later(shop: Shop) -> None:
    """500, and the books as they were."""
    customer, before = shop.customer(), pieces(shop)
    number = customer.pay(customer.to_payment()).words("order-number")
    shop.fault("void_fails")
    answer = shop.api("POST", f"/api/orders/{number}/void")
    assert (answer.status_code, "nothing was undone" in answer.json()["error"]) == (500, True)
    assert made(shop, customer)["orders"][0]["voided_at"] is None
    assert [status for status, _ in refunded(shop, number)] == ["succeeded"]

    shop.api("DELETE", "/api/faults")
    void(shop, f"orders/{number}")
    assert pieces(shop) == before


def test_a_lost_restock_gives_the_money_back_and_not_the_goods(shop: Shop) -> None:
    """Asked again without the fault, the goods come back too."""
    customer, before = shop.customer(), pieces(shop)
    number = customer.pay(customer.to_payment()).words("order-number")
    shop.fault("restock_lost")
    row = void(shop, f"orders/{number}")
    assert (row["state"], row["restocked_at"], pieces(shop)) == ("voided", None, before - 1)
    shop.api("DELETE", "/api/faults")
    assert void(shop, f"orders/{number}")["restocked_at"]
    assert pieces(shop) == before


def test_a_busy_ledger_leaves_the_void_to_be_asked_again(shop: Shop) -> None:
    """503, and the order is not said to be void."""
    customer, code = shop.customer(), shop.gift_card(200)
    number = customer.pay(customer.to_payment(), gift_code=code).words("order-number")
    shop.fault("gift_pool_starved")
    answer = shop.api("POST", f"/api/orders/{number}/void")
    assert (answer.status_code, "void it again" in answer.json()["error"]) == (503, True)
    assert made(shop, customer)["orders"][0]["voided_at"] is None
    shop.api("DELETE", "/api/faults")
    assert void(shop, f"orders/{number}")["voided_at"]
    assert shop.balance(code) == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", "/api/orders/FH-1/void", 404, "no order 'FH-1'"),
        ("POST", "/api/gift-cards/FERN-X/void", 404, "do not know this gift card"),
        ("POST", "/api/subscriptions/sub-x/void", 404, "no subscription 'sub-x'"),
        ("POST", "/api/charges/void", 400, "send"),
        ("GET", "/api/made", 400, "/api/made?email="),
        ("GET", "/api/stock?sku=boat", 404, "no product 'boat'"),
    ],
)
def test_what_cannot_be_undone_is_said_in_one_line(
    shop: Shop, method: str, path: str, status: int, says: str
) -> None:
    """And without the token not even that."""
    answer = shop.api(method, path)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert requests.request(method, shop.urls["shop"] + path, timeout=10).status_code == 401


def test_the_shelf_knows_what_is_sold_out(shop: Shop) -> None:
    """The same as the catalogue says."""
    shelf = shop.api("GET", "/api/stock").json()
    assert [sku for sku, count in shelf.items() if count == 0] == ["map-case-fen"]

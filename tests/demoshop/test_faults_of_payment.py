"""Faults that break what `payment` promises: exactly one charge, one order, one mail."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demoshop.customer import CHALLENGED, DECLINED, Customer, Page, Shop, card
from tests.demoshop.looks import Case, all_mails, bought

FORM = 'data-testid="payment-form"'
Books = tuple[int, int, int]


def books(shop: Shop, customer: Customer) -> Books:
    """Return how many (charges, orders, mails) a customer has."""
    mails = all_mails(shop, customer)
    return len(shop.charges(customer.email)), len(shop.orders(customer)), len(mails)


def once(shop: Shop) -> Books:
    """Pay, and touch nothing."""
    customer, done = bought(shop)
    assert done.cents("charged") == done.cents("total")
    return books(shop, customer)


def double_click(shop: Shop) -> Books:
    """Press Pay twice."""
    customer = shop.customer()
    press_twice(customer)
    assert customer.get("/checkout/payment").words("order-number")
    return books(shop, customer)


def press_twice(customer: Customer) -> None:
    """Pay at once from two threads; neither answer is read, so the later one is no second look."""
    form = {**card(), "attempt": customer.to_payment().field("attempt")}

    def press(_: int) -> int:
        return customer.post("/checkout/pay", form, follow=False).status

    with ThreadPoolExecutor(2) as clicks:
        assert list(clicks.map(press, range(2))) == [303, 303]


def lost_click(shop: Shop) -> Books:
    """Press Pay twice, as a browser sends it: it never reads the first answer."""
    customer = shop.customer()
    payment = customer.to_payment()
    form = {**card(), "attempt": payment.field("attempt")}
    customer.post("/checkout/pay", form, follow=False)
    assert customer.pay(payment).words("order-number")
    return books(shop, customer)


def reload(shop: Shop) -> Books:
    """Reload the confirmation once."""
    customer, done = bought(shop)
    assert customer.get(done.url).words("order-number") == done.words("order-number")
    return books(shop, customer)


def back(shop: Shop) -> tuple[bool, Books]:
    """Go back after the confirmation; submit the form if the page has it again."""
    customer, done = bought(shop)
    page = customer.get("/checkout/payment")
    offered = FORM in page.text
    again = customer.pay(page) if offered else page
    assert again.words("order-number") == done.words("order-number")
    return offered, books(shop, customer)


def dropped(shop: Shop) -> tuple[bool, Books]:
    """Lose the answer; submit the form if the payment page has it again, with the same key."""
    customer = shop.customer()
    payment = customer.to_payment()
    form = {**card(), "attempt": payment.field("attempt")}
    assert customer.post("/checkout/pay", form, follow=False).status == 303
    page = customer.get("/checkout/payment")
    offered = FORM in page.text
    assert not offered or page.field("attempt") == form["attempt"]
    again = customer.pay(page) if offered else page
    assert again.words("order-number")
    return offered, books(shop, customer)


def same_request(shop: Shop) -> Books:
    """Send the paying request once more, a while after the confirmation was read."""
    customer = shop.customer()
    payment = customer.to_payment()
    assert customer.pay(payment).words("order-number")
    form = {**card(), "attempt": payment.field("attempt")}
    assert customer.post("/checkout/pay", form, follow=False).status == 303
    return books(shop, customer)


def declined(shop: Shop) -> tuple[int, bool, bool]:
    """Status, whether the page says something, whether the cart is kept."""
    customer = shop.customer()
    page = customer.pay(customer.to_payment(), DECLINED)
    return page.status, "declined" in page.alert, "line-sum" in customer.get("/cart").text


def confirm(customer: Customer, challenge: Page) -> Page:
    """Press Confirm on the bank's page."""
    form = {"csrf_token": challenge.field("csrf_token"), "answer": "confirm"}
    back = customer.http.post(challenge.url, data=form, timeout=30)
    return Page(back.status_code, back.url, back.text)


def challenge(shop: Shop) -> tuple[bool, Books]:
    """Confirm twice if asked twice; whether the bank asks yet again, and the books."""
    customer = shop.customer()
    page = confirm(customer, customer.pay(customer.to_payment(), CHALLENGED))
    if page.url.startswith(shop.urls["gateway"]):
        page = confirm(customer, page)
    return page.url.startswith(shop.urls["gateway"]), books(shop, customer)


ONE = (1, 1, 1)
CASES = [
    Case("charge_missing", once, ONE, (0, 1, 1)),
    Case("double_mail", once, ONE, (1, 1, 2)),
    Case("double_click_orders", double_click, ONE, (2, 2, 2)),
    Case("reload_charges", reload, ONE, (2, 1, 1)),
    Case("back_charges", back, (False, ONE), (True, (2, 1, 1))),
    Case("retry_charges", dropped, (False, ONE), (True, (2, 1, 1))),
    Case("key_ignored", same_request, ONE, (2, 1, 1)),
    Case("declined_silent", declined, (402, True, True), (402, False, True)),
    Case("declined_loses_cart", declined, (402, True, True), (402, True, False)),
    Case("challenge_loops", challenge, (False, ONE), (True, (0, 0, 0))),
    Case("challenge_loses_order", challenge, (False, ONE), (False, (1, 0, 0))),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_breaks_its_rule_and_a_healthy_shop_keeps_it(shop: Shop, case: Case) -> None:
    """The same look, without and with the fault."""
    assert case.look(shop) == case.healthy
    shop.fault(case.name, **case.settings)
    assert case.look(shop) == case.broken


REPEATS = {
    "double_click_orders": lost_click,
    "back_charges": back,
    "retry_charges": dropped,
    "key_ignored": same_request,
}


@pytest.mark.parametrize("fault", REPEATS)
def test_a_bug_of_one_kind_of_repetition_leaves_the_others_alone(shop: Shop, fault: str) -> None:
    """So that a walk finds it in the step that it belongs to."""
    shop.fault(fault)
    for name, look in REPEATS.items():
        if name != fault:
            assert look(shop) in (ONE, (False, ONE)), name


def test_everything_that_a_second_click_made_can_be_undone(shop: Shop) -> None:
    """The twin is an order like any other."""
    shop.fault("double_click_orders")
    customer = shop.customer()
    press_twice(customer)
    made = shop.api("GET", f"/api/made?email={customer.email}").json()
    for order in made["orders"]:
        row = shop.api("POST", f"/api/orders/{order['number']}/void").json()
        assert row["restocked_at"]
    assert [each["status"] for each in shop.charges(customer.email)] == ["refunded"] * 2

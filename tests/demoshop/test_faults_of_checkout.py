"""Faults that break what `browse` and `checkout` promise."""

import re
from urllib.parse import urlsplit

import pytest

from tests.demoshop.customer import Shop, until
from tests.demoshop.looks import Case, all_mails, amount_off, bought


def price_moves(shop: Shop) -> int:
    """Cart price less product price."""
    customer = shop.customer()
    price = customer.get("/product/mug-birch").cents("price")
    cart = customer.post("/cart/add", {"sku": "mug-birch", "qty": "2"})
    assert cart.cents("line-sum") == 2 * cart.cents("line-price") == cart.cents("lines")
    return cart.cents("line-price") - price


def shown(shop: Shop, name: str) -> list[bool]:
    """Whether product page and cart show something."""
    customer = shop.customer()
    pages = (
        customer.get("/product/mug-birch"),
        customer.post("/cart/add", {"sku": "mug-birch", "qty": "1"}),
    )
    return [f'data-testid="{name}"' in page.text for page in pages]


def removed(shop: Shop) -> bool:
    """Whether the cart is empty after its one line was removed."""
    customer = shop.customer()
    customer.post("/cart/add", {"sku": "mug-birch", "qty": "1"})
    return "cart-empty" in customer.post("/cart/remove", {"sku": "mug-birch"}).text


def guest_may_order(shop: Shop) -> tuple[bool, bool]:
    """Whether the address is asked for, and whether sending it leads on."""
    customer = shop.customer()
    customer.post("/cart/add", {"sku": "mug-birch", "qty": "1"})
    asked = 'name="street"' in customer.get("/checkout/address").text
    after = customer.post("/checkout/address", {**customer.address, "email": customer.email})
    return asked, urlsplit(after.url).path == "/checkout/delivery"


def kept_on_back(shop: Shop) -> tuple[str, bool]:
    """Where the link to the address leads from the payment page; whether the cart is empty."""
    customer = shop.customer()
    customer.to_payment()
    where = urlsplit(customer.get("/checkout/address").url).path
    return where, "cart-empty" in customer.get("/cart").text


def address_on_back(shop: Shop) -> list[str]:
    """What the address form holds for who goes back."""
    customer = shop.customer()
    customer.to_payment()
    page = customer.get("/checkout/address")
    return [page.field(name) for name in ("street", "city")]


def sums(shop: Shop) -> tuple[int, int, int]:
    """Total less its parts before and after paying, and charged less total."""
    customer = shop.customer()
    payment = customer.to_payment()
    done = customer.pay(payment)
    (charge,) = shop.charges(done.words("order-number"))
    return amount_off(payment), amount_off(done), charge["amount_cents"] - payment.cents("total")


def numbers_in_mail(shop: Shop) -> tuple[bool, int]:
    """Whether the mail names the order's number, and how many other ones."""
    customer, done = bought(shop)
    number = done.words("order-number")
    (mail,) = until(lambda: shop.mails(customer), "the confirmation mail")
    named = set(re.findall(r"FH-\d+", mail["subject"] + mail["text"]))
    return number in named, len(named - {number})


CASES = [
    Case("cart_price", price_moves, 0, 7, {"off_cents": 7}),
    Case("terms_hidden", lambda shop: shown(shop, "delivery-terms"), [True] * 2, [False] * 2),
    Case("total_hidden", lambda shop: shown(shop, "total"), [False, True], [False, False]),
    Case("remove_dead", removed, healthy=True, broken=False),
    Case("account_forced", guest_may_order, (True, True), (False, False)),
    Case("cart_lost_on_back", kept_on_back, ("/checkout/address", False), ("/cart", True)),
    Case("address_lost_on_back", address_on_back, ["1 Test Street", "Berlin"], ["", ""]),
    Case("sums_off", sums, (0, 0, 0), (1, 1, 0)),
    Case("mail_without_number", numbers_in_mail, (True, 0), (False, 0)),
    Case("mail_wrong_number", numbers_in_mail, (True, 0), (False, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_breaks_its_rule_and_a_healthy_shop_keeps_it(shop: Shop, case: Case) -> None:
    """The same look, without and with the fault."""
    assert case.look(shop) == case.healthy
    shop.fault(case.name, **case.settings)
    assert case.look(shop) == case.broken


def test_a_late_mail_comes_later_than_one_written_after_it(shop: Shop) -> None:
    """And nobody else's mail is held up."""
    shop.fault("late_mail", delay_ms=5000)
    customer, done = bought(shop)
    shop.api("DELETE", "/api/faults")
    assert all_mails(shop, customer) == []
    (mail,) = until(lambda: shop.mails(customer), "the late mail")
    assert done.words("order-number") in mail["text"]

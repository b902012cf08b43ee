"""Looking around and filling a cart, before anybody pays."""

import json
import re
from fractions import Fraction

import pytest
import requests

from tests.demoshop.customer import Page, Shop

SUMS = ("lines", "discount", "delivery", "tax", "total")


def weight(shop: Shop, path: str) -> int:
    """Return the bytes of a page with its pictures, style and scripts."""
    page = shop.customer().get(path)
    parts = set(re.findall(r'(?:src|href)="((?:/static|/picture)/[^"]+)"', page.text))
    return len(page.text) + sum(
        len(requests.get(shop.urls["shop"] + part, timeout=30).content) for part in parts
    )


@pytest.mark.parametrize(
    ("path", "least", "most"), [("/", 0.8, 1.4), ("/product/mug-birch", 0.4, 0.9)]
)
def test_pages_have_the_weight_of_real_ones(
    shop: Shop, path: str, least: float, most: float
) -> None:
    """Page-load figures mean little on pages without pictures (limits in MB)."""
    assert least < weight(shop, path) / 1e6 < most


def test_the_offer_agrees_with_the_page_and_the_cart(shop: Shop) -> None:
    """One price: in the JSON-LD for programs, on the page, and in the cart."""
    customer = shop.customer()
    page = customer.get("/product/lantern-moth")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    assert found
    offer = json.loads(found[1])
    cart = customer.post("/cart/add", {"sku": "lantern-moth", "qty": "2"})

    assert offer["@type"] == "Product"
    assert offer["offers"]["availability"] == "https://schema.org/InStock"
    assert (
        page.cents("price")
        == cart.cents("line-price")
        == round(float(offer["offers"]["price"]) * 100)
    )
    assert cart.cents("line-sum") == 2 * page.cents("price")
    assert all(requests.get(url, timeout=10).ok for url in offer["image"])


def test_search_finds_by_words_and_says_when_it_finds_nothing(shop: Shop) -> None:
    """Every word must be there, in any order and case."""
    customer = shop.customer()
    found = customer.get("/search?q=BACKPACK%20alder")
    assert found.words("result-count") == "1 product found"
    assert "/product/pack-alder-32" in found.text
    assert customer.get("/search?q=submarine").words("result-count") == "0 products found"


def test_hostile_words_are_shown_not_run(shop: Shop) -> None:
    """What a visitor types comes back as text."""
    page = shop.customer().get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22")
    assert "<script>alert(1)" not in page.text


def agree(page: Page, percent_off: int) -> None:
    """Check the sums of a page against exact fractions, rounded half up once each."""
    lines, discount, delivery, tax, total = (page.cents(name) for name in SUMS)
    assert -discount == int(Fraction(lines * percent_off, 100) + Fraction(1, 2))
    assert tax == int(Fraction((lines + discount + delivery) * 20, 100) + Fraction(1, 2))
    assert lines + discount + delivery + tax == total


def test_the_sums_add_up_to_the_cent_before_any_address(shop: Shop) -> None:
    """Delivery terms and total are shown before anybody asks who you are."""
    customer = shop.customer()
    small = customer.post("/cart/add", {"sku": "mug-birch", "qty": "3"})
    agree(small, percent_off=0)
    big = customer.post("/cart/add", {"sku": "tent-ridge-2", "qty": "1"})
    agree(big, percent_off=10)
    assert "delivery-terms" in big.text
    assert big.url.endswith("/cart")


def test_one_action_takes_a_product_out(shop: Shop) -> None:
    """And an empty cart says so."""
    customer = shop.customer()
    customer.post("/cart/add", {"sku": "mug-birch", "qty": "2"})
    page = customer.post("/cart/remove", {"sku": "mug-birch"})
    assert page.words("cart-empty") == "Your cart is empty."


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"sku": "map-case-fen", "qty": "1"}, 409, "sold out"),
        ({"sku": "no-such-thing", "qty": "1"}, 404, "do not sell"),
        ({"sku": "mug-birch", "qty": "-1"}, 422, "quantity from 1"),
        ({"sku": "mug-birch", "qty": "many"}, 422, "quantity from 1"),
    ],
)
def test_what_cannot_be_added_is_said_why(
    shop: Shop, form: dict[str, str], status: int, says: str
) -> None:
    """The cart stays as it was."""
    customer = shop.customer()
    page = customer.post("/cart/add", form)
    assert page.status == status
    assert says in page.alert
    assert "cart-empty" in customer.get("/cart").text


def test_a_form_from_elsewhere_is_refused(shop: Shop) -> None:
    """Without the token of the session nothing is done."""
    url = f"{shop.urls['shop']}/cart/add"
    answer = requests.post(url, data={"sku": "mug-birch", "qty": "1"}, timeout=10)
    assert answer.status_code == 400


def test_back_and_edit_keep_the_cart_and_the_address(shop: Shop) -> None:
    """Going back from payment loses nothing."""
    customer = shop.customer()
    payment = customer.to_payment("bottle-spring", 2)
    address = customer.get("/checkout/address")
    assert address.field("email") == customer.email
    assert address.field("street") == "1 Test Street"
    customer.post("/checkout/address", {**customer.address, "email": customer.email, "city": "Ulm"})
    again = customer.get("/checkout/payment")
    assert "10115 Ulm" in again.text
    assert again.cents("total") == payment.cents("total")


def test_a_bad_address_names_each_fault_and_keeps_what_was_typed(shop: Shop) -> None:
    """The customer mends two fields, not six."""
    customer = shop.customer()
    customer.post("/cart/add", {"sku": "mug-birch", "qty": "1"})
    page = customer.post("/checkout/address", {**customer.address, "email": "nobody", "city": ""})
    assert page.status == 422
    assert "e-mail address" in page.alert
    assert "town or city" in page.alert
    assert page.field("street") == "1 Test Street"


def test_the_checkout_leads_to_what_is_missing(shop: Shop) -> None:
    """A link to a later page does not skip an earlier one."""
    customer = shop.customer()
    assert customer.get("/checkout/payment").url.endswith("/cart")
    customer.post("/cart/add", {"sku": "mug-birch", "qty": "1"})
    assert customer.get("/checkout/payment").url.endswith("/checkout/address")
    customer.post("/checkout/address", {**customer.address, "email": customer.email})
    assert customer.get("/checkout/payment").url.endswith("/checkout/delivery")

"""Oscar as the tests stand it up: a short script walks it, and its books agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.shops.oscar import VOUCHER, OscarShop, oscar

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=[False, True], ids=["invoice", "card"])
def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OscarShop, bool]]:
    """Run Oscar, once with a card form and once without."""
    card: bool = request.param
    with oscar(tmp_path_factory.mktemp("oscar"), card=card) as shop:
        yield shop, card


def to_oscar_payment(page: Page, shop: OscarShop, email: str, *, card: bool) -> None:
    """Buy one blanket with the voucher, up to the payment page."""
    page.goto(shop.url + shop.products[1].path)
    page.get_by_role("button", name="Add to basket").click()
    page.goto(shop.url + "/basket/")
    page.get_by_role("button", name="I have a voucher code").or_(
        page.get_by_role("link", name="I have a voucher code")
    ).click()
    page.get_by_label("Code").fill(VOUCHER)
    page.get_by_role("button", name="Add voucher").click()
    page.get_by_role("link", name="Proceed to checkout").click()
    page.get_by_label("My email address is").fill(email)
    page.get_by_label("checkout as a guest").check()
    page.get_by_role("button", name="Continue").click()
    names = {"First name": "Test", "Last name": "Person", "First line of address": "1 Test Street"}
    for label, value in (names | {"City": "Berlin", "Post/Zip-code": "10115"}).items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Continue").click()
    if card:
        page.get_by_role("button", name="Select").first.click()


def pay_oscar(page: Page, number: str) -> None:
    """Give the card, look at the preview, place the order."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("CCV number").fill("123")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Place order").click()


def test_oscar_sells_takes_back_and_voids(page: Page, real: tuple[OscarShop, bool]) -> None:
    """Order, mail with a link, return, and the money back."""
    shop, card = real
    email = f"{'card' if card else 'invoice'}@probe.invalid"
    due = 124_900 * 9 // 10 + 495
    to_oscar_payment(page, shop, email, card=card)
    if card:
        pay_oscar(page, shop.declined)
        page.get_by_text("Your card was declined").wait_for()
        assert shop.orders(email) == []
        pay_oscar(page, shop.card)
    else:
        page.get_by_role("link", name="Continue").click()
        page.get_by_role("button", name="Place order").click()
    page.get_by_text("your order number is").wait_for()

    (order,) = shop.orders(email)
    (mail,) = shop.inbox(email)
    assert order["total_cents"] == due
    assert [row["amount_cents"] for row in shop.charges(order["number"])] == [due]
    assert order["number"] in mail["text"]

    link = next(word for word in mail["text"].split() if word.startswith(shop.url))
    page.goto(link)
    page.get_by_label("Email address").fill(email)  # Oscar asks whose order it is
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="Request a return").click()
    page.get_by_text("Your return was accepted").wait_for()
    assert shop.orders(email)[0]["status"] == "Return requested"

    assert shop.void(order["number"])["status"] == "Cancelled"
    assert shop.charges(order["number"])[0]["status"] == "refunded"


def test_oscar_answers_questions_and_shows_reviews_and_pictures(
    page: Page, real: tuple[OscarShop, bool]
) -> None:
    """What after_sales looks for, and pictures that are really there."""
    shop, _ = real
    page.goto(shop.url + shop.products[0].path)
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    page.get_by_text("As described").wait_for()
    page.get_by_role("link", name="Contact us").click()
    page.get_by_label("Your e-mail address").fill("buyer@probe.invalid")
    page.get_by_label("Message").fill("A test question.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Your reference is HL-").wait_for()
    page.get_by_text("within one working day").wait_for()


def test_oscar_speaks_german(page: Page, tmp_path: Path) -> None:
    """The same shop in another language and currency."""
    with oscar(tmp_path / "shop", language="de", currency="EUR") as shop:
        page.goto(shop.url + shop.products[1].path)

        assert "1.249,00\xa0€" in page.locator("main, #content_inner").inner_text()
        assert page.get_by_role("button", name="Warenkorb").count()

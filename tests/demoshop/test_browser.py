"""The shop in a real browser: what HTTP alone cannot show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import launched
from tests.demoshop.customer import ACCEPTED, Shop, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for this file."""
    with launched() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def fill_address(page: Page) -> None:
    """Fill the address form by its labels, as a reader of the page would."""
    for label, value in {
        "E-mail": "browser@example.com",
        "Full name": "Test Person",
        "Street and number": "1 Test Street",
        "Postal code": "10115",
        "Town or city": "Berlin",
    }.items():
        page.get_by_label(label).fill(value)


def fill_card(page: Page) -> None:
    """Fill the card form by its autocomplete tokens, as a browser's wallet would."""
    card = {"cc-name": "Test", "cc-number": ACCEPTED, "cc-exp": "12/34", "cc-csc": "123"}
    for token, value in card.items():
        page.locator(f"[autocomplete={token}]").fill(value)


def test_a_guest_buys_with_a_double_click_and_the_back_button(shop: Shop, page: Page) -> None:
    """No error on the way; one charge, however impatient the customer."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(shop.urls["shop"])
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert page.get_by_text("4.7 of 5 from 2,318 customers").is_visible(), "the CDN's script ran"
    page.get_by_role("searchbox").fill("mug")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Birch enamel mug").first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    fill_address(page)
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    attempt = page.locator("input[name=attempt]").input_value()
    fill_card(page)
    page.get_by_role("button", name="Pay").dblclick()
    number = page.get_by_test_id("order-number").inner_text()
    page.go_back()
    page.goto(f"{shop.urls['shop']}/checkout/payment")
    assert page.get_by_test_id("order-number").inner_text() == number
    assert len(shop.charges(attempt)) == 1
    assert not complaints


def to_payment(shop: Shop, page: Page) -> str:
    """Walk to the payment page, card filled in; return the key of the attempt."""
    page.goto(f"{shop.urls['shop']}/product/mug-birch")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    fill_address(page)
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    fill_card(page)
    return page.locator("input[name=attempt]").input_value()


def test_a_double_click_of_a_real_browser_reaches_the_fault(shop: Shop, page: Page) -> None:
    """The browser sends both, and never reads the first answer."""
    shop.fault("double_click_orders")
    attempt = to_payment(shop, page)
    page.get_by_role("button", name="Pay").dblclick()
    assert page.get_by_test_id("order-number").inner_text()
    until(lambda: len(shop.charges(attempt)) == 2, "the second charge")


def test_the_back_button_of_a_real_browser_reaches_the_fault(shop: Shop, page: Page) -> None:
    """The form is there again, and pressing Pay charges again."""
    shop.fault("back_charges")
    attempt = to_payment(shop, page)
    page.get_by_role("button", name="Pay").click()
    number = page.get_by_test_id("order-number").inner_text()
    page.go_back()
    fill_card(page)
    page.get_by_role("button", name="Pay").click()
    assert page.get_by_test_id("order-number").inner_text() == number
    assert len(shop.charges(attempt)) == 2


def test_a_script_error_is_thrown_and_breaks_nothing(shop: Shop, page: Page) -> None:
    """An exception and a console error; the button still works."""
    shop.fault("script_error")
    thrown: list[str] = []
    logged: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on("console", lambda line: logged.append(line.text) if line.type == "error" else None)
    page.goto(f"{shop.urls['shop']}/product/mug-birch")
    page.get_by_role("button", name="Add to cart").click()
    assert page.get_by_test_id("line-name").inner_text() == "Birch enamel mug"
    assert any("recommendations" in text for text in thrown)
    assert "recommendations: no data for this visitor" in logged


def test_a_slow_third_party_delays_the_first_paint(shop: Shop, page: Page) -> None:
    """The script stands in the head, as many shops have it: the visitor sees white."""
    shop.fault("slow_third_party", delay_ms=1200)
    page.goto(f"{shop.urls['shop']}/product/mug-birch")
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    page.wait_for_function(f"() => {paint}")
    assert page.evaluate(f"() => {paint}") >= 1200


def test_every_field_has_a_label_and_every_page_one_heading(shop: Shop, page: Page) -> None:
    """What a screen reader needs, on each page that a visitor can open at once."""
    unlabelled = """() => [...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
        .filter(field => !field.labels.length).map(field => field.name)"""
    paths = ("/", "/search", "/product/mug-birch", "/cart", "/gift-cards", "/gift-cards/balance",
             "/gift-cards/redeem", "/subscribe", "/support", "/members")  # fmt: skip
    for path in paths:
        page.goto(shop.urls["shop"] + path, wait_until="domcontentloaded")
        assert page.evaluate(unlabelled) == [], path
        assert page.locator("h1").count() == 1, path
        assert page.locator("html").get_attribute("lang") == "en", path

"""Reading a page in one go: what comes late is waited for, and nothing of it is left out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotThere

from probes.storefronts._demo_reads import FORM, SUMS, cart, read, receipt
from tests.chromium import launched

LATE_MS = 300
TOTAL = '<dl data-testid="sums"{}><dd data-testid="total"><b data-cents="{}">x</b></dd></dl>'
CART = f"""<h1>Your cart</h1><table><tr data-testid="line" data-sku="lamp">
  <td data-testid="line-name">Lamp</td><td data-testid="line-qty">2</td>
  <td data-testid="line-price"><b data-cents="450">4.50</b></td></tr></table>
  {TOTAL.format(" hidden", 1)}{TOTAL.format("", 900)}
  <p data-testid="delivery-terms" style="visibility:hidden">never</p>
  <p data-testid="delivery-terms"> two days </p>"""
RECEIPT = """<b data-testid="order-number"> FH-1 </b>
  <dd data-testid="charged"><b data-cents="900">9.00</b></dd>
  <a data-testid="status-link" href="/order/FH-1">go</a>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Yield a page; a test fills it."""
    with launched() as browser:
        opened = browser.new_page()
        opened.set_default_timeout(20_000)
        yield opened


def fill(page: Page, content: str, *, late: bool) -> None:
    """Show some content, at once or only after a while."""
    page.set_content("<p>one moment</p>")
    page.evaluate(
        "([text, ms]) => { const put = () => { document.body.innerHTML = text };"
        " if (ms) setTimeout(put, ms); else put(); }",
        [content, LATE_MS if late else 0],
    )


@pytest.mark.parametrize("late", [False, True])
def test_a_cart_is_read_whole(page: Page, late: bool) -> None:
    """Lines, the sums and terms that are to be seen; those that are hidden count for nothing."""
    fill(page, CART, late=late)
    line = {"sku": "lamp", "name": "Lamp", "quantity": 2, "price_cents": 450}
    shown = cart(page)
    assert (shown["lines"], shown["sums"], shown["terms"]) == ([line], {"total": 900}, "two days")


@pytest.mark.parametrize("late", [False, True])
def test_a_receipt_is_read_whole(page: Page, late: bool) -> None:
    """The amount that was charged too, also where the page came after the question."""
    fill(page, RECEIPT, late=late)
    assert receipt(page) == ("FH-1", "900", "/order/FH-1")


def test_a_receipt_without_an_amount_has_none(page: Page) -> None:
    """What a page does not say is not zero."""
    fill(page, RECEIPT.replace("data-cents", "data-other"), late=False)
    assert receipt(page) == ("FH-1", None, "/order/FH-1")


@pytest.mark.parametrize("late", [False, True])
def test_one_element_is_read_when_it_is_there(page: Page, late: bool) -> None:
    """At once or later, with the same answer."""
    fill(page, f'<form><input name="city" value="Berlin"></form>{TOTAL.format("", 7)}', late=late)
    assert read(page.locator("form"), FORM) == {"city": "Berlin"}
    assert read(page.get_by_test_id("sums"), SUMS) == {"total": 7}


def test_what_never_comes_is_named(page: Page) -> None:
    """The failure says what was waited for."""
    fill(page, "<h1>Sorry</h1>", late=False)
    page.set_default_timeout(500)
    try:
        with pytest.raises(NotThere, match="Your cart"):
            cart(page)
        with pytest.raises(NotThere, match="order-number"):
            receipt(page)
        with pytest.raises(NotThere, match="sums"):
            read(page.get_by_test_id("sums"), SUMS)
    finally:
        page.set_default_timeout(20_000)

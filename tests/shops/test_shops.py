"""The shops themselves: a short script walks each to its order number, and the books agree.

Plain Playwright, no part of Forepost: whatever goes wrong here is wrong with a shop.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import pytest
import requests
from playwright.sync_api import Page

from tests.shops import (
    cluttered,
    consent,
    digital,
    fading,
    framed,
    german,
    one_page,
    persistent,
    plain,
    register,
    spa,
    third_party,
    voucher,
)
from tests.shops.shop import BROKEN, DECLINED_MESSAGE, Shop

pytestmark = pytest.mark.browser
EMAIL = "buyer@probe.invalid"
Walk = Callable[[Page, Shop, str], None]


def to_product(page: Page, shop: Shop) -> None:
    """Open the page of what is bought; nobody waits for third parties."""
    page.goto(shop.url + shop.product, wait_until="domcontentloaded")


def fill(page: Page, **fields: str) -> None:
    """Fill fields by their autocomplete tokens: postal_code for `postal-code`."""
    for token, value in fields.items():
        page.locator(f"[autocomplete={token.replace('_', '-')}]").fill(value)


def to_address(page: Page, shop: Shop) -> None:
    """Buy one and go to the checkout."""
    to_product(page, shop)
    page.get_by_role("button", name="Add to basket").click(no_wait_after=True)
    page.get_by_role("link", name="Go to checkout").click(no_wait_after=True)


def to_payment(page: Page, shop: Shop) -> None:
    """Walk a plain shop up to its payment page."""
    to_address(page, shop)
    fill(page, email=EMAIL, name="Test", street_address="1 Test Street", postal_code="10115")
    fill(page, address_level2="Berlin")
    page.get_by_role("button", name="Continue to delivery").click(no_wait_after=True)
    page.get_by_role("button", name="Continue to payment").click(no_wait_after=True)


def pay_plain(page: Page, card: str) -> None:
    """Fill in a card and send it."""
    fill(page, cc_name="Test", cc_number=card, cc_exp="12/34", cc_csc="123")
    page.get_by_role("button", name="Pay now").click(no_wait_after=True)


def walk_plain(page: Page, shop: Shop, card: str) -> None:
    """Walk a shop that differs from the plain one only in what happens by itself."""
    to_payment(page, shop)
    pay_plain(page, card)


def walk_consent(page: Page, shop: Shop, card: str) -> None:
    """Answer the banner first; before that nothing can be clicked."""
    page.goto(shop.url)
    page.locator("#consent").wait_for()
    is_frame = page.locator("iframe#consent").count()
    where = page.frame_locator("#consent") if is_frame else page.locator("#consent")
    where.get_by_role("button", name="Reject all").click()
    walk_plain(page, shop, card)


def walk_framed(page: Page, shop: Shop, card: str) -> None:
    """Fill each field in its own frame."""
    to_payment(page, shop)
    fill(page, cc_name="Test")
    for label, value in (("Card number", card), ("Expiry", "12/34"), ("Security code", "123")):
        frame = page.frame_locator(f'iframe[title^="Secure {label}"]')
        frame.locator("input").fill(value)
    page.get_by_role("button", name="Pay now").click()


def walk_cluttered(page: Page, shop: Shop, card: str) -> None:
    """Pick the right one of each; the region comes a moment after the country."""
    to_product(page, shop)
    page.get_by_role("main").get_by_role("button", name="Add to basket").click()
    page.get_by_role("link", name="Go to checkout").click()
    form = page.get_by_role("group", name="Deliver to")
    texts = {"E-mail": EMAIL, "Full name": "Test", "Street address": "1 Test Street"}
    for label, value in (texts | {"Postcode": "10115", "Town / City": "Berlin"}).items():
        form.get_by_label(label).fill(value)
    form.get_by_label("Country").select_option("DE")
    form.get_by_label("State / Region").select_option("Berlin")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    pay_plain(page, card)


def walk_voucher(page: Page, shop: Shop, card: str) -> None:
    """Type the voucher; there is no card to give."""
    del card
    to_product(page, shop)
    page.get_by_role("button", name="Add to basket").click()
    page.get_by_label("Voucher code").fill(voucher.VOUCHER)
    page.get_by_role("button", name="Apply voucher").click()
    page.get_by_text("Voucher", exact=True).wait_for()
    to_free(page)


def to_free(page: Page) -> None:
    """Go from the basket to the order without a payment page."""
    page.get_by_role("link", name="Go to checkout").click()
    fill(page, email=EMAIL, name="Test", street_address="1 Test Street", postal_code="10115")
    fill(page, address_level2="Berlin")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Place order").click()


def walk_persistent(page: Page, shop: Shop, card: str) -> None:
    """Empty the basket of the visit before."""
    page.goto(shop.url + "/basket")
    while page.get_by_role("button", name="Remove").count():
        page.get_by_role("button", name="Remove").first.click()
    walk_plain(page, shop, card)


def walk_digital(page: Page, shop: Shop, card: str) -> None:
    """Give an e-mail address, then the card."""
    to_address(page, shop)
    fill(page, email=EMAIL)
    page.get_by_role("button", name="Continue to payment").click()
    pay_plain(page, card)


def walk_register(page: Page, shop: Shop, card: str) -> None:
    """Make an account, as one must."""
    to_address(page, shop)
    page.locator("[autocomplete=email]").fill(EMAIL)
    page.locator("[autocomplete=new-password]").fill("long enough")
    page.get_by_role("button", name="Create account").click()
    fill(page, email=EMAIL, name="Test", street_address="1 Test Street", postal_code="10115")
    fill(page, address_level2="Berlin")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("button", name="Continue to payment").click()
    pay_plain(page, card)


def walk_one_page(page: Page, shop: Shop, card: str) -> None:
    """Unfold section after section, type the postal code, say yes."""
    to_product(page, shop)
    page.get_by_role("button", name="Add to basket").click()
    page.get_by_role("link", name="View basket").click()
    page.get_by_role("link", name="Go to checkout").click()
    fill(page, email=EMAIL)
    page.get_by_role("button", name="Next: address").click()
    fill(page, given_name="Test", family_name="Person", address_line1="1 Test Street")
    fill(page, address_level2="Berlin")
    page.get_by_label("Postal code").press_sequentially("10115")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Next: delivery").click()
    page.get_by_role("button", name="Next: payment").click()
    fill(page, cc_number=card, cc_exp="12/34", cc_csc="123")
    page.get_by_role("button", name="Place order").click()
    page.get_by_role("button", name="Yes, buy now").click()


def walk_german(page: Page, shop: Shop, card: str) -> None:
    """Walk the German shop by its labels."""
    to_product(page, shop)
    page.get_by_role("button", name="In den Warenkorb").click()
    page.get_by_role("button", name="Zur Kasse").click()
    page.get_by_role("button", name="Als Gast bestellen").click()
    texts = {"Vorname": "Test", "Nachname": "Person", "Straße": "Teststr. 1", "PLZ": "10115"}
    for label, value in (texts | {"Ort": "Berlin", "Telefon": "030 1", "E-Mail": EMAIL}).items():
        page.get_by_label(label).fill(value)
    for label, value in {"Anrede": "x", "Land": "DE", "Wie haben Sie": "x"}.items():
        page.get_by_label(label).select_option(value)
    page.get_by_role("button", name="Weiter zum Versand").click()
    page.get_by_label("Paketdienst").check()
    page.get_by_role("button", name="Weiter zur Zahlung").click()
    for label, value in (("Karteninhaber", "Test"), ("Kartennummer", card), ("Prüf", "123")):
        page.get_by_label(label).fill(value)
    page.get_by_label("Monat").select_option("12")
    page.get_by_label("Jahr").select_option("2034")
    page.get_by_role("button", name="Weiter zur Übersicht").click()
    page.get_by_label("AGB").check()
    page.get_by_role("button", name="Zahlungspflichtig bestellen").click()


def walk_spa(page: Page, shop: Shop, card: str) -> None:
    """Walk without a single load after the first."""
    to_product(page, shop)
    page.get_by_role("button", name="Add to bag").click()
    page.get_by_text("It is in your bag").wait_for()
    page.get_by_role("link", name="Cart").click()
    page.get_by_role("button", name="Check out").click()
    fill(page, email=EMAIL, name="Test", street_address="1 Test Street", postal_code="10115")
    fill(page, address_level2="Berlin")
    page.get_by_role("button", name="Continue to shipping").click()
    page.get_by_role("button", name="Continue to payment").click()
    fill(page, cc_name="Test", cc_number=card, cc_exp="12/34", cc_csc="123")
    page.get_by_role("button", name="Pay $").click()


WALKS: list[tuple[ModuleType, dict[str, Any], Walk]] = [
    (plain, {}, walk_plain),
    (fading, {}, walk_plain),
    (cluttered, {}, walk_cluttered),
    (third_party, {}, walk_plain),
    (consent, {"framed": False}, walk_consent),
    (consent, {"framed": True}, walk_consent),
    (framed, {}, walk_framed),
    (voucher, {"automatic": False}, walk_voucher),
    (persistent, {}, walk_persistent),
    (digital, {}, walk_digital),
    (register, {}, walk_register),
    (one_page, {}, walk_one_page),
    (german, {}, walk_german),
    (spa, {}, walk_spa),
]
NAMES = [
    module.__name__.rpartition(".")[2] + "".join("-framed" for on in given.values() if on)
    for module, given, _ in WALKS
]


def opened(module: ModuleType, given: dict[str, Any]) -> AbstractContextManager[Shop]:
    """Serve one of the shops."""
    served: AbstractContextManager[Shop] = module.serve(**given)
    return served


@pytest.mark.parametrize(("module", "given", "walk"), WALKS, ids=NAMES)
def test_a_customer_reaches_an_order_number_and_the_books_agree(
    page: Page, module: ModuleType, given: dict[str, Any], walk: Walk
) -> None:
    """One order of one piece, charged as shown, told on the page and by mail."""
    with opened(module, given) as shop:
        walk(page, shop, shop.card)
        page.get_by_text("MS-10001").wait_for()

        (sold,) = shop.orders()
        free = module is voucher
        due = 0 if free else shop.price_cents + shop.delivery_cents
        assert sold.email == EMAIL
        assert sold.lines == ((shop.product.rpartition("/")[2], 1),)
        assert (sold.total_cents, sold.charged_cents) == (due, due)
        assert [row["amount_cents"] for row in shop.charges()] == ([] if free else [due])
        mails = requests.get(f"{shop.services['mail']}/messages", {"to": EMAIL}, timeout=10).json()
        assert sold.number in mails[0]["text"]


@pytest.mark.parametrize(
    ("module", "walk"),
    [(plain, walk_plain), (framed, walk_framed), (one_page, walk_one_page), (spa, walk_spa)],
    ids=["plain", "framed", "one_page", "spa"],
)
def test_a_declined_card_is_told_and_charges_nothing(
    page: Page, module: ModuleType, walk: Walk
) -> None:
    """The message stays on the page."""
    with opened(module, {}) as shop:
        walk(page, shop, shop.declined)
        page.get_by_text(DECLINED_MESSAGE).wait_for()

        assert (shop.orders(), shop.charges()) == ([], [])


def test_a_toast_fades(page: Page) -> None:
    """Who looks too late sees nothing: that is the trap."""
    with fading.serve(shown_ms=3_000) as shop:  # a busy machine looks late
        walk_plain(page, shop, shop.declined)
        page.get_by_text(DECLINED_MESSAGE).wait_for()
        page.get_by_text(DECLINED_MESSAGE).wait_for(state="detached")

        assert shop.orders() == []


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_till_breaks_in_its_own_way(page: Page, broken: str) -> None:
    """No answer, a cent too much, or a confirmation that confirms nothing."""
    with plain.serve(broken=broken) as shop:
        walk_plain(page, shop, shop.card)
        page.wait_for_url(re.compile("/checkout/(pay|done/.*)$"))

        due = shop.price_cents + shop.delivery_cents
        charged = [row["amount_cents"] for row in shop.charges()]
        assert charged == {"pay": [], "cent": [due + 1], "blank": [due]}[broken]
        assert page.get_by_text("MS-10001").is_visible() == (broken == "cent")


def test_a_banner_swallows_clicks_until_it_is_answered(page: Page) -> None:
    """It comes late, and then nothing below it can be reached."""
    with consent.serve() as shop:
        page.goto(shop.url)
        page.get_by_role("dialog", name="Cookies").wait_for()
        on_top = "document.elementFromPoint(innerWidth / 2, 5).closest('#consent') !== null"

        assert page.evaluate(on_top)

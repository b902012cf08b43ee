"""A plain Playwright script: the steps of the `checkout` flow, and nothing of Forepost.

`python tests/bench/plain_checkout.py BROWSER warm|fresh`: reads one JSON line of addresses,
then does one checkout for each further line, and answers each with its order number.
`warm` keeps the browser and takes a new context for each, `fresh` launches a browser for each.
"""

import json
import sys
import time
from typing import Any

import requests
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

MAIL_LIMIT_S = 10.0
SUMS = """el => Object.fromEntries([...el.querySelectorAll("dd[data-testid]")].map(
    dd => [dd.dataset.testid, Number(dd.querySelector("[data-cents]").dataset.cents)]))"""
FORM = "form => Object.fromEntries(new FormData(form))"
LINES = """rows => rows.map(row => [row.dataset.sku,
    row.querySelector("[data-testid=line-name]").textContent,
    Number(row.querySelector("[data-testid=line-qty]").textContent),
    Number(row.querySelector("[data-testid=line-price] [data-cents]").dataset.cents)])"""


def cart(page: Page) -> list[Any]:
    """Read the cart: lines, sums, terms of delivery."""
    page.get_by_role("heading", name="Your cart").wait_for()
    lines: list[Any] = page.get_by_test_id("line").evaluate_all(LINES)
    terms = page.get_by_test_id("delivery-terms").filter(visible=True)
    if page.get_by_test_id("sums").filter(visible=True).count():
        page.get_by_test_id("sums").evaluate(SUMS)
    if terms.count():
        terms.first.inner_text()
    return lines


def as_guest(page: Page) -> None:
    """See the form for the address, and nothing that wants an account first."""
    password = page.locator("main input[type=password]").filter(visible=True)
    page.get_by_label("Full name").or_(password).first.wait_for()
    assert not password.count()


def address(page: Page, email: str) -> None:
    """Go from the cart to the checkout and fill in the address."""
    page.get_by_role("link", name="Go to checkout").click()
    as_guest(page)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Full name").fill("Forepost Probe")
    page.get_by_label("Street and number").fill("1 Test Street")
    page.get_by_label("Postal code").fill("10115")
    page.get_by_label("Town or city").fill("Berlin")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Continue to delivery").click()
    page.get_by_role("group", name="Delivery").wait_for()


def delivery(page: Page) -> dict[str, int]:
    """Choose a delivery and read the sums."""
    page.locator("#delivery-standard").check()
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_test_id("payment-form").wait_for()
    sums: dict[str, int] = page.get_by_test_id("sums").evaluate(SUMS)
    return sums


def pay(page: Page) -> str:
    """Pay by card and read the order number."""
    page.get_by_label("Name on card").fill("Forepost Probe")
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_label("Expiry date").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_test_id("payment-form").get_by_role("button", name="Pay").click()
    number = page.get_by_test_id("order-number")
    confirm = page.get_by_role("button", name="Confirm")
    alert = page.get_by_role("alert")
    number.or_(confirm).or_(alert).first.wait_for()
    assert not alert.count()
    assert not confirm.count()
    found = number.inner_text()
    charged = page.get_by_test_id("charged").locator("[data-cents]")
    if charged.count():
        charged.get_attribute("data-cents")
    page.get_by_test_id("status-link").get_attribute("href")
    return found


def checkout(page: Page, at: dict[str, str], email: str) -> str:
    """Buy one product as a guest; return the order number."""
    page.goto(f"{at['shop']}/product/lantern-moth", wait_until="domcontentloaded")
    box = page.locator('[data-testid=product][data-sku="lantern-moth"]')
    box.get_by_role("heading", level=1).inner_text()
    box.get_by_test_id("price").locator("[data-cents]").get_attribute("data-cents")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_test_id("cart").wait_for()
    chosen = cart(page)
    address(page, email)
    first = delivery(page)
    steps = page.get_by_role("list", name="Checkout")
    steps.get_by_role("link", name="Address").click()
    as_guest(page)
    page.get_by_role("main").locator("form").evaluate(FORM)
    page.goto(f"{at['shop']}/cart", wait_until="domcontentloaded")
    assert cart(page) == chosen
    address(page, email)
    sums = delivery(page)
    assert sums["total"] == first["total"]
    number = pay(page)
    books(at, email, number, sums["total"])
    return number


def books(at: dict[str, str], email: str, number: str, total_cents: int) -> None:
    """Look at the provider's books and at the mailbox."""
    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {at['token']}"
        query = {"reference": number}
        rows = http.get(f"{at['gateway']}/api/charges", params=query, timeout=10).json()
        charged = [row["amount_cents"] for row in rows if row["status"] == "succeeded"]
        assert sum(charged) == total_cents
        end = time.monotonic() + MAIL_LIMIT_S
        while True:
            mails = http.get(f"{at['mail']}/messages", params={"to": email}, timeout=10).json()
            if mails:
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        assert number in mails[0]["text"]
        clean_up(http, at, email)


def clean_up(http: requests.Session, at: dict[str, str], email: str) -> None:
    """Have the shop undo what was bought."""
    made = http.get(f"{at['shop']}/api/made", params={"email": email}, timeout=10).json()
    for order in made["orders"]:
        row = http.post(f"{at['shop']}/api/orders/{order['number']}/void", timeout=10).json()
        assert row["voided_at"]


def launch(playwright: Playwright, path: str) -> Browser:
    """Start the browser that the probes use."""
    return playwright.chromium.launch(executable_path=path or None)


def say(line: str) -> None:
    """Answer one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(path: str, manner: str) -> None:
    """Answer one line for each line."""
    at: dict[str, Any] = json.loads(sys.stdin.readline())
    with sync_playwright() as playwright:
        browser = launch(playwright, path) if manner == "warm" else None
        say("ready")
        for line in sys.stdin:
            used = browser or launch(playwright, path)
            context = used.new_context()
            number = checkout(context.new_page(), at, line.strip())
            if browser is not None:
                say(number)
            context.close()
            if browser is None:
                used.close()
                say(number)
        if browser is not None:
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

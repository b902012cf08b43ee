"""Reading a page of the demo shop in one go.

Each question to a page costs 3 ms of wall and as much CPU time (browser, driver and probe have
to speak of it), four questions where a locator is waited for, read and let go. What is read
together is of one moment, too: no line of the cart goes while its sums are read.
"""

from typing import Any

from playwright.sync_api import Locator, Page

SUMS = """el => Object.fromEntries([...el.querySelectorAll("dd[data-testid]")].map(
    dd => [dd.dataset.testid, Number(dd.querySelector("[data-cents]").dataset.cents)]))"""
FORM = "form => Object.fromEntries(new FormData(form))"
# Whether the whole cart is there; its lines, sums and terms of delivery, null and "" for what is
# there, but not to be seen.
CART = """() => {
  const seen = (el) => {
    const { width, height } = el.getBoundingClientRect();
    return width > 0 && height > 0 && el.checkVisibility({ visibilityProperty: true });
  };
  const first = (id) => [...document.querySelectorAll(`[data-testid=${id}]`)].find(seen);
  const sums = first("sums"), read = SUMS;
  const titles = [...document.querySelectorAll("h1")].filter(seen);
  return {
    whole: document.readyState !== "loading" && titles.some((h) => /your cart/i.test(h.innerText)),
    lines: [...document.querySelectorAll("[data-testid=line]")].map((row) => ({
      sku: row.dataset.sku,
      name: row.querySelector("[data-testid=line-name]").textContent,
      quantity: Number(row.querySelector("[data-testid=line-qty]").textContent),
      price_cents: Number(
        row.querySelector("[data-testid=line-price] [data-cents]").dataset.cents),
    })),
    sums: sums ? read(sums) : null,
    terms: first("delivery-terms")?.innerText.trim() ?? "",
  };
}""".replace("SUMS", SUMS)
# Number, cents charged and address of the status page of an order; null for what is not there.
# The address stands last: where it is, all of them have come.
RECEIPT = """() => {
  const at = (id) => document.querySelector(`[data-testid=${id}]`);
  return [
    at("order-number")?.innerText.trim() ?? null,
    at("charged")?.querySelector("[data-cents]")?.dataset.cents ?? null,
    at("status-link")?.getAttribute("href") ?? null,
  ];
}"""


def cart(page: Page) -> dict[str, Any]:
    """Return what CART says of the cart's page, once all of it is there."""
    shown: dict[str, Any] = page.evaluate(CART)
    if not shown["whole"]:  # not yet, or another page
        page.get_by_role("heading", name="Your cart").wait_for()
        page.wait_for_load_state("domcontentloaded")
        shown = page.evaluate(CART)
    return shown


def receipt(page: Page) -> tuple[str, str | None, str]:
    """Return what RECEIPT says; what is missing is waited for, named, and all read together."""
    number, charged, link = page.evaluate(RECEIPT)
    if number is None or link is None:
        for one in ("order-number", "status-link"):
            page.get_by_test_id(one).wait_for(state="attached")
        number, charged, link = page.evaluate(RECEIPT)
    return number or "", charged, link or ""


def read(one: Locator, script: str) -> Any:
    """Return what a script says of the one element that a locator finds.

    Asked in one message where it is there; otherwise waited for, and named if it does not come.
    """
    found = one.evaluate_all(f"all => all.map({script})")
    return found[0] if len(found) == 1 else one.evaluate(script)

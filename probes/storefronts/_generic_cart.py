"""Looking around in any shop: search, product, cart."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as NotThere

from probes.amounts import cents
from probes.controls import CONTROLS, Found, phrases
from probes.controls.finder import missing
from probes.controls.reader import read
from probes.controls.sums import Sums, rows, squeeze, sums
from probes.controls.texts import cart_lines
from probes.storefront import CartLine, CartView, Offer, Totals
from probes.storefronts._generic_pages import GenericPages

SUMS = {
    "lines_total": "lines",
    "delivery_price": "delivery",
    "tax": "tax",
    "discount": "discount",
    "cart_total": "total",
    "order_total": "total",
}
RESULTS_S = 4.0  # for a list that a script fills; an empty one stays empty
CART_S = 3.0  # for a cart to open; the one at hand looks the same when it is opened again
MOST_LINES = 20  # of a basket that is emptied


@dataclass(slots=True)
class Known:
    """A product that was looked at."""

    url: str
    offer: Offer
    told_sku: str = ""


class GenericCart(GenericPages):
    """Search, product, cart."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._known: dict[str, Known] = {}
        self._emptied = False
        self.lines_cents: int | None = None  # what the cart said last
        self.cart_sums = Sums()

    def home(self) -> None:
        """Open the first page."""
        self.open("/")

    def search(self, words: str) -> tuple[str, ...]:
        """Search from the field that the page has, else by the address that the table gives."""
        address = self.controls.address("search_page", words=words)
        if address:
            self.open(address)
        else:
            self._on_a_page()
            box = self.controls.await_any("search_box")[0]
            self.put(box, words)
            before = self.mark()
            box.locator.press("Enter")
            if not self.changed(before, 2.0):
                self.press(self.controls.await_any("search_button")[0])
                self.changed(before)
        return tuple(name for name, _ in self.until(self._listed, RESULTS_S))

    def product(self, sku: str) -> Offer:
        """Open a product's page: by the table's address, a path, a link, or the search."""
        address = self.controls.address("product_page", sku=sku)
        if address or "/" in sku:
            self._follow(address or sku)
        elif not self._link_to(sku):
            self.open("/")
            if not self._link_to(sku):
                self.search(re.sub(r"[-_]+", " ", sku))
                if not self._link_to(sku):
                    raise NotThere(missing("product_link", self.page.url))
        return self._offer(sku)

    def add_to_cart(self, sku: str, quantity: int = 1) -> Offer:
        """Put a product into the cart from its page; a basket from an earlier visit is emptied."""
        known = self._known.get(sku)
        if known is None:
            self.product(sku)
        elif urlsplit(known.url).path != self.path:
            self._follow(known.url)
        seen = self.controls.look("cart_link", "quantity")
        if not self._emptied:
            self._emptied = True
            if self._count(seen["cart_link"]):
                self.empty()
                self._follow(self._known[sku].url)
        offer = self._offer(sku)
        self._choose_variants()
        if quantity != 1:
            self.put(self.controls.await_any("quantity")[0], str(quantity))
        button = self.controls.await_any("add_to_cart")[0]
        before = self.mark()
        self.press(button)
        self.changed(before)
        return offer

    def cart(self) -> CartView:
        """Open the cart."""
        self.open_cart()
        lines = tuple(self._line(row) for row in self._rows())
        if not lines:
            return CartView((), None)
        self.lines_cents = sum(line.price_cents * line.quantity for line in lines)
        self.cart_sums = made = self.sums()
        terms = self._terms()
        return CartView(lines, self.totals(made) if made.total is not None else None, terms)

    def remove(self, sku: str) -> None:
        """Take a line out of the cart."""
        self.open_cart()
        for row in self._rows():
            if self._line(row).sku == sku:
                self._take_out(row)
                return
        raise NotThere(missing("cart_line", self.page.url))

    def empty(self) -> None:
        """Take everything out of the cart."""
        self.open_cart()
        for _ in range(MOST_LINES):
            lines = self._rows()
            if not lines:
                return
            self._take_out(lines[0])

    # -- the cart ---------------------------------------------------------------------------

    def open_cart(self) -> None:
        """Go to the cart's page, unless it is the page at hand."""
        if self._at_cart():
            return
        address = self.controls.address("cart_page")
        if address:
            self.open(address)
        else:
            self._on_a_page()
            self._go_to_cart()
        self.until(lambda: self._rows() or self._is_empty())

    def _at_cart(self) -> bool:
        """Whether the page at hand is the cart's: what is in it, and the way to the checkout."""
        if not re.search(r"^https?:", self.page.url):
            return False
        seen = self.controls.look("to_checkout", "add_to_cart", "street")
        if seen["add_to_cart"] or seen["street"]:
            return False
        named = re.search(CONTROLS["cart_link"].urls, self.path)
        return bool(((seen["to_checkout"] or named) and self._rows()) or self._is_empty())

    def _go_to_cart(self) -> None:
        link = self.controls.await_any("cart_link")[0]
        before = self.mark()
        url = link.url
        self.press(link)
        self.changed(before, CART_S)
        if url and not url.startswith("#") and not self._rows() and self.path != urlsplit(url).path:
            self.open(url)  # it only opened a small cart at the side

    def _is_empty(self) -> bool:
        text = squeeze(str(read(self.page, "text").get("text", "")))
        return any(squeeze(phrase) in text for phrase in phrases("_empty_cart"))

    def _rows(self) -> list[dict[str, Any]]:
        table = self.table.get("cart_line", "")
        return cart_lines(self.page, table.partition("css:")[2].strip())

    def _line(self, row: dict[str, Any]) -> CartLine:
        """Turn a row of the page into a line; its SKU is that under which it was looked for."""
        quantity = cents(row["quantity"])
        count = quantity // 100 if quantity else 1
        return CartLine(self._sku(row), row["name"], count, _unit_cents(row, count))

    def _sku(self, row: dict[str, Any]) -> str:
        for sku, known in self._known.items():
            same_page = row["url"] and urlsplit(known.url).path.rstrip("/") == row["url"].rstrip(
                "/"
            )
            same_name = squeeze(row["name"]) == squeeze(known.offer.name)
            same_sku = row["sku"] and row["sku"] in (sku, known.told_sku)
            if same_page or same_name or same_sku:
                return sku
        return row["sku"] or row["url"].rstrip("/").rpartition("/")[2] or str(row["name"])

    def _take_out(self, row: dict[str, Any]) -> None:
        remover = self._remover(row)
        before = self.mark()
        self.press(remover, again=lambda: self._remover(self._as_it_stands(row)))
        count = len(self._rows()) if self.mark() == before else None
        self.changed(before)
        if count is not None:
            self.until(lambda: len(self._rows()) < count, 3.0)

    def _remover(self, row: dict[str, Any]) -> Found | Locator:
        """Return what takes a line out.

        Raises: TimeoutError of Playwright if there is nothing.
        """
        within = self.page.locator(row["path"])
        there = within.count()  # a look into a line that has just moved would wait for it
        named = self.controls.look("remove_line", within=within)["remove_line"] if there else []
        if named and named[0].how.startswith("table"):
            return named[0]
        if row["remove"]:
            return self.page.locator(row["remove"])
        if named:
            return named[0]
        raise NotThere(missing("remove_line", self.page.url))

    def _as_it_stands(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a line where it stands now: what came over the page moves what is below."""
        same = [one for one in self._rows() if self._sku(one) == self._sku(row)]
        return (same or [row])[0]

    def _terms(self) -> str:
        named = self.controls.look("delivery_terms")["delivery_terms"]
        return named[0].text if named else ""

    def sums(self) -> Sums:
        """Return the sums of the page; those that the table names count for the others."""
        made = sums(rows(read(self.page, "sums").get("sums", [])))
        named = [name for name in SUMS if name in self.table]
        if not named:
            return made
        seen = self.controls.look(*named)
        told = {SUMS[name]: cents(seen[name][0].text) for name in named if seen[name]}
        return replace(made, **told)

    def totals(self, made: Sums) -> Totals:
        """Return the sums as a flow sees them."""
        if made.total is None:
            raise NotThere(missing("order_total", self.page.url))
        lines = made.lines if made.lines is not None else self.lines_cents
        return Totals(lines, made.delivery, made.tax, made.discount, made.total)

    # -- products -----------------------------------------------------------------------------

    def _on_a_page(self) -> None:
        """Open the first page if no page of the shop is open."""
        if not self.page.url.startswith("http"):
            self.open("/")

    def _follow(self, address: str) -> None:
        """Go to an address by a link of the page if there is one, as customers do."""
        path = urlsplit(address).path
        link = self.page.locator(f'main a[href$="{path}"]').filter(visible=True)
        if '"' not in path and self.page.url.startswith("http") and link.count():
            before = self.mark()
            self.press(link.first)
            self.changed(before)
        else:
            self.open(address)

    def _link_to(self, sku: str) -> bool:
        """Follow a link whose address names the product; whether there was one."""
        script = """([sku]) => [...document.querySelectorAll('a[href]')]
            .map(a => a.pathname + a.search).find(path =>
                path.toLowerCase().split(/[\\/?=&.]+/).some(part =>
                part === sku || part.startsWith(sku + '_') || part.endsWith('-' + sku)
                || part.startsWith(sku + '-')))"""
        if not self.page.url.startswith("http"):
            return False
        path = self.page.evaluate(script, [sku.lower()])
        if path:
            self._follow(path)
        return bool(path)

    def _listed(self) -> list[tuple[str, str]]:
        """Return name and address of the products that a list shows."""
        if "product_link" not in self.table:
            cards = read(self.page, "cards").get("cards", [])
            if cards:
                return [(str(one["name"]), str(one["url"])) for one in cards]
        named = self.controls.look("product_link")["product_link"]
        found = {one.url: one.text for one in reversed(named) if one.text}
        return [(name, url) for url, name in reversed(found.items())]

    def _offer(self, sku: str) -> Offer:
        """Read the product's page; the price that people see counts, not that for machines."""
        # Looked at once: on a page that polls its server the next look may be in mid call. One
        # that is never still has a price all the same.
        offer = self.until(lambda: self._told_offer(sku)) or self._told_offer(sku, still=False)
        if offer is None:
            raise NotThere(missing("product_price", self.page.url))
        return offer

    def _told_offer(self, sku: str, *, still: bool = True) -> Offer | None:
        """Return what the page promises now; None while it has no price or nothing to press."""
        buttons = self.controls.look("add_to_cart")["add_to_cart"]
        told = read(self.page, "product", button=_css(buttons)).get("product") or {}
        made = told.get("offer") or {}
        named = self.controls.look("product_price") if "product_price" in self.table else {}
        price = cents(named["product_price"][0].text) if named.get("product_price") else None
        price = price if price is not None else shown_price(told, made)
        if price is None or (still and not self.quiet()):
            return None
        offer = Offer(sku, str(told.get("name") or made.get("name") or sku), price)
        self._known[sku] = Known(self.page.url, offer, str(made.get("sku") or ""))
        return offer

    def _choose_variants(self) -> None:
        """Choose the first size and colour where one must be chosen."""
        for found in self.controls.look("variant")["variant"]:
            if found.tag == "select" and not found.value:
                first = """el => [...el.options].findIndex(o => o.value && !o.disabled)"""
                index = found.locator.evaluate(first)
                if index >= 0:
                    found.locator.select_option(index=index)

    def _count(self, links: list[Found]) -> bool:
        """Whether a link to the cart says that something is in it."""
        numbers = [re.search(r"\d+", re.sub(r"\d+[.,]\d+", "", one.text)) for one in links]
        return any(hit and int(hit[0]) for hit in numbers)


def _css(buttons: list[Found]) -> str:
    """Return where the button to buy stands, for a script; empty inside a shadow root."""
    return "" if not buttons or ">>" in buttons[0].path else buttons[0].path


def shown_price(told: dict[str, Any], offer: dict[str, Any]) -> int | None:
    """Return the price that a product page shows.

    What is written for machines tells which of several amounts it is; without a match the
    first amount beside the name counts, and with none on the page the one for machines.
    """
    shown = [(cents(one["text"]), one["named"]) for one in told.get("prices", [])]
    values = [value for value, _ in shown if value is not None]
    machine = [value for text in offer.get("prices", []) if (value := cents(text)) is not None]
    agreed = [value for value in values if value in machine]
    named = [value for value, by_class in shown if by_class and value is not None]
    return next(iter([*agreed, *named, *values, *machine]), None)


def _unit_cents(row: dict[str, Any], count: int) -> int:
    """Return the price of one piece in a line that may show it, its sum, or both."""
    named = [cents(one["text"]) for one in row["amounts"] if one["named"]]
    values = [value for one in row["amounts"] if (value := cents(one["text"])) is not None]
    if not values:
        raise NotThere(missing("line_price"))
    for value in values:
        if count > 1 and value * count in values:
            return value
    if count > 1 and len(values) == 1 and values[0] % count == 0 and not named:
        return values[0] // count
    return next((value for value in named if value is not None), values[0])

"""What a product page tells machines, and which of its amounts is the price for people."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from probes.browser import launch
from probes.controls.reader import read
from probes.controls.sums import rows, sums
from probes.storefronts._generic_cart import shown_price

pytestmark = pytest.mark.browser
BROKEN = '<script type="application/ld+json">{"@type": "Product", "offers": </script>'
GRAPH = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
{"@type": "WebSite"}, {"@type": ["Product"], "name": "Kettle", "sku": "K-1",
"offers": [{"@type": "Offer", "price": "24.90", "priceCurrency": "EUR"}]}]}</script>"""
# page → the price of one piece in cents
PAGES = {
    "JSON-LD tells which amount it is": (GRAPH + "<p>From €5.00 a month</p><p>€24.90</p>", 2490),
    "JSON-LD alone": (GRAPH, 2490),
    "a broken JSON-LD tells nothing": (BROKEN + '<p class="price">€19.00</p>', 1900),
    "what people see counts": (GRAPH + '<p class="price">€29.90</p>', 2990),
    "a struck price is an old one": ("<del>€99.00</del> <ins>€49.00</ins>", 4900),
    "microdata": (
        (
            '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Kettle</b>'
            '<meta itemprop="price" content="12.5"></div>'
        ),
        1250,
    ),
    "OpenGraph": (
        (
            '<meta property="og:type" content="product">'
            '<meta property="product:price:amount" content="7.00">'
        ),
        700,
    ),
    "raised cents": ('<p class="price">€12<sup>99</sup></p>', 1299),
    "cents behind the sign": ('<p class="price">24€90</p>', 2490),
    "a footnote": ('<p class="price">24,90¹ €</p>', 2490),
    "the sign behind, as in Japan": ('<p class="price">1,980円</p>', 198_000),
    "a share is no price": ('<p class="price">-5 %</p><p class="price">€19.00</p>', 1900),
    "an aggregate": (
        (
            '<script type="application/ld+json">{"@type": "Product", "offers": {"@type": '
            '"AggregateOffer", "lowPrice": 3, "priceCurrency": "EUR"}}</script>'
        ),
        300,
    ),
    "no price is none": ("<p>On request</p>", None),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield a page of a real browser."""
    with sync_playwright() as playwright:
        launched = launch(playwright, "chromium", tmp_path_factory.mktemp("out"))
        yield launched.browser.new_context().new_page()
        launched.browser.close()


@pytest.mark.parametrize(
    ("html", "want"),
    [
        ("<p>Delivery - €4.90</p><p>Discount - €5.00</p><p>Total – €20.00</p>", (490, 500, 2000)),
        ("<p>Shipping: 4,90 €</p><p>Total (incl. 3,19 € VAT): 20,00 €</p>", (490, None, 2000)),
        ("<p>Discount (10.00 %): −5,00 €</p><p>Total: 24€90</p>", (None, 500, 2490)),
    ],
)
def test_sums_in_one_piece_are_read_by_their_rows(
    page: Page, html: str, want: tuple[int | None, ...]
) -> None:
    """A dash behind a label is no minus, and a box of two rows is no row."""
    page.set_content(f"<main><div>{html}</div></main>")

    told = sums(rows(read(page, "sums")["sums"]))

    assert (told.delivery, told.discount, told.total) == want


@pytest.mark.parametrize(("html", "want"), PAGES.values(), ids=list(PAGES))
def test_the_price_of_a_product_is_read(page: Page, html: str, want: int | None) -> None:
    """Machines' data choose among the amounts that people see, and stand in for them."""
    page.set_content(f"<main><h1>Kettle</h1>{html}<button>Add to cart</button></main>")

    told = read(page, "product")["product"]

    assert told["name"] == "Kettle"
    assert shown_price(told, told["offer"] or {}) == want

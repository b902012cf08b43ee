"""The check of a shop: a walk to the payment page that buys nothing and leaves nothing behind."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from flask import request
from playwright.sync_api import Page, sync_playwright

from forepost import config as configs
from forepost.errors import ProbeError
from probes.browser import launch
from probes.checking.found import Checked, host_folder, run_check, see_url
from probes.checking.guard import guard, kept_from
from probes.checking.hints import Offer, candidates, clean, offers
from probes.checking.marks import judge
from probes.checking.table import write_table
from probes.controls import CONTROLS, read_ways
from probes.pool import ProbePool
from tests.probes.site import Answer, Site
from tests.shops import one_page, plain
from tests.shops.shop import Shop, opened

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def checked(url: str, out: Path, *, product: str = "", **shop: object) -> Checked:
    """Check a shop as the command does."""
    with closing(ProbePool(1, out)) as pool:
        table = {"url": url, "storefront": "generic", "preset": "", "controls": {}, **shop}
        return run_check(table, host_folder(out, url), pool, product=product, now=NOW)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield a page of a real browser."""
    with sync_playwright() as playwright:
        launched = launch(playwright, "chromium", tmp_path_factory.mktemp("out"))
        yield launched.browser.new_context().new_page()
        launched.browser.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Yield a small shop of four pages."""
    with plain.serve() as made:
        yield made


@pytest.fixture(scope="module")
def found(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return what a check found there; one walk for many tests."""
    return checked(shop.url, tmp_path_factory.mktemp("out"))


@pytest.mark.browser
def test_a_check_comes_to_the_payment_page_and_buys_nothing(shop: Shop, found: Checked) -> None:
    """The shop's own books are the proof."""
    assert found.complete, (found.missing, found.unseen, found.stuck)
    assert [stage.name for stage in found.stages if stage.reached][:6] == [
        *("home", "product", "search", "cart", "checkout", "payment")
    ]
    assert shop.books.orders == []
    assert shop.books.charges == []
    assert shop.books.mails == []
    assert found.emptied is True
    assert found.kept_from == ""


@pytest.mark.browser
def test_a_check_says_of_each_control_how_it_was_found(found: Checked) -> None:
    """By which sign, and what it says on the page."""
    seen = {one.name: one for one in found.sightings}

    assert seen["email"].how == 'autocomplete="email"'
    assert seen["card_number"].state == "found"
    assert "pay now" in seen["place_order"].text.lower()
    assert seen["house_number"].state == "missing"
    assert "order_number" not in seen  # it stands behind a purchase


@pytest.mark.browser
def test_every_page_has_a_picture(found: Checked) -> None:
    """Small enough to be looked at, and real."""
    for stage in found.stages:
        data = (found.folder / stage.picture).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) < 2_000_000
    report = json.loads((found.folder / "report.json").read_text("utf-8"))
    assert len(report["stages"]) == len(found.stages)


@pytest.mark.browser
def test_what_a_check_writes_is_a_config_for_that_shop(found: Checked) -> None:
    """It loads as it is, and watches with the product and the word that the check found."""
    text = write_table(found, {}, NOW).read_text("utf-8")
    made = configs.parse(text, base=found.folder)

    assert made.shop.url == found.url
    assert made.shop.storefront == "generic"
    assert made.shop.environment == "stop_before_pay"
    assert made.flows["browse"].settings.product == found.product
    assert made.flows["browse"].settings.search == found.words
    assert made.flows["checkout"].settings.product == found.product


@pytest.mark.browser
def test_a_wrong_line_of_the_table_is_found_out(shop: Shop, tmp_path: Path) -> None:
    """Exit 1 with the control's name, what is near, and lines that are good once the # is gone."""
    table = {"to_checkout": "link: Straight to the till"}
    got = checked(shop.url, tmp_path, controls=table)

    assert not got.complete
    assert [one.name for one in got.missing] == ["to_checkout"]
    assert "link: Go to checkout" in got.missing[0].candidates
    assert {"email", "place_order"} <= {one.name for one in got.unseen}
    assert got.stuck[0].name == "checkout"
    assert "to_checkout" in got.stuck[0].said
    assert got.emptied is True
    raw = tomllib.loads(write_table(got, table, NOW).read_text("utf-8"))
    assert raw["shop"]["controls"] == table


@pytest.mark.browser
def test_a_checkout_on_one_page_is_looked_at_without_its_button(tmp_path: Path) -> None:
    """Address, delivery and the button that buys stand together; nothing may be sent."""
    with one_page.serve() as shop:
        got = checked(shop.url, tmp_path)

        assert got.complete, (got.missing, got.unseen, got.stuck)
        assert shop.books.orders == []


@pytest.mark.browser
def test_the_first_page_that_does_not_come_is_one_line(tmp_path: Path) -> None:
    """Nobody listens there: no report of a shop that was not seen."""
    site = Site()
    site.close()

    with pytest.raises(ProbeError, match="the first page does not come: ") as refused:
        checked(site.url, tmp_path)
    assert "\n" not in str(refused.value)


def worker_below(out: Path) -> psutil.Process:
    """Return the probe worker of this test; those of other tests' pools have another folder."""
    mine = psutil.Process().children()
    (worker,) = [
        one
        for one in mine
        if "probes.worker" in (line := one.cmdline()) and any(str(out) in part for part in line)
    ]
    return worker


@pytest.mark.browser
@pytest.mark.parametrize("depth", [1, 2], ids=["driver", "browser"])
def test_what_ends_on_our_side_is_one_line_and_no_finding(tmp_path: Path, depth: int) -> None:
    """Killed while a product is opened: nothing is said of what the shop lacks."""
    made = plain.PlainShop()

    def kill() -> None:
        if request.path.startswith("/p/"):
            doomed = worker_below(tmp_path)
            for _ in range(depth):
                doomed = doomed.children()[0]
            doomed.kill()

    made.app.before_request(kill)
    with (
        opened(made) as shop,
        pytest.raises(ProbeError, match=r"broken on our side: .+; check again$") as told,
    ):
        checked(shop.url, tmp_path)

    assert "\n" not in str(told.value)


@pytest.mark.browser
def test_a_hostile_shop_ends_in_time_and_its_words_stay_words(tmp_path: Path) -> None:
    """Alerts without end, a link that never answers, escapes in its texts."""
    site = Site()
    site.pages["/"] = Answer(
        "<title>x</title><h1>Shop</h1><input type=search name=q aria-label='\x1b[2JSearch'>"
        "<nav><a href='/slow'>Lists</a></nav><a href='/cart'>Cart (0)</a>"
        "<script>setInterval(() => alert('again'), 50); for (let i = 0; i < 5000; i++)"
        " console.log('noise ' + i)</script>"
    )
    site.pages["/favicon.ico"] = Answer("", status=204)
    got = checked(site.url, tmp_path)
    site.close()

    assert got.stuck[0].name == "product"
    assert got.seconds < 120
    documents = [headers for _, path, headers in site.seen if path == "/"]
    assert all(headers["x-synthetic-probe"].startswith("forepost/") for headers in documents)
    assert all("Forepost" in headers["user-agent"] for headers in documents)
    assert "\x1b" not in (got.folder / "report.json").read_text("utf-8")


# -- the guard, the hints, the marks -----------------------------------------------------------


BUY = """<form action="/bought" method="post"><input autocomplete="cc-number">
<button id="{id}">{text}</button></form>"""
SHADOWED = """(text) => {
  const host = document.body.appendChild(Object.assign(document.createElement("p"), {id: "host"}));
  const inside = document.createElement("button");
  Object.assign(inside, {textContent: text, onclick: () => (location.href = "/bought")});
  host.attachShadow({mode: "open"}).append(inside);
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "text",
    ["Place order", "Buy now", "Jetzt kaufen", "Zahlungspflichtig bestellen", "Payer", "Pay € 5"],
)
def test_the_guard_holds_back_a_click_that_buys(page: Page, text: str) -> None:
    """Whatever presses it: a click, the Enter key, a script; and below a shadow root."""
    site = Site()
    site.pages["/checkout"] = Answer(BUY.format(id="b", text=text))
    guard(page)
    page.goto(f"{site.url}/checkout")
    page.get_by_role("button").click()
    page.locator("input").press("Enter")
    page.evaluate("document.forms[0].requestSubmit()")
    page.evaluate(SHADOWED, text)
    page.locator("#host button").click()
    page.wait_for_timeout(100)

    assert page.url.endswith("/checkout")
    assert clean(kept_from(page)) == clean(text.lower())
    site.close()


@pytest.mark.browser
@pytest.mark.parametrize("text", ["Continue", "Continue to payment", "Weiter", "Apply voucher"])
def test_the_guard_lets_a_customer_go_on(page: Page, text: str) -> None:
    """Else no checkout would ever be seen."""
    site = Site()
    site.pages["/checkout"] = Answer(BUY.format(id="b", text=text))
    site.pages["/bought"] = Answer("next")
    guard(page)
    page.goto(f"{site.url}/checkout")
    page.get_by_role("button").click()
    page.wait_for_url("**/bought")
    site.close()


@pytest.mark.browser
def test_hints_are_lines_of_the_grammar(page: Page) -> None:
    """What the page offers comes as lines that the table takes, the nearest first."""
    page.set_content(
        "<button>Off to the till</button><a href='/x'>Proceed to the checkout</a>"
        "<label>Your e-mail | address <input></label><p class=price-tag>€ 12.00</p>"
    )
    offered = offers(page)

    assert candidates("to_checkout", offered)[0] == "link: Proceed to the checkout"
    assert candidates("email", offered) == ("label: Your e-mail address",)
    assert candidates("product_price", offered) == ("css: p.price-tag",)
    for name in CONTROLS:
        for line in candidates(name, offered):
            assert read_ways(name, line)


def test_hints_do_not_grasp_at_straws() -> None:
    """What has nothing in common with a control is not offered for it."""
    offered = [Offer("field", "Security code", "#csc"), Offer("link", "Imprint", "a.foot")]

    assert candidates("city", offered) == ()
    assert candidates("to_checkout", offered) == ()


@pytest.mark.parametrize(
    ("seen", "cookies", "platform"),
    [
        ({"shopware": ["/theme/…/"]}, ["session-"], "shopware"),
        ({"magento": ["text/x-magento-init"]}, ["PHPSESSID"], ""),
        ({"magento": ["text/x-magento-init"]}, ["mage-cache-sessid"], "magento"),
        ({"woocommerce": ['generator "WooCommerce 10.8"']}, [], "woocommerce"),
        ({"shopify": ["window.Shopify"]}, ["_shopify_y"], "shopify"),
        ({}, ["PrestaShop-5d1f"], ""),
        ({}, [], ""),
    ],
)
def test_one_mark_alone_names_no_platform(
    seen: dict[str, list[str]], cookies: list[str], platform: str
) -> None:
    """Two do, or what the page says of itself."""
    assert judge(seen, cookies).platform == platform


@pytest.mark.parametrize("url", ["shop", "ftp://shop.example", "http://", "http://a:99999", "//x"])
def test_what_is_no_address_is_one_line(url: str) -> None:
    """With the value and an example."""
    with pytest.raises(ProbeError, match='not an address; write "https://shop'):
        see_url(url)


def test_a_password_in_the_address_is_refused_and_not_told() -> None:
    """It would stand in the report, and in the config that is made of it."""
    with pytest.raises(ProbeError, match="a name or password before the host") as caught:
        see_url("https://me:pa-5515@shop.example")

    assert "5515" not in str(caught.value)


def test_a_host_that_nobody_knows_is_told_before_a_browser_starts() -> None:
    """A slip in the address costs no minute."""
    with pytest.raises(ProbeError, match=r"shop\.invalid does not resolve"):
        see_url("https://shop.invalid/")


@pytest.mark.browser
def test_a_hint_for_an_amount_finds_the_amount_and_not_its_label(page: Page) -> None:
    """Label and amount often share a class; the line must lead to the amount."""
    page.set_content(
        "<table id=sums><tr><th class=total>Order total</th><th class='total sum'>£ 39.90</th></tr>"
        "<tr><td class=total>Tax</td><td class=total>£ 4.00</td></tr></table>"
    )
    offered = offers(page)
    texts = [
        page.locator(line.removeprefix("css: ")).first.inner_text()
        for line in (candidates("cart_total", offered))
    ]

    assert "£ 39.90" in texts
    assert all(text.startswith("£") for text in texts)

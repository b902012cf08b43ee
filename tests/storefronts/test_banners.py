"""Pages that do not hold still: banners between the look and the click, calls without end."""

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as NotThere

from probes.browser import launch
from probes.journey import Journey
from probes.storefront import ShopSettings
from probes.storefronts import _generic_pages
from probes.storefronts._clicks import overlaid, sent
from probes.storefronts._generic_pages import GenericPages
from tests.probes.site import Answer, Site

pytestmark = pytest.mark.browser
PATIENCE_MS = 120_000  # of a whole wait for a control: whoever spends it fails the test's deadline
SOON_S = 60  # with the start of a browser, on a busy machine
PAGE = """<!doctype html><title>Kettle</title><main><h1>Kettle</h1>
<button type=button onclick="note('cart')">Add to cart</button></main><script>
window.pressed = [];
const note = what => pressed.push(what);
const bring = html => {
  const box = document.createElement("div");
  box.innerHTML = html;
  document.body.append(box);
  box.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button) { note(button.innerText); box.remove(); }
  });
};
</script>"""
OVER = "position:fixed;inset:0;z-index:9;background:#fff"
CONSENT = f"""<div role=dialog style="{OVER}"><p>We use cookies.</p>
<button>Accept all</button><button>Reject all</button></div>"""
ACCEPT_ONLY = f"""<div style="{OVER}"><p>We value your privacy and use cookies.</p>
<button>Got it</button></div>"""
NEWS = f"""<div style="{OVER};opacity:.5"></div><div role=dialog aria-modal=true
style="position:fixed;top:20%;left:20%;z-index:10;background:#fff"><h2>10 % off</h2>
<form><input type=email name=email><button type=button>Subscribe</button>
<button type=button>OK</button></form><p>By signing up you accept our privacy policy.</p>
<button>No thanks</button></div>"""
# Nothing here says how to put it away: each button would take, subscribe to or buy something.
TRAPS = {
    "newsletter": f"""<div class="cookie-news" style="{OVER}"><h2>Our newsletter</h2>
        <p>See our privacy and cookie policy.</p><input type=email>
        <button>OK</button><button>Accept</button></div>""",
    "closes and subscribes": f"""<div role=dialog style="{OVER}"><p>Stay in touch</p>
        <button id=close-x>Close and subscribe</button></div>""",
    "buys": f"""<div role=dialog style="{OVER}"><p>Last chance</p>
        <button id=dismiss>Buy now</button></div>""",
}
# What lies over a control for a while, and is no banner: it goes by itself.
LOADING = f"""<div id=mask style="{OVER};opacity:.5"></div>"""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Keep one warm browser."""
    with sync_playwright() as playwright:
        launched = launch(playwright, "chromium", tmp_path_factory.mktemp("out"))
        yield launched.browser.new_context()
        launched.browser.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Yield a page of a real browser."""
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def shop(page: Page, monkeypatch: pytest.MonkeyPatch) -> GenericPages:
    """Return a customer before a product, who would wait very long for what is covered."""
    monkeypatch.setattr(_generic_pages, "PRESS_MS", PATIENCE_MS)
    page.set_default_timeout(20_000)
    page.set_content(PAGE)
    journey = cast("Journey", SimpleNamespace(page=page))
    return GenericPages(journey, ShopSettings(url="http://shop.invalid"))


def bring(page: Page, html: str) -> None:
    """Let something come over the page 50 ms from now, and wait until it is there."""
    page.evaluate("html => new Promise(r => setTimeout(() => r(bring(html)), 50))", html)


def pressed(page: Page) -> list[str]:
    """Return what was really pressed, in order."""
    return cast("list[str]", page.evaluate("pressed"))


@pytest.mark.timeout(SOON_S)
def test_banners_after_the_look_are_put_away_at_once(page: Page, shop: GenericPages) -> None:
    """One question for cookies, the same again, one that knows no refusal, an advertisement."""
    for banner in (CONSENT, CONSENT, ACCEPT_ONLY, NEWS):
        button = shop.controls.await_any("add_to_cart")[0]
        assert not button.covered
        bring(page, banner)
        shop.press(button)

    away = ["Reject all", "Reject all", "Got it", "No thanks"]
    assert pressed(page) == [one for said in away for one in (said, "cart")]


@pytest.mark.timeout(SOON_S)
def test_two_banners_over_each_other_cost_no_wait(page: Page, shop: GenericPages) -> None:
    """The advertisement lay below the question for cookies."""
    button = shop.controls.await_any("add_to_cart")[0]
    bring(page, NEWS)
    bring(page, CONSENT.replace("z-index:9", "z-index:99"))
    shop.press(button)

    assert pressed(page) == ["Reject all", "No thanks", "cart"]


@pytest.mark.parametrize("trap", TRAPS.values(), ids=list(TRAPS))
def test_nothing_is_bought_or_subscribed_to_for_a_way_through(
    page: Page, shop: GenericPages, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    """Rather the control stays covered, and the step says so."""
    monkeypatch.setattr(_generic_pages, "PRESS_MS", 1_500)
    page.set_default_timeout(1_000)
    button = shop.controls.await_any("add_to_cart")[0]
    bring(page, trap)

    with pytest.raises(NotThere, match="intercepts pointer events"):
        shop.press(button)
    assert pressed(page) == []


@pytest.mark.timeout(SOON_S)
def test_what_loads_is_waited_for_and_its_window_stays_open(page: Page, shop: GenericPages) -> None:
    """A veil over the window that the control itself stands in: closing that would be wrong."""
    page.evaluate(
        "html => bring(html)",
        f'<div role=dialog style="{OVER}"><button>Close</button>'
        "<button id=go>Add to basket</button></div>",
    )
    button = shop.controls.await_any("add_to_cart")[0]
    bring(page, LOADING.replace("z-index:9", "z-index:99"))
    page.evaluate("setTimeout(() => mask.remove(), 900)")
    shop.press(button)

    assert pressed(page) == ["Add to basket"]


def test_a_click_whose_answer_is_slow_is_made_once(page: Page, shop: GenericPages) -> None:
    """Half a second of script after the click: it was made, and is not made again."""
    page.evaluate(
        "document.querySelector('main button').addEventListener('click', () => {"
        " const end = performance.now() + 900; while (performance.now() < end); })"
    )
    shop.press(shop.controls.await_any("add_to_cart")[0])

    assert pressed(page) == ["cart"]


@pytest.mark.parametrize("busy_ms", [0, 700])
def test_a_press_ends_where_it_leads_to_however_slow(page: Page, busy_ms: int) -> None:
    """A script that thinks, then a server that does: who pressed stands on the next page."""
    with closing(Site()) as site:
        site.pages["/"] = Answer(PAGE)
        site.pages["/next"] = Answer("<title>Cart</title>", delay_s=0.8)
        journey = cast("Journey", SimpleNamespace(page=page))
        shop = GenericPages(journey, ShopSettings(url=site.url))
        shop.open("/")
        page.evaluate(
            "ms => document.querySelector('main button').addEventListener('click', () => {"
            " const end = performance.now() + ms; while (performance.now() < end);"
            " location.href = '/next' })",
            busy_ms,
        )
        shop.press(shop.controls.await_any("add_to_cart")[0])

        assert page.url == f"{site.url}/next"
        assert len([path for _, path, _ in site.seen if path == "/next"]) == 1


def test_a_page_that_calls_without_end_is_taken_for_quiet(page: Page) -> None:
    """Thousands of calls, none answered: nobody listens to them any more, nor waits for them."""
    with closing(Site()) as site:
        site.pages["/"] = Answer(PAGE)
        site.pages["/next"] = Answer(gate=site.closing)
        journey = cast("Journey", SimpleNamespace(page=page))
        shop = GenericPages(journey, ShopSettings(url=site.url))
        shop.open("/")
        page.evaluate("void fetch('/next?one').catch(() => 0)")
        assert shop.until(lambda: not shop.quiet(), 10), "one call is waited for"
        page.evaluate(
            "setInterval(() => { for (let i = 0; i < 4; i++) fetch('/next?' + Math.random())"
            ".catch(() => 0) }, 5)"
        )

        assert shop.until(shop.quiet, 30)
        shop.press(shop.controls.await_any("add_to_cart")[0])
        assert pressed(page) == ["cart"]
        page.goto("about:blank")


HEAD = "Call log:\n  - waiting for locator\n    - attempting click action\n"
MASK = "      - <div></div> intercepts pointer events\n"


@pytest.mark.parametrize(
    ("log", "is_sent", "is_overlaid"),
    [
        (f"{HEAD}      - performing click action\n", True, False),
        (f"{HEAD}      - performing click action\n      - click action done\n", True, False),
        # Something came under the pointer in that very moment: the events were held back.
        (f"{HEAD}      - performing click action\n{MASK}", False, True),
        (f"{HEAD}{MASK}    - retrying click action\n      - waiting 500ms\n", False, True),
        (
            f"{HEAD}{MASK}    - retrying click action\n      - element is not enabled\n",
            False,
            False,
        ),
        (HEAD, False, False),
    ],
)
def test_the_log_of_a_click_says_what_became_of_it(
    log: str, is_sent: bool, is_overlaid: bool
) -> None:
    """Made, kept off by something over the control, or neither."""
    assert (sent(log), overlaid(log)) == (is_sent, is_overlaid)

"""Presets: tables for a platform's theme, each proved on a page with that theme's marks.

The pages in `pages/` are our own; only the ids, classes and field names are the themes'.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from probes.browser import launch
from probes.controls import CONTROLS, Controls, Kind, preset, presets, read_ways
from probes.controls.finder import locate

PAGES = Path(__file__).parent / "pages"
PLATFORMS = ["magento", "prestashop", "shopify", "shopware", "woocommerce"]
# The classic templates have controls that the blocks have not.
BLOCKS_LACK = {
    *("quantity", "variant", "add_to_cart", "update_cart", "voucher_open", "voucher_field"),
    *("voucher_apply", "order_number", "charged_total", "review"),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield a page of a real browser."""
    with sync_playwright() as playwright:
        launched = launch(playwright, "chromium", tmp_path_factory.mktemp("out"))
        yield launched.browser.new_context().new_page()
        launched.browser.close()


def test_every_platform_of_the_list_has_its_preset() -> None:
    """WooCommerce, Shopify, Magento, PrestaShop and Shopware."""
    assert presets() == PLATFORMS


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_preset_says_what_it_was_written_for_and_whether_it_was_tried(name: str) -> None:
    """Nobody may take a table for proved that never met a live shop."""
    made = preset(name)

    assert made.platform.lower() == name
    assert made.theme
    assert any(letter.isdigit() for letter in made.version)
    assert made.tried.startswith("never run against a live shop; ")


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_preset_names_controls_that_exist_and_what_checkout_needs(name: str) -> None:
    """Every line has a control of its own, in the grammar of `[shop.controls]`."""
    table = preset(name).controls

    assert set(table) <= set(CONTROLS)
    assert all(read_ways(control, line) for control, line in table.items())
    assert {"add_to_cart", "cart_line", "remove_line", "email", "street", "place_order"} <= set(
        table
    )


@pytest.mark.browser
@pytest.mark.parametrize("name", PLATFORMS)
def test_every_way_of_a_preset_finds_something_on_its_theme(page: Page, name: str) -> None:
    """Also the second alternatives; asked of Playwright itself, in the page and its frames."""
    lost = []
    places = [page]
    if name == "woocommerce":
        other = page.context.new_page()
        other.goto((PAGES / "woocommerce-blocks.html").as_uri())
        places.append(other)
    page.goto((PAGES / f"{name}.html").as_uri())
    for control, line in preset(name).controls.items():
        for way in read_ways(control, line):
            frames = [frame for place in places for frame in place.frames]
            if way.by != "url" and not any(locate(frame, way).count() for frame in frames):
                lost.append(f"{control}: {way}")

    assert lost == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "file", "lacks"),
    [(name, name, set[str]()) for name in PLATFORMS]
    + [("woocommerce", "woocommerce-blocks", BLOCKS_LACK)],
)
def test_the_finder_finds_every_control_of_a_preset(
    page: Page, name: str, file: str, lacks: set[str]
) -> None:
    """As a probe does: what is shown, of the right kind, by the line of the table."""
    page.goto((PAGES / f"{file}.html").as_uri())
    table = preset(name).controls
    controls = Controls(page, table)
    names = [one for one in table if CONTROLS[one].kind is not Kind.PAGE]
    found = controls.look(*names)

    assert {one for one in names if not found[one]} == lacks
    assert all(one[0].how.startswith("table: ") for one in found.values() if one)

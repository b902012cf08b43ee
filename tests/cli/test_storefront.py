"""`forepost storefront`: from an address to a watched shop, and what there is to choose from."""

import json
import shutil
from pathlib import Path

import pytest

from tests.shops.oscar import oscar
from tests.system.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty folder to call the program in."""
    return Home(tmp_path / "home")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    """Make the folder."""
    (tmp_path / "home").mkdir()


@pytest.mark.browser
@pytest.mark.slow
def test_from_nothing_to_a_green_browse_and_checkout(home: Home, tmp_path: Path) -> None:
    """On a real shop: one address, one file copied, at most ten lines of controls."""
    with oscar(tmp_path / "shop") as shop:
        said = home.call(
            *("storefront", "check", shop.url, "--product", shop.products[0].path), COLUMNS="100"
        )
        assert (said.code, said.err) == (0, ""), said.out
        file = next(home.folder.glob("out/storefront-check/*/controls.toml"))
        assert f"cp {file.relative_to(home.folder)} config.toml" in said.out
        shutil.copy(file, home.folder / "config.toml")
        lines = file.read_text("utf-8").split("[shop.controls]")[1].split("[flows")[0]
        named = [line for line in lines.splitlines() if line and not line.startswith("#")]
        assert len(named) <= 10
        browse = json.loads(home.call("probe", "browse", "--json").out)
        checkout = json.loads(home.call("probe", "checkout", "--json").out)
        bought = shop.orders()

    assert browse["outcome"] in ("passed", "degraded"), browse["message"]
    assert checkout["outcome"] in ("passed", "degraded"), checkout["message"]
    assert checkout["facts"]["stopped"].startswith('before "pay"')
    assert bought == []
    for control in ("search_box", "add_to_cart", "cart_line", "email", "place_order"):
        assert f"✓  {control}" in said.out, control
    assert "nothing was bought; the basket is empty again" in said.out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("shop.example",), "'shop.example': not an address; write"),
        (("https://shop.invalid",), "shop.invalid does not resolve; is the address right"),
        (("https://127.0.0.1", "--preset", "magneto"), "no such preset; did you mean magento?"),
        ((), "missing argument 'URL'"),
    ],
)
def test_what_cannot_be_checked_is_one_line(
    home: Home, arguments: tuple[str, ...], part: str
) -> None:
    """Exit 2 before a browser is started; no report of nothing."""
    refused = home.call("storefront", "check", *arguments).refusal()

    assert part in refused
    assert home.files() == []


def test_the_list_says_what_was_tried(home: Home) -> None:
    """Storefronts with what they operate; presets with theme, version and a plain statement."""
    told = json.loads(home.call("storefront", "list", "--json").out)

    assert {"demo", "generic"} <= {one["storefront"] for one in told["storefronts"]}
    assert all(one["does"] for one in told["storefronts"])
    assert len(told["presets"]) == 5
    assert all("never run against a live shop" in one["tried"] for one in told["presets"])
    shown = home.call("storefront", "list")
    assert (shown.code, shown.err) == (0, "")
    assert "woocommerce" in shown.out

"""`forepost probe` on the demo shop: exit codes, JSON, evidence."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from forepost.bundled import Bundled, running
from tests.system.home import Home, Said

pytestmark = pytest.mark.browser
CONFIG = """
[shop]
url = "{shop}"
token = "env:THE_SHOPS_TOKEN"
environment = "sandbox"
services = {{ gateway = "{gateway}", mail = "{mail}" }}
[flows.checkout]
[flows.browse]
page_budget_ms = 1_000
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """Run a shop that outlives the calls, so that its faults can be switched on."""
    with running(tmp_path_factory.mktemp("shop"), town=False) as shop:
        yield shop


@pytest.fixture
def shop(started: Bundled, home: Home) -> Iterator[Bundled]:
    """Write the config of the running shop; leave no fault behind."""
    home.write(CONFIG.format(shop=started.shop, gateway=started.gateway, mail=started.mail))
    yield started
    started.call("DELETE", f"{started.shop}/api/faults")


def probe(home: Home, shop: Bundled, *arguments: str) -> Said:
    """Call `forepost probe` with the shop's token in the environment."""
    return home.call("probe", *arguments, THE_SHOPS_TOKEN=shop.token.reveal())


def test_checkout_of_the_bundled_shop_passes_with_times_and_vitals(home: Home) -> None:
    """Nothing but a URL: the shop is started and ended with the call."""
    home.write('[shop]\nurl = "bundled"\nenvironment = "sandbox"\n')
    said = home.call("probe", "checkout", "--json")
    run: dict[str, Any] = json.loads(said.out)

    assert (said.code, said.err) == (0, "")
    assert run["outcome"] in ("passed", "degraded")
    steps = {step["name"]: step for step in run["steps"]}
    assert list(steps) == [
        "add to cart",
        "address",
        "delivery",
        "back and edit",
        "pay",
        "receipt",
        "confirmation mail",
    ]
    assert run["duration_ms"] == pytest.approx(sum(s["duration_ms"] for s in run["steps"]))
    page = steps["add to cart"]["pages"][0]
    assert 0 < page["ttfb_ms"] <= page["fcp_ms"] <= page["lcp_ms"]
    assert page["requests"] > 1
    # A page that the customer leaves before it is loaded has no such time.
    loaded = [page["load_ms"] for step in run["steps"] for page in step["pages"]]
    assert all(time_ms is None or time_ms > 0 for time_ms in loaded)
    assert any(loaded)
    assert run["facts"]["order"]
    assert "4242424242424242" not in said.out


def test_a_payment_error_is_exit_1_with_step_rule_and_evidence(home: Home, shop: Bundled) -> None:
    """What a person reads, and where the picture lies."""
    shop.call("PUT", f"{shop.shop}/api/faults/payment_error", {})
    said = probe(home, shop, "checkout", "--no-retry")
    told = [line for line in said.out.splitlines() if line.startswith("checkout, step ")]

    assert (said.code, said.err) == (1, "")
    assert len(told) == 1
    assert told[0].startswith('checkout, step "pay": no order number after ')
    picture = home.folder / told[0].partition("screenshot: ")[2]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert shop.token.reveal() not in said.out


def test_an_order_that_stays_is_said_beside_a_run_that_passed(home: Home, shop: Bundled) -> None:
    """The walk was fine, the shop did not take the order back: nobody must have to ask for that."""
    shop.call("PUT", f"{shop.shop}/api/faults/void_fails", {})
    said = probe(home, shop, "checkout", "--no-retry")

    assert (said.code, said.err) == (0, "")
    assert "\n  clean-up: failed: 1 made, 1 left, " in said.out
    assert "\n  look again: forepost orders --settle\n" in said.out

    shop.call("DELETE", f"{shop.shop}/api/faults")
    settled = home.call("orders", "--settle", THE_SHOPS_TOKEN=shop.token.reveal())
    assert (settled.code, settled.out) == (0, "nothing is left behind\n")


def test_strict_tells_a_slow_shop_by_exit_3(home: Home, shop: Bundled) -> None:
    """It worked, outside its budget: exit 3 when asked to be strict."""
    shop.call("PUT", f"{shop.shop}/api/faults/slow_pages", {"delay_ms": 1_100})
    said = probe(home, shop, "browse", "--strict", "--json")
    run = json.loads(said.out)

    assert (said.code, run["outcome"]) == (3, "degraded")
    assert any("budget 1.0 s" in step["message"] for step in run["steps"])


def test_a_token_that_is_not_set_is_named(home: Home, shop: Bundled) -> None:
    """The variable, never a value."""
    del shop
    said = home.call("probe", "browse").refusal()

    assert "[shop] token" in said
    assert "the environment variable THE_SHOPS_TOKEN is not set" in said

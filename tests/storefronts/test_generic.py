"""The generic storefront on the bundled demo shop, which it knows nothing about."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from forepost.bundled import Bundled, running
from forepost.config import Shop
from forepost.model import Fault, FlowRun, Outcome
from probes.pool import ProbePool
from tests.walking import walk_once

pytestmark = pytest.mark.browser
CONTROLS: dict[str, str] = {}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """Run the demo shop without its town."""
    with running(tmp_path_factory.mktemp("shop"), town=False) as started:
        yield started


@pytest.fixture(autouse=True)
def healthy(shop: Bundled) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    shop.call("DELETE", f"{shop.shop}/api/faults")


def walk(shop: Bundled, pool: ProbePool, flow: str, **table: Any) -> FlowRun:
    """Walk a flow once, without a retry."""
    chosen = {"storefront": "generic", "environment": "sandbox", "controls": CONTROLS, **table}
    return walk_once(pool, flow, replace(shop.settings(Shop()), **chosen), {}, deadline_s=90)


@pytest.mark.parametrize("flow", ["browse", "checkout"])
def test_a_flow_passes_without_a_line_of_controls(
    shop: Bundled, pool: ProbePool, flow: str
) -> None:
    """The shop follows the standards of the web, and that is enough."""
    assert len(CONTROLS) <= 5

    run = walk(shop, pool, flow)

    assert run.outcome.worked, f"{run.failed_step}: {run.message}"


@pytest.mark.parametrize(
    ("fault", "step", "part"),
    [
        ("blank_confirmation", "pay", "no order number"),
        ("wrong_total", "receipt", "differ"),
    ],
)
def test_a_fault_of_the_shop_is_noticed(
    shop: Bundled, pool: ProbePool, fault: str, step: str, part: str
) -> None:
    """A storefront that finds its way by itself must not find an order that is none."""
    shop.call("PUT", f"{shop.shop}/api/faults/{fault}", {})

    run = walk(shop, pool, "checkout")

    assert run.outcome is Outcome.FAILED, run.message
    assert run.fault is Fault.SHOP
    assert run.failed_step == step
    assert part in run.message


def test_what_no_page_tells_is_left_out_and_said(shop: Bundled, pool: ProbePool) -> None:
    """Without [shop.services] there are no books: neither a failure nor a pretence."""
    run = walk(shop, pool, "checkout", services={})

    assert run.outcome.worked, f"{run.failed_step}: {run.message}"
    assert any("not checked" in name or "not checked" in value for name, value in run.facts)


def test_a_wrong_table_is_our_fault_and_one_line(shop: Bundled, pool: ProbePool) -> None:
    """A typing mistake in config.toml is no failure of the shop."""
    run = walk(shop, pool, "browse", controls={"add_to_basket": "button: Add"})

    assert run.outcome is Outcome.BROKEN
    assert (
        "[shop.controls] add_to_basket: no such control; did you mean add_to_cart?" in run.message
    )


def test_a_wrong_line_names_what_it_did_not_find(shop: Bundled, pool: ProbePool) -> None:
    """The run says which control was missing."""
    run = walk(shop, pool, "browse", controls={"add_to_cart": "button: Not there"})

    assert not run.outcome.worked
    assert "add_to_cart" in run.message

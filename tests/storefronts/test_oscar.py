"""The generic storefront on django-oscar, a real shop that knows nothing of Forepost."""

from collections.abc import Iterator
from typing import Any

import pytest

from forepost.config import Secret
from forepost.config import Shop as ShopSettings
from forepost.model import FlowRun
from probes.pool import ProbePool
from tests.shops.oscar import OscarShop, oscar
from tests.walking import walk_once

pytestmark = pytest.mark.browser
# All that has to be written for this shop: at most ten lines.
CONTROLS: dict[str, str] = {}
SETTINGS = {"browse": {"search": "lantern"}, "checkout": {}, "after_sales": {}}


@pytest.fixture(scope="module", params=[False, True], ids=["invoice", "card"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OscarShop]:
    """Run the shop: by invoice with one delivery, or with a card form and two."""
    with oscar(tmp_path_factory.mktemp("oscar") / "shop", card=request.param) as started:
        yield started


def walk(shop: OscarShop, pool: ProbePool, flow: str) -> FlowRun:
    """Walk a flow once, without a retry."""
    chosen: dict[str, Any] = {"product": shop.products[0].path, **SETTINGS[flow]}
    table = ShopSettings(
        name="Harbour Lane",
        url=shop.url,
        storefront="generic",
        environment="sandbox",
        services=shop.services,
        controls=CONTROLS,
    )
    return walk_once(pool, flow, table, chosen, step_deadline_s=30)


def test_the_table_for_a_real_shop_is_short() -> None:
    """Any shop without code: ten lines at the most."""
    assert len(CONTROLS) <= 10


@pytest.mark.parametrize("flow", SETTINGS)
def test_a_flow_passes_on_a_real_shop(shop: OscarShop, pool: ProbePool, flow: str) -> None:
    """Green, and the shop's own books agree with what the run says."""
    before = len(shop.orders())

    run = walk(shop, pool, flow)

    assert run.outcome.worked, f"{run.failed_step}: {run.message}"
    facts = dict(run.facts)
    sold = shop.orders()[before:]
    assert [order["number"] for order in sold] == ([facts["order"]] if "order" in facts else [])
    assert len(sold) == (flow != "browse")


def test_a_code_of_a_real_shop_comes_off_its_total_without_buying(
    shop: OscarShop, pool: ProbePool
) -> None:
    """Its voucher takes a tenth off a lantern of 39.90; it has no page for balances: said."""
    before = len(shop.orders())
    told = {"product": shop.products[0].path, "code": Secret("WELCOME10"), "code_cents": 399}

    run = walk_once(pool, "gift_card", ShopSettings(url=shop.url, storefront="generic"), told)

    assert run.outcome.worked, f"{run.failed_step}: {run.message}"
    assert dict(run.facts)["off_cents"] == "399"
    assert dict(run.facts)["not checked"] == "the balance of a card"
    assert "a mistyped code is refused" in [step.name for step in run.steps]
    assert len(shop.orders()) == before

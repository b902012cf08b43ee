"""The generic storefront on django-oscar, a real shop that knows nothing of Forepost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from forepost import plugins
from forepost.config import Shop as ShopSettings
from forepost.model import FlowRun
from probes.job import ProbeJob, plain
from probes.pool import ProbePool
from tests.shops.oscar import OscarShop, oscar

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


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Keep one warm browser."""
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()


def walk(shop: OscarShop, pool: ProbePool, flow: str) -> FlowRun:
    """Walk a flow once, without a retry."""
    chosen: dict[str, Any] = {"product": shop.products[0].path, **SETTINGS[flow]}
    own = replace(plugins.load("probes.flows", flow).Settings(), **chosen)
    table = ShopSettings(
        name="Harbour Lane",
        url=shop.url,
        storefront="generic",
        environment="sandbox",
        services=shop.services,
        controls=CONTROLS,
    )
    return pool.run(
        ProbeJob(
            flow=flow,
            location="test",
            slot_at=datetime.now(UTC),
            settings=plain(own),
            shop=plain(table),
            deadline_s=100,
            step_deadline_s=30,
            retry=False,
        )
    )


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

"""The generic storefront on shops that set traps: no false alarm, and no false all-clear.

Each shop keeps books of its own, so a green run is held against what was really sold.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import pytest

from forepost.config import Shop as ShopSettings
from forepost.model import FlowRun
from probes.pool import ProbePool
from tests.shops import (
    cluttered,
    consent,
    digital,
    fading,
    framed,
    german,
    one_page,
    persistent,
    register,
    spa,
    third_party,
    voucher,
)
from tests.shops import plain as plain_shop
from tests.shops.shop import DECLINED_MESSAGE, Shop
from tests.walking import walk_once

pytestmark = pytest.mark.browser
# name → the shop, how it is served, what the flows must be told of it
SHOPS: dict[str, tuple[ModuleType, dict[str, Any], dict[str, str]]] = {
    "plain": (plain_shop, {}, {"search": "kettle"}),
    "one page": (one_page, {}, {"search": "kettle"}),
    "German": (german, {}, {"search": "uhr"}),
    "voucher covers all": (voucher, {}, {"search": "kettle"}),
    "everything twice": (cluttered, {}, {"search": "kettle"}),
    "fading alerts": (fading, {}, {"search": "kettle"}),
    "consent banner": (consent, {}, {"search": "kettle"}),
    "consent in a frame": (consent, {"framed": True}, {"search": "kettle"}),
    "consent on every page": (consent, {"returning": True}, {"search": "kettle"}),
    "persistent basket": (persistent, {}, {"search": "kettle"}),
    "third parties fail": (third_party, {}, {"search": "kettle"}),
    "card in frames": (framed, {}, {"search": "kettle"}),
    "soft navigation": (spa, {}, {"search": "globe"}),
    "downloads": (digital, {}, {"search": "book"}),
    "forced registration": (register, {}, {"search": "kettle"}),
}
# What looks the same in both flows is browsed once.
LOOKING = [name for name in SHOPS if name not in ("voucher covers all", "card in frames")]
BUYING = [name for name in SHOPS if name not in ("forced registration", "consent on every page")]
# Paying answers 500, the confirmation is blank, a cent too much is charged, a field that no
# probe can know holds the form back: told at once, by its name.
TILLS = [
    ("fading alerts", "pay", "pay", "no order number"),
    ("soft navigation", "pay", "pay", "no order number"),
    ("one page", "blank", "pay", "no order number"),
    ("German", "blank", "pay", "no order number"),
    ("one page", "cent", "receipt", "differ"),
    ("German", "cent", "receipt", "differ"),
    ("German", "birthday", "pay", 'does not send the form: "Geburtsdatum*": Please fill out this'),
]
# What stands in [shop.controls] for a shop: one line, where nothing on its pages tells.
PRODUCT_PAGES = {"German": "url: /artikel/{sku}", "soft navigation": "url: /goods/{sku}"}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Keep one warm browser."""
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()
    assert made.leftovers() == 0


def serve(name: str, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve a shop by its name here."""
    module, given, _ = SHOPS[name]
    served: AbstractContextManager[Shop] = module.serve(broken=broken, **given)
    return served


def walk(pool: ProbePool, shop: Shop, name: str, flow: str, **settings: Any) -> FlowRun:
    """Walk a flow on a shop once, without a retry."""
    told = {"product": shop.product.rpartition("/")[2], **settings}
    if flow == "browse":
        told |= SHOPS[name][2]
    table = ShopSettings(
        url=shop.url,
        storefront="generic",
        environment="sandbox",
        services=shop.services,
        controls={"product_page": PRODUCT_PAGES.get(name, "url: /p/{sku}")},
    )
    return walk_once(pool, flow, table, told)


@pytest.mark.parametrize("name", LOOKING)
def test_a_healthy_shop_can_be_looked_around_in(pool: ProbePool, name: str) -> None:
    """Home, search, product, cart, and out again; nothing is bought."""
    with serve(name) as shop:
        run = walk(pool, shop, name, "browse")

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        assert shop.orders() == []


@pytest.mark.parametrize("name", BUYING)
def test_a_healthy_shop_sells_exactly_what_was_meant(pool: ProbePool, name: str) -> None:
    """One order of one piece, charged as the books say, its number read off the page."""
    with serve(name) as shop:
        run = walk(pool, shop, name, "checkout")

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        (sold,) = shop.orders()
        assert dict(run.facts)["order"] == sold.number
        assert sold.lines == ((shop.product.rpartition("/")[2], 1),)
        assert dict(run.facts)["total_cents"] == str(sold.charged_cents)


def test_a_shop_that_wants_an_account_from_everybody_fails_by_its_rule(pool: ProbePool) -> None:
    """Not "a button was not found": the rule that is broken."""
    with serve("forced registration") as shop:
        run = walk(pool, shop, "forced registration", "checkout")

        assert (run.outcome, run.failed_step) == ("failed", "address")
        assert "registration" in run.message
        assert shop.orders() == []


@pytest.mark.parametrize(("name", "broken", "step", "part"), TILLS)
def test_a_broken_till_is_noticed_in_its_step(
    pool: ProbePool, name: str, broken: str, step: str, part: str
) -> None:
    """A flow that cannot fail on a shop proves nothing when it passes there."""
    with serve(name, broken) as shop:
        run = walk(pool, shop, name, "checkout")

        assert (run.outcome, run.failed_step) == ("failed", step), run.message
        assert part in run.message


@pytest.mark.parametrize("name", ["fading alerts", "card in frames", "one page"])
def test_a_declined_card_is_heard_wherever_it_is_told(pool: ProbePool, name: str) -> None:
    """Also in a toast that is gone when somebody looks."""
    with serve(name) as shop:
        run = walk(pool, shop, name, "checkout", card=shop.declined)

        assert (run.outcome, run.failed_step) == ("failed", "pay"), run.message
        assert DECLINED_MESSAGE in dict(run.facts).get("page said", "")
        assert (shop.orders(), shop.charges()) == ([], [])

"""Recorded in a real browser and run at load, as written: the proof of the whole way."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from forepost import plugins
from forepost.bundled import Bundled, running
from forepost.config import Shop
from forepost.errors import LoadError
from forepost.storage import Store
from loadtests import users
from loadtests.former import former
from loadtests.recording import About, Script, script, write
from probes import recording
from probes.job import ProbeJob, plain
from probes.pool import ProbePool
from tests.loadtests.kiosk import kiosk
from tests.loadtests.rerun import VISITS, in_the_style_of_the_house, load, plan_of

HERE = Path(__file__).parent
Record = Callable[..., Script]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """One warm browser, and the tests' own flow."""
    import probes.flows  # noqa: PLC0415 - only to take our folder off again

    plugins.add_folders([HERE / "mine"])
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()
    probes.flows.__path__.remove(str(HERE / "mine" / "probes" / "flows"))


@pytest.fixture
def record(pool: ProbePool, tmp_path: Path) -> Iterator[Record]:
    """Return what records a flow and makes its script known to load tests."""
    folder = tmp_path / "mine" / "loadtests" / "users"
    folder.mkdir(parents=True)
    users.__path__.append(str(folder))

    def once(flow: str, shop: Shop, *, name: str = "", **settings: Any) -> Script:
        name = f"{name or flow}_recorded"
        own = replace(plugins.load("probes.flows", flow).Settings(), **settings)
        with pool.recording() as place:
            assert place.stat().st_mode & 0o777 == 0o700
            run = pool.run(
                ProbeJob(
                    flow=flow,
                    location="test",
                    slot_at=datetime.now(UTC),
                    settings=plain(own),
                    shop=plain(shop),
                    retry=False,
                    record=str(place),
                )
            )
            assert run.outcome.worked, run.message
            assert {file.stat().st_mode & 0o777 for file in place.iterdir()} == {0o600}
            recorded = recording.read(place)
        assert recorded is not None
        assert not place.exists()
        made = script(
            recorded.har,
            recorded.steps,
            recorded.ended_ms,
            name=name,
            about=About(flow, shop.url, run.id, plain(own)),
            hosts=["127.0.0.1"],
            made_at=datetime.now(UTC),
            others=recorded.others,
        )
        write(made, folder / f"{name}.py")
        in_the_style_of_the_house(made.text)
        return made

    yield once
    users.__path__.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("loadtests.users.")]:
        if name.endswith("_recorded"):
            del sys.modules[name]


def test_recorded_purchases_run_at_load_without_an_edit(
    record: Record, store: Store, tmp_path: Path
) -> None:
    """Checkout with its CSRF fields, and a gift card from purchase to last cent.

    Held against the shop's own books and its mailbox: as many orders as visits, all of
    different customers, and each card used up by the visit that bought it.
    """
    with running(tmp_path / "shop", town=False) as shop:
        table = replace(shop.settings(Shop()), environment="sandbox")
        checkout = record("checkout", table)
        gift_card = record("gift_card", table, checks=())
        before = stats(shop)
        shares = {"checkout_recorded": 0.5, "gift_card_recorded": 0.5}
        load(shop.shop, store, tmp_path / "out", shares)
        after, letters = stats(shop), mails(shop)
    measured = former(plan_of(shares), store.load_runs(), store.load_cells)
    assert measured is not None
    assert measured.per_visit == {
        "checkout_recorded": checkout.requests,
        "gift_card_recorded": gift_card.requests,
    }

    made = {
        name: after[name] - before[name] for name in ("orders", "gift_cards_sold", "redemptions")
    }
    assert made == {"orders": 3 + 1, "gift_cards_sold": 3 + 1, "redemptions": 2 * (3 + 1)}
    customers = [letter["to"] for letter in letters if str(letter["to"]).startswith("load+")]
    assert len(customers) == len(set(customers)) == 8
    assert checkout.left == checkout.look == gift_card.look == ()
    assert "csrf_token" not in checkout.text
    assert list(checkout.steps) == ["add to cart", "address", "delivery", "back and edit", "pay"]


def test_unusual_checkouts_run_at_load_without_an_edit(
    record: Record, store: Store, tmp_path: Path
) -> None:
    """Three shops, each with its own ways of handing things over and wanting them back.

    They refuse whatever is not this very session's, so each order is a visit that had its own.
    """
    with kiosk("odd_shops") as url:
        table = replace(Shop(), url=url, storefront="generic", environment="sandbox")
        made = {one: record("odd", table, name=one, at=one) for one in ("tea", "shoes", "books")}
        assert told(url)["refused"] == []
        shares = {f"{one}_recorded": 1 / 3 for one in made}
        load(url, store, tmp_path / "out", shares)
        books = told(url)
        requests.post(f"{url}/pairs", json=0, timeout=10)
        sold_out = r"graphql error: data\.complete\.userErrors: No pair is left for …"
        with pytest.raises(LoadError, match=sold_out):
            load(url, store, tmp_path / "out", {"shoes_recorded": 1.0})
    assert books["refused"] == []
    sold = [order["shop"] for order in books["sold"]]
    # The recording, the pass before the run, and a third of the visits each.
    assert {one: sold.count(one) for one in made} == dict.fromkeys(made, 2 + VISITS // 3)
    assert len({order["email"] for order in books["sold"]}) == len(books["sold"])


def told(url: str) -> dict[str, Any]:
    """Return what the odd shops sold and refused."""
    books: dict[str, Any] = requests.get(f"{url}/books-of-accounts", timeout=10).json()
    return books


def stats(shop: Bundled) -> dict[str, Any]:
    """Return the shop's own counts."""
    told: Any = shop.call("GET", f"{shop.shop}/api/stats")
    return dict(told)


def mails(shop: Bundled) -> list[dict[str, Any]]:
    """Return what reached the mailbox."""
    told: Any = shop.call("GET", f"{shop.mail}/messages")
    return list(told if isinstance(told, list) else told["messages"])

"""The user files against the real demo shop: what they buy, what they notice, what they undo."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
import requests

from forepost import plugins
from forepost.errors import LoadError, StoreError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests import campaign
from loadtests.run import run_load
from loadtests.session import Answer, FlowFailedError
from tests.demoshop.customer import Shop, start, stop, until

FLOWS = (
    "browse",
    "checkout",
    "gift_balance",
    "gift_buy",
    "gift_card",
    "renewal",
    "search",
    "subscribe",
)
PAID = {"checkout": 2, "gift_buy": 2, "subscribe": 2, "renewal": 2}
"""How many charges two visits of a flow leave at the provider."""


class Walker:
    """A visitor over plain HTTP that remembers which steps and endpoints it took."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._http = shop, requests.Session()
        self.steps: list[str] = []
        self.endpoints: list[str] = []

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Open a page."""
        return self._ask("GET", endpoint, path, None, shows)

    def post(
        self, endpoint: str, path: str, form: Mapping[str, str], *, shows: str | None = None
    ) -> Answer:
        """Send a form."""
        return self._ask("POST", endpoint, path, form, shows)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Remember a step."""
        self.steps.append(name)
        yield

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the test API."""
        answer = self._shop.api(method, path, body)
        assert answer.ok, answer.text
        return answer.json()

    def _ask(
        self,
        method: str,
        endpoint: str,
        path: str,
        form: Mapping[str, str] | None,
        shows: str | None,
    ) -> Answer:
        self.endpoints.append(endpoint)
        reply = self._http.request(method, self._shop.urls["shop"] + path, data=form, timeout=30)
        if not reply.ok:
            raise FlowFailedError(f"http {reply.status_code}", reply.url)
        if shows is not None and shows not in reply.text:
            raise FlowFailedError("content", f"{reply.url} does not show {shows}")
        return Answer(reply.status_code, reply.url, reply.text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One demo shop for all user files, with a ledger that is quick."""
    out = tmp_path_factory.mktemp("shop")
    process = start(out, "--ledger-hold-ms", "5", "--ledger-wait-ms", "500")
    assert process.stdout
    yield Shop(process, json.loads(process.stdout.readline()), out)
    stop(process)


@pytest.fixture
def shop(running: Shop) -> Iterator[Shop]:
    """The shop with every fault off, before and after."""
    running.api("DELETE", "/api/faults")
    yield running
    running.api("DELETE", "/api/faults")


def user(name: str) -> ModuleType:
    """Return a user file, found as the load test finds it."""
    return plugins.load("loadtests.users", name)


def walk(name: str, shop: Shop, **settings: Any) -> Walker:
    """Prepare a flow for one visit and make it; return who did."""
    module = user(name)
    wanted = module.Settings(**settings)
    rows = tuple(module.prepare(Walker(shop), 1, wanted))
    walker = Walker(shop)
    module.run(walker, rows[0], wanted)
    return walker


def charges(shop: Shop) -> list[dict[str, Any]]:
    """Return the provider's whole book."""
    return list(shop.api("GET", "/api/charges", door="gateway").json())


def test_every_user_file_is_tested_here() -> None:
    """A new file joins the list, so that no flow is loaded untried."""
    assert sorted(plugins.names("loadtests.users")) == sorted(FLOWS)


@pytest.mark.parametrize("name", FLOWS)
def test_a_visit_names_what_it_asks_and_leaves_nothing(name: str, shop: Shop) -> None:
    """Two visits: every endpoint is declared and used, two sold, and all undone."""
    module, before = user(name), charges(shop)
    settings = module.Settings()
    prepared = Walker(shop)
    rows = tuple(module.prepare(prepared, 2, settings))

    walkers = [Walker(shop) for _ in range(2)]
    for walker, row in zip(walkers, rows, strict=False):
        module.run(walker, row, settings)
        assert set(walker.endpoints) == set(module.ENDPOINTS)
        assert len(set(walker.steps)) == len(walker.steps)
    assert prepared.steps == []
    mine = [one for one in charges(shop) if one not in before]
    assert len(mine) == PAID.get(name, 0)

    if name not in ("browse", "search"):
        told = module.clean_up(Walker(shop), rows, settings)
        assert told["made"] == told["undone"] >= 2
        assert told["left"] == 0
    assert {one["status"] for one in charges(shop) if one["reference"] in references(mine)} <= {
        "refunded"
    }


def references(entries: list[dict[str, Any]]) -> set[str]:
    """Return what charges were for."""
    return {str(one["reference"]) for one in entries}


@pytest.mark.parametrize(
    ("fault", "settings", "name", "kind"),
    [
        ("blank_confirmation", {}, "checkout", "content"),
        ("sums_off", {}, "checkout", "wrong amount"),
        ("wrong_total", {}, "checkout", "wrong amount"),
        ("payment_error", {}, "checkout", "http 500"),
        ("account_forced", {}, "checkout", "content"),
        ("gift_pool_starved", {}, "gift_buy", "http 503"),
        ("renewal_skipped", {}, "renewal", "no renewal"),
        ("renewal_locks_out", {}, "renewal", "locked out"),
        ("declined", {"card_number": "4000000000000002"}, "subscribe", "http 402"),
    ],
)
def test_a_page_that_is_not_the_goal_is_a_failure(
    shop: Shop, fault: str, settings: Mapping[str, str], name: str, kind: str
) -> None:
    """Also where the shop answers 200: what counts is the order number and the right total."""
    if fault != "declined":
        shop.fault(fault)
    # A renewal that does not come is given up soon; one that comes may take its time.
    quick = {"looks": 4, "every_ms": 50} if fault == "renewal_skipped" else {}

    with pytest.raises(FlowFailedError) as failed:
        walk(name, shop, **settings, **quick)

    assert failed.value.kind == kind


def test_a_member_who_comes_again_is_renewed_again(shop: Shop) -> None:
    """A load test of unknown length uses a row twice; each visit is a renewal of its own."""
    module = user("renewal")
    rows = tuple(module.prepare(Walker(shop), 1, module.Settings()))
    for _ in range(2):
        module.run(Walker(shop), rows[0], module.Settings())
    assert len(shop.charges(rows[0]["id"])) == 2


def test_what_the_clean_up_could_not_undo_is_counted(shop: Shop) -> None:
    """A ledger that stays busy keeps its cards: nobody may call that clean."""
    module = user("gift_balance")
    settings = module.Settings(cards=3)
    rows = tuple(module.prepare(Walker(shop), 3, settings))
    shop.fault("gift_pool_starved")

    assert module.clean_up(Walker(shop), rows, settings) == {"made": 3, "undone": 0, "left": 3}


CAMPAIGN = """
[campaign]
title = "Refused"
owner = "Tests"
mocked = []
cleanup = {cleanup}
[shape]
kind = "hold"
rate = "5/s"
over = "1s"
[flows.gift_buy]
share = 0.4
[flows.renewal]
share = 0.3
looks = {looks}
[flows.checkout]
share = 0.3
"""


def refused(shop: Shop, store: Store, out: Path, **more: Any) -> str:
    """Run a campaign that must not begin; return why it did not."""
    options = {"cleanup": "true", "looks": 20, "stop": threading.Event(), **more}
    text = CAMPAIGN.format(cleanup=options["cleanup"], looks=options["looks"])
    with pytest.raises(LoadError) as caught:
        run_load(
            campaign.parse(text, name="refused", origin="refused.toml"),
            target=shop.urls["shop"],
            token=shop.urls["token"],
            store=store,
            out=out,
            stop=options["stop"],
        )
    assert store.load_runs() == []
    assert list((out / "loads").glob("*/")) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def books(shop: Shop) -> tuple[int, ...]:
    """Return what stands in the shop's books and was not undone."""
    stats = shop.api("GET", "/api/stats").json()
    return tuple(stats[name] for name in ("orders", "gift_cards_sold", "subscriptions"))


def test_a_refused_run_leaves_nothing_in_the_shop(shop: Shop, store: Store, tmp_path: Path) -> None:
    """The third flow fails its pass: a card, a renewal and the members moved in are undone.

    By the shop's own books, and the provider has given all money back.
    """
    before, paid = books(shop), charges(shop)
    shop.fault("payment_error")

    told = refused(shop, store, tmp_path)

    assert "checkout: checkout.pay: POST" in told
    found = re.search(r"http 500; (\d+) of (\d+) made things undone$", told)
    assert found, told
    assert found[1] == found[2]
    assert int(found[1]) >= 3
    assert books(shop) == before
    mine = [one for one in charges(shop) if one not in paid]
    assert {one["status"] for one in mine} == {"refunded"}
    assert len(mine) >= 2


def test_what_a_refused_run_could_not_undo_is_told(
    shop: Shop, store: Store, tmp_path: Path
) -> None:
    """The clean-up falls over as well; and a campaign that wants none is left as it is."""
    shop.fault("payment_error")
    shop.fault("void_fails")
    told = refused(shop, store, tmp_path)
    assert "; not known what is left of gift_buy (POST /api/void: POST http" in told

    before = books(shop)
    told = refused(shop, store, tmp_path, cleanup="false")
    assert told.endswith(
        "what was made for gift_buy, renewal, checkout may still be in the shop: "
        "the campaign does not say cleanup = true"
    )
    assert books(shop) > before


def test_a_run_that_is_stopped_while_it_prepares_leaves_nothing(
    shop: Shop, store: Store, tmp_path: Path
) -> None:
    """Ctrl-C in the middle of the second flow's pass: what is there by then is undone."""
    shop.fault("renewal_skipped")  # the pass looks for its renewal until it is stopped
    before, stop = books(shop), threading.Event()

    def stop_in_the_pass() -> None:
        until(lambda: books(shop)[2] > before[2], "members")
        stop.set()

    stopping = threading.Thread(target=stop_in_the_pass)
    stopping.start()
    told = refused(shop, store, tmp_path, looks=60, stop=stop)
    stopping.join()

    assert re.search(r"stopped by hand after 0 s of 1 s; (\d+) of \1 made things undone$", told), (
        told
    )
    assert books(shop) == before


def begun(shop: Shop, store: Store, out: Path) -> LoadRun:
    """Run the campaign for what it does to the shop."""
    return run_load(
        campaign.parse(
            CAMPAIGN.format(cleanup="true", looks=20), name="begun", origin="begun.toml"
        ),
        target=shop.urls["shop"],
        token=shop.urls["token"],
        store=store,
        out=out,
    )


def test_a_store_that_fails_under_way_leaves_nothing_in_the_shop(
    shop: Shop, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends, what it made is undone, and the line that names the disk says so."""

    def full(*_: object) -> None:
        raise StoreError("forepost.sqlite: the disk is full")

    monkeypatch.setattr(type(store), "add_load_cells", full)
    before = books(shop)
    with pytest.raises(StoreError) as caught:
        begun(shop, store, tmp_path)

    told = r"the disk is full; the load test was ended; (\d+) of \1 made things undone$"
    assert re.search(told, str(caught.value)), str(caught.value)
    assert books(shop) == before


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="no limits to set from outside")
def test_a_master_that_cannot_write_ends_the_run_and_undoes_what_was_made(
    shop: Shop, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file may not grow any more, as on a full disk: no verdict on the shop, nothing left."""
    before, stored = books(shop), type(store).add_load_run

    def fill_the_disk(kept: Store, run: LoadRun) -> None:
        stored(kept, run)  # first of all when the run begins, a second before its first visit
        for child in psutil.Process().children():
            if "--master" in child.cmdline():
                child.rlimit(psutil.RLIMIT_FSIZE, (1, 1))

    monkeypatch.setattr(type(store), "add_load_run", fill_the_disk)
    made = begun(shop, store, tmp_path)

    assert made.verdict == "invalid"
    assert str(made.detail["invalid"]).startswith("the load generator died after ")
    assert books(shop) == before


def test_goods_that_are_sold_out_are_not_put_into_carts(shop: Shop) -> None:
    """One product of the home page is always sold out; a load test of it would fail for nothing."""
    module = user("checkout")
    rows = tuple(module.prepare(Walker(shop), 40, module.Settings()))
    assert len({row["email"] for row in rows}) == len(rows) == 41
    assert "map-case-fen" not in {row["product"] for row in rows}
    assert len({row["product"] for row in rows}) > 3

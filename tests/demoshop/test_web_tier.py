"""The web tier: a known capacity that doubles with its servers, and a ledger that does not care."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from demoshop import web_tier
from demoshop.web_tier import WebBusyError, WebTier
from tests.demoshop.customer import COMMAND, ROOT, Shop, start, stop, until

HOLD_MS = 60


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of two web servers with one slot each, and a ledger of one slow connection."""
    out = tmp_path_factory.mktemp("small")
    web = ("--web-servers", "2", "--web-slots", "1", "--web-hold-ms", str(HOLD_MS))
    ledger = ("--ledger-pool", "1", "--ledger-hold-ms", "900", "--ledger-wait-ms", "9000")
    process = start(out, *web, *ledger)
    assert process.stdout
    yield Shop(process, json.loads(process.stdout.readline()), out)
    stop(process)


def crowd(tier: WebTier, size: int) -> tuple[float, list[int | None]]:
    """Send so many at once; return after how long the last was done, and who served them."""
    begun = time.monotonic()
    with ThreadPoolExecutor(size) as people:
        servers = list(people.map(lambda _: tier.take(), range(size)))
    return time.monotonic() - begun, servers


@pytest.mark.parametrize("servers", [1, 2, 4])
def test_capacity_is_servers_times_slots_by_hold(servers: int) -> None:
    """24 pages at 3 slots a server and 20 ms each: 160 ms for one server, half for two."""
    tier = WebTier(servers=servers, slots=3, hold_ms=20, wait_ms=9000)

    took_s, served = crowd(tier, 24)

    assert tier.capacity_per_s == 150 * servers
    least_s = 24 / (150 * servers)
    assert least_s <= took_s < least_s + 10
    assert tier.state().pages == (24 // servers,) * servers, "the balancer treats all alike"
    assert set(served) == set(range(servers))
    assert (tier.state().in_use, tier.state().waiting) == (0, 0)


def test_a_late_thread_costs_the_tier_no_turn() -> None:
    """The next turn begins when the last was to end: 20 in a row end at 20 times the hold."""
    tier = WebTier(servers=1, slots=1, hold_ms=10, wait_ms=9000)
    with ThreadPoolExecutor(20) as people:
        begun = time.monotonic()
        asked = [people.submit(tier.take) for _ in range(20)]
        until(lambda: tier.state().pages == (20,), "all have their turns")
        # Whatever the threads do, whoever comes now is to wait for 20 holds since the first.
        ends_at = begun + 20 * 0.010
        assert tier.take() == 0
        for each in asked:
            each.result()
    assert time.monotonic() >= ends_at + 0.010


def test_who_waits_too_long_is_sent_away_and_takes_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten at once, and only the first two can begin in time: eight are refused after the wait."""
    at_once_s = time.monotonic()  # whenever the ten threads come to run
    monkeypatch.setattr(web_tier, "monotonic", lambda: at_once_s)
    tier = WebTier(servers=1, slots=1, hold_ms=300, wait_ms=400)

    def ask(_: int) -> float | None:
        begun = time.monotonic()
        try:
            tier.take()
        except WebBusyError:
            return time.monotonic() - begun
        return None

    with ThreadPoolExecutor(10) as people:
        waits = [wait for wait in people.map(ask, range(10)) if wait is not None]
    assert len(waits) == 8
    assert min(waits) >= 0.4
    assert (tier.state().timeouts, tier.state().pages) == (8, (2,))


def test_without_servers_nothing_is_limited() -> None:
    """As the demo shop is shipped: nobody waits, nobody is counted."""
    tier = WebTier(servers=0, slots=2, hold_ms=60_000, wait_ms=1)
    assert tier.take() is None
    assert tier.capacity_per_s is None
    assert tier.state().pages == ()


def test_pages_take_slots_and_apis_do_not(small: Shop) -> None:
    """Every page of the site is served by one of the servers; what is no page is not held up."""
    customer = small.customer()
    before = small.api("GET", "/api/stats").json()["web"]
    assert (before["servers"], before["slots"], before["hold_ms"]) == (2, 1, HOLD_MS)
    assert before["capacity_per_s"] == pytest.approx(2000 / HOLD_MS)

    served = {
        customer.http.get(small.urls["shop"] + path, timeout=30).headers.get("X-Served-By")
        for path in ("/", "/product/mug-birch", "/search?q=mug", "/gift-cards", "/no-such-page")
    }
    aside = [requests.get(small.urls["shop"] + path, timeout=30) for path in ("/health",)]
    aside.append(customer.http.get(small.urls["shop"] + "/static/shop.css", timeout=30))

    after = small.api("GET", "/api/stats").json()["web"]
    assert served == {"web-1", "web-2"}
    assert sum(after["pages"]) == sum(before["pages"]) + 5
    assert all(each.ok and "X-Served-By" not in each.headers for each in aside)


def test_who_waits_for_the_ledger_leaves_the_web_servers_free(small: Shop) -> None:
    """Four at a ledger of one a second, at two slots: product pages are served meanwhile."""
    code, customer = small.gift_card(1000), small.customer()
    token = customer.get("/gift-cards/balance").field("csrf_token")
    url, cookies = f"{small.urls['shop']}/gift-cards/balance", customer.http.cookies.get_dict()

    def look_up(_: int) -> int:
        form = {"csrf_token": token, "code": code}
        return requests.post(url, data=form, cookies=cookies, timeout=30).status_code

    def queue() -> bool:
        return int(small.api("GET", "/api/stats").json()["ledger"]["waiting"]) >= 2

    with ThreadPoolExecutor(4) as people:
        asked = [people.submit(look_up, number) for number in range(4)]
        until(queue, "a queue at the ledger")
        assert customer.get("/product/mug-birch").status == 200
        assert not all(each.done() for each in asked), "the page came before the ledger was done"
        assert [each.result() for each in asked] == [200] * 4


def test_the_shop_says_that_it_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One slot, a page in four seconds, hardly any patience: a 503 that customers can read.

    The tier is set by the environment, as by one who lets another program start the shop.
    """
    for name, value in {"SERVERS": "1", "SLOTS": "1", "HOLD_MS": "4000", "WAIT_MS": "50"}.items():
        monkeypatch.setenv(f"DEMOSHOP_WEB_{name}", value)
    process = start(tmp_path)
    assert process.stdout
    shop = Shop(process, json.loads(process.stdout.readline()), tmp_path)
    try:
        with ThreadPoolExecutor(3) as people:
            pages = list(people.map(lambda _: shop.customer().get("/"), range(3)))
        stats = shop.api("GET", "/api/stats").json()
    finally:
        stop(process)
    busy = [page for page in pages if page.status == 503]
    assert len(busy) == 2
    assert "Our shop is very busy" in busy[0].text
    assert stats["web"]["timeouts"] == 2
    assert stats["errors_5xx"]["GET /"] == 2


def test_a_tier_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    """Option and environment alike: what, the value, the limits; nothing is started."""
    bad = {**os.environ, "DEMOSHOP_WEB_SLOTS": "none"}
    command = [*COMMAND, "--out", str(tmp_path / "shop")]
    for more, env, says in (
        (("--web-servers", "65"), None, "argument --web-servers: '65' is not a whole number"),
        ((), bad, "argument --web-slots: 'none' is not a whole number from 1 to 64"),
    ):
        ended = subprocess.run(
            [*command, *more], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 2
        assert says in ended.stderr
        assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "shop").exists()

"""The small pool: first come, first served, a known capacity, and nobody else slowed down."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Event

import pytest
import requests

from demoshop.pool import Pool, PoolBusyError
from tests.demoshop.customer import Shop


def test_turns_come_in_the_order_of_asking() -> None:
    """Eight wait for one connection; nobody overtakes."""
    pool, served = Pool(["only"], hold_ms=20, wait_ms=5000), list[int]()

    def ask(number: int) -> None:
        with pool.lend():
            served.append(number)

    with ThreadPoolExecutor(8) as crowd:
        for number in range(8):
            crowd.submit(ask, number)
            while pool.state().waiting + pool.state().loans <= number:
                time.sleep(0.001)
    assert served == list(range(8))


def test_loans_last_as_long_as_promised_and_come_back_after_an_error() -> None:
    """The capacity is size / hold, however fast the work is, and an error costs no connection."""
    pool = Pool(["a", "b"], hold_ms=30, wait_ms=5000)
    start = time.monotonic()

    def ask(_: int) -> None:
        with pytest.raises(ValueError, match="work"), pool.lend():
            raise ValueError("work")

    with ThreadPoolExecutor(10) as crowd:
        list(crowd.map(ask, range(10)))
    assert time.monotonic() - start >= 5 * 0.030
    assert pool.state().loans == 10
    assert pool.state().in_use == 0


def test_who_waits_too_long_is_sent_away_and_takes_no_turn() -> None:
    """A time-out leaves the queue; the connection goes to the next one, not to a ghost."""
    pool, ready, done = Pool(["only"], hold_ms=20, wait_ms=60), Event(), Event()

    def keep() -> None:
        with pool.lend():
            ready.set()
            done.wait(60)

    with ThreadPoolExecutor(1) as other:
        held = other.submit(keep)
        assert ready.wait(60)
        with pytest.raises(PoolBusyError), pool.lend():
            pass
        done.set()
        held.result()
    with pool.lend() as item:
        assert item == "only"
    state = pool.state()
    assert (state.timeouts, state.loans, state.waiting, state.in_use) == (1, 2, 0, 0)


@pytest.mark.slow
def test_at_twice_its_capacity_half_are_refused_and_the_shop_stays_quick(shop: Shop) -> None:
    """20 look-ups a second on 10 a second: half get a 503 after 2 s, other pages do not notice."""
    customer, code = shop.customer(), shop.gift_card(1000)
    token = customer.get("/gift-cards/balance").field("csrf_token")
    url, cookies = f"{shop.urls['shop']}/gift-cards/balance", customer.http.cookies.get_dict()
    pages: list[float] = []

    def look_up(_: int) -> tuple[int, float]:
        begun = time.monotonic()
        form = {"csrf_token": token, "code": code}
        status = requests.post(url, data=form, cookies=cookies, timeout=30).status_code
        return status, time.monotonic() - begun

    with ThreadPoolExecutor(160) as crowd:
        sent, begun = [], time.monotonic()
        for number in range(160):
            time.sleep(max(0.0, begun + number / 20 - time.monotonic()))
            sent.append(crowd.submit(look_up, number))
            if number % 10 == 0 and number >= 60:  # the queue is full by now
                before = time.monotonic()
                assert customer.get("/product/mug-birch").status == 200
                pages.append(time.monotonic() - before)
        answers = [each.result() for each in sent]

    late = answers[80:]  # after the queue has filled
    refused = [seconds for status, seconds in late if status == 503]
    assert {status for status, _ in answers} == {200, 503}
    assert 0.3 <= len(refused) / len(late) <= 0.7
    assert min(refused) >= 1.9
    # Whoever waits for the ledger by now waits about 2 s.
    assert median(pages) < 1.5, "a page without gift cards does not wait for the ledger"
    stats = shop.api("GET", "/api/stats").json()
    assert stats["ledger"]["timeouts"] >= len(refused)
    assert stats["errors_5xx"]["POST /gift-cards/balance"] >= len(refused)

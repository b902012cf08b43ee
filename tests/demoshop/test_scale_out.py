"""The story of the gift cards: twice the web servers, twice the checkouts, no more gift cards."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demoshop.customer import Shop, start, stop

PAGES_OF_A_CHECKOUT = 10
CHECKOUTS, REDEMPTIONS = 3, 3
HOLD_MS, LEDGER_MS = 200, 900


@dataclass(frozen=True, slots=True)
class Took:
    """How long a crowd was busy, in seconds."""

    checkouts_s: float
    redemptions_s: float


def crowd(number: int, one: Callable[[], object]) -> float:
    """Let five people share the work; return after how long all of it was done."""
    begun = time.monotonic()
    with ThreadPoolExecutor(5) as people:
        for each in [people.submit(one) for _ in range(number)]:
            each.result()
    return time.monotonic() - begun


def measure(out: Path, servers: int) -> Took:
    """Start a shop with so many web servers, and let two crowds at it at once."""
    web = ("--web-servers", str(servers), "--web-slots", "1", "--web-hold-ms", str(HOLD_MS))
    ledger = ("--ledger-pool", "1", "--ledger-hold-ms", str(LEDGER_MS), "--ledger-wait-ms", "30000")
    process = start(out, *web, "--web-wait-ms", "30000", *ledger)
    assert process.stdout
    shop = Shop(process, json.loads(process.stdout.readline()), out)
    code = shop.gift_card(10_000)

    def check_out() -> None:
        customer = shop.customer()
        customer.token = customer.get("/product/mug-birch").field("csrf_token")
        assert customer.pay(customer.to_payment()).words("order-number")

    def redeem() -> None:
        customer = shop.customer()
        customer.token = customer.get("/gift-cards/redeem").field("csrf_token")
        form = {"code": code, "amount_cents": 100, "email": customer.email}
        assert customer.post("/gift-cards/redeem", form).cents("redeemed") == 100

    try:
        with ThreadPoolExecutor(2) as crowds:
            bought = crowds.submit(crowd, CHECKOUTS, check_out)
            redeemed = crowds.submit(crowd, REDEMPTIONS, redeem)
            return Took(bought.result(), redeemed.result())
    finally:
        stop(process)


@pytest.mark.slow
def test_the_web_tier_doubles_checkouts_and_not_gift_cards(tmp_path: Path) -> None:
    """Two web servers beat the best that one can do; nobody beats the best of the ledger.

    The bounds are hard: a tier of one gives 5 pages a second and no more, the ledger 1.1 loans.
    """
    with ThreadPoolExecutor(2) as shops:
        one, two = shops.map(lambda servers: measure(tmp_path / str(servers), servers), (1, 2))

    pages = CHECKOUTS * (PAGES_OF_A_CHECKOUT - 1)  # the address form is left out
    best_s = pages * HOLD_MS / 1000
    assert one.checkouts_s >= best_s
    assert best_s / 2 <= two.checkouts_s < best_s
    best_s = REDEMPTIONS * LEDGER_MS / 1000
    assert one.redemptions_s >= best_s
    assert two.redemptions_s >= best_s

"""The town against the real shop: nobody is hit while it works, the right ones when it does not.

The customers come faster and write sooner than in the demo, so that the tests stay short.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from demoshop.town import timeline
from demoshop.town.books import Books
from demoshop.town.doors import Doors
from demoshop.town.parameters import PARAMETERS, Parameters
from demoshop.town.town import Town

DEADLINE_S = 90.0
QUICK = replace(
    PARAMETERS,
    card_checkouts_per_s=4.0,
    challenge_share=0.3,
    renewals_per_s=4.0,
    renewals_ahead_s=60.0,
    gift_redemptions_per_s=2.0,
    gift_campaign_ramp_s=1.0,
    browsers_per_s=1.0,
    posting_share=0.5,
    support_share=0.5,
    writing_delay_median_s=0.3,
    repost_share=1.0,
    repost_after_s=(0.1, 0.3),
)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A shop of its own with everything but a town."""
    out = tmp_path_factory.mktemp("shop")
    command = [sys.executable, "-m", "demoshop", "--no-town", "--out", str(out)]
    with (out / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert child.stdout is not None
    try:
        urls = json.loads(child.stdout.readline())
        yield Doors(urls["shop"], urls["gateway"], urls["token"])
    finally:
        child.communicate(timeout=60)


@contextmanager
def opened(doors: Doors, seed: int, parameters: Parameters, log: Path) -> Iterator[Town]:
    """A town that is open until the block ends."""
    town = Town(doors, seed, parameters, Books(log))
    town.start()
    try:
        town.control(open_=True, gift_campaign=None)
        yield town
    finally:
        town.control(open_=False, gift_campaign=False)
        town.stop()


@contextmanager
def fault(doors: Doors, name: str) -> Iterator[None]:
    """Switch a fault of the shop on for the block."""
    address = f"{doors.shop}/api/faults/{name}"
    bearer = {"Authorization": f"Bearer {doors.token}"}
    requests.put(address, json={}, headers=bearer, timeout=30).raise_for_status()
    try:
        yield
    finally:
        requests.delete(address, headers=bearer, timeout=30).raise_for_status()


def wait_for(town: Town, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the truth once it holds."""
    end_s = time.monotonic() + DEADLINE_S
    while not holds(truth := town.truth()):
        assert time.monotonic() < end_s, truth
        time.sleep(0.1)
    return truth


def hit(truth: dict[str, Any]) -> dict[str, int]:
    """Return the customers hit by situation, without the zeros."""
    found = {name: s["customers_hit"] for name, s in truth["situations"].items()}
    return {name: count for name, count in found.items() if count}


def test_nobody_is_hit_while_the_shop_works(doors: Doors, tmp_path: Path) -> None:
    """Checkouts (some with the bank's question), renewals, gift cards, browsing: all served."""
    log = tmp_path / "log"
    with opened(doors, 1, QUICK, log) as town:
        truth = wait_for(town, lambda seen: seen["customers"] >= 60)
        town.control(open_=True, gift_campaign=None)
        assert town.state() == {"open": True, "gift_campaign": False}

    bearer = {"Authorization": f"Bearer {doors.token}"}
    orders = requests.get(
        f"{doors.shop}/api/orders?email=payment0.s1@town.example", headers=bearer, timeout=30
    )
    assert not log.exists(), log.read_text(encoding="utf-8")
    assert hit(truth) == {}
    assert len(orders.json()) == 1


def test_a_payment_error_is_hit_told_and_reposted(doors: Doors, tmp_path: Path) -> None:
    """Those who pay are hit and nobody else; some post, some write to support."""

    def enough(truth: dict[str, Any]) -> bool:
        seen = truth["situations"]["payment"]
        return bool(seen["posts"] and seen["reposts"] and truth["support_tickets"])

    with fault(doors, "payment_error"), opened(doors, 2, QUICK, tmp_path / "log") as town:
        truth = wait_for(town, enough)
        posts = timeline.create(town.statuses).test_client()
        body = posts.get("/api/v1/timelines/tag/fernhill?limit=40&min_id=0").get_json()

    seen = truth["situations"]["payment"]
    assert set(hit(truth)) == {"payment"}
    assert seen["first_hit_at"] < seen["first_post_at"]
    assert seen["posts"] <= seen["customers_hit"]
    assert [status for status in body if status["reblog"] is not None]


def test_a_skipped_renewal_locks_members_out(doors: Doors, tmp_path: Path) -> None:
    """Their own date has passed, nothing was charged, the members' page is locked."""
    with fault(doors, "renewal_skipped"), opened(doors, 3, QUICK, tmp_path / "log") as town:
        truth = wait_for(town, lambda seen: seen["situations"]["autopay"]["customers_hit"] >= 5)

    assert set(hit(truth)) == {"autopay"}


def test_the_campaigns_own_crowd_starves_the_ledger(doors: Doors, tmp_path: Path) -> None:
    """No fault is switched on: demand beyond what the ledger takes; the rest of the shop works."""
    with opened(doors, 4, QUICK, tmp_path / "log") as town:
        town.control(open_=None, gift_campaign=True)
        truth = wait_for(town, lambda seen: seen["situations"]["gift_card"]["customers_hit"] >= 20)

    assert set(hit(truth)) == {"gift_card"}
    assert truth["turned_away"] == 0

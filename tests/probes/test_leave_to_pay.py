"""Leave to pay: what stops a journey before money moves, and whose fault that is."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forepost.config import Secret
from forepost.model import Fault, Outcome
from forepost.storage import open_store
from probes.job import ProbeJob
from probes.leave import FACT
from probes.pool import ProbePool
from tests.probes.kept import BUY, Kept, of_run
from tests.probes.site import Answer, Site

pytestmark = pytest.mark.browser
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def test_the_kill_switch_stops_before_the_step(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """Nothing is bought while it is thrown; the run says where and why it ended."""
    ledger.store.stop_paying("the warehouse complains", NOW)
    try:
        run = paying.run(buy(*BUY, ("goal", "1")))
    finally:
        ledger.store.stop_paying(None, NOW)

    assert run.outcome is Outcome.PASSED
    assert dict(run.facts)["stopped"].startswith('before "pay": ')
    assert "the warehouse complains" in dict(run.facts)["stopped"]
    assert not books.exists()
    assert run.cleanup is None


def test_a_cap_stops_before_the_step(
    mine: Path, tmp_path: Path, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """One order a day: the second run ends before it pays."""
    del mine
    store = open_store(tmp_path / "capped.sqlite")
    pool = ProbePool(1, tmp_path / "out", ledger=Kept(store, orders=1))
    try:
        first, second = (pool.run(buy(*BUY, ("goal", "1"))) for _ in range(2))
    finally:
        pool.close()
    rows = store.ledger()
    store.close()

    assert "stopped" not in dict(first.facts)
    assert "stopped" in dict(second.facts)
    assert len(json.loads(books.read_text())) == 1
    assert [bool(row.refused) for row in rows] == [False, True]


def test_a_second_attempt_without_leave_clears_nobody(
    mine: Path, buy: Callable[..., ProbeJob], tmp_path: Path
) -> None:
    """The order that failed used the day up: what stops before it pays is no flake, and no pass."""
    del mine
    store = open_store(tmp_path / "capped.sqlite")
    pool = ProbePool(1, tmp_path / "out", ledger=Kept(store, orders=1))
    try:
        run = pool.run(buy(*BUY, ("goal", ""), retry=True, shop={"environment": "sandbox"}))
    finally:
        pool.close()
        store.close()

    assert (run.outcome, run.failed_step, run.attempts) == (Outcome.FAILED, "pay", 1)
    assert "1 of 1 orders of the day" in dict(run.facts)["not repeated"]
    assert run.first_message == ""


def test_a_ledger_that_cannot_be_written_is_our_fault_and_nothing_is_bought(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """No row, no payment: and the shop is not blamed."""
    ledger.broken = True
    try:
        run = paying.run(buy(*BUY, ("goal", "1")))
    finally:
        ledger.broken = False

    assert run.outcome is Outcome.BROKEN
    assert "the disk is full" in run.message
    assert not books.exists()


def test_real_money_is_not_moved_where_it_could_not_be_looked_up(
    paying: ProbePool, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """`pay_and_void` promises to void: a shop that cannot even list its orders is not paid."""
    job = buy(*BUY, ("goal", "1"), trouble="cannot tell", shop={"environment": "pay_and_void"})
    run = paying.run(job)

    assert "could not be looked up again" in dict(run.facts)["stopped"]
    assert not books.exists()


@pytest.mark.parametrize(
    ("environment", "status", "token", "said"),
    [
        ("sandbox", 401, Secret("canary-7781"), "does not take [shop] token; set it to that of"),
        ("sandbox", 403, Secret("canary-7781"), "does not let it look (403); let it list and void"),
        ("pay_and_void", 401, None, "wants a token (401); set [shop] token to one that may list"),
    ],
)
def test_books_that_refuse_us_are_ours_and_nothing_is_bought(
    paying: ProbePool,
    ledger: Kept,
    buy: Callable[..., ProbeJob],
    books: Path,
    site: Site,
    environment: str,
    status: int,
    token: Secret | None,
    said: str,
) -> None:
    """An order would stay that nobody could look up; the key and the remedy, never the secret."""
    site.pages["/books"] = Answer("", status=status)
    shop = {"environment": environment, "token": token}
    run = paying.run(buy(*BUY, ("goal", "1"), door=f"{site.url}/books", shop=shop))

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.OURS)
    assert said in run.message
    assert "canary" not in run.message
    assert not books.exists()
    assert of_run(ledger, run) == []
    assert asked(site) == 1


def asked(site: Site) -> int:
    """Return how often the books were asked."""
    return sum(path == "/books" for _, path, _ in site.seen)


def test_books_that_answer_are_asked_once_and_not_again_for_a_while(
    paying: ProbePool, buy: Callable[..., ProbeJob], site: Site
) -> None:
    """Twice in all: before the first of two steps that pay, and by the clean-up.

    The next run of that worker is not held up by them, nor is one that cannot pay; real money
    and another token ask anew.
    """
    site.pages["/books"] = Answer("[]")
    acts = (*BUY, ("pay step", "pay again"), ("make", "N2"), ("goal", "1"))
    door = f"{site.url}/books"
    run = paying.run(buy(*acts, door=door))
    assert run.outcome is Outcome.PASSED, run.message
    assert FACT not in dict(run.facts)
    assert asked(site) == 2

    real = {"environment": "pay_and_void"}
    for shop, more in (
        ({"environment": "stop_before_pay"}, 0),
        ({}, 1),  # the clean-up
        ({"token": Secret("another-7782")}, 2),
        (real, 2),
        (real, 2),
    ):
        before = asked(site)
        paying.run(buy(*acts, door=door, shop=shop))
        assert asked(site) - before == more, shop


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("", status=503), "HTTPError: 503 Server Error"),
        (Answer("", gate=threading.Event()), "no answer within 3 s"),
    ],
)
def test_books_that_are_silent_hold_real_money_only(
    paying: ProbePool,
    buy: Callable[..., ProbeJob],
    books: Path,
    site: Site,
    answer: Answer,
    said: str,
) -> None:
    """A service beside the shop that is down for a minute leaves no checkout unwatched."""
    site.pages["/books"] = replace(answer, then=Answer("[]"))
    door = f"{site.url}/books"
    test = paying.run(buy(*BUY, ("goal", "1"), door=door))
    bought = json.loads(books.read_text())
    books.unlink()
    site.pages["/books"] = replace(answer, gate=None, status=503)
    real = paying.run(buy(*BUY, ("goal", "1"), door=door, shop={"environment": "pay_and_void"}))

    assert test.outcome is Outcome.PASSED, test.message
    assert said in dict(test.facts)[FACT]
    assert [row["voided"] for row in bought] == [True]
    assert (real.outcome, real.fault) == (Outcome.BROKEN, Fault.OURS)
    assert "the shop's books are silent: HTTPError: 503" in real.message
    assert not books.exists()

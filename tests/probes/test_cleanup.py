"""Leave to pay, the order ledger and the clean-up: nothing is left behind, provably."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forepost.config import Secret
from forepost.errors import StoreError
from forepost.model import Caps, Fault, FlowRun, LedgerEntry, Outcome
from forepost.storage import Store, open_store
from probes.job import ProbeJob
from probes.leave import FACT
from probes.ledger import NO_ANSWER
from probes.pool import ProbePool
from tests.probes.site import Answer, Ask, Site

pytestmark = pytest.mark.browser
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
BUY = (("buyer", "a@probe.invalid"), ("pay step", "pay"), ("make", "N1"))


class Kept:
    """A ledger on a real store, with caps."""

    def __init__(self, store: Store, orders: int | None = None) -> None:
        self.store = store
        self.orders = orders
        self.broken = False

    def ask(self, entry: LedgerEntry) -> str:
        """Ask the store."""
        if self.broken:
            raise StoreError("out/forepost.sqlite: the disk is full")
        since = entry.asked_at - timedelta(days=1)
        return self.store.ledger_ask(entry, Caps(since, self.orders))

    def note(self, entries: Any) -> None:
        """Tell the store."""
        self.store.ledger_note(entries)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Yield a ledger on a file of its own."""
    store = open_store(tmp_path_factory.mktemp("store") / "forepost.sqlite")
    yield Kept(store)
    store.close()


@pytest.fixture(scope="module")
def paying(
    mine: Path, ledger: Kept, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProbePool]:
    """Yield a pool that asks that ledger."""
    del mine
    made = ProbePool(1, tmp_path_factory.mktemp("out"), ledger=ledger)
    yield made
    made.close()


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Return the shop's books."""
    return tmp_path / "books.json"


@pytest.fixture
def buy(ask: Ask, books: Path) -> Callable[..., ProbeJob]:
    """Return what makes a job on the shop with books."""

    def make(*acts: tuple[str, str], trouble: str = "", door: str = "", **changes: Any) -> ProbeJob:
        services = {"books": str(books), "trouble": trouble, "door": door}
        shop = {"storefront": "booked", "services": services, **changes.pop("shop", {})}
        return ask(*acts, shop=shop, **changes)

    return make


def of_run(ledger: Kept, run: FlowRun) -> list[LedgerEntry]:
    """Return the ledger's rows of a run."""
    return ledger.store.ledger(run_id=run.id)


def test_what_was_bought_is_undone_and_proved(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """The shop's own books say so, and the ledger's row has every instant."""
    run = paying.run(buy(*BUY, ("goal", "1")))

    assert run.outcome is Outcome.PASSED, run.message
    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.made, run.cleanup.left) == (Outcome.PASSED, 1, 0)
    assert [row["voided"] for row in json.loads(books.read_text())] == [True]
    (entry,) = of_run(ledger, run)
    assert entry.settled
    assert (entry.reference, entry.step, entry.amount_cents) == ("N1", "pay", 1_200)
    assert entry.voided_at is not None
    assert entry.restocked_at is not None


def test_a_failed_run_is_cleaned_up_like_any_other(
    paying: ProbePool, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """The order was made and the page said nothing: exactly then it must not stay."""
    run = paying.run(buy(*BUY, ("goal", "")))

    assert run.outcome is Outcome.FAILED
    assert run.cleanup is not None
    assert run.cleanup.outcome is Outcome.PASSED
    assert [row["voided"] for row in json.loads(books.read_text())] == [True]


def test_leave_without_an_order_is_proved_to_have_made_nothing(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob]
) -> None:
    """A failed payment that made no order leaves a row that says so."""
    run = paying.run(buy(*BUY[:2], ("goal", "")))

    (entry,) = of_run(ledger, run)
    assert entry.nothing_at is not None
    assert entry.created_at is None
    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.made) == (Outcome.PASSED, 0)


@pytest.mark.parametrize(
    ("trouble", "outcome", "note"),
    [
        ("no void", Outcome.FAILED, "not voided: 409 already packed"),
        ("no stock", Outcome.FAILED, "not restocked"),
        ("no books", Outcome.BROKEN, "the shop could not be asked: OSError: the books are on fire"),
        ("cannot tell", Outcome.BROKEN, "this shop has no books; write [shop.services]"),
    ],
)
def test_a_clean_up_has_a_verdict_of_its_own(
    paying: ProbePool,
    ledger: Kept,
    buy: Callable[..., ProbeJob],
    trouble: str,
    outcome: Outcome,
    note: str,
) -> None:
    """The run passed; what it left behind is told apart, and stays in the ledger."""
    run = paying.run(buy(*BUY, ("goal", "1"), trouble=trouble))

    assert run.outcome is Outcome.PASSED
    assert run.cleanup is not None
    assert run.cleanup.outcome is outcome
    (entry,) = of_run(ledger, run)
    assert not entry.settled
    assert entry.note == note


def test_a_killed_worker_s_order_is_undone_by_the_next_one(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob], books: Path
) -> None:
    """The row was written before the money moved, so nothing is forgotten."""
    run = paying.run(buy(*BUY, ("kill worker", "")))

    assert run.outcome is Outcome.BROKEN
    assert [row["voided"] for row in json.loads(books.read_text())] == [True]
    (entry,) = of_run(ledger, run)
    assert entry.settled
    assert entry.reference == "N1"


HUNG = (("open", "/"), ("run script", "void fetch('/pay', {method: 'POST'})"), ("wait", "200"))


@pytest.mark.parametrize(
    ("cut", "outcome"),
    [(("click", "never"), Outcome.FAILED), (("kill worker", ""), Outcome.BROKEN)],
)
def test_a_payment_without_an_answer_is_looked_at_again(
    paying: ProbePool,
    ledger: Kept,
    buy: Callable[..., ProbeJob],
    books: Path,
    site: Site,
    cut: tuple[str, str],
    outcome: Outcome,
) -> None:
    """The shop makes the order when the customer has gone: nothing found at once is no proof."""
    site.pages["/pay"] = Answer("", delay_s=20.0)
    real = {"environment": "pay_and_void"}
    job = buy(*BUY[:2], *HUNG, cut, retry=True, step_deadline_s=4.0, shop=real)
    run = paying.run(job)

    assert (run.outcome, run.attempts) == (outcome, 1)
    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.left) == (Outcome.BROKEN, 1)
    (entry,) = of_run(ledger, run)
    assert (entry.settled, entry.note) == (False, NO_ANSWER)

    books.write_text(json.dumps([{"number": "L1", "customer": entry.customer, "voided": False}]))
    (late,) = paying.settle(job, [entry])

    assert (late.settled, late.reference) == (True, "L1")
    assert [row["voided"] for row in json.loads(books.read_text())] == [True]


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


def test_books_that_answer_are_asked_once_a_run(
    paying: ProbePool, buy: Callable[..., ProbeJob], site: Site
) -> None:
    """Twice in all: before the first of two steps that pay, and by the clean-up."""
    site.pages["/books"] = Answer("[]")
    acts = (*BUY, ("pay step", "pay again"), ("make", "N2"), ("goal", "1"))
    door = f"{site.url}/books"
    run = paying.run(buy(*acts, door=door))
    paid = asked(site)
    paying.run(buy(*acts, door=door, shop={"environment": "stop_before_pay"}))

    assert run.outcome is Outcome.PASSED, run.message
    assert FACT not in dict(run.facts)
    assert paid == 2
    assert asked(site) == paid, "a run that does not pay asks nothing"


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


@pytest.mark.parametrize(
    ("environment", "acts", "trouble", "attempts"),
    [
        ("sandbox", BUY, "", 2),  # made and voided
        ("sandbox", BUY, "no void", 1),
        ("sandbox", BUY, "cannot tell", 1),
        ("pay_and_void", BUY, "", 1),  # an order was made
        ("pay_and_void", BUY[:2], "", 2),  # proved: none was
    ],
)
def test_a_step_that_pays_is_repeated_only_with_proof(
    paying: ProbePool,
    buy: Callable[..., ProbeJob],
    environment: str,
    acts: tuple[tuple[str, str], ...],
    trouble: str,
    attempts: int,
) -> None:
    """In a sandbox that nothing is left; where money is real, that nothing was made."""
    run = paying.run(
        buy(*acts, ("goal", ""), trouble=trouble, retry=True, shop={"environment": environment})
    )

    assert (run.outcome, run.attempts) == (Outcome.FAILED, attempts)


def test_a_flow_without_a_storefront_undoes_what_it_noted(
    pool: ProbePool, ask: Ask, tmp_path: Path
) -> None:
    """`journey.made(…, undo=…)`: the latest first, also after a failure."""
    file = tmp_path / "undone.txt"
    run = pool.run(
        ask(
            ("buyer", "a@probe.invalid"),
            ("pay step", "pay"),
            ("note made", "A1"),
            ("pay step", "pay again"),
            ("note made", "A2"),
            ("goal", ""),
            settings={"note": str(file)},
        )
    )

    assert file.read_text().split("\n")[:2] == ["undone A2", "undone A1"]
    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.made, run.cleanup.left) == (Outcome.PASSED, 2, 0)


def test_what_a_flow_noted_does_not_hide_a_second_order(
    paying: ProbePool, ledger: Kept, buy: Callable[..., ProbeJob], books: Path, tmp_path: Path
) -> None:
    """The shop made two of one: the flow knows of the first only, the shop's list has both."""
    note = {"note": str(tmp_path / "undone.txt")}
    run = paying.run(
        buy(*BUY, ("note made", "N1"), ("make", "N1-again"), ("goal", "1"), settings=note)
    )

    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.made, run.cleanup.left) == (Outcome.PASSED, 2, 0)
    assert [row["voided"] for row in json.loads(books.read_text())] == [True, True]
    assert sorted(row.reference for row in of_run(ledger, run)) == ["N1", "N1-again"]


def test_what_no_shop_can_tell_of_is_left_until_somebody_says_that_it_is_gone(
    paying: ProbePool, ledger: Kept, ask: Ask
) -> None:
    """A storefront without a list, a thing without an undo; no later clean-up opens it again."""
    job = ask(("buyer", "c@probe.invalid"), ("pay step", "pay"), ("goal", "1"))
    run = paying.run(job)
    (left,) = of_run(ledger, run)
    before = ledger.store.ledger_gone([left.id], at=NOW, by="ann", said="voided by phone")
    ledger.store.ledger_note(paying.settle(job, [left]))
    (said,) = of_run(ledger, run)

    assert run.outcome is Outcome.PASSED, run.message
    assert (left.settled, before) == (False, [])
    assert said == replace(left, gone_at=NOW, gone_by="ann", gone_note="voided by phone")
    assert said.settled

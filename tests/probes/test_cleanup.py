"""Leave to pay, the order ledger and the clean-up: nothing is left behind, provably."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forepost.model import Outcome
from probes.job import ProbeJob
from probes.ledger import NO_ANSWER
from probes.pool import ProbePool
from tests.probes.kept import BUY, Kept, of_run
from tests.probes.site import Answer, Ask, Site

pytestmark = pytest.mark.browser
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


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

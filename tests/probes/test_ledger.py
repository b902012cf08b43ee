"""What a clean-up found, matched with what stands in the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from forepost.model import LedgerEntry, MadeKind
from probes.ledger import NEVER_ASKED, Findings, Item, settle, verdict

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def entry(number: int, **changes: Any) -> LedgerEntry:
    """Return one leave."""
    made = LedgerEntry(
        id=f"e{number}",
        run_id="r",
        flow="payment",
        attempt=1,
        step=f"step {number}",
        kind=MadeKind.ORDER,
        customer="a@probe.invalid",
        asked_at=NOW,
    )
    return replace(made, **changes)


GONE = Item(MadeKind.ORDER, "N1", 500, paid=True, voided=True, restocked=True)


def test_an_order_that_was_made_twice_becomes_a_row_of_its_own() -> None:
    """A double order is exactly what must not be lost."""
    twice = Findings("a@probe.invalid", (GONE, replace(GONE, reference="N2")))

    first, extra = settle([entry(1)], [twice], NOW)

    assert (first.reference, extra.reference) == ("N1", "N2")
    assert extra.note == NEVER_ASKED
    assert extra.settled


def test_leaves_without_a_thing_made_nothing() -> None:
    """Three steps that pay, one order: a reload and a back button made none."""
    entries = [entry(1), entry(2), entry(3)]
    settled = settle(entries, [Findings("a@probe.invalid", (GONE,))], NOW)

    assert [one.reference for one in settled] == ["N1", "", ""]
    assert all(one.settled for one in settled)
    assert verdict(settled, [], 1.0).made == 1


def test_settling_again_keeps_what_is_known() -> None:
    """A second look must not move an instant, nor turn a known order into nothing."""
    late = NOW + timedelta(hours=1)
    stuck = replace(GONE, voided=False, restocked=False)
    (once,) = settle([entry(1)], [Findings("a@probe.invalid", (stuck,))], NOW)
    (vanished,) = settle([once], [Findings("a@probe.invalid")], late)
    (done,) = settle([once], [Findings("a@probe.invalid", (GONE,))], late)

    assert once.note == "not voided"
    assert not vanished.settled
    assert vanished.note == "the shop no longer lists it"
    assert done.settled
    assert (done.created_at, done.voided_at) == (NOW, late)


def test_a_gift_card_s_code_is_kept_only_in_part() -> None:
    """The code is money: whoever reads the ledger must not be able to spend it."""
    card = Item(MadeKind.GIFT_CARD, "GIFT-ABCD-1234", voided=True)
    (row,) = settle(
        [entry(1, kind=MadeKind.GIFT_CARD)], [Findings("a@probe.invalid", (card,))], NOW
    )

    assert row.reference == "…1234"
    assert row.settled

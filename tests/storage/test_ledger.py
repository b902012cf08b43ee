"""The order ledger of every kind of store: leave, caps, kill switch, what was left behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from forepost.errors import StoreError
from forepost.model import Caps, LedgerEntry, MadeKind
from forepost.storage import Store
from tests.storage.conftest import Opener
from tests.storage.nouns import at, entry, opening, told

NO_CAPS = Caps(since=at(-720))
DAY = timedelta(days=1)


def test_leave_is_written_down_before_it_is_given(store: Store, opener: Opener) -> None:
    """Whoever opens the store after a kill finds what may have been made."""
    assert store.ledger_ask(entry(), NO_CAPS) == ""
    assert opener().ledger(unsettled_only=True) == [entry()]


def test_an_entry_comes_back_as_it_went_in(store: Store) -> None:
    """Every instant, number and word; an unknown amount stays unknown."""
    full = LedgerEntry(
        id="e1",
        run_id="run-1",
        flow="gift_card",
        attempt=2,
        step="buy",
        kind=MadeKind.GIFT_CARD,
        customer="probe@forepost.example",
        asked_at=at(0),
        reference="…4242",
        amount_cents=2_500,
        created_at=at(1),
        paid_at=at(2),
        voided_at=at(3),
        restocked_at=at(4),
        mail_seen_at=at(5),
        nothing_at=at(6),
        note="refunded",
        gone_at=at(7),
        gone_by="ann",
        gone_note="seen in the back office",
    )
    bare = entry(7, cents=None)
    store.ledger_note([full, bare])
    assert store.ledger() == [full, bare]


def test_the_cap_on_orders_counts_what_may_have_been_made(store: Store) -> None:
    """Refused ones and those proved to have made nothing leave room; yesterday's too."""
    caps = Caps(since=at(0), orders=2)
    store.ledger_ask(entry(-1, "yesterday"), NO_CAPS)
    assert store.ledger_ask(entry(1), caps) == ""
    assert store.ledger_ask(entry(2), caps) == ""
    refused = store.ledger_ask(entry(3), caps)
    assert "2 of 2 orders" in refused
    assert "orders_per_day" in refused
    store.ledger_note([replace(entry(2), nothing_at=at(4))])
    assert store.ledger_ask(entry(5), caps) == ""
    kept = {one.id: one.refused for one in store.ledger(since=at(0))}
    assert kept == {"e1": "", "e2": "", "e3": refused, "e5": ""}


def test_the_cap_on_money_is_never_passed(store: Store) -> None:
    """What would go beyond is refused before; what just fits is not; 0 allows nothing."""
    caps = Caps(since=at(0), cents=10_000)
    assert store.ledger_ask(entry(1, cents=6_000), caps) == ""
    assert "6000 of 10000 cents" in store.ledger_ask(entry(2, cents=4_001), caps)
    assert store.ledger_ask(entry(3, cents=4_000), caps) == ""
    assert "cents_per_day" in store.ledger_ask(entry(4, cents=None), caps)
    assert store.ledger_ask(entry(5, cents=None), replace(caps, cents=0)) != ""


def test_the_kill_switch_stops_all_who_share_the_store(store: Store, opener: Opener) -> None:
    """Thrown by one program, obeyed by another at once, and released again."""
    other = opener()
    assert store.paying_stopped() is None
    store.stop_paying("the warehouse is counting", at(0))
    assert other.paying_stopped() == "the warehouse is counting"
    refused = other.ledger_ask(entry(1), NO_CAPS)
    assert refused == "paying is stopped: the warehouse is counting"
    other.stop_paying("still counting", at(1))
    assert store.paying_stopped() == "still counting"
    store.stop_paying(None, at(2))
    store.stop_paying(None, at(3))
    assert other.paying_stopped() is None
    assert other.ledger_ask(entry(4), NO_CAPS) == ""


def test_asking_again_hears_the_first_answer(store: Store) -> None:
    """A request that is repeated is no second order."""
    caps = Caps(since=at(0), orders=1)
    assert store.ledger_ask(entry(1), caps) == ""
    assert store.ledger_ask(entry(1), caps) == ""
    refused = store.ledger_ask(entry(2), caps)
    assert store.ledger_ask(entry(2), NO_CAPS) == refused
    assert len(store.ledger()) == 2


def test_what_is_proved_once_stays_proved(store: Store) -> None:
    """Two programs note the same entry; the later one has not seen what the earlier did."""
    store.ledger_ask(entry(), NO_CAPS)
    store.ledger_note([replace(entry(), created_at=at(1), reference="1001")])
    store.ledger_note([replace(entry(), reference="1001", voided_at=at(2), note="void")])
    (kept,) = store.ledger()
    assert (kept.created_at, kept.voided_at, kept.note) == (at(1), at(2), "void")


def test_of_two_words_the_first_is_kept_and_all_rows_or_none_settled(
    store: Store, opener: Opener
) -> None:
    """Both people had read the list; the second is told which row the first has settled."""
    other = opener()
    store.ledger_note([entry(1), entry(2)])
    assert store.ledger_gone(["e1"], at=at(5), by="ann", said="voided") == []
    first = replace(entry(1), gone_at=at(5), gone_by="ann", gone_note="voided")
    assert other.ledger_gone(["e2", "e1"], at=at(6), by="bob", said="too") == [first]
    with pytest.raises(StoreError, match=r"^e9: no such row"):
        other.ledger_gone(["e2", "e9"], at=at(6), by="bob", said="too")
    assert store.ledger() == [first, entry(2)]


def test_a_word_outlives_what_is_noted_later(store: Store) -> None:
    """A clean-up that had read the row before neither takes it back nor makes another of it."""
    made = replace(entry(1), reference="1001", created_at=at(1))
    store.ledger_note([made])
    store.ledger_gone(["e1"], at=at(5), by="ann", said="voided")
    late = replace(made, note="not voided")
    store.ledger_note([late, replace(late, id="e1+1"), replace(late, id="e1+2", reference="1002")])
    assert store.ledger() == [
        replace(late, gone_at=at(5), gone_by="ann", gone_note="voided"),
        replace(late, id="e1+2", reference="1002"),
    ]


def every_state() -> Iterator[LedgerEntry]:
    """One entry for each combination of what decides whether it is settled."""
    minute = 0
    for kind in MadeKind:
        for refused in ("", "no"):
            for voided in (None, at(1)):
                for restocked in (None, at(2)):
                    for nothing, gone in product((None, at(3)), (None, at(4))):
                        minute += 1
                        yield replace(
                            entry(minute, "s"),
                            kind=kind,
                            refused=refused,
                            voided_at=voided,
                            restocked_at=restocked,
                            nothing_at=nothing,
                            gone_at=gone,
                        )


def test_the_store_and_the_noun_agree_on_what_is_settled(store: Store) -> None:
    """All 96 states: the store's rule against `LedgerEntry.settled`."""
    states = list(every_state())
    store.ledger_note(states)
    assert store.ledger() == states
    assert store.ledger(unsettled_only=True) == [one for one in states if not one.settled]


def test_the_ledger_is_read_by_run_and_instant(store: Store) -> None:
    """By the instant of asking, from an instant on."""
    store.ledger_note([entry(3), entry(1, run_id="run-2"), entry(2)])
    assert [one.id for one in store.ledger()] == ["e1", "e2", "e3"]
    assert [one.id for one in store.ledger(run_id="run-1")] == ["e2", "e3"]
    assert [one.id for one in store.ledger(since=at(3), run_id="run-1")] == ["e3"]


def test_settled_entries_go_after_90_days_and_open_ones_never(store: Store) -> None:
    """What may still lie in the shop is not forgotten, however old."""
    done = replace(entry(0, "done"), voided_at=at(1), restocked_at=at(1))
    store.ledger_note([done, entry(0, "open"), entry(0, "said")])
    store.prune(at(0) + 89 * DAY)
    assert len(store.ledger()) == 3
    assert store.prune(at(1) + 90 * DAY) == 1
    store.ledger_gone(["said0"], at=at(0) + 200 * DAY, by="ann", said="voided")
    assert store.prune(at(0) + 289 * DAY) == 0, "what was said is kept as long"
    store.prune(at(0) + 999 * DAY)
    assert [one.id for one in store.ledger()] == ["open0"]


def test_an_alert_of_no_transition_is_told_once_a_channel(store: Store) -> None:
    """An orphan is told to each channel, and to a channel that was added later."""
    alert = replace(
        told(opening())["terminal"], key="orphan:e0", incident_id=None, severity="critical"
    )
    assert store.add_alerts(dict.fromkeys(("terminal", "mail"), alert)) == 2
    assert store.add_alerts(dict.fromkeys(("terminal", "mail", "chat"), alert)) == 1
    assert [row.channel for row in store.due_alerts(at(0))] == ["terminal", "mail", "chat"]
    assert store.add_alerts({}) == 0
    assert store.check() == []


@pytest.mark.parametrize("text", ["'); DROP TABLE ledger; --", "\ud800 half", "line\nline"])
def test_hostile_words_of_a_shop_are_kept_harmless(store: Store, text: str) -> None:
    """A shop's number of an order is a text like any other."""
    store.ledger_note([replace(entry(), reference=text, note=text)])
    (kept,) = store.ledger()
    assert kept.reference == text.encode("utf-8", "replace").decode()

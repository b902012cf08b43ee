"""The small rules under the shop, against independent reckoning."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demoshop.clock import add_months, parse, stamp
from demoshop.locks import KeyedLocks
from demoshop.money import euro, percent_of
from demoshop.pricing import totals


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_share_is_rounded_half_up_like_decimal_does(cents: int, percent: int) -> None:
    """To the cent, once."""
    exact = Decimal(cents) * percent / 100
    assert percent_of(cents, percent) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(st.lists(st.integers(1, 100_000), max_size=8), st.sampled_from(["standard", "express"]))
def test_the_total_is_the_sum_of_its_parts(lines: list[int], delivery: str) -> None:
    """Lines + delivery + tax − discount = total; an empty cart costs nothing."""
    sums = totals(lines, delivery)
    parts = sums.lines_cents + sums.delivery_cents + sums.tax_cents - sums.discount_cents
    assert sums.total_cents == parts
    assert (sums.total_cents == 0) == (not lines)


@pytest.mark.parametrize(
    ("cents", "text"), [(2490, "€ 24.90"), (5, "€ 0.05"), (-300, "−€ 3.00"), (123456, "€ 1,234.56")]
)
def test_amounts_are_written_as_in_a_shop(cents: int, text: str) -> None:
    """With a space that does not break."""
    assert euro(cents) == text.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 12, "2027-12-15"),
    ],
)
def test_months_end_where_they_end(start: str, months: int, end: str) -> None:
    """Checked against a calendar on the wall."""
    at = datetime.fromisoformat(f"{start}T09:00:00+00:00")
    assert add_months(at, months).date().isoformat() == end


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - zones are given next
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - zones are given next
)
def test_stamps_sort_like_the_moments_they_name(one: datetime, two: datetime) -> None:
    """SQL compares them as text."""
    one, two = one.replace(tzinfo=UTC), two.replace(tzinfo=UTC)
    assert (stamp(one) < stamp(two)) == (one < two)
    assert parse(stamp(one)) == one


def test_a_moment_without_a_zone_is_no_moment() -> None:
    """Nobody guesses which midnight was meant."""
    with pytest.raises(ValueError, match="no time zone"):
        parse("2026-01-31T09:00:00")


def test_keyed_locks_let_one_in_and_forget_the_key() -> None:
    """Fifty threads on one key: never two inside; another key is free meanwhile."""
    locks, inside, most = KeyedLocks(), [0], [0]

    def work() -> None:
        with locks.hold("one"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            with locks.hold("two"):
                inside[0] -= 1

    threads = [Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timedelta(seconds=10).total_seconds())
    assert most[0] == 1
    assert not locks._locks

"""When a channel is asked again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.backoff import retry_at
from forepost.model import Alert, OutboxRow


@pytest.fixture
def row(alert: Alert) -> OutboxRow:
    """Return a row that has never been tried."""
    return OutboxRow(1, "webhook", alert)


def test_pauses_double_from_5_s_to_15_min(row: OutboxRow, now: datetime) -> None:
    """The longest pause of each try, by hand; a jitter takes a quarter off at most."""
    for tries, longest_s in enumerate((5, 10, 20, 40, 80, 160, 320, 640, 900, 900)):
        at = retry_at(replace(row, tries=tries), now)

        assert at is not None
        assert 0.75 * longest_s <= (at - now).total_seconds() <= longest_s


def test_rows_that_failed_together_come_back_apart(row: OutboxRow, now: datetime) -> None:
    """A hundred alerts of one outage must not return in the same second; each its own way."""
    times = [retry_at(replace(row, id=number, tries=8), now) for number in range(100)]

    assert len({at.replace(microsecond=0) for at in times if at}) > 50
    assert times == [retry_at(replace(row, id=number, tries=8), now) for number in range(100)]


def test_after_24_h_nobody_is_asked_any_more(row: OutboxRow, now: datetime) -> None:
    """An alert of yesterday helps nobody; the row stays as failed."""
    assert retry_at(row, now + timedelta(hours=23, minutes=59)) is not None
    assert retry_at(row, now + timedelta(hours=24)) is None


@given(row_id=st.integers(0, 2**63 - 1), tries=st.integers(0, 10**9))
def test_any_row_has_a_sane_pause(row_id: int, tries: int) -> None:
    """No overflow, no pause below 3 s or above 15 min."""
    now = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
    alert = Alert("k", now, "critical", "t", ())
    at = retry_at(OutboxRow(row_id, "webhook", alert, tries), now)

    assert at is not None
    assert 3 <= (at - now).total_seconds() <= 900

"""The first screen's sentences: what is open, what is unknown, what was told by customers."""

from dataclasses import replace
from typing import Any

import pytest

from forepost.model import Estimate, IncidentKind
from reports import gaps, sentences
from reports.collect import collect
from reports.data import ReportData
from reports.ledger import HEADINGS, rows


@pytest.fixture(scope="session")
def data(morning: Any) -> ReportData:
    """What the morning's report says."""
    return collect(
        morning.store, morning.context, morning.since, morning.until, morning.out, morning.until
    )


def lasting(data: ReportData) -> ReportData:
    """Return the same morning with its first incident still open."""
    row = data.rows[0]
    incident = replace(row.story.incident, closed_at=None)
    row = replace(row, story=replace(row.story, incident=incident))
    return replace(data, rows=(row, *data.rows[1:]))


def test_an_open_incident_is_said_first(data: ReportData) -> None:
    """The state names what is broken, and its story says that it lasts."""
    still = lasting(data)

    assert sentences.state(still).tone == "open"
    assert sentences.state(still).said == "1 incident open: gift card"
    assert "it still lasts" in sentences.story(still.rows[0], still)


def test_a_quiet_period_is_not_called_perfect(data: ReportData) -> None:
    """No incident means none was seen, as far as the shop was watched."""
    quiet = replace(data, rows=(), surges=(), lead=None)

    assert sentences.headline(quiet) == (
        "No customer journey broke in this period, as far as it was watched"
    )
    assert {card.detail for card in sentences.cards(quiet)[:3]} == {"no incident in this period"}


def test_nobody_is_said_to_be_silent_where_nobody_listened(data: ReportData) -> None:
    """Without a source of posts, no post is no news: neither a lead nor a zero follows from it."""
    quiet = tuple(
        replace(row, story=replace(row.story, first_complaint_at=None, lead_time_s=None))
        for row in data.rows
    )
    deaf = replace(
        data, rows=quiet, surges=(), coverage=replace(data.coverage, complaint_ratio=None)
    )

    assert sentences.headline(deaf).endswith("; whether anybody posted is unknown")
    assert "whether anybody posted is unknown" in sentences.story(deaf.rows[0], deaf)
    assert [card.value for card in sentences.cards(deaf)[:2]] == ["unknown", "unknown"]
    assert {row[HEADINGS.index("lead time")] for row in rows(deaf)} == {"unknown"}


def test_blind_probes_do_not_say_all_well(data: ReportData) -> None:
    """When every run broke on our side, nothing is known of the shop."""
    blind = replace(
        data,
        rows=(),
        load_runs=(),
        load=None,
        coverage=replace(data.coverage, broken=data.coverage.runs, posts=0),
    )

    assert sentences.state(blind).tone == "unknown"
    assert sentences.headline(blind).startswith("Nothing was measured between")
    assert any("No probe measured anything" in line for line in gaps.gaps(blind))


def test_a_surge_without_a_probe_is_told_as_missed(data: ReportData) -> None:
    """Customers said it and no probe explains it: no step, no `failed`."""
    row = data.rows[0]
    incident = replace(row.story.incident, kind=IncidentKind.COMPLAINTS, step=None)
    surge = replace(row, story=replace(row.story, incident=incident), lead_class="missed")

    assert "no probe that explains them" in sentences.story(surge, data)


def test_the_first_screen_keeps_the_open_and_the_costly(data: ReportData) -> None:
    """Of many incidents four, in the order in which they happened; the open one among them."""
    small = replace(data.rows[1].story, customers_affected=Estimate(1, 0, 2))
    rows = (*lasting(data).rows, *(replace(data.rows[1], story=small) for _ in range(9)))
    many = replace(data, rows=rows)

    kept = sentences.front(many)

    assert len(kept) == sentences.FRONT
    assert kept[0].story.incident.open
    assert [row.story.incident.opened_at for row in kept] == sorted(
        row.story.incident.opened_at for row in kept
    )
    assert sentences.headline(many).startswith("12 incidents in 3 customer journeys")


def test_a_sum_of_estimates_keeps_an_outer_interval() -> None:
    """Incidents share their rates, so their intervals' ends add; unknown ones stay out."""
    got = sentences.total([Estimate(10, 5, 20, 0.9), None, Estimate(1, 0, 3, 0.95)])

    assert got == Estimate(11, 5, 23, 0.9)
    assert sentences.total([None]) is None


def test_a_long_silence_of_the_probes_is_named(data: ReportData) -> None:
    """Five hours without a run stand out against a usual pause of two minutes."""
    cover = replace(data.coverage, longest_gap_s=5 * 3600.0, typical_gap_s=120.0)

    assert "no run for 5 h on end" in sentences.cards(replace(data, coverage=cover))[5].detail
    assert data.coverage.long_gap_s is None

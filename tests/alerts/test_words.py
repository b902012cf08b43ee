"""The words of an alert: what, since when, whom it hits, where the proof is, what to do."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.plain import LINE_LENGTH, plain
from alerts.words import alert_of
from forepost.model import Estimate, Incident, IncidentKind, Transition, TransitionKind


def closed(transition: Transition, at: datetime) -> Transition:
    """Return the closing that follows an opening."""
    incident = replace(transition.incident, closed_at=at)
    return Transition(TransitionKind.CLOSED, at, incident, "worked in 2 of the last 2 runs")


def test_an_opening_says_all_that_is_needed_at_night(transition: Transition) -> None:
    """Flow, step, message, onset, evidence, what to do; nothing that is not known."""
    alert = alert_of(transition, report="out/report.html")

    assert alert.title == 'checkout fails, step "pay"'
    assert alert.severity == "critical"
    assert alert.lines == (
        "the probe failed 2 of the last 2 attempts",
        'checkout, step "pay": no order number after 8.0 s',
        "began between 2026-03-01 11:54:00 UTC (last good run) and 2026-03-01 11:59:00 UTC",
        "evidence: out/runs/019bffffffff00000001/",
        (
            'what to do: look at the evidence, repeat it with "forepost probe checkout", and ask'
            " what changed shortly before 2026-03-01 11:59:00 UTC"
        ),
        "report: out/report.html",
    )


def test_customers_are_told_with_their_interval_in_the_shops_zone(transition: Transition) -> None:
    """An estimate never travels without its interval; times are those of the shop's clocks."""
    alert = alert_of(
        transition,
        customers=Estimate(31.4, 12.0, 58.6, 0.9),
        zone=ZoneInfo("Europe/Berlin"),
    )

    assert "customers affected so far: about 31 (12 to 59, 90% interval)" in alert.lines
    assert any("12:54:00 CET (last good run)" in line for line in alert.lines)


def test_an_onset_that_is_not_known_is_not_invented(transition: Transition) -> None:
    """Before the first failure there was no good run to compare with."""
    incident = replace(transition.incident, onset_at=transition.incident.first_failed_at)
    lines = alert_of(replace(transition, incident=incident)).lines

    assert "failed first at 2026-03-01 11:59:00 UTC; no good run before it is known" in lines


def test_a_closing_says_how_long_it_lasted(transition: Transition, now: datetime) -> None:
    """The other end of the story, under another key."""
    opened, ended = alert_of(transition), alert_of(closed(transition, now + timedelta(hours=2)))

    assert (ended.title, ended.severity) == ("checkout works again", "resolved")
    assert ended.lines[:2] == (
        "the probe worked in 2 of the last 2 runs",
        "lasted at most 2 h 6 min, from 2026-03-01 11:54:00 UTC to 2026-03-01 14:00:00 UTC",
    )
    assert not any(line.startswith("evidence") for line in ended.lines)
    assert opened.key != ended.key
    assert opened.key == alert_of(transition).key


def test_complaints_are_told_as_such(now: datetime) -> None:
    """A surge of posts is not a failed flow, and is not called one."""
    incident = Incident("1", IncidentKind.COMPLAINTS, "gift_card", now, now, now)
    opened = Transition(TransitionKind.OPENED, now, incident, "9 in 5 min, 1 is usual")

    assert alert_of(opened).title == "customers complain about gift card"
    assert alert_of(opened).lines[0] == "public posts: 9 in 5 min, 1 is usual"
    assert alert_of(closed(opened, now)).title == "complaints about gift card are back to normal"


HOSTILE = 'x\n\x1b[31mALERT  all is well\r\u202e\x9b2J\u2028"'


@pytest.mark.parametrize("name", ["subject", "step", "message", "run_id"])
def test_a_hostile_page_writes_no_line_of_its_own(transition: Transition, name: str) -> None:
    """Whatever a page put into a message stays inside its line."""
    words: dict[str, Any] = {name: HOSTILE}
    incident = replace(transition.incident, **words)
    alert = alert_of(replace(transition, incident=incident, reason=HOSTILE))

    for line in (alert.title, *alert.lines):
        assert line.isprintable()


@given(st.text(max_size=3 * LINE_LENGTH))
def test_plain_is_one_bounded_printable_line(text: str) -> None:
    """For any text; and once plain, it stays as it is."""
    line = plain(text)

    assert line.isprintable()
    assert len(line) <= LINE_LENGTH
    assert len(line.splitlines()) <= 1
    assert plain(line) == line

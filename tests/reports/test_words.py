"""Numbers and times read as people say them; what is unknown never reads as zero."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from forepost.model import Estimate
from reports import words

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before clocks go forward


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (72, "1 min 12 s"),
        (65, "1 min 05 s"),
        (3600, "1 h"),
        (7500, "2 h 05 min"),
        (97_200, "1 d 03 h"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds: float, said: str) -> None:
    """Two units at most, and no 60 s."""
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(72, "+1 min 12 s"), (-35, f"{words.MINUS}35 s"), (0, "0 s"), (None, "nobody posted")],
)
def test_a_lead_carries_its_sign(seconds: float | None, said: str) -> None:
    """Customers first is negative; nobody posted is a word, never a number."""
    assert words.lead(seconds) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(1, "100 %"), (0, "0 %"), (None, "unknown"), (0.99999, "99.9 %"), (0.125, "12.5 %")],
)
def test_only_all_of_them_is_a_hundred_per_cent(ratio: float | None, said: str) -> None:
    """One failure in 100,000 must not round up to 100 %."""
    assert words.percent(ratio) == said


def test_an_estimate_never_stands_alone() -> None:
    """The interval belongs to the figure; no figure is `unknown`."""
    assert words.estimate(Estimate(96.4, 71.8, 1130.2)) == "96 (72 to 1,130)"
    assert words.estimate(None) == "unknown"
    assert words.interval(Estimate(1, 0, 2, 0.9)) == "90 % interval 0 to 2"


def test_times_stand_in_the_shops_zone_with_its_name() -> None:
    """A manager in Berlin reads Berlin's clock, on both sides of the change of hour."""
    later = SPRING + timedelta(hours=1)

    assert words.clock(SPRING, BERLIN) == "01:30:00"
    assert words.clock(later, BERLIN) == "03:30:00"
    assert words.span(SPRING, later, BERLIN) == (
        "29 March 2026, 01:30:00 to 03:30:00 Europe/Berlin (UTC+0200)"
    )


def test_a_period_of_days_names_both() -> None:
    """Beyond one day a time needs its date."""
    later = SPRING + timedelta(days=2)

    assert words.span(SPRING, later, ZoneInfo("UTC")).startswith("29 March 2026 00:30 to 31 March")
    assert words.moment(later, ZoneInfo("UTC"), dated=True) == "31 Mar 00:30"


def test_hostile_text_stays_on_one_short_line() -> None:
    """Newlines, control and direction marks must not reach a terminal or a table."""
    text = words.clip("a\x1b[31m\n\u202eb" + "c" * 500, 20)

    assert len(text) == 20
    assert "\x1b" not in text
    assert "\n" not in text
    assert "\u202e" not in text


def test_a_figure_keeps_its_unit() -> None:
    """A line of a page never ends between 55 and s."""
    assert words.unbroken("lasted 1 min 05 s, 90 % of it") == (
        "lasted 1\N{NO-BREAK SPACE}min 05\N{NO-BREAK SPACE}s, 90\N{NO-BREAK SPACE}% of it"
    )

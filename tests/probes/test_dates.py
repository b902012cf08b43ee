"""Days as shops write them, held against what a calendar says they are."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.dates import days, month

TODAY = date(2026, 11, 23)
CHRISTMAS_EVE = date(2026, 12, 24)


@pytest.mark.parametrize(
    "text",
    [
        "on 2026-12-24",
        "2026/12/24",
        "24.12.2026",
        "24. 12. 2026",
        "24.12.26",
        "24/12/2026",
        "12/24/2026",
        "24-12-2026",
        "24 December 2026, 08:15 UTC",
        "December 24th, 2026",
        "Dec. 24",
        "24. Dezember 2026",
        "am 24. Dez.",
        "le 24 décembre 2026",
        "el 24 de diciembre de 2026",
        "24 dicembre 2026",
        "24 december 2026",
        "24 grudnia 2026",
        "24 de dezembro de 2026",
        "den 24. december",
        "card 4711 on 24 December 2026",
        "24 December 2026, then 24 January 2027",
    ],
)
def test_a_day_is_read_as_it_is_written(text: str) -> None:
    """Ten languages, figures in every order, with and without a year."""
    assert days(text, TODAY) == (CHRISTMAS_EVE,)


@pytest.mark.parametrize("text", ["", "soon", "32 December 2026", "€24.12", "24 hours", "at 12:24"])
def test_what_is_no_day_is_none(text: str) -> None:
    """No day is better than a wrong one."""
    assert days(text, TODAY) == ()


def test_a_day_that_can_be_read_in_two_ways_is_both() -> None:
    """The fifth of June to some is the sixth of May to others."""
    assert days("05/06/2026", TODAY) == (date(2026, 5, 6), date(2026, 6, 5))
    assert days("05.06.2026", TODAY) == (date(2026, 6, 5),)


def test_a_day_without_a_year_is_the_nearest_one() -> None:
    """In December a renewal in January is next month, and one in November was last month."""
    assert days("2 January", date(2026, 12, 20)) == (date(2027, 1, 2),)
    assert days("20 December", date(2027, 1, 2)) == (date(2026, 12, 20),)


def test_no_word_is_two_months() -> None:
    """June and July begin alike in French, March and May in others."""
    assert [month(name) for name in ("juin", "juillet", "mars", "mai", "maggio", "marzo")] == [
        6, 7, 3, 5, 5, 3,
    ]  # fmt: skip


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_comes_back_from_the_ways_the_calendar_writes_it(day: date) -> None:
    """Held against the library's own writing of dates."""
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y"):
        assert days(day.strftime(form), TODAY) == (day,), form
    assert day in days(day.strftime("%d/%m/%Y"), TODAY)
    near = TODAY + timedelta(days=(day - date(2000, 1, 1)).days % 300 - 150)
    assert days(near.strftime("%d %B"), TODAY) == (near,)

"""Days as shops write them: "2026-12-01", "1. Dezember", "Dec 1, 2026", "01/12/2026"."""

import re
import unicodedata
from datetime import date

# How the names of the months begin in the ten languages of `words.toml`, January first.
_MONTHS = (
    "jan ene gen sty",
    "feb fev lut",
    "mar maa mrt",
    "apr abr avr kwi",
    "mai maj may mei mag",
    "jun juin giu cze",
    "jul juil lug lip",
    "aug ago aou sie",
    "sep set wrz",
    "oct okt ott out paz",
    "nov lis",
    "dec dez dic gru",
)
_TEXT = 200
_NAME = r"(?P<name>[^\W\d_]{3,})\.?"
_YEAR = r"(?:,?\s+(?:de\s+|del\s+)?(?P<year>\d{4})(?!\d))?"
_NAMED = (
    re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?\.?\s+(?:de\s+|of\s+)?{_NAME}{_YEAR}"
    ),
    re.compile(rf"(?<!\w){_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]){_YEAR}"),
)
_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_FIGURES = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)")


def days(text: str, today: date) -> tuple[date, ...]:
    """Return the first day that a text names; two where it can be read in two ways.

    A day without a year is that nearest to `today`. "05/06/2026" is both the fifth of June and
    the sixth of May: who asks must not be sure of either. Empty: no day is named.
    """
    plain = unicodedata.normalize("NFKC", text[:_TEXT])
    found = [*_iso(plain), *_figures(plain), *_named(plain, today)]
    if not found:
        return ()
    first = min(at for at, _ in found)
    return tuple(sorted({day for at, day in found if at == first}))


def month(name: str) -> int | None:
    """Return which month a word names, 1 to 12; None if it names none."""
    plain = unicodedata.normalize("NFKD", name.lower())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    for number, beginnings in enumerate(_MONTHS, 1):
        if bare.startswith(tuple(beginnings.split())):
            return number
    return None


def _iso(text: str) -> list[tuple[int, date]]:
    return [
        (hit.start(), day)
        for hit in _ISO.finditer(text)
        if (day := _day(int(hit[1]), int(hit[3]), int(hit[4])))
    ]


def _figures(text: str) -> list[tuple[int, date]]:
    """Read 01.12.2026 as people who write dots do, 01/12/2026 in both ways that it is written."""
    made = []
    for hit in _FIGURES.finditer(text):
        left, right, year = int(hit[1]), int(hit[3]), int(hit[4])
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
        ways = [(right, left)] if hit[2] == "." else [(right, left), (left, right)]
        made += [(hit.start(), day) for m, d in ways if (day := _day(year, m, d))]
    return made


def _named(text: str, today: date) -> list[tuple[int, date]]:
    made = []
    for pattern in _NAMED:
        for hit in pattern.finditer(text):
            number = month(hit["name"])
            if number is None:
                continue
            years = [int(hit["year"])] if hit["year"] else [today.year + off for off in (-1, 0, 1)]
            told = [day for year in years if (day := _day(year, number, int(hit["day"])))]
            if told:
                made.append((hit.start(), min(told, key=lambda day: abs(day - today))))
    return made


def _day(year: int, number: int, day: int) -> date | None:
    try:
        return date(year, number, day)
    except ValueError:
        return None

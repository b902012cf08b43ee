"""Money as shops show it: "1.234,56 €", "£9.99", "CHF 1'234.50", "249,-", "¥1,980"."""

import re
import unicodedata

# Spaces that stand between thousands, and marks of directions that stand anywhere.
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’`\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_NUMBER = re.compile(r"\d(?:[\d.,\s\u00a0\u2007\u2009\u202f'’`٫٬]*\d)?(?:[.,][-–—]+)?")
_MINUS = re.compile(r"^\s*(?:[^\d\w]*[-−–]|\(.*\)\s*$)|\d\s*[-−]\s*$|^\D*[-−–]\s*\d")
_WHOLE = re.compile(r"[¥₩₫]|\b(?:JPY|KRW|VND|CLP|ISK|HUF)\b|円|원|Ft\b")
_THOUSANDTHS = re.compile(r"\b(?:KWD|BHD|OMR|JOD|TND|IQD|LYD)\b|[كب]\.د|ر\.ع|د\.ت")
_GROUP = 3
_CENTS = 2


def cents(text: str) -> int | None:
    """Return the first amount in a text as hundredths of its currency; None if there is none.

    A currency without decimals counts too in hundredths, so that ¥1,980 is 198 000: one unit
    for all that is compared. Thousandths that are no whole cents are None, never rounded.
    """
    found = _NUMBER.search(_digits(text[:200]))
    if found is None:
        return None
    value = _value(found[0], text)
    if value is None:
        return None
    return -value if _MINUS.search(_digits(text[:200])) else value


def amounts(text: str) -> tuple[int, ...]:
    """Return every amount of a text, in its order, without a sign."""
    found = (_value(hit[0], text) for hit in _NUMBER.finditer(_digits(text[:2_000])))
    return tuple(value for value in found if value is not None)


def _digits(text: str) -> str:
    """Write the digits of all scripts as 0 to 9."""
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text)


def _value(number: str, text: str) -> int | None:
    """Return the hundredths of `1.234,56`."""
    number = re.sub(r"[.,][-–—]+$", "", number)
    number = _SPACES.sub("", number).replace("٫", ".").replace("٬", "")
    whole, fraction = _split(number, text)
    if not whole.isdigit():
        return None
    rest = fraction.ljust(_CENTS, "0")
    if rest[_CENTS:].strip("0"):
        return None
    return int(whole) * 100 + int(rest[:_CENTS])


def _split(number: str, text: str) -> tuple[str, str]:
    """Return what stands before and after the mark of decimals."""
    marks = re.findall(r"[.,]", number)
    if not marks:
        return number, ""
    last = marks[-1]
    before, _, after = number.rpartition(last)
    alone = marks.count(last) == 1
    if alone and len(set(marks)) == 1 and len(after) == _GROUP and not before.startswith("0"):
        alone = bool(_THOUSANDTHS.search(text))  # "1.234" is a thousand, but "1.234 KWD" is not
    if not alone or (len(after) == _GROUP and _WHOLE.search(text)):
        return re.sub(r"[.,]", "", number), ""
    return re.sub(r"[.,]", "", before), after

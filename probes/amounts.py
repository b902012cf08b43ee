"""Money as shops show it: "1.234,56 €", "£9.99", "CHF 1'234.50", "249,-", "¥1,980", "24€90"."""

import re
import unicodedata
from collections.abc import Iterator

# Marks that nobody sees: widths of zero and directions.
_UNSEEN = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Wide forms and hyphens that are not to be broken, as they are written elsewhere.
_PLAIN = str.maketrans("，．￥－％‐‑﹣", ",.¥-%---")
_RAISED = re.compile(r"(?<=\d)([⁰¹²³⁴-⁹]+)")
_RAISED_CENTS = re.compile(r"(?<![\d.,])(\d+)([⁰¹²³⁴-⁹]{2})(?![⁰¹²³⁴-⁹])")
_CENTS_BEHIND = re.compile(r"(?<![\d.,])(\d+)[€£$](\d\d)(?![\d.,]|\s?[€£$])")  # 24€90
# A blank stands between thousands only: two amounts side by side are two.
_THOUSANDS = r"\d{1,3}(?:[^\S\r\n]\d{3})+(?!\d)(?:[.,]\d+)?"
_NUMBER = re.compile(rf"(?:{_THOUSANDS}|\d(?:[\d.,'’`٫٬]*\d)?)(?:[.,][-–—]+)?")
_CODE = r"\b(?:EUR|USD|GBP|CHF|SEK|DKK|NOK|PLN|CZK|HUF|CAD|AUD|NZD|kr\.?|zł|Kč)\s*"
# A dash between a word and an amount ("Express - 4,90 €") is no minus.
_MINUS = re.compile(
    rf"^\s*(?:[^\d\w]*[-−–]|\(.*\)\s*$)|\d\s*[-−]\s*$|^\D*?(?:{_CODE}[-−–]\s*|(?<!\w)[-−–])\d"
)
_SHARE = re.compile(r"\s?[%٪]")  # "10 %" is no amount, nor is "%10"
_WHOLE = re.compile(r"[¥₩₫]|\b(?:JPY|KRW|VND|CLP|ISK|HUF)\b|円|원|Ft\b")
_THOUSANDTHS = re.compile(r"\b(?:KWD|BHD|OMR|JOD|TND|IQD|LYD)\b|[كب]\.د|ر\.ع|د\.ت")
_GROUP = 3
_CENTS = 2


def cents(text: str) -> int | None:
    """Return the first amount in a text as hundredths of its currency; None if there is none.

    A currency without decimals counts too in hundredths, so that ¥1,980 is 198 000: one unit
    for all that is compared. Thousandths that are no whole cents are None, never rounded.
    A share ("−10 %") is no amount.
    """
    text = plain(text[:200])
    begins = 0  # of what belongs to the amount: a share before it has a sign of its own
    for found in _NUMBER.finditer(text):
        if not _is_share(found, text):
            value = _value(found[0], text)
            negative = value is not None and _MINUS.search(text[begins:])
            return -value if value is not None and negative else value
        begins = found.end()
    return None


def amounts(text: str) -> tuple[int, ...]:
    """Return every amount of a text, in its order, without a sign."""
    return tuple(_values(plain(text[:2_000])))


def plain(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9, and without unseen marks.

    Two raised digits behind a whole number are its cents; others belong to a footnote.
    """
    text = _UNSEEN.sub("", text).translate(_PLAIN)
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    text = _RAISED_CENTS.sub(lambda hit: f"{hit[1]}.{_lowered(hit[2])}", text)
    return _CENTS_BEHIND.sub(r"\1.\2", _RAISED.sub("", text))


def _lowered(raised: str) -> str:
    return "".join(str(unicodedata.digit(char)) for char in raised)


def _values(text: str) -> Iterator[int]:
    for found in _NUMBER.finditer(text):
        if not _is_share(found, text) and (value := _value(found[0], text)) is not None:
            yield value


def _is_share(found: re.Match[str], text: str) -> bool:
    before = text[found.start() - 1 : found.start()]
    return before == "%" or _SHARE.match(text, found.end()) is not None


def _value(number: str, text: str) -> int | None:
    """Return the hundredths of `1.234,56`."""
    number = re.sub(r"[.,][-–—]+$", "", number)
    number = re.sub(r"[\s'’`]", "", number).replace("٫", ".").replace("٬", "")
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

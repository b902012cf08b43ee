"""Finding what is to be read on a page: prices, sums, numbers, lines of a cart."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probes.controls.names import Control
from probes.controls.reader import read
from probes.controls.sums import pick, rows, squeeze
from probes.controls.words import phrases

# A number as shops write it: at least one digit, three characters, no date and no amount.
_NUMBER = r"(?P<number>[A-Z]{0,6}[#_-]?(?=[\w/-]*\d)[A-Z0-9][A-Z0-9/_-]{2,40})"
# What stands between "your order number" and the number itself.
_BETWEEN = (
    r"(?:\s+(?:is|was|lautet|ist|est|es|e|nr|no|n|number|numero|nummer|id))?"
    r"\s*[.:°º#№]*\s*[#\"'„“«]?\s*"
)
# An amount inside a sentence: with a currency beside it, or with cents.
_CURRENCY = r"(?:[$€£¥₹₩₺₽₴₪฿₫₱]|(?:EUR|USD|GBP|CHF|SEK|DKK|NOK|PLN|CZK|HUF|kr|zł|Kč|Ft|lei)\b)"
_AMOUNT = r"\d(?:[\d.,'’\u00a0\u202f]*\d)?"
_MONEY = re.compile(
    rf"{_CURRENCY}\s*{_AMOUNT}|{_AMOUNT}\s*{_CURRENCY}|\d[\d.,'’]*[.,]\d{{2}}(?!\d)"
)
_TERMS = 200
_SUMS = {
    "cart_total": "total",
    "order_total": "total",
    "delivery_price": "delivery",
    "lines_total": "lines",
    "tax": "tax",
    "discount": "discount",
}
_NUMBERS = ("order_number", "support_reference")
_BLOCKS = ("delivery_terms", "support_promise")


@dataclass(frozen=True, slots=True)
class Hit:
    """A text on the page: hostile, bounded."""

    path: str
    how: str
    text: str


def find(place: Any, control: Control) -> Sequence[Hit]:
    """Return the texts that a control may be, the best first."""
    name = control.name
    if name in _SUMS:
        return _sum(place, name)
    if name in _NUMBERS:
        value = number(place, name)
        return _at(place, value, f'the words "{phrases(name)[0]}"') if value else ()
    if name in _BLOCKS:
        return [Hit(one["path"], "its words", one["text"]) for one in blocks(place, name)]
    finder = _OTHERS.get(name)
    return finder(place) if finder else ()


def number(place: Any, name: str) -> str:
    """Return the number that the page gives an order or a question; empty if it gives none."""
    told = read(place, "orders", "text") if name == "order_number" else read(place, "text")
    if told.get("orders"):
        return str(told["orders"][0])
    return number_in(str(told.get("text", "")), name)


def number_in(text: str, name: str) -> str:
    """Return the number that stands after one of a control's phrases, the longest first."""
    plain = " ".join(text.split())
    low = _same_length(plain)
    for phrase in sorted(map(squeeze, phrases(name)), key=len, reverse=True):
        if phrase.startswith("!"):
            continue
        pattern = rf"(?<!\w){re.escape(phrase)}{_BETWEEN}{_NUMBER}(?![\w.,]*[€$£%])"
        for hit in re.finditer(pattern, low, re.IGNORECASE):
            start, end = hit.span("number")
            return plain[start:end].rstrip("-_/.")
    return ""


def _same_length(text: str) -> str:
    """Return a text in small letters without accents, every character in its old place."""
    return "".join((squeeze(char) or char)[:1] for char in text)


def blocks(place: Any, name: str) -> list[Mapping[str, str]]:
    """Return the smallest pieces of a page that speak of something."""
    told = read(place, "blocks", block=name, length=_TERMS).get("blocks", [])
    return sorted(told, key=lambda one: not re.search(r"\d", one["text"]))


def _sum(place: Any, name: str) -> Sequence[Hit]:
    row = pick(rows(read(place, "sums").get("sums", [])), _SUMS[name])
    return [Hit(row.path, f'the words "{row.label[:60]}"', row.text)] if row else ()


def _at(place: Any, value: str, how: str) -> Sequence[Hit]:
    path = read(place, "path", value=value).get("path", "")
    return [Hit(path, how, value)] if path else ()


def _name(place: Any) -> Sequence[Hit]:
    told = read(place, "product").get("product") or {}
    return [Hit(told["head"], "the first heading", told["name"])] if told.get("head") else ()


def _price(place: Any) -> Sequence[Hit]:
    told = read(place, "product").get("product") or {}
    prices = sorted(told.get("prices", []), key=lambda one: not one["named"])
    return [Hit(one["path"], "an amount beside the name", one["text"]) for one in prices]


def _lines(place: Any) -> Sequence[Hit]:
    return [Hit(one["path"], "its parts", one["name"]) for one in cart_lines(place)]


def _line_price(place: Any) -> Sequence[Hit]:
    amounts = [amount for one in cart_lines(place) for amount in one["amounts"][:1]]
    return [Hit(one["path"], "an amount in a line", one["text"]) for one in amounts]


def _reviews(place: Any) -> Sequence[Hit]:
    shown = (read(place, "reviews").get("reviews") or {}).get("shown", [])
    return [Hit(path, "schema.org Review or its class", "") for path in shown]


def _alerts(place: Any) -> Sequence[Hit]:
    told = read(place, "alerts").get("alerts", [])
    return [Hit(one["path"], "role or class of an alert", one["text"]) for one in told]


def cart_lines(place: Any, line: str = "") -> list[dict[str, Any]]:
    """Return the lines of a cart as the page shows them; `line`: the CSS that the table names."""
    return list(read(place, "lines", line=line).get("lines", []))


def day_text(place: Any, name: str) -> str:
    """Return what the page says after the words of a control, where a day is to be read.

    Empty: the page has no such words, or no figures after them.
    """
    known = sorted({squeeze(phrase) for phrase in phrases(name)}, key=len, reverse=True)
    for one in blocks(place, name):
        text = " ".join(one["text"].split())
        low = _same_length(text)
        for phrase in known:
            at = low.find(phrase)
            if at >= 0 and re.search(r"\d", text[at:]):
                return text[at + len(phrase) :]
    return ""


def _balances(place: Any) -> Sequence[Hit]:
    """Return the amounts that stand beside, or in a sentence with, the word for a balance."""
    named = {squeeze(phrase) for phrase in phrases("gift_balance")}
    told = rows(read(place, "sums").get("sums", []))
    beside = [
        Hit(row.path, f'the words "{row.label[:60]}"', row.text)
        for row in told
        if any(_bound(squeeze(row.label), phrase) for phrase in named)
    ]
    said = [
        Hit(one["path"], "its words", hit[0])
        for one in blocks(place, "gift_balance")
        if (hit := _MONEY.search(one["text"]))
    ]
    return [*beside, *said]


def _bound(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


_OTHERS: Mapping[str, Callable[[Any], Sequence[Hit]]] = {
    "product_name": _name,
    "product_price": _price,
    "cart_line": _lines,
    "line_price": _line_price,
    "review": _reviews,
    "alert": _alerts,
    "gift_balance": _balances,
}

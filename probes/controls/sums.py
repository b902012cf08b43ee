"""Which sum is which: the labels that stand beside amounts, in the languages of shops."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from probes.amounts import cents
from probes.controls.words import phrases

# The first of two that fit equally well counts: a "shipping discount" is a discount.
PARTS = ("discount", "lines", "delivery", "tax", "total")
ADDED = ("discount", "tax")  # several rows of these are several sums


@dataclass(frozen=True, slots=True)
class Row:
    """One amount with the text beside it."""

    label: str
    text: str
    path: str
    cents: int
    part: str  # of PARTS; empty: none of them
    fits: int = 0  # how long the phrase is that was recognised


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a page in cents. None: not shown."""

    lines: int | None = None
    delivery: int | None = None
    tax: int | None = None  # None too if it is part of the other sums
    discount: int | None = None
    total: int | None = None


def squeeze(text: str) -> str:
    """Return a text as it is compared: small, without accents, one space between words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.replace("ß", "ss").lower().split())


def rows(told: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Turn what was read into rows; a label that means nothing known stays without a part."""
    made = []
    for one in told:
        value = cents(str(one["text"]))
        if value is not None:
            part, fits = part_of(str(one["label"]))
            row = Row(str(one["label"]), str(one["text"]), str(one["path"]), value, part, fits)
            made.append(row)
    return made


def part_of(label: str) -> tuple[str, int]:
    """Return which sum a label names, and the length of the phrase that says so."""
    text = squeeze(label)
    included = _phrase("_included").search(text)
    if included:
        text = text[: included.start()]
    outside = re.sub(r"\([^)]*\)", " ", text)
    text = outside if re.search(r"[^\W\d_]{2}", outside) else text
    best = ("", 0)
    for part in PARTS:
        longest = max((len(hit[0]) for hit in _phrase(f"_{part}").finditer(text)), default=0)
        if longest > best[1]:
            best = (part, longest)
    return best


@cache
def _phrase(name: str) -> re.Pattern[str]:
    """Return a pattern for the phrases of a name, the longest first, as whole words."""
    known = sorted({squeeze(word) for word in phrases(name)}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, known)) + r")(?!\w)")


def pick(known: Sequence[Row], part: str) -> Row | None:
    """Return the row of a part.

    The total is what its label says best, of equal ones the last. Of the others the one
    nearest to the total counts: a list of all deliveries stands elsewhere on the page.
    """
    total = max(
        (at for at, row in enumerate(known) if row.part == "total"),
        key=lambda at: (known[at].fits / len(known[at].label or " "), at),
        default=len(known),
    )
    if part == "total":
        return known[total] if total < len(known) else None
    fit = [at for at, row in enumerate(known) if row.part == part]
    return known[min(fit, key=lambda at: (abs(at - total), -known[at].fits))] if fit else None


def sums(known: Sequence[Row]) -> Sums:
    """Return the sums of a page.

    A tax that the other sums hold already is None: lines + delivery + tax − discount must
    be the total both in shops that show prices with tax and in those that add it.
    """
    values: dict[str, int | None] = {}
    for part in PARTS:
        best = pick(known, part)
        values[part] = best.cents if best else None
        if best and part in ADDED:
            several = {(squeeze(row.label), row.cents) for row in known if row.part == part}
            values[part] = sum(value for _, value in several)
    discount = values["discount"]
    made = Sums(
        lines=values["lines"],
        delivery=values["delivery"],
        tax=values["tax"],
        discount=abs(discount) if discount is not None else None,
        total=values["total"],
    )
    return _without_included_tax(made)


def _without_included_tax(made: Sums) -> Sums:
    if made.total is None or made.lines is None or not made.tax:
        return made
    without = made.lines + (made.delivery or 0) - (made.discount or 0)
    if without != made.total:
        return made
    return Sums(made.lines, made.delivery, None, made.discount, made.total)

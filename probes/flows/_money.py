"""Sums that must add up to the cent, and amounts as shops write them."""

import re
from collections.abc import Iterable

from probes.amounts import plain
from probes.flows._untold import leave_out
from probes.journey import Journey
from probes.storefront import CartLine, Totals

SUM = "lines + delivery + tax − discount and total"


def adds_up(journey: Journey, totals: Totals) -> None:
    """See that the parts a customer is shown make the total. A part not shown counts as none."""
    if totals.lines_cents is None:
        leave_out(journey, SUM)
        return
    parts = (totals.lines_cents, totals.delivery_cents, totals.tax_cents)
    added = sum(part or 0 for part in parts) - (totals.discount_cents or 0)
    journey.equal(added, totals.total_cents, SUM, "cents")


def pieces(lines: Iterable[CartLine]) -> dict[str, tuple[int, int]]:
    """Return what is in a cart as SKU → (pieces, cents of one): to compare two looks at it."""
    return {line.sku: (line.quantity, line.price_cents) for line in lines}


def names_amount(text: str, cents: int) -> bool:
    """Whether a text names an amount, as 1234.56, 1,234.56, 1.234,56 or 1 234,56."""
    whole, part = divmod(cents, 100)
    digits = f"{whole:,}".replace(",", r"[., \u00a0\u2009\u202f'’]?")
    ending = rf"[.,]{part:02d}" if part else r"(?:[.,]00)?"
    return re.search(rf"(?<![\d.,]){digits}{ending}(?!\d)", plain(text)) is not None

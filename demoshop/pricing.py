"""What a cart costs: lines + delivery + tax − discount = total, to the cent."""

from collections.abc import Iterable
from dataclasses import dataclass

from demoshop.money import percent_of

TAX_PERCENT = 20
DISCOUNT_PERCENT = 10
DISCOUNT_FROM_CENTS = 20000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way to send a parcel."""

    name: str
    label: str
    price_cents: int
    days: str


DELIVERIES = {
    "standard": Delivery("standard", "Standard delivery", 490, "2 to 4 working days"),
    "express": Delivery("express", "Express delivery", 1190, "next working day"),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a cart or an order, in cents."""

    lines_cents: int
    discount_cents: int
    delivery_cents: int
    tax_cents: int
    total_cents: int


def totals(line_cents: Iterable[int], delivery: str) -> Totals:
    """Return the sums for lines of `line_cents` sent by `delivery`.

    Tax is taken from goods less discount plus delivery, rounded half up once.
    """
    lines = sum(line_cents)
    discount = percent_of(lines, DISCOUNT_PERCENT) if lines >= DISCOUNT_FROM_CENTS else 0
    sending = DELIVERIES[delivery].price_cents if lines else 0
    tax = percent_of(lines - discount + sending, TAX_PERCENT)
    return Totals(lines, discount, sending, tax, lines - discount + sending + tax)

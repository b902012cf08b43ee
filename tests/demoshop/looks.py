"""What a fault breaks: one look at the shop, what a healthy one shows, what a broken one."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.demoshop.customer import Customer, Page, Shop, until

LINK = re.compile(r"http://\S+/order/\S+")


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, seen by one look."""

    name: str
    look: Callable[[Shop], Any]
    healthy: Any
    broken: Any
    settings: dict[str, int] = field(default_factory=dict)


def bought(shop: Shop, gift_code: str = "") -> tuple[Customer, Page]:
    """Buy a mug; return who did and the confirmation."""
    customer = shop.customer()
    return customer, customer.pay(customer.to_payment(), gift_code=gift_code)


def all_mails(shop: Shop, customer: Customer) -> list[dict[str, str]]:
    """Return a customer's mails once all that were written before have arrived.

    Mails leave in order: when a later customer's is there, no earlier one is on its way.
    """
    form = {"email": (later := shop.customer()).email, "topic": "other", "message": "Hello"}
    later.post("/support", form)
    until(lambda: shop.mails(later), "a later mail")
    return shop.mails(customer)


def amount_off(page: Page) -> int:
    """Return the total less its parts; a discount is shown as a negative amount."""
    return page.cents("total") - sum(
        page.cents(part) for part in ("lines", "discount", "delivery", "tax")
    )

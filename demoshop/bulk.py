"""Undoing what a load test made: many addresses and many gift cards in one go."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from demoshop.ledger import tidy
from demoshop.payments import ProviderError
from demoshop.pool import PoolBusyError

if TYPE_CHECKING:
    from demoshop.services import Services
    from demoshop.voids import Voids

Undo = tuple[str, Callable[[], bool]]  # what it is called, and how it is undone


def void(shop: "Services", emails: Sequence[str], codes: Sequence[str]) -> dict[str, Any]:
    """Undo all of it and go on after a failure; asked again, it makes up for what failed.

    Returns: {"made": how many things there are, "undone": how many of them are undone now,
             "left": the names of the others}.
    Raises:  ProviderError if the provider does not tell what it charged; nothing is undone then.
    """
    things = [*_others(shop, emails), *_cards(shop, emails, codes)]
    left = [name for name, undo in things if not _done(undo)]
    return {"made": len(things), "undone": len(things) - len(left), "left": left}


def _others(shop: "Services", emails: Sequence[str]) -> Iterator[Undo]:
    """Yield orders and memberships, and the money for which there is neither."""
    for email in emails:
        for order in shop.orders.by_email(email):
            yield order.number, partial(_order, shop.voids, order.number)
        for sub in shop.subscriptions.by_email(email):
            yield sub.id, partial(_membership, shop.voids, sub.id)
        for charge in shop.voids.stray(email):
            yield charge.id, partial(_charge, shop.voids, email, charge.id)


def _cards(shop: "Services", emails: Sequence[str], codes: Sequence[str]) -> Iterator[Undo]:
    """Yield gift cards, made worthless in one loan of the ledger already; their prices come now."""
    sold = [sale.code for email in emails for sale in shop.gift_sales.by_email(email)]
    wanted = dict.fromkeys([*map(tidy, codes), *sold])
    try:
        worthless = shop.ledger.void_all(wanted) if wanted else set()
    except PoolBusyError:
        worthless = set()
    for code in wanted:
        yield code, partial(_card, shop.voids, code, worthless)


def _order(voids: "Voids", number: str) -> bool:
    found = voids.order(number)
    return found is not None and found.voided_at is not None and found.restocked_at is not None


def _membership(voids: "Voids", ident: str) -> bool:
    found = voids.subscription(ident)
    return found is not None and found.voided_at is not None


def _charge(voids: "Voids", email: str, ident: str) -> bool:
    return all(each.id != ident or each.status == "refunded" for each in voids.charges(email))


def _card(voids: "Voids", code: str, worthless: set[str]) -> bool:
    if code not in worthless:
        return False
    voids.price(code)
    return True


def _done(undo: Callable[[], bool]) -> bool:
    try:
        return undo()
    except (PoolBusyError, ProviderError):
        return False

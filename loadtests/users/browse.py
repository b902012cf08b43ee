"""Look around without buying: one product page. One arrival is one visit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.session import FlowFailedError, Row, Session

ENDPOINTS = ("shop.product",)

_PRODUCT = re.compile(r"/product/([A-Za-z0-9._~-]+)")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.browse]` of a campaign, key for key."""

    products: tuple[str, ...] = ()  # their SKUs; none: those that the home page links to


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:  # noqa: ARG001 - the room's verb
    """Find out which products the shop shows."""
    found = settings.products or _PRODUCT.findall(session.get("shop.home", "/").text)
    if not found:
        raise FlowFailedError("test data", "the home page links to no /product/<sku>")
    return [{"product": sku} for sku in dict.fromkeys(found)]


def run(session: Session, row: Row, settings: Settings) -> None:  # noqa: ARG001 - the room's verb
    """Open a product page."""
    session.get("shop.product", f"/product/{row['product']}")

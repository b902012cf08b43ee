"""Look around without buying: one product page. One arrival is one visit."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.session import Row, Session
from loadtests.users import _page

ENDPOINTS = ("shop.product",)


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.browse]` of a campaign, key for key."""

    products: tuple[str, ...] = ()  # their SKUs; none: those that the home page links to
    shows: str = 'data-testid="product"'  # what proves that it is a product's page


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:  # noqa: ARG001 - the room's verb
    """Find out which products the shop shows."""
    return [{"product": sku} for sku in settings.products or _page.products(session)]


def run(session: Session, row: Row, settings: Settings) -> None:
    """Open a product page."""
    with session.step("product"):
        session.get("shop.product", f"/product/{row['product']}", shows=settings.shows)

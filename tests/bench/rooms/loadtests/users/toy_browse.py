"""Toy shop: a product, a search, a picture."""

from dataclasses import dataclass

from loadtests.session import Row, Session

ENDPOINTS = ("shop.product", "shop.search", "shop.picture")


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(session: Session, row: Row, settings: Settings) -> None:
    """Look around."""
    del row, settings
    session.get("shop.product", "/product/tent-2")
    session.get("shop.search", "/search")
    session.get("shop.picture", "/picture")

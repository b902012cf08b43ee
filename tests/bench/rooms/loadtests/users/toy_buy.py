"""Toy shop: into the cart, to the cart, pay."""

from dataclasses import dataclass

from loadtests.session import Row, Session

ENDPOINTS = ("cart.add", "cart.view", "shop.pay")


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(session: Session, row: Row, settings: Settings) -> None:
    """Buy without an address."""
    del row, settings
    token = {"csrf_token": "t0ken"}
    session.post("cart.add", "/cart/add", token)
    session.get("cart.view", "/cart")
    session.post("shop.pay", "/pay", token)

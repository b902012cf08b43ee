"""Toy shop: look up what is left on a gift card."""

from dataclasses import dataclass

from loadtests.session import Row, Session

ENDPOINTS = ("gift.balance_form", "gift.balance")


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(session: Session, row: Row, settings: Settings) -> None:
    """Fill in the form, send it."""
    del row, settings
    page = session.get("gift.balance_form", "/gift-cards/balance")
    session.post("gift.balance", "/gift-cards/balance", page.fields())

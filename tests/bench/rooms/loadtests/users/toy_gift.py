"""Toy shop: redeem part of a gift card, without test data."""

from dataclasses import dataclass

from loadtests.session import Row, Session

ENDPOINTS = ("gift.form", "gift.redeem")


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(session: Session, row: Row, settings: Settings) -> None:
    """Fill in the form, send it."""
    del row, settings
    page = session.get("gift.form", "/gift-cards/redeem")
    session.post("gift.redeem", "/gift-cards/redeem", page.fields())

"""Bare: no pages of its own; flows use the journey's page."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import ShopSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def open_shop(journey: Journey, shop: ShopSettings) -> ShopSettings:
    """Return the table itself."""
    del journey
    return shop

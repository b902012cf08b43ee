"""Odd: an order in one of the shops of odd_shops.py."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from probes.journey import Journey
from probes.storefront import Storefront

BUTTONS = {"tea": "Buy tea", "shoes": "Buy shoes", "books": "Buy a book"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.odd]`: which of the shops."""

    at: str = "tea"


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy something."""
    page = journey.page
    with journey.step("open the shop"):
        page.goto(f"{shop.settings.url}/{settings.at}")
    with journey.step("buy"):
        if settings.at == "tea":
            page.get_by_role("button", name="Into the basket").click()
            with tempfile.TemporaryDirectory() as folder:
                label = Path(folder) / "label.png"
                label.write_bytes(b"\x89PNG".ljust(2000, b"p"))
                page.get_by_label("Label").set_input_files(label)
                _pay(journey, settings)
        else:
            _pay(journey, settings)
        page.locator("#number", has_text="1").wait_for()
        journey.goal(page.locator("#number").inner_text(), "an order number")


def _pay(journey: Journey, settings: Settings) -> None:
    journey.page.get_by_label("E-mail").fill(journey.buyer(f"{journey.key}@probe.invalid"))
    journey.page.get_by_role("button", name=BUTTONS[settings.at]).click()
    journey.page.locator("#number").wait_for(state="attached")

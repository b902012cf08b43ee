"""Ticket: bought from a page whose cart is its script's."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.ticket]`."""


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy one ticket."""
    del settings
    page = journey.page
    with journey.step("open the kiosk"):
        page.goto(shop.settings.url)
        journey.another_customer().goto(shop.settings.url)
    with journey.step("buy"):
        page.get_by_label("Name").fill("Forepost Probe")
        page.get_by_label("E-mail").fill(journey.buyer(f"{journey.key}@probe.invalid"))
        page.get_by_role("button", name="Buy").click()
        page.get_by_role("heading", name="Have a good trip").wait_for()
        page.get_by_label("Dog").check()
        page.get_by_role("button", name="Take them along").click()
        page.get_by_role("heading", name="Taken along").wait_for()
        journey.goal(page.locator("#number").inner_text(), "an order number")

"""A flow that takes any page for a success: to see that a mutation score tells."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Address, Card
from probes.storefronts.demo import DemoShop


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.lax]`."""

    product: str = "lantern-moth"
    card: str = "4242424242424242"


def run(shop: DemoShop, journey: Journey, settings: Settings) -> None:
    """Buy something, and be content with whatever page comes."""
    email = journey.buyer(f"{journey.key}@probe.invalid")
    with journey.step("fill the cart"):
        shop.add_to_cart(settings.product)
        shop.address(Address(email=email))
        shop.delivery("standard")
    with journey.step("pay", pays=True):
        shop.fill_card(Card(journey.secret(settings.card)))
        with journey.page.expect_navigation():
            journey.page.get_by_role("button", name="Pay").click(timeout=3_000)
        journey.goal(journey.page.url, "a page")

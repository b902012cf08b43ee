"""Browse: home, search, product, cart; the price is the same everywhere."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.browse]` of config.toml, key for key."""

    product: str = "lantern-moth"
    search: str = "lantern"
    page_budget_ms: float = 3_000  # the 3-second rule: docs/why.md says what it is worth


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Look for one product, put it into the cart, take it out again."""
    with journey.step("open the shop", budget_ms=settings.page_budget_ms):
        shop.home()

    with journey.step("search", budget_ms=settings.page_budget_ms):
        found = shop.search(settings.search)
        journey.check(found, f'the search for "{settings.search}" finds something')

    with journey.step("open the product", budget_ms=settings.page_budget_ms):
        offer = shop.product(settings.product)

    with journey.step("add to cart", budget_ms=settings.page_budget_ms):
        shop.add_to_cart(settings.product)

    with journey.step("look at the cart", budget_ms=settings.page_budget_ms):
        cart = shop.cart()
        lines = {line.sku: line for line in cart.lines}
        line = journey.goal(lines.get(settings.product), "a cart with the product")
        journey.equal(line.price_cents, offer.price_cents, "price in cart and price on product")
        # Nobody should have to give a name before the whole price is told.
        journey.check(cart.delivery_terms, "delivery terms are shown before any account is asked")
        journey.check(cart.totals, "the total is shown before any account is asked for")

    with journey.step("remove it", budget_ms=settings.page_budget_ms):
        shop.remove(settings.product)
        left = [line.sku for line in shop.cart().lines]
        journey.check(settings.product not in left, "an item can be removed in one action")

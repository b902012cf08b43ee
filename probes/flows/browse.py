"""Browse: home, search, product, cart; the price is the same everywhere."""

from dataclasses import dataclass

from probes.flows._kinds import Budget, Words
from probes.flows._money import adds_up
from probes.journey import Journey
from probes.storefront import CartView, Offer, Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.browse]` of config.toml, key for key."""

    product: Words = "lantern-moth"
    search: Words = "lantern"
    page_budget_ms: Budget = 3_000  # the 3-second rule: docs/why.md says what it is worth


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Look for one product, put it into the cart, take it out again."""
    with journey.step("open the shop", budget_ms=settings.page_budget_ms):
        shop.home()
        shown = journey.page.locator("body").inner_text()
        journey.check(shown.strip(), "the first page shows something")

    with journey.step("search", budget_ms=settings.page_budget_ms):
        found = shop.search(settings.search)
        journey.check(found, f'the search for "{settings.search}" finds something')

    with journey.step("open the product", budget_ms=settings.page_budget_ms):
        offer = shop.product(settings.product)
        journey.check(offer.price_cents > 0, f"the product has a price: {offer.price_cents} cents")

    with journey.step("add to cart", budget_ms=settings.page_budget_ms):
        added = shop.add_to_cart(settings.product)
        journey.equal(
            added.price_cents, offer.price_cents, "price when added and price before", "cents"
        )

    with journey.step("look at the cart", budget_ms=settings.page_budget_ms):
        _look(journey, shop.cart(), offer)

    with journey.step("remove it", budget_ms=settings.page_budget_ms):
        shop.remove(settings.product)
        left = [line.sku for line in shop.cart().lines]
        if settings.product in left:
            raise AssertionError(
                f"an item can be removed in one action: {settings.product} is still in the cart"
            )


def _look(journey: Journey, cart: CartView, offer: Offer) -> None:
    """Read the cart as a customer does who has not given a name yet."""
    line = next((line for line in cart.lines if line.sku == offer.sku), None)
    line = journey.goal(line, f"{offer.name} in the cart")
    journey.equal(
        line.price_cents, offer.price_cents, "price in cart and price on product", "cents"
    )
    journey.check(cart.delivery_terms, "delivery terms are shown before any account is asked for")
    journey.check(cart.totals, "the total is shown before any account is asked for")
    if cart.totals is not None:
        adds_up(journey, cart.totals)
        journey.fact("total_cents", cart.totals.total_cents)

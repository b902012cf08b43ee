"""Look at a shop page by page, and buy nothing: what `forepost storefront check` walks."""

from dataclasses import dataclass

from probes.checking.walk import Walk
from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command hands over."""

    folder: str  # where report and pictures go
    product: str = ""  # path of a product; empty: the first that is found


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Walk from the first page to the payment page, look, and leave the basket empty."""
    walk = Walk(shop, journey, settings.folder, settings.product)
    for name, stage in walk.stages():
        with journey.step(name):
            walk.enter(name, stage)
    with journey.step("report"):
        journey.goal(walk.reached, "a page of the shop")

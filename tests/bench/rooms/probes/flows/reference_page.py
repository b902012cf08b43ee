"""Reference page: open a page whose times are known, let it settle, press its button."""

from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """`address`: the whole address of the page, its delays in the query."""

    address: str = ""


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Open, settle, press."""
    del shop
    page = journey.page
    with journey.step("open"):
        page.goto(settings.address)
    with journey.step("settle"):
        page.locator("html[data-settled=yes]").wait_for(state="attached")
    with journey.step("press"):
        page.get_by_role("button", name="Press").click()
        page.get_by_text("Pressed").wait_for()
        journey.goal(page.locator("#done").inner_text(), "the word of the button")

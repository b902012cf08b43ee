"""What every page of the demo shop has in common: opening, filling a card in, its answer."""

from typing import Any
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotThere

from forepost.errors import ProbeError
from probes.journey import Journey
from probes.network import on_loopback
from probes.storefront import Card, ShopSettings

HTTP_S = 10.0
UNAUTHORIZED = 401
ANSWER_MS = 8_000  # after that a customer has no answer; the flow says what is missing


class DemoPages:
    """The parts that the shop's pages share; `probes/storefronts/demo.py` operates them."""

    def __init__(self, journey: Journey, shop: ShopSettings, page: Page | None = None) -> None:
        self.journey = journey
        self.settings = shop
        self._page = page  # of a second customer

    @property
    def page(self) -> Page:
        """The customer's page."""
        return self._page or self.journey.page

    def open(self, path: str) -> None:
        """Open a path of the shop.

        Raises: ProbeError for any other shop: its pages would fail for being its own.
        """
        host = urlsplit(self.settings.url).hostname or ""
        if not on_loopback(host):
            raise ProbeError(
                f'[shop] storefront = "demo" knows the bundled shop only, not {host}; write '
                f'storefront = "generic", and begin with: forepost storefront check https://{host}'
            )
        self.page.goto(self.settings.url + path, wait_until="domcontentloaded")

    def ask(self, method: str, url: str, **what: Any) -> Any:
        """Call a test API; its JSON. An error here is ours, not the shop's."""
        token = self.settings.token
        mark = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        answer = self.journey.http.request(method, url, headers=mark, timeout=HTTP_S, **what)
        if answer.status_code == UNAUTHORIZED:
            said = f"{urlsplit(url).netloc} does not take [shop] token; set it to that of this shop"
            raise requests.HTTPError(said, response=answer)
        answer.raise_for_status()
        return answer.json()

    def fill_card(self, card: Card) -> None:
        """Fill in the card fields of a form."""
        self.page.get_by_label("Name on card").fill(card.holder)
        self.page.get_by_label("Card number").fill(card.number)
        self.page.get_by_label("Expiry date").fill(card.expiry)
        self.page.get_by_label("Security code").fill(card.csc)

    def answered(self, test_id: str, other: Any = None) -> bool:
        """Wait for what is hoped for or for an alert; whether it is not the alert."""
        alert = self.page.get_by_role("alert")
        hoped = self.page.get_by_test_id(test_id)
        hoped = hoped.or_(other) if other is not None else hoped
        try:
            hoped.or_(alert).first.wait_for(timeout=ANSWER_MS)
        except NotThere:
            return False
        return not alert.count()

    def alert(self) -> str:
        """Return what the page says went wrong; empty if it says nothing."""
        alert = self.page.get_by_role("alert")
        return alert.first.inner_text().strip() if alert.count() else ""

"""The demo shop for somebody who has a browser and nothing else: no books, no mailbox."""

from dataclasses import dataclass
from datetime import datetime

from probes.journey import Journey
from probes.storefront import CannotTellError, Charge, Mail, ShopSettings, Subscription
from probes.storefronts.demo import DemoShop


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def open_shop(journey: Journey, shop: ShopSettings) -> "Blind":
    """Return the shop for one journey."""
    return Blind(journey, shop)


class Blind(DemoShop):
    """Cannot tell what no page tells."""

    def charges(self, reference: str) -> tuple[Charge, ...]:
        """Know no provider."""
        raise CannotTellError(f"no books of a provider to look {reference} up in")

    def orders(self, email: str) -> tuple[str, ...]:
        """Know no list of orders."""
        raise CannotTellError(f"no list of the orders of {email}")

    def mails(self, to: str) -> tuple[Mail, ...]:
        """Know no mailbox."""
        raise CannotTellError(f"no mailbox of {to}")

    def travel(self, subscription: Subscription, to: datetime) -> None:
        """Know no test clock."""
        raise CannotTellError(f"no test clock to move {subscription.id} to {to:%Y-%m-%d}")

    def expired_gift_card(self) -> str:
        """Know no expired card."""
        raise CannotTellError("no card that has expired")

"""Any shop, without code: found by web standards, with `[shop.controls]` for what they do not tell.

What only a shop's own books know (charges, orders, mails) is asked of `[shop.services]`;
where that names no address, CannotTellError says so, and a flow leaves that check out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from probes.journey import Journey
from probes.storefront import (
    Balance,
    CannotTellError,
    Card,
    Charge,
    Made,
    Mail,
    PayResult,
    ShopSettings,
    Subscription,
)
from probes.storefronts._generic_subscription import GenericSubscription

HTTP_S = 10.0
BOOKS = {"gateway": "charges", "mail": "mails", "orders": "orders"}
SERVICES = tuple(BOOKS)


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set: `[shop]` says it all."""


def open_shop(journey: Journey, shop: ShopSettings) -> "GenericShop":
    """Return the shop for one journey.

    Raises: ProbeError, one line for each fault of `[shop.controls]` or of the preset.
    """
    return GenericShop(journey, shop)


class GenericShop(GenericSubscription):
    """Keeps the Storefront protocol."""

    # -- books and mails, where [shop.services] names them ---------------------------------

    def charges(self, reference: str) -> tuple[Charge, ...]:
        """Ask the payment provider what it really charged.

        Raises: CannotTellError without `gateway` in `[shop.services]`.
        """
        by = "email" if "@" in reference else "reference"
        rows = self._ask("gateway", "/api/charges", {by: reference})
        return tuple(
            Charge(str(row["reference"]), int(row["amount_cents"]), str(row["status"]))
            for row in rows
            if row["status"] == "succeeded"
        )

    def orders(self, email: str) -> tuple[str, ...]:
        """Ask the shop's books for the orders of an address.

        Raises: CannotTellError without `orders` in `[shop.services]`.
        """
        rows = self._ask("orders", "/api/orders", {"email": email})
        return tuple(str(row["number"]) for row in rows)

    def mails(self, to: str) -> tuple[Mail, ...]:
        """Look into the mailbox of an address.

        Raises: CannotTellError without `mail` in `[shop.services]`.
        """
        rows = self._ask("mail", "/messages", {"to": to})
        return tuple(Mail(to, str(row["subject"]), str(row["text"])) for row in rows)

    def made(self, customer: str) -> tuple[Made, ...]:
        """Raises: CannotTellError, always: no page lists what a guest has bought."""
        _cannot("list what a probe made", f"ask the shop for the orders of {customer}")

    def void(self, made: Made) -> Made:
        """Raises: CannotTellError, always."""
        _cannot(f"void {made.reference or 'what it made'}", "void it in the shop")

    # -- what has no common form on the web ----------------------------------------------------

    def buy_gift_card(self, amount_cents: int, email: str, card: Card) -> str:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError: gift cards have no common form on the web."""
        _cannot("buy a gift card", _OWN)

    def redeem(self, code: str, amount_cents: int, email: str) -> Balance:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("redeem a gift card", _OWN)

    def race(self, code: str, amount_cents: int, email: str) -> tuple[Balance, ...]:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("race for a gift card", _OWN)

    def race_carts(self, sku: str, code: str, email: str) -> tuple[PayResult, ...]:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("let two carts race for a gift card", _OWN)

    def expired_gift_card(self) -> str:
        """Raises: CannotTellError."""
        _cannot("get an expired gift card", _OWN)

    def subscribe(self, email: str, plan: str, card: Card) -> Subscription:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError: subscriptions have no common form on the web."""
        _cannot("take out a subscription", _OWN)

    def subscription(self, subscription: Subscription) -> Subscription:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("open a subscription", _OWN)

    def travel(self, subscription: Subscription, to: datetime) -> None:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("move the clock of a subscription", _OWN)

    def cancel(self, subscription: Subscription) -> None:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("cancel a subscription", _OWN)

    def members(self, subscription: Subscription) -> bool:  # noqa: ARG002 - the protocol's
        """Raises: CannotTellError."""
        _cannot("open the members' pages", _OWN)

    def _ask(self, service: str, path: str, params: dict[str, str]) -> Any:
        """Ask a service; an error here is ours, not the shop's."""
        base = self.settings.services.get(service)
        if not base:
            _cannot(
                f"know its {BOOKS[service]}", f'name {service} = "https://…" in [shop.services]'
            )
        token = self.settings.token
        mark = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
        answer = self.journey.http.get(
            f"{base.rstrip('/')}{path}", params=params, headers=mark, timeout=HTTP_S
        )
        answer.raise_for_status()
        return answer.json()


_OWN = "write a storefront for this shop: docs/howto.md"


def _cannot(what: str, remedy: str) -> NoReturn:
    raise CannotTellError(f"the generic storefront cannot {what}; {remedy}")

"""The demo shop's books: charges, orders, mails and clocks, over its test APIs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from probes.storefront import (
    Address,
    Applied,
    CannotTellError,
    Charge,
    Login,
    Made,
    MadeKind,
    Mail,
    Standing,
    Subscription,
)
from probes.storefronts._demo import DemoPages

# What the clean-up API lists: its key, the kind, and the key of a row's reference.
LISTS = (
    ("orders", MadeKind.ORDER, "number"),
    ("gift_cards", MadeKind.GIFT_CARD, "id"),
    ("subscriptions", MadeKind.SUBSCRIPTION, "id"),
)


class DemoBooks(DemoPages):
    """What no page tells a customer, and a test may ask."""

    def charges(self, reference: str) -> tuple[Charge, ...]:
        """Ask the payment provider what it really charged."""
        url = f"{self._service('gateway', 'charges')}/api/charges"
        by = "email" if "@" in reference else "reference"
        rows = self.ask("GET", url, params={by: reference})
        return tuple(
            Charge(row["reference"], row["amount_cents"], row["status"])
            for row in rows
            if row["status"] == "succeeded"
        )

    def orders(self, email: str) -> tuple[str, ...]:
        """Ask the shop's test API for the orders of an address."""
        rows = self.ask("GET", f"{self.settings.url}/api/orders", params={"email": email})
        return tuple(row["number"] for row in rows)

    def mails(self, to: str) -> tuple[Mail, ...]:
        """Look into the mailbox of an address."""
        rows = self.ask("GET", f"{self._service('mail', 'mails')}/messages", params={"to": to})
        return tuple(Mail(to, row["subject"], row["text"]) for row in rows)

    def travel(self, subscription: Subscription, to: datetime) -> None:
        """Move a membership's own clock."""
        url = f"{self.settings.url}/api/test-clocks/{subscription.id}"
        self.ask("PUT", url, json={"now": to.isoformat()})

    def apply_gift_card(self, code: str, address: Address) -> Applied:
        """Raises: CannotTellError, always."""
        del code, address
        raise CannotTellError("the demo shop takes a gift card only with the order")

    def standing_subscription(self, page: str, login: Login | None) -> Standing:
        """Raises: CannotTellError, always."""
        del page, login
        raise CannotTellError("the demo shop's clocks can be moved; leave subscription_page out")

    def expired_gift_card(self) -> str:
        """Have a card issued that expired yesterday."""
        yesterday = datetime.now(UTC) - timedelta(days=1)
        card = {"amount_cents": 1_000, "expires_at": yesterday.isoformat()}
        code: str = self.ask("POST", f"{self.settings.url}/api/gift-cards", json=[card])[0]
        return code

    def made(self, customer: str) -> tuple[Made, ...]:
        """Ask the shop what was bought under an address, charges without a purchase included."""
        found = self.ask("GET", f"{self.settings.url}/api/made", params={"email": customer})
        bought = [
            _made(kind, row, row[key], f"{name.replace('_', '-')}/{row[key]}")
            for name, kind, key in LISTS
            for row in found[name]
        ]
        stray = [
            Made(
                MadeKind.ORDER,
                row["id"],
                row["amount_cents"],
                paid=True,
                voided=False,
                handle=customer,
            )
            for row in found["charges"]
        ]
        return (*bought, *stray)

    def void(self, made: Made) -> Made:
        """Have the shop undo it; the way depends on whether it is a purchase."""
        url = f"{self.settings.url}/api"
        if "@" in made.handle:
            self.ask("POST", f"{url}/charges/void", json={"email": made.handle})
            # No piece left the shelf for it: there is nothing to put back.
            return replace(made, voided=True, restocked=True)
        row = self.ask("POST", f"{url}/{made.handle}/void")
        return _made(made.kind, row, made.reference, made.handle)

    def _service(self, name: str, what: str) -> str:
        """Return the address of a service beside the shop.

        Raises: CannotTellError if `[shop.services]` names none; a flow leaves that check out.
        """
        base = self.settings.services.get(name)
        if not base:
            remedy = f'name {name} = "http://…" in [shop.services]'
            raise CannotTellError(f"the demo shop's {what} are unknown: {remedy}")
        return base.rstrip("/")


def _made(kind: MadeKind, row: Mapping[str, Any], reference: str, handle: str) -> Made:
    """Read one row of the clean-up API; what it has no key for cannot be told."""

    def at(key: str) -> bool | None:
        return bool(row[key]) if key in row else None

    return Made(
        kind=kind,
        reference=reference,
        amount_cents=row["amount_cents"] if "amount_cents" in row else row["total_cents"],
        paid=at("paid_at"),
        voided=at("voided_at"),
        restocked=at("restocked_at"),
        mail_seen=at("mail_sent_at"),
        handle=handle,
    )

"""The payment provider's book: every charge that was tried, and how it ended."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex
from threading import Lock
from typing import Any

ACCEPTED = "4242424242424242"
DECLINED = "4000000000000002"
CHALLENGED = "4000000000003220"
EXPIRES = "4000000000000341"  # good today, expired by its first renewal
MOVED_IN = "tok_moved_in"  # the cards of an existing base of subscribers
# What faults of the provider write into its book; its answer to the shop says the opposite.
SIMULATED = {
    "declined_but_charged": ("succeeded", "Your card was declined."),
    "charge_missing": ("declined", "The bank did not answer."),
}


class ChargeError(Exception):
    """A request the provider cannot take; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge. `status`: succeeded, declined, challenge or cancelled."""

    id: str
    reference: str
    attempt: str
    email: str
    amount_cents: int
    status: str
    message: str
    card_last4: str
    token: str
    return_url: str
    created_at: str
    loops: bool = False  # a fault: its challenge never ends
    refunded_cents: int = 0


class Book:
    """Charges in memory; thread-safe. The same idempotency key gives the same charge."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._charges: dict[str, Charge] = {}
        self._by_key: dict[str, str] = {}
        self._by_name: dict[str, list[str]] = {}
        self._cards = {MOVED_IN: ACCEPTED}

    def charge(self, order: dict[str, Any]) -> Charge:
        """Charge a card and return the entry. Raises: ChargeError if the order is no order."""
        try:
            key, reference = str(order["idempotency_key"]), str(order["reference"])
            amount, card = int(order["amount_cents"]), dict(order["card"])
        except (KeyError, TypeError, ValueError) as error:
            raise ChargeError(
                f"a charge wants reference, amount_cents, card, key: {error!r}"
            ) from error
        with self._lock:
            if key in self._by_key:
                return self._charges[self._by_key[key]]
            number = self._number(card)
            status, message = _answer(number, order)
            new = Charge(
                id=f"ch_{token_hex(8)}",
                reference=reference,
                attempt=str(order.get("attempt", "")),
                email=str(order.get("email", "")),
                amount_cents=amount,
                status=status,
                message=message,
                card_last4=number[-4:],
                token=str(card.get("token") or f"tok_{token_hex(8)}"),
                return_url=str(order.get("return_url", "")),
                loops=order.get("simulate") == "challenge_loops",
                created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            )
            self._cards[new.token] = number
            self._keep(key, new)
            return new

    def get(self, ident: str) -> Charge | None:
        """Return one charge, or None."""
        with self._lock:
            return self._charges.get(ident)

    def of(self, reference: str | None) -> list[Charge]:
        """Return the charges of a reference, an attempt or an e-mail; all for None."""
        with self._lock:
            if reference is None:
                return list(self._charges.values())
            return [self._charges[ident] for ident in self._by_name.get(reference, [])]

    def settle(self, ident: str, status: str) -> Charge | None:
        """End a challenge as `status`; an ended one stays as it is."""
        with self._lock:
            found = self._charges.get(ident)
            if found and found.status == "challenge":
                message = "" if status == "succeeded" else "The payment was not confirmed."
                found = self._charges[ident] = replace(found, status=status, message=message)
            return found

    def refund(self, ident: str) -> Charge | None:
        """Give all of a charge back, once."""
        with self._lock:
            found = self._charges.get(ident)
            if found and found.status == "succeeded":
                found = self._charges[ident] = replace(found, refunded_cents=found.amount_cents)
            return found

    def void(self, ident: str) -> Charge | None:
        """Undo a charge: one that waits is cancelled, one that was paid is refunded. Once."""
        self.settle(ident, "cancelled")
        return self.refund(ident)

    def _number(self, card: dict[str, Any]) -> str:
        number = self._cards.get(str(card.get("token"))) or str(card.get("number") or "")
        return "".join(character for character in number if character.isdigit())

    def _keep(self, key: str, charge: Charge) -> None:
        self._charges[charge.id] = charge
        self._by_key[key] = charge.id
        for name in {charge.reference, charge.attempt, charge.email} - {""}:
            self._by_name.setdefault(name, []).append(charge.id)


def public(charge: Charge) -> dict[str, Any]:
    """Return what the provider tells about a charge; all of it given back is `refunded`."""
    entry = asdict(charge)
    del entry["return_url"], entry["loops"]
    if charge.status == "succeeded" and charge.refunded_cents == charge.amount_cents:
        entry["status"] = "refunded"
    return entry


def _answer(number: str, order: dict[str, Any]) -> tuple[str, str]:
    """Return (status, message) for a card. What is booked is what happened to the money."""
    if number == EXPIRES and order.get("off_session"):
        return "declined", "Your card has expired."
    if number == CHALLENGED and not order.get("off_session"):
        return "challenge", ""
    if order.get("simulate") in SIMULATED:
        return SIMULATED[str(order["simulate"])]
    if number in (ACCEPTED, EXPIRES, CHALLENGED):
        return "succeeded", ""
    if number == DECLINED:
        return "declined", "Your card was declined."
    return "declined", "Your card number is not known to this test provider."

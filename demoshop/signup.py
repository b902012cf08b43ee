"""Becoming a member: the first period is charged at once."""

from datetime import datetime

from demoshop.locks import KeyedLocks
from demoshop.payments import Provider
from demoshop.subscriptions import Plan, Subscription, Subscriptions
from demoshop.tokens import new_id


class SignupError(Exception):
    """The membership was not started; the message is for the customer."""


class Signup:
    """The counter for memberships."""

    def __init__(self, book: Subscriptions, provider: Provider) -> None:
        self._book, self._provider = book, provider
        self._locks = KeyedLocks()
        self._done: dict[str, str] = {}

    def start(
        self, attempt: str, email: str, plan: Plan, card: dict[str, str], clock: datetime | None
    ) -> Subscription:
        """Charge and start a membership; the same attempt gives the same one.

        Raises: SignupError if the card is refused, ProviderError.
        """
        with self._locks.hold(attempt):
            known = self._book.get(self._done.get(attempt, ""))
            if known:
                return known
            ident = new_id("sub")
            charge = self._provider.charge(
                {"reference": ident, "attempt": attempt, "email": email,
                 "amount_cents": plan.cents, "card": card},
                f"{ident}:start",
            )  # fmt: skip
            if charge.status != "succeeded" or not charge.token:
                message = charge.message or "This card needs a confirmation we cannot ask for here."
                raise SignupError(f"{message} Nothing was charged.")
            sub = self._book.start(ident, email, plan, charge.token, clock)
            self._book.charged(sub, charge)
            self._done[attempt] = ident
            return sub

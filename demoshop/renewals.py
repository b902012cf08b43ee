"""The renewal job: charges what is due, twice a second, with one key for each period."""

import sys
from collections.abc import Sequence
from threading import Event, Thread
from time import sleep

from demoshop.checkout import Till
from demoshop.faults import Faults
from demoshop.letters import dunning, renewed
from demoshop.mailer import Mailer
from demoshop.payments import Charge, Provider, ProviderError
from demoshop.refunds import Refunds
from demoshop.subscriptions import Subscription, Subscriptions

EVERY_S = 0.5
MAX_TRIES = 7  # one a day, as long as the grace lasts


class RenewalJob:
    """Renews memberships in the background, and tidies up after the till."""

    def __init__(
        self,
        *,
        book: Subscriptions,
        provider: Provider,
        mailer: Mailer,
        faults: Faults,
        till: Till,
        refunds: Refunds,
        shop_url: str,
    ) -> None:
        self._book, self._provider, self._mailer, self._faults = book, provider, mailer, faults
        self._till, self._refunds, self._shop_url = till, refunds, shop_url
        self._wake = Event()
        self.renewed = self.declined = 0

    def start(self) -> None:
        """Run for as long as the process lives."""
        Thread(target=self._run, name="renewals", daemon=True).start()
        Thread(target=self._tidy, name="tidy", daemon=True).start()

    def wake(self) -> None:
        """Look now: a test clock was moved."""
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait(EVERY_S)
            self._wake.clear()
            for sub in self._book.due(cancelled=self._faults.on("cancelled_renewed")):
                # The job is the one that must not know: nothing is logged, no date moves.
                if not self._hits("renewal_skipped", sub) and self._wanted(sub):
                    self._one(sub)

    def _hits(self, fault: str, sub: Subscription) -> bool:
        """Whether a fault strikes this period; asked at each pass, it answers the same."""
        return self._faults.hits_case(fault, f"{sub.id}/{sub.period}")

    def _wanted(self, sub: Subscription) -> bool:
        return sub.state != "cancelled" or self._hits("cancelled_renewed", sub)

    def _one(self, due: Subscription) -> None:
        try:
            with self._book.locks.hold(due.id):
                sub = self._book.get(due.id)
                if sub and sub.state != "voided":  # it may have been, since we looked
                    self.renew(sub)
        except ProviderError as error:  # tried again at the next pass, with the same key
            print(f"renewal of {due.id}: {error}", file=sys.stderr)  # noqa: T201 - the shop's log

    def renew(self, sub: Subscription) -> None:
        """Charge one period of one subscription. Raises: ProviderError."""
        if sub.tries >= MAX_TRIES:
            self._book.cancel(sub.id)
            return
        key = f"{sub.id}:{sub.period}:{sub.tries}"
        charge = self._charge(sub, key)
        if charge.status != "succeeded":
            self._unpaid(sub, charge)
            return
        paid = [charge]
        if self._hits("renewal_double", sub):
            paid.append(self._charge(sub, f"{key}:again"))
        self._move_on(sub, paid)
        self.renewed += 1
        letter = renewed(sub.plan.name, sub.plan.cents, sub.after())
        self._mailer.send(sub.email, *letter, about=sub.id)

    def _move_on(self, sub: Subscription, paid: Sequence[Charge]) -> None:
        # One write: a member who sees the charge must see the new date and the access with it.
        if self._hits("renewal_date_stuck", sub):
            self._book.stuck(sub, paid)
        else:
            self._book.renewed(sub, paid, locked=self._hits("renewal_locks_out", sub))

    def _charge(self, sub: Subscription, key: str) -> Charge:
        order = {
            "reference": sub.id,
            "email": sub.email,
            "amount_cents": sub.plan.cents,
            "card": {"token": sub.card},
            "off_session": True,
        }
        return self._provider.charge(order, key)

    def _unpaid(self, sub: Subscription, declined: Charge) -> None:
        self.declined += 1
        state = self._book.unpaid(sub, declined, locked=self._hits("expired_locks_out", sub))
        if self._hits("dunning_lost", sub):
            return
        if sub.tries == 0 and state.grace_until:
            link = f"{self._shop_url}/subscription/{sub.id}?key={sub.key}"
            letter = dunning(sub.plan.name, sub.plan.cents, state.grace_until, link)
            self._mailer.send(sub.email, *letter, about=sub.id)

    def _tidy(self) -> None:
        """Pay open refunds and end challenges nobody answered."""
        while True:
            sleep(EVERY_S)
            self._refunds.pay()
            try:
                self._till.give_up_old_challenges()
            except ProviderError as error:
                print(f"open challenges: {error}", file=sys.stderr)  # noqa: T201 - the shop's log

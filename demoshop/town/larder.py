"""Members and gift cards ahead of those who come: filled at opening, topped up while open."""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from demoshop.town.arrivals import Stream
from demoshop.town.decisions import Customer
from demoshop.town.journeys import CARD_VALUE_CENTS
from demoshop.town.parameters import Parameters
from demoshop.town.stock import Membership, Stock

CARDS = 4000  # for a campaign of about three minutes
CARDS_LOW = 1000
MEMBERS_LOW_S = 120.0  # the last known renewal is nearer than this
FIRST_RENEWAL_S = 3.0  # after opening

MemberDue = Callable[[float, Customer, Membership], None]


class Larder:
    """What the town keeps in stock. Raises StockError where the shop does not play along."""

    def __init__(
        self, stock: Stock, members: Stream, parameters: Parameters, due: MemberDue
    ) -> None:
        self._stock = stock
        self._members = members
        self._parameters = parameters
        self._due = due
        self._cards: deque[str] = deque()
        self._renewals_until_s = 0.0
        self._lock = threading.Lock()
        self.products: list[str] = []

    def card(self) -> str | None:
        """Return the code of a fresh gift card; None when there is none left."""
        try:
            return self._cards.popleft()
        except IndexError:
            return None

    def low(self, now_s: float) -> bool:
        """Return whether it is time to fill up."""
        return len(self._cards) < CARDS_LOW or self._renewals_until_s - now_s < MEMBERS_LOW_S

    def fill(self) -> None:
        """Bring products, cards and members up to the mark; a full larder stays as it is."""
        with self._lock:
            if not self.products:
                self.products = self._stock.products()
            if len(self._cards) < CARDS_LOW:
                self._cards.extend(self._stock.cards(CARDS - len(self._cards), CARD_VALUE_CENTS))
            if self._renewals_until_s - time.monotonic() < MEMBERS_LOW_S:
                self._move_in()

    def _move_in(self) -> None:
        """Move in the members of the next minutes and announce when each falls due."""
        now_s, now = time.monotonic(), datetime.now(UTC)
        due_s = max(self._renewals_until_s, now_s + FIRST_RENEWAL_S)
        until_s = due_s + self._parameters.renewals_ahead_s
        batch: list[tuple[float, Customer]] = []
        while due_s < until_s:
            customer = self._members.take()
            due_s += customer.gap / self._parameters.renewals_per_s
            batch.append((due_s, customer))
        rows = [(who.email, now + timedelta(seconds=at_s - now_s)) for at_s, who in batch]
        for (at_s, who), member in zip(batch, self._stock.members(rows), strict=True):
            self._due(at_s, who, member)
        self._renewals_until_s = due_s

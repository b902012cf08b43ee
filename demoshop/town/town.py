"""The town: lets customers come at their time, shop, run into problems, and write."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from demoshop.town import journeys
from demoshop.town.agenda import Agenda
from demoshop.town.arrivals import Stream, gift_rate_per_s
from demoshop.town.books import Books
from demoshop.town.crew import Crew
from demoshop.town.decisions import Customer, Kind
from demoshop.town.doors import Doors
from demoshop.town.larder import Larder
from demoshop.town.parameters import Parameters
from demoshop.town.shopper import Shopper, TroubleError
from demoshop.town.statuses import Statuses
from demoshop.town.stock import Membership, Stock, StockError
from demoshop.town.wording import text_of
from demoshop.town.writers import Writers

TICK_S = 0.05
REFILL_AGAIN_S = 10.0
log = logging.getLogger("town")


class Town:
    """One ticking thread decides who comes; a bounded crew of threads does the shopping."""

    def __init__(self, doors: Doors, seed: int, parameters: Parameters, books: Books) -> None:
        self.statuses = Statuses()
        self._doors = doors
        self._seed, self._parameters, self._books = seed, parameters, books
        self._agenda = Agenda()
        self._writers = Writers(seed, self._agenda, self.statuses, books)
        self._crew = Crew(parameters.threads, parameters.waiting, books)
        streams = {kind: Stream(seed, kind, parameters) for kind in Kind}
        self._larder = Larder(
            Stock(doors.shop, doors.token), streams.pop(Kind.AUTOPAY), parameters, self._expect
        )
        self._streams = streams
        self._open = False
        self._campaign_since_s: float | None = None
        self._refilled_s = 0.0
        self._control = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to tick; the town is closed until it is opened."""
        threading.Thread(target=self._tick_on, name="town", daemon=True).start()

    def stop(self) -> None:
        """Let nobody in any more, publish nothing more, count nothing more."""
        self._stop.set()
        self._crew.stop()

    def control(self, *, open_: bool | None, gift_campaign: bool | None) -> dict[str, bool]:
        """Open or close, begin or end the campaign; None leaves it. Raises: StockError."""
        with self._control:
            if open_ and not self._open:
                self._larder.fill()
            if open_ is not None:
                self._open = open_
            if gift_campaign is False:
                self._campaign_since_s = None
            elif gift_campaign and self._campaign_since_s is None:
                self._campaign_since_s = time.monotonic()
            return self.state()

    def state(self) -> dict[str, bool]:
        """Return what is switched on."""
        return {"open": self._open, "gift_campaign": self._campaign_since_s is not None}

    def truth(self) -> dict[str, Any]:
        """Return what really happened, with the parameters it happened under."""
        parameters = self._parameters.as_json()
        return {**self._books.truth(), **self.state(), "seed": self._seed, "parameters": parameters}

    def _tick_on(self) -> None:
        last_s = time.monotonic()
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            try:
                self._tick(last_s, now_s)
            except Exception:  # a fault of one tick must not end the town
                log.exception("town: a tick broke on our side")
            last_s = now_s

    def _tick(self, last_s: float, now_s: float) -> None:
        for job in self._agenda.take(now_s):
            job()
        if not self._open:
            return
        for kind, rate_per_s in self._rates(now_s).items():
            for customer in self._streams[kind].advance(rate_per_s * (now_s - last_s)):
                self._let_in(last_s, customer)
        if self._larder.low(now_s) and now_s - self._refilled_s > REFILL_AGAIN_S:
            self._refilled_s = now_s
            threading.Thread(target=self._refill, name="larder", daemon=True).start()

    def _rates(self, now_s: float) -> dict[Kind, float]:
        since_s = self._campaign_since_s
        return {
            Kind.PAYMENT: self._parameters.card_checkouts_per_s,
            Kind.GIFT_CARD: gift_rate_per_s(
                self._parameters, None if since_s is None else now_s - since_s
            ),
            Kind.BROWSER: self._parameters.browsers_per_s,
            Kind.CHATTER: self._parameters.chatter_posts_per_s,
        }

    def _let_in(self, due_s: float, customer: Customer) -> None:
        if customer.kind is Kind.CHATTER:
            self._writers.chat(customer)
            return
        self._send(due_s, customer, lambda shopper: self._shop_as(customer, shopper))

    def _expect(self, due_s: float, customer: Customer, member: Membership) -> None:
        """A member looks in shortly after his renewal was due, if the town is open then."""
        visit_s = due_s + customer.visit_after_s

        def visit() -> None:
            if self._open:
                self._send(visit_s, customer, lambda her: journeys.visit_members(her, member))

        self._agenda.add(visit_s, visit)

    def _send(self, due_s: float, customer: Customer, journey: Callable[[Shopper], None]) -> None:
        self._crew.send(due_s, lambda: self._walk(customer, journey))

    def _shop_as(self, customer: Customer, shopper: Shopper) -> None:
        products = self._larder.products
        if customer.kind is Kind.PAYMENT:
            patience_s = self._parameters.order_patience_s
            journeys.buy(shopper, customer, products, self._doors.gateway, patience_s)
        elif customer.kind is Kind.BROWSER:
            journeys.browse(shopper, customer, products)
        elif (code := self._larder.card()) is not None:
            journeys.redeem(shopper, customer, code)
        else:
            self._books.count("late")  # no card could be issued in time: ours, not the shop's

    def _walk(self, customer: Customer, journey: Callable[[Shopper], None]) -> None:
        """One customer's visit, and what he does about a problem."""
        self._books.count("customers")
        try:
            with Shopper(self._doors.shop, self._parameters.page_patience_s) as shopper:
                journey(shopper)
        except TroubleError as trouble:
            if self._stop.is_set():
                return  # the shop is being stopped with us: not a problem of anybody's
            if self._books.hit(customer, trouble.situation, str(trouble), datetime.now(UTC)):
                self._writers.complain(customer, trouble.situation)
                self._tell_support(customer, trouble.situation)

    def _tell_support(self, customer: Customer, situation: Kind) -> None:
        if not customer.writes_support:
            return
        message = text_of(self._seed, situation, customer.index)
        try:
            with Shopper(self._doors.shop, self._parameters.page_patience_s) as shopper:
                journeys.write_to_support(shopper, customer, message)
        except TroubleError as trouble:
            log.info("town: support did not take a ticket: %s", trouble)
        else:
            self._books.count("support_tickets")

    def _refill(self) -> None:
        try:
            self._larder.fill()
        except StockError as error:
            log.warning("town: cannot fill up, trying again in %d s: %s", REFILL_AGAIN_S, error)

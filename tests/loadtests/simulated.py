"""The toy shop on paper: the same switches and pages as `toy.py`, simulated event by event.

A visit's requests go through the stations that the toy's threads go through: worker slots, pools,
a lock, a queue with an end, a limit by number. Times wobble and the machine gets in the way a
little, so that a seed is one run of many. Nothing here knows how a bottleneck is found.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, Tally
from loadtests.shapes.shape import Arrival
from tests.loadtests.toy import SETTINGS

WALKS: Mapping[str, tuple[str, ...]] = {
    "toy_gift": ("gift.form", "gift.redeem"),
    "toy_balance": ("gift.balance_form", "gift.balance"),
    "toy_browse": ("shop.product", "shop.search", "shop.picture"),
    "toy_buy": ("cart.add", "cart.view", "shop.pay"),
}
_WIRE_S = 0.002
_HICCUP_RATIO = 0.004  # of requests; a scheduler, a collection of garbage
_HICCUP_S = 0.08
_TURN_S = 0.005  # of a processor that many share

Work = Generator[object, bool, str | None]
"""A request inside the shop: yields seconds to sleep or a place to wait for; returns its error."""


class Station:
    """So many places, a queue in order of coming; a wait may be limited."""

    def __init__(self, places: int) -> None:
        self.free = places
        self.queue: deque[list[Callable[[bool], None]]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(bool(ticket) for ticket in self.queue)

    def give_back(self) -> None:
        """Hand the place to the next one who still waits."""
        while self.queue:
            ticket = self.queue.popleft()
            if ticket:
                ticket.pop()(True)
                return
        self.free += 1


@dataclass(frozen=True, slots=True)
class Take:
    """A wish for a place."""

    station: Station
    within_s: float = 1e9


@dataclass(slots=True)
class _Counts:
    started: int = 0
    done: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    response_us: dict[int, int] = field(default_factory=dict)
    service_us: dict[int, int] = field(default_factory=dict)


class Shop:
    """One run of the toy under a plan of arrivals."""

    def __init__(self, settings: Mapping[str, float], seed: int, patience_s: float = 8.0) -> None:
        self.set = {**SETTINGS, "core_s": 0.0, "core_redeem_s": 0.0, **settings}
        self.draw = random.Random(f"shop:{seed}")
        self.patience_s = patience_s
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._turn = count()
        self.web = Station(int(self.set["page_pool"]))
        self.ledger = Station(int(self.set["pool"]))
        self.catalog = Station(int(self.set["catalog_pool"]))
        self.cart, self.processor, self.core = Station(1), Station(1), Station(1)
        self.payment = Station(int(self.set["payment_pool"]))
        self.searching = self.open = 0
        self.tokens, self.tokens_at = float(self.set["redeem_per_s"]), 0.0
        self.cells: dict[tuple[int, str, str], _Counts] = {}

    def run(self, arrivals: Iterable[Arrival], late_s: Callable[[float], float]) -> list[Tally]:
        """Walk every visit; `late_s` is how late the generator is at an instant."""
        for arrival in arrivals:
            sent = arrival.at_s + late_s(arrival.at_s)
            self.at(sent, lambda one=arrival: Visit(self, one).begin())  # type: ignore[misc]
        while self._events:
            self.now, _, call = heapq.heappop(self._events)
            call()
        return [_tally(key, counts) for key, counts in sorted(self.cells.items())]

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Plan something."""
        heapq.heappush(self._events, (when, next(self._turn), call))

    def walk(
        self, work: Work, ended: Callable[[str | None], None], got: bool | None = None
    ) -> None:
        """Go on with a request until it sleeps, waits or ends."""
        try:
            asked = next(work) if got is None else work.send(got)
        except StopIteration as end:
            ended(end.value)
            return
        if isinstance(asked, Take):
            self._take(asked, lambda granted: self.walk(work, ended, granted))
        else:
            assert isinstance(asked, float)
            self.at(self.now + asked, lambda: self.walk(work, ended, True))

    def _take(self, asked: Take, then: Callable[[bool], None]) -> None:
        station = asked.station
        if station.free:
            station.free -= 1
            then(True)
            return
        ticket = [then]
        station.queue.append(ticket)
        if asked.within_s < 1e8:
            self.at(self.now + asked.within_s, lambda: ticket.pop()(False) if ticket else None)

    def request(self, endpoint: str) -> Work:
        """What happens between sent and answered."""
        settings = self.set
        if settings["connections"] and self.open >= settings["connections"]:
            yield self._wire_s()
            return "closed"
        self.open += 1
        try:
            return (yield from self._served(endpoint))
        finally:
            self.open -= 1

    def _served(self, endpoint: str) -> Work:
        settings = self.set
        yield self._wire_s()
        if settings["freeze_all"] or endpoint == "shop.product":
            yield self._thaw_s()
        yield Take(self.web)
        try:
            yield self._about(settings["page_s"])
            yield from self._compute(endpoint)
            return (yield from self._inside(endpoint))
        finally:
            self.web.give_back()

    def _compute(self, endpoint: str) -> Generator[object, bool, None]:
        """Use the one processor that all requests share, turn by turn."""
        more_s = self.set["core_redeem_s"] if endpoint == "gift.redeem" else 0.0
        left_s = self.set["core_s"] + more_s
        left_s = self._about(left_s) if left_s else 0.0
        while left_s > 0:
            yield Take(self.core)
            yield min(_TURN_S, left_s)
            left_s -= _TURN_S
            self.core.give_back()

    def _inside(self, endpoint: str) -> Work:
        settings = self.set
        if endpoint in ("gift.redeem", "gift.balance"):
            return (yield from self._transact(endpoint))
        if endpoint == "shop.product":
            return (yield from self._hold(self.catalog, settings["catalog_s"]))
        if endpoint == "shop.picture":
            return (yield from self._hold(self.processor, settings["picture_cpu_s"]))
        if endpoint.startswith("cart."):
            return (yield from self._hold(self.cart, settings["cart_s"]))
        if endpoint == "shop.pay":
            return (yield from self._hold(self.payment, settings["payment_s"]))
        if endpoint == "shop.search":
            more = settings["search_more_s"] * self.searching
            self.searching += 1
            yield self._about(settings["search_s"] + more)
            self.searching -= 1
        return None

    def _transact(self, endpoint: str) -> Work:
        settings = self.set
        if endpoint == "gift.redeem" and settings["redeem_per_s"] and not self._token():
            return "http 429"
        if not self.ledger.free and 0 <= settings["queue"] <= self.ledger.waiting:
            return "http 503"
        if not (yield Take(self.ledger, settings["wait_s"])):
            return "http 503"
        yield self._about(settings["hold_s"])
        self.ledger.give_back()
        return None

    def _hold(self, station: Station, each_s: float) -> Work:
        yield Take(station)
        yield self._about(each_s)
        station.give_back()
        return None

    def _token(self) -> bool:
        rate = self.set["redeem_per_s"]
        self.tokens = min(rate, self.tokens + (self.now - self.tokens_at) * rate)
        self.tokens_at = self.now
        granted = self.tokens >= 1
        self.tokens -= granted
        return granted

    def _about(self, seconds: float) -> float:
        return seconds * self.draw.lognormvariate(0.0, 0.1)

    def _wire_s(self) -> float:
        hiccup = _HICCUP_S if self.draw.random() < _HICCUP_RATIO else 0.0
        return self.draw.expovariate(1 / (_WIRE_S * (1 + self.open / 40))) + hiccup

    def _thaw_s(self) -> float:
        since = self.now - self.set["freeze_at_s"]
        frozen = self.set["freeze_at_s"] >= 0 and 0 <= since < self.set["freeze_s"]
        return self.set["freeze_s"] - since if frozen else 0.0


class Visit:
    """One customer: request after request, until the goal, a failure or the end of patience."""

    def __init__(self, shop: Shop, arrival: Arrival) -> None:
        self.shop, self.arrival = shop, arrival
        self.todo = list(WALKS[arrival.flow])
        self.endpoint = ""
        self.sent_at = self.due_at = arrival.at_s
        self.over = False

    def begin(self) -> None:
        """Send the first request, as late as the generator is."""
        self.begun_at = self.shop.now
        self._counts(WHOLE).started += 1
        self.shop.at(max(self.shop.now, self.arrival.at_s + self.shop.patience_s), self._give_up)
        self._next()

    def _next(self) -> None:
        self.endpoint = self.todo.pop(0)
        self.sent_at = self.shop.now
        self._counts(self.endpoint).started += 1
        self.shop.walk(self.shop.request(self.endpoint), self._answered)

    def _answered(self, kind: str | None) -> None:
        if self.over:
            return
        self._end(self.endpoint, kind, self.due_at, self.sent_at)
        self.due_at = self.shop.now
        if kind is None and self.todo:
            self._next()
            return
        self.over = True
        self._end(WHOLE, kind, self.arrival.at_s, self.begun_at)

    def _give_up(self) -> None:
        if not self.over:
            self.todo.clear()
            self._answered("timeout")

    def _end(self, endpoint: str, kind: str | None, due_at: float, sent_at: float) -> None:
        counts = self._counts(endpoint)
        if kind is None:
            counts.done += 1
        else:
            counts.kinds[kind] = counts.kinds.get(kind, 0) + 1
        histogram.record(counts.response_us, int((self.shop.now - due_at) * 1e6))
        histogram.record(counts.service_us, int((self.shop.now - sent_at) * 1e6))

    def _counts(self, endpoint: str) -> _Counts:
        key = (int(self.arrival.at_s), self.arrival.flow, endpoint)
        return self.shop.cells.setdefault(key, _Counts())


def _tally(key: tuple[int, str, str], counts: _Counts) -> Tally:
    cell = LoadCell(
        load_run="simulated",
        second=key[0],
        flow=key[1],
        endpoint=key[2],
        started=counts.started,
        done=counts.done,
        failed=sum(counts.kinds.values()),
        response_us=counts.response_us,
        service_us=counts.service_us,
    )
    return Tally(cell, counts.kinds)

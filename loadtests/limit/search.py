"""Which rate to try next: up by a quarter until it is too much, then closer, then once more.

Pure: fed with what each step said, it answers with the next order. A growth step is judged
coarsely and quickly, so that what it passed only guides; the bracket is made of steps that
were judged finely. A step that failed is walked again after the backlog has drained: one
stall of the shop (or of this machine) is no capacity. Only a step on which most visits fail
counts at once.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

_LEAST_GUIDE_RATIO = 0.75  # of what a growth step kept; below, the shop collapsed under overload
_LOWEST_RATIO = 1 / 64  # of the start rate
_BACK = 4.0  # times less, if nothing passed
_CONFIRMS = 4
_ROUNDING = 1e-9
_BELOW_GUIDE = 0.2  # of the resolution: a step loses nothing up to the limit, and is
# called lost from half a resolution above it; so one just below and one well above decide.


class Purpose(StrEnum):
    """Why a step is walked."""

    GROW = "grow"
    NARROW = "narrow"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Rules:
    """Where a search begins, how it grows, how close it comes."""

    start_per_s: float
    max_per_s: float
    factor: float = 1.25
    resolution: float = 0.05


@dataclass(frozen=True, slots=True)
class Order:
    """The next step."""

    rate_per_s: float
    purpose: Purpose
    again: bool = False  # the same rate once more, after a failure


@dataclass(frozen=True, slots=True)
class Over:
    """There is nothing more to try."""

    why: str
    confirmed: bool = False  # the last rate that passed was held once more


@dataclass(frozen=True, slots=True)
class Said:
    """What a step said."""

    kept: bool
    massive: bool = False  # most visits failed: no doubt, and no second load on a wreck
    guide_per_s: float | None = None  # the rate that the shop did take while it was too much


class Search:
    """The rates that passed and failed so far, and the order that is being walked."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.resolution = rules.resolution  # widened where the shop's own noise allows no less
        self.coarse: list[float] = []  # passed growth steps
        self.fine: list[float] = []  # passed steps that were judged finely
        self.failed: list[float] = []
        self.order = Order(min(rules.start_per_s, rules.max_per_s), Purpose.GROW)
        self.over: Over | None = None
        self._guide: float | None = None
        self._confirms = 0

    @property
    def low_per_s(self) -> float | None:
        """The highest rate that was finely passed, below all that failed."""
        return _below(self.fine, self.high_per_s)

    @property
    def high_per_s(self) -> float | None:
        """The lowest rate that counts as failed."""
        return min(self.failed, default=None)

    def feed(self, said: Said) -> Order | Over:
        """Take in what the present order's step said; return what comes next."""
        order = self.order
        if said.kept:
            (self.coarse if order.purpose is Purpose.GROW else self.fine).append(order.rate_per_s)
        elif not (order.again or said.massive):
            self.order = Order(order.rate_per_s, order.purpose, again=True)
            return self.order
        else:
            self.failed.append(order.rate_per_s)
            self._guide = said.guide_per_s or self._guide
        made = self._next(order, said.kept)
        if isinstance(made, Over):
            self.over = made
        else:
            self.order = made
        return made

    def _next(self, walked: Order, kept: bool) -> Order | Over:
        if walked.purpose is Purpose.CONFIRM and kept:
            return Over("held once more at the last rate that passed", confirmed=True)
        if walked.purpose is Purpose.GROW and kept:
            return self._grow(walked.rate_per_s)
        high, low = self.high_per_s, self.low_per_s
        if high is None:  # a step at the ceiling, judged finely
            return self._confirm(walked.rate_per_s)
        if low is None:
            return self._first_fine(high)
        if high <= low * (1 + self.resolution) + _ROUNDING:
            return self._confirm(low)
        return Order(self._between(low, high), Purpose.NARROW)

    def _grow(self, rate_per_s: float) -> Order | Over:
        if rate_per_s >= self.rules.max_per_s:
            return self._confirm(rate_per_s)
        rate, high = rate_per_s * self.rules.factor, self.high_per_s
        if high is None or rate * (1 + self.resolution) < high:
            return Order(min(rate, self.rules.max_per_s), Purpose.GROW)
        return self._first_fine(high)

    def _confirm(self, low: float) -> Order | Over:
        self._confirms += 1
        if self._confirms > _CONFIRMS:
            return Over("the shop's limit moves: what passed did not pass again")
        return Order(low, Purpose.CONFIRM)

    def _first_fine(self, high: float) -> Order | Over:
        """Return a rate that should pass: just below what the shop took, or the last that did.

        If nothing passed at all the search begins again, well below.
        """
        coarse = _below(self.coarse, high)
        if coarse is None:
            if high / _BACK < self.rules.start_per_s * _LOWEST_RATIO:
                return Over("even the lowest rate was too much")
            return Order(high / _BACK, Purpose.GROW)
        guide = self._guided(high)
        if guide is not None:
            rate = guide * (1 - _BELOW_GUIDE * self.resolution)
        elif high <= coarse * (1 + self.resolution):
            rate = coarse
        else:
            rate = math.sqrt(coarse * high)
        return Order(min(rate, high / (1 + self.resolution)), Purpose.NARROW)

    def _between(self, low: float, high: float) -> float:
        """Return the next rate inside a bracket: where the guide says, else its middle."""
        guide = self._guided(high)
        if guide is not None:
            near = guide * (1 - _BELOW_GUIDE * self.resolution)
            for rate in (near, near * (1 + self.resolution)):
                if low * (1 + self.resolution / 2) < rate < high / (1 + self.resolution / 2):
                    return rate
        return math.sqrt(low * high)

    def _guided(self, high: float) -> float | None:
        """Return the guide if it is one: a shop that collapses takes far less than it could."""
        guide, kept = self._guide, _below([*self.coarse, *self.fine], high) or 0.0
        if guide is None or guide >= high or guide < kept * _LEAST_GUIDE_RATIO:
            return None
        return guide


def _below(rates: list[float], limit: float | None) -> float | None:
    return max((rate for rate in rates if limit is None or rate < limit), default=None)

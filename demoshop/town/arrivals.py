"""Who comes when: Poisson arrivals whose rate may change while they run."""

from demoshop.town.decisions import Customer, Kind, decide
from demoshop.town.parameters import Parameters


class Stream:
    """The customers of one kind, in order.

    Their gaps are fixed in units of the mean gap. Feeding in the expected number of arrivals
    (rate times seconds) lets those come whose time is up: a Poisson process of changing rate
    (time change of a unit-rate process), with the same customers whatever the rate does.
    """

    def __init__(self, seed: int, kind: Kind, parameters: Parameters) -> None:
        self._seed, self._kind, self._parameters = seed, kind, parameters
        self._index = 0
        self._next = decide(seed, kind, 0, parameters)
        self._left = self._next.gap

    def advance(self, expected: float) -> list[Customer]:
        """Return those who arrive while `expected` arrivals are to be expected."""
        came = []
        self._left -= expected
        while self._left <= 0:
            came.append(self.take())
        return came

    def take(self) -> Customer:
        """Return the next one now, whatever the time; his successor's gap begins here."""
        taken = self._next
        self._index += 1
        self._next = decide(self._seed, self._kind, self._index, self._parameters)
        self._left += self._next.gap
        return taken


def gift_rate_per_s(parameters: Parameters, campaign_for_s: float | None) -> float:
    """Return redemptions a second; `campaign_for_s` since the campaign began, None without."""
    ordinary = parameters.gift_redemptions_per_s
    if campaign_for_s is None:
        return ordinary
    grown = min(1.0, campaign_for_s / parameters.gift_campaign_ramp_s)
    return ordinary + grown * (parameters.gift_campaign_per_s - ordinary)

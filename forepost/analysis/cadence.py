"""How soon somebody posts, and how often to probe to be first."""

from dataclasses import dataclass
from math import exp

from forepost.analysis.prior import POSTING, RECALL

SHORTEST_S = 1.0
LONGEST_S = 86_400.0
NODES = 400


@dataclass(frozen=True, slots=True)
class Crowd:
    """The customers of one flow, as far as their posts go.

    Units:  customers who try a minute, all of whom fail in an outage; ratios; the mean
            delay between failing and posting in minutes.
    Raises: ValueError if a figure is negative.
    """

    customers_per_minute: float
    posting: float = POSTING.mean
    recall: float = RECALL.mean
    writing_min: float = 10.0

    def __post_init__(self) -> None:
        for name in ("customers_per_minute", "posting", "recall", "writing_min"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name):g} is below 0")

    def posts_by(self, minutes: float) -> float:
        """Return the visible posts expected `minutes` after a total outage began.

        Returns: rate × posting × recall × (t - d (1 - e^(-t/d))), d the writing delay.
        """
        if minutes <= 0:
            return 0.0
        delay = self.writing_min
        waited = delay * (1 - exp(-minutes / delay)) if delay > 0 else 0.0
        return self.customers_per_minute * self.posting * self.recall * (minutes - waited)

    def p_none_by(self, minutes: float) -> float:
        """Return the probability that nobody has posted visibly by then (Poisson)."""
        return exp(-self.posts_by(minutes))


def p_first(crowd: Crowd, interval_s: float, *, detect_s: float = 60.0) -> float:
    """Return the probability that probing every `interval_s` tells before the first post.

    Units:   `detect_s` from the start of the first failing run to the alert: the run, its
             repetition and the delivery. The outage begins anywhere between two runs.
    """
    waits_s = [(i + 0.5) / NODES * interval_s for i in range(NODES)]
    return sum(crowd.p_none_by((wait_s + detect_s) / 60) for wait_s in waits_s) / NODES


def slowest_interval_s(crowd: Crowd, probability: float, *, detect_s: float = 60.0) -> float | None:
    """Return the longest time between probes that still beats the first post.

    Units:   seconds, at most a day; `probability` between 0 and 1, for example 0.9.
    Returns: None if even probing every second does not: posts come sooner than `detect_s`.
    Raises:  ValueError if the probability lies outside 0 to 1.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability: {probability:g} lies outside 0 to 1, for example 0.9")
    if p_first(crowd, SHORTEST_S, detect_s=detect_s) < probability:
        return None
    low, high = SHORTEST_S, LONGEST_S
    if p_first(crowd, high, detect_s=detect_s) >= probability:
        return high
    while high - low > 0.1:  # noqa: PLR2004 - a tenth of a second is nothing beside a run
        middle = (low + high) / 2
        enough = p_first(crowd, middle, detect_s=detect_s) >= probability
        low, high = (middle, high) if enough else (low, middle)
    return low

"""What is believed before the shop has figures of its own, with where it comes from.

These are starting points for editing, not facts: print them with their source.
"""

from dataclasses import dataclass, replace
from math import isclose

INCIDENT_WORTH = 50  # one incident teaches as much as 50 independent customers, no more


@dataclass(frozen=True, slots=True)
class Prior:
    """A share of customers, as Beta(a, b), and its provenance.

    Raises: ValueError if `mean` is not that of Beta(a, b), or a or b is below 0.5.
    """

    mean: float
    a: float
    b: float
    source: str

    def __post_init__(self) -> None:
        if min(self.a, self.b) < 0.5:  # noqa: PLR2004 - the Jeffreys prior is the widest allowed
            raise ValueError(f"prior Beta({self.a:g}, {self.b:g}): both must be at least 0.5")
        if not isclose(self.mean, self.a / (self.a + self.b), rel_tol=1e-6):
            raise ValueError(
                f"prior mean {self.mean:g}: Beta({self.a:g}, {self.b:g}) has "
                f"{self.a / (self.a + self.b):g}; make them agree"
            )

    def learned(self, affected: float, posts: float) -> "Prior":
        """Return the belief after one closed incident with `posts` by `affected` customers.

        The customers of one incident are not independent, so it is worth at most 50 of them.
        """
        weight = INCIDENT_WORTH / max(INCIDENT_WORTH, affected)
        a = self.a + weight * posts
        b = self.b + weight * max(0.0, affected - posts)
        source = self.source if "own incidents" in self.source else f"{self.source}; own incidents"
        return replace(self, a=a, b=b, mean=a / (a + b), source=source)

    def seen(self, recall: "Prior") -> "Prior":
        """Return the share that posts *and* is collected, by the two first moments."""
        mean = self.mean * recall.mean
        square = second_moment(self) * second_moment(recall)
        size = mean * (1 - mean) / (square - mean**2) - 1
        a, b = mean * size, (1 - mean) * size
        return Prior(mean=mean, a=a, b=b, source=f"{self.source}; {recall.source}")


def second_moment(prior: Prior) -> float:
    """Return E[share ** 2]."""
    size = prior.a + prior.b
    return prior.mean * (prior.a + 1) / (size + 1)


POSTING = Prior(
    mean=0.17,
    a=8.5,
    b=41.5,
    source=(
        "17 % of customers with a transaction problem post about it (comScore 2012, as cited by "
        "the FireScope white paper; no per-incident source is known, a 2009 survey says 12-13 %)"
    ),
)
CONTACT = Prior(
    mean=0.02,
    a=2.0,
    b=98.0,
    source=(
        "under 2 % report it to the shop (comScore 2012, as cited by the FireScope white paper; "
        "contradicted by a 2009 survey: 38 % phoned and 26 % wrote within a year)"
    ),
)
RECALL = Prior(
    mean=0.5, a=5.0, b=5.0, source="half of the posts are collected (a guess until measured)"
)

"""What two runs say of one flow's capacity: each a bracket, together a factor with its interval."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

UNCHANGED_WITHIN = 1.5
"""An interval that holds 1 and reaches no further up or down than this says "about the same"."""

CLOSE_WITHIN = 1.05**2 + 1e-9
"""Two searches of one and the same shop may end a step of 5 % apart: that is no change."""


class Change(StrEnum):
    """What became of a capacity, or of a response time."""

    MORE = "more"
    LESS = "less"
    SAME = "about the same"
    UNDECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What one flow held in one run, in its own arrivals a second."""

    low_per_s: float | None  # held; None: not even the lowest rate
    high_per_s: float | None  # not held; None: the limit was not reached
    plateau_per_s: float | None = None  # done a second while saturated

    @property
    def known(self) -> bool:
        """Whether anything was found out."""
        return self.low_per_s is not None or self.high_per_s is not None

    @property
    def near_per_s(self) -> float | None:
        """The best single figure; None where the run did not reach the limit."""
        if self.plateau_per_s:
            return self.plateau_per_s
        if self.low_per_s and self.high_per_s:
            return math.sqrt(self.low_per_s * self.high_per_s)
        return None

    def words(self) -> str:
        """Return the bracket for people."""
        if not self.known:
            return "not known"
        if self.low_per_s is None:
            return f"less than {self.high_per_s:.3g}/s"
        if self.high_per_s is None:
            return f"at least {self.low_per_s:.3g}/s"
        return f"{self.low_per_s:.3g} to {self.high_per_s:.3g}/s"


@dataclass(frozen=True, slots=True)
class Factor:
    """How many times as much. `high` is None where there is no upper end."""

    value: float | None
    low: float
    high: float | None
    change: Change

    def words(self) -> str:
        """Return it for people: "× 1.9 (1.62 to 2.31)"."""
        if self.high is None:
            ends = f"at least × {self.low:.2f}" if self.low > 0 else ""
        else:
            ends = (
                f"{self.low:.2f} to {self.high:.2f}" if self.low > 0 else f"at most {self.high:.2f}"
            )
        if self.value is None:
            return ends or "not decided"
        return f"× {self.value:.1f} ({ends})"


def capacity(detail: Mapping[str, Any], flow: str) -> Capacity:
    """Read one flow's capacity from what is stored of a run.

    A search knows the plateau with its interval, which may be narrower than its bracket.
    """
    bracket = (detail.get("brackets") or {}).get(flow) or {}
    made = Capacity(
        bracket.get("low_per_s"), bracket.get("high_per_s"), bracket.get("plateau_per_s")
    )
    plateau = ((detail.get("search") or {}).get("plateaus") or {}).get(flow)
    if not plateau or made.high_per_s is None:
        return made
    low, high = plateau["low_per_s"], plateau["high_per_s"]
    if (made.low_per_s or 0.0) <= high and low <= made.high_per_s:
        low, high = max(low, made.low_per_s or 0.0), min(high, made.high_per_s)
        return Capacity(low, high, min(max(plateau["per_s"], low), high))
    return made


def factor(before: Capacity, after: Capacity) -> Factor:
    """Return how many times as much a flow holds, from two brackets.

    Returns: the widest interval that the brackets allow: nothing is assumed of what lies within
             them. A limit that was not reached leaves its end open.
    """
    if not (before.known and after.known):
        return Factor(None, 0.0, None, Change.UNDECIDED)
    low = after.low_per_s / before.high_per_s if after.low_per_s and before.high_per_s else 0.0
    high = after.high_per_s / before.low_per_s if after.high_per_s and before.low_per_s else None
    value = None
    if before.near_per_s and after.near_per_s:
        value = max(low, min(after.near_per_s / before.near_per_s, high or math.inf))
    return Factor(value, low, high, _change(low, high))


def _change(low: float, high: float | None) -> Change:
    """Return the word; a rate that failed before and is held now is more, unless it is close."""
    if high is not None and low >= 1 / CLOSE_WITHIN and high <= CLOSE_WITHIN:
        return Change.SAME
    if low >= 1:
        return Change.SAME if high is not None and high <= 1 else Change.MORE
    if high is not None and high <= 1:
        return Change.LESS
    if high is not None and high <= UNCHANGED_WITHIN and low >= 1 / UNCHANGED_WITHIN:
        return Change.SAME
    return Change.UNDECIDED

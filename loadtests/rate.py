"""Rates and forecasts as people write them: "12/s", "600/min", "1200 redemptions/min"."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

_PER_S = {"s": 1.0, "min": 60.0, "h": 3_600.0}
_NUMBER = r"(\d{1,9}(?:\.\d{1,6})?)"
_RATE = re.compile(_NUMBER + r"\s*/\s*(s|min|h)")
_PEAK = re.compile(_NUMBER + r"\s+([A-Za-z][A-Za-z -]{0,40}?)\s*/\s*(s|min|h)")


@dataclass(frozen=True, slots=True)
class Peak:
    """A forecast in the business's own unit; one arrival of a flow is one unit."""

    per_s: float
    unit: str  # "redemptions"


def parse_rate(value: object) -> float:
    """Turn "12/s", "90/min" or "3600/h" into arrivals a second (> 0).

    Raises: ValueError, whose text names the remedy.
    """
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise ValueError('a rate is text with a unit, like "12/s", "90/min" or "3600/h"')
    return float(found[1]) / _PER_S[found[2]]


def parse_peak(value: object) -> Peak:
    """Turn "1200 redemptions/min" into a Peak.

    Raises: ValueError, whose text names the remedy.
    """
    if isinstance(value, Peak):
        return value
    found = _PEAK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise ValueError(
            'a forecast says how many of what in which time, like "1200 redemptions/min"'
        )
    return Peak(per_s=float(found[1]) / _PER_S[found[3]], unit=found[2])


PerSecond = Annotated[float, BeforeValidator(parse_rate)]
"""A rate in arrivals a second, written with its unit."""

Forecast = Annotated[Peak, BeforeValidator(parse_peak)]
"""An expected peak, written with what is counted and the time."""

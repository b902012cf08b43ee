"""Durations are text with a unit: a bare 30 could be seconds or minutes."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)")


def parse_duration(value: object) -> float:
    """Turn "500ms", "30s", "5m", "1h" or "14d" into seconds (> 0).

    Raises: ValueError, whose text names the remedy.
    """
    found = _FORM.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a duration is text with a unit, like "500ms", "30s", "5m", "1h" or "14d"')
    seconds = float(found[1]) * _UNITS_S[found[2]]
    if seconds <= 0:
        raise ValueError("a duration must be longer than nothing")
    return seconds


Seconds = Annotated[float, BeforeValidator(parse_duration)]
"""A duration in seconds, written with its unit in config.toml."""

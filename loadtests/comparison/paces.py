"""Response times of two runs at the same offered rate, endpoint by endpoint."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE_STEP
from loadtests.comparison.capacity import Change

_Z95 = 1.959963984540054
_P95 = 0.95
_HELD = ("pass", "State.PASS")
_ALIKE_RATES = 0.01
_FELT_RATIO = 0.05  # a judgement


@dataclass(frozen=True, slots=True)
class Quantile:
    """A 95th percentile in ms with its 95 % interval; an end that few data leave open is None."""

    value_ms: float
    low_ms: float | None
    high_ms: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Pace:
    """One endpoint of one flow at one rate, in both runs."""

    flow: str
    endpoint: str
    rate_per_s: float  # of the flow, as planned
    before: Quantile
    after: Quantile
    change: Change  # more: slower


def paces(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    before: Sequence[LoadCell],
    after: Sequence[LoadCell],
) -> list[Pace]:
    """Compare endpoints at the highest rate that both runs held, and at the highest of both."""
    made = []
    for flow in new["brackets"]:
        levels = [_levels(detail, flow) for detail in (old, new)]
        for rate in _rates(*levels):
            was, now = (
                _quantiles(cells, flow, [level for level in own if _alike(level, rate)])
                for cells, own in ((before, levels[0]), (after, levels[1]))
            )
            made += [
                Pace(flow, name, rate, was[name], now[name], _change(was[name], now[name]))
                for name in sorted(was.keys() & now.keys())
            ]
    return made


def quantile(times_us: Mapping[int, int]) -> Quantile | None:
    """Return the 95th percentile with its interval; None without data.

    Source: order statistics: the rank of a percentile is binomial (Conover 1999, sec. 3.2),
            here by its normal approximation.
    """
    number, value_us = histogram.count(times_us), histogram.percentile_us(times_us, _P95)
    if value_us is None:
        return None
    half = _Z95 * math.sqrt(number * _P95 * (1 - _P95))
    low, high = math.floor(number * _P95 - half), math.ceil(number * _P95 + half)
    return Quantile(
        value_us / 1000,
        _rank_ms(times_us, low, number),
        _rank_ms(times_us, high, number),
        number,
    )


def _rank_ms(times_us: Mapping[int, int], rank: int, number: int) -> float | None:
    if not 1 <= rank <= number:
        return None
    value_us = histogram.percentile_us(times_us, rank / number)
    return None if value_us is None else value_us / 1000


def _change(was: Quantile, now: Quantile) -> Change:
    """Return the word: the intervals lie apart, by more than a difference that nobody feels."""
    if _above(now, was):
        return Change.MORE
    return Change.LESS if _above(was, now) else Change.UNDECIDED


def _above(one: Quantile, other: Quantile) -> bool:
    apart = one.low_ms is not None and other.high_ms is not None and one.low_ms > other.high_ms
    return apart and one.value_ms > (1 + _FELT_RATIO) * other.value_ms


def _levels(detail: Mapping[str, Any], flow: str) -> list[Mapping[str, Any]]:
    return [level for level in detail["levels"] if level.get("flow") == flow]


def _rates(*runs: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the rates to look at, ascending; none if no rate was offered in both."""
    before, after = runs
    common = sorted(
        {
            float(level["planned_per_s"])
            for level in before
            if any(_alike(other, float(level["planned_per_s"])) for other in after)
        }
    )
    held = [
        rate
        for rate in common
        if all(
            any(_alike(one, rate) and str(one.get("held")) in _HELD for one in run) for run in runs
        )
    ]
    return sorted({*held[-1:], *common[-1:]})


def _alike(level: Mapping[str, Any], rate: float) -> bool:
    return abs(float(level["planned_per_s"]) - rate) <= _ALIKE_RATES * rate


def _quantiles(
    cells: Sequence[LoadCell], flow: str, levels: Sequence[Mapping[str, Any]]
) -> dict[str, Quantile]:
    times: dict[str, list[Mapping[int, int]]] = {}
    for cell in cells:
        inside = any(level["start_s"] <= cell.second < level["end_s"] for level in levels)
        if cell.flow == flow and cell.endpoint != WHOLE_STEP and inside:
            times.setdefault(cell.endpoint, []).append(cell.response_us)
    found = {name: quantile(histogram.merge(own)) for name, own in times.items()}
    return {name: one for name, one in found.items() if one is not None}

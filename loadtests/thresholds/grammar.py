"""How a threshold is written: `p95(giftcard.redeem) < 800ms for 10s after 20s abort`.

METRIC(SUBJECT) OP VALUE [of offered] [for Ns] [after Ns] [within Ns] [in PHASE] [per step] [abort]
"""

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from forepost.config.duration import parse_duration
from loadtests.rate import parse_rate

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
TIMES = (*PERCENTILES, "mean", "max")
METRICS = (*TIMES, "error_rate", "done", "dropped", "rate")
ALL = "all"

_UPPER, _LOWER = ("<", "<="), (">", ">=")
# An endpoint may have brackets of its own: the subject ends at the one before the comparison.
_HEAD = re.compile(r"([A-Za-z_][\w.]*) ?\( ?(.*?) ?\) ?([<>=≤≥]+) ?(.*)")
_OPS = ("<", "<=", ">", ">=")
_VALUE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|%|/ ?(?:s|min|h))?(?= |$)")
_LONG = re.compile(r"[0-9]{10}|[0-9]+\.[0-9]{7}")
_SPAN = r" ([0-9][0-9.]*(?:ms|s|m|h|d))(?= |$)"
_CLAUSES = {
    "of_offered": re.compile(r"of offered(?= |$)"),
    "for_s": re.compile("for" + _SPAN),
    "after_s": re.compile("after" + _SPAN),
    "within_s": re.compile("within" + _SPAN),
    "phase": re.compile(r"in (.+?)(?= (?:in|for|after|within|per step|abort)(?: |$)|$)"),
    "per_step": re.compile(r"per step(?= |$)"),
    "abort": re.compile(r"abort(?= |$)"),
}
_FORM = "METRIC(SUBJECT) < VALUE"


class Unit(StrEnum):
    """What a limit is counted in, as people read it."""

    MS = "ms"
    PERCENT = "%"
    PER_S = "/s"
    COUNT = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One promise about a run; what is None was not said."""

    text: str
    metric: str  # one of METRICS
    subject: str  # a flow, an endpoint, a flow's step ("gift_card/redeem"), or "all"
    op: str  # < <= > >=
    limit: float  # in `unit`: milliseconds, per cent, a second, or a number
    unit: Unit
    for_s: int | None = None  # every sliding window of so many whole seconds
    after_s: int = 0  # earlier seconds, of the run or of the phase, do not count
    within_s: int | None = None  # later ones do not
    phase: str | None = None
    per_step: bool = False
    abort: bool = False  # a breach ends the run at once

    @property
    def ratio(self) -> float:
        """The share of a percentile: 0.95 for p95."""
        return PERCENTILES[self.metric]


def parse(text: str) -> Threshold:
    """Read one threshold.

    Raises: ValueError, whose text names what is wrong and what to write instead.
    """
    text = " ".join(text.split())
    found = _HEAD.fullmatch(text)
    if found is None:
        raise ValueError(f"a threshold reads {_FORM}, like p95(giftcard.redeem) < 800ms for 10s")
    metric, subject, op, rest = found.groups()
    if metric not in METRICS:
        raise ValueError(f"no metric {metric}; {_meant(metric)}")
    if not subject:
        raise ValueError(f'{metric}() needs a flow, an endpoint, FLOW/STEP or "{ALL}"')
    if op not in _OPS:
        raise ValueError(f'"{op}" is no comparison; there is: {", ".join(_OPS)}')
    value = _VALUE.match(rest)
    if value is None:
        raise ValueError(_no_value(op, rest))
    clauses = _clauses(rest[value.end() :].strip())
    offered = bool(clauses.pop("of_offered", False))
    limit, unit = _limit(metric, float(value[1]), (value[2] or "").replace(" ", ""), offered)
    _direction(metric, op, limit, unit)
    made = Threshold(text, metric, subject, op, limit, unit)
    return replace(made, **clauses)


def _no_value(op: str, rest: str) -> str:
    if not rest:
        return f'after "{op}" stands a value with a unit, like 800ms, 1%, 8/s or 0'
    if _LONG.match(rest):
        return f'"{rest}" has more than nine digits, or more than six after the point'
    return f'"{rest}" is not a value with a unit, like 800ms, 1%, 8/s or 0'


def _clauses(rest: str) -> dict[str, Any]:
    """Read what follows the value, in any order, each at most once."""
    made: dict[str, Any] = {}
    while rest:
        for name, form in _CLAUSES.items():
            found = form.match(rest)
            if found and name not in made:
                break
        else:
            raise ValueError(
                f'cannot read "{rest}"; after the value may stand: of offered, for 10s, '
                "after 20s, within 30s, in PHASE, per step, abort, each once"
            )
        made[name] = _clause(name, found)
        rest = rest[found.end() :].strip()
    return made


def _clause(name: str, found: re.Match[str]) -> object:
    if name == "phase":
        return found[1]
    if not name.endswith("_s"):
        return True
    seconds = parse_duration(found[1])
    if seconds != int(seconds):
        raise ValueError(f"{found[0]}: give whole seconds: figures are kept per second")
    return int(seconds)


def _limit(metric: str, value: float, unit: str, offered: bool) -> tuple[float, Unit]:
    """Return the limit in the unit that the metric is kept in."""
    if offered and (metric not in ("done", "dropped") or unit != "%"):
        raise ValueError('only a share of done or dropped is "of offered", like 95% of offered')
    if metric in TIMES:
        if unit not in ("ms", "s") or value <= 0:
            raise ValueError(f"{metric} is a time, like 800ms or 1.5s")
        return (value if unit == "ms" else value * 1000), Unit.MS
    if metric == "rate":
        if not unit.startswith("/") or value <= 0:
            raise ValueError("rate is how many are done in a time, like 8/s or 480/min")
        return parse_rate(f"{value:f}{unit}"), Unit.PER_S
    if metric == "error_rate" or unit:
        if unit != "%" or value > 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"{metric} is a share from 0% to 100%")
        if metric != "error_rate" and not offered:
            raise ValueError(f'say of what: {metric}(…) … {value:g}% "of offered"')
        return value, Unit.PERCENT
    if value != int(value):
        raise ValueError(f"{metric} is a whole number, or a share like {value:g}% of offered")
    return value, Unit.COUNT


def _direction(metric: str, op: str, limit: float, unit: Unit) -> None:
    """See that the limit bounds the bad side, and that it can be kept at all."""
    if op not in {"done": _LOWER, "rate": _UPPER + _LOWER}.get(metric, _UPPER):
        asked = _LOWER if metric == "done" else _UPPER
        raise ValueError(f'{metric} is held with "{asked[0]}" or "{asked[1]}", not "{op}"')
    full = unit is Unit.PERCENT and limit == 100  # noqa: PLR2004 - per cent
    if (op == "<" and limit == 0) or (op == ">" and full):
        raise ValueError(f"nothing is {op} {limit:g}{unit}; write {op}= {limit:g}{unit}")
    if (op == ">=" and limit == 0) or (op == "<=" and full):
        raise ValueError(f"everything is {op} {limit:g}{unit}: nothing could ever break it")


def _meant(metric: str) -> str:
    close = get_close_matches(metric, METRICS, n=1)
    return f"did you mean {close[0]}?" if close else f"there is: {', '.join(METRICS)}"

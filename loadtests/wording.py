"""Figures of a load test as people read them."""

from loadtests.thresholds.grammar import Threshold
from loadtests.thresholds.states import State, least
from loadtests.thresholds.threshold import Finding

_LARGE, _SMALL = 100, 1  # beyond, decimals are noise; below, two are needed
_WHOLE = 10  # nobody sells half an order a minute from here on


def number(value: float) -> str:
    """Return "1,200", "30", "7.2", "2.25" or "0.083": no more digits than it takes."""
    if abs(value) >= _LARGE:
        return f"{value:,.1f}".removesuffix(".0")
    shown = f"{value:.2f}" if abs(value) >= _SMALL else f"{value:.2g}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def minute(per_s: float) -> str:
    """Return arrivals a minute as the page of a load test shows them: "51", "7.5" or "0.067"."""
    value = per_s * 60
    if abs(value) < _SMALL:
        return f"{value:.2g}"
    value = round(value, 1)
    return f"{value:g}" if abs(value) < _WHOLE else f"{round(value):,}"


def rates(per_s: float, unit: str) -> str:
    """Return "480 redemptions a minute (8 a second)"."""
    return f"{minute(per_s)} {unit} a minute ({number(per_s)} a second)"


def figure(value: float, unit: str) -> str:
    """Return "1,240 ms", "3.1 %", "8 a second" or "12"."""
    if unit == "ms":
        return f"{value:,.0f} ms"
    if unit == "%":
        return f"{value:.3g} %"
    return f"{number(value)} a second" if unit == "/s" else f"{value:,.0f}"


def said(finding: Finding, threshold: Threshold) -> str:
    """Return what a run says of a threshold that did not pass, in one sentence."""
    what = f"threshold {finding.text}"
    if finding.state is State.NO_DATA or finding.value is None:
        return f"{what}: no data ({finding.where})"
    seen = f"{figure(finding.value, finding.unit)} in {finding.where}"
    if finding.state is State.FAIL:
        return f"{what} is broken: {seen}, {finding.n:,} counted"
    if finding.state is State.TOO_FEW:
        return f"{what}: {seen}, but {finding.n:,} are too few to be sure{needed(threshold)}"
    if finding.state is State.UNDECIDED:
        return f"{what} is not decided: {seen}, {between(finding)}"
    return f"{what} is kept: {seen}"


def between(finding: Finding) -> str:
    """Return the interval in words."""
    low, high = finding.low, finding.high
    if low is None or high is None:
        bound = low if low is not None else high
        side = "at least" if low is not None else "at most"
        return "not to be bounded" if bound is None else f"{side} {figure(bound, finding.unit)}"
    return f"between {figure(low, finding.unit)} and {figure(high, finding.unit)}"


def needed(threshold: Threshold) -> str:
    """Return how many a percentile or a share needs at least; nothing for another metric."""
    number_of = least(threshold)
    return f" (at least {number_of:,} are needed)" if number_of else ""

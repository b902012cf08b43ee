"""Thresholds: what must hold, in which seconds, and what a run says of it.

A finding is the worst of all stretches that a threshold speaks of. No data never passes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from forepost.analysis import histogram
from forepost.analysis.availability import wilson
from forepost.model import LoadCell
from loadtests.cells import Tally
from loadtests.thresholds.chance import surely_above
from loadtests.thresholds.grammar import ALL, TIMES, Threshold, Unit, parse
from loadtests.thresholds.states import (
    BY_WEIGHT,
    Z95,
    Amount,
    State,
    amount,
    is_share,
    maximum,
    share,
)
from loadtests.thresholds.tallied import Counting, Index, Running, Sums
from loadtests.thresholds.windows import Context, Scope, Window, scopes, windows

__all__ = [
    "ALL",
    "Context",
    "Finding",
    "Index",
    "Scope",
    "State",
    "Threshold",
    "Unit",
    "as_detail",
    "evaluate",
    "evaluate_all",
    "evaluate_steps",
    "parse",
    "scopes",
    "worst",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run says of one threshold; figures in `unit`, of the worst stretch.

    `low` and `high` are the ends of the 95 % interval; None: not known, or without an end.
    """

    text: str
    state: State
    value: float | None
    unit: str  # "ms", "%", "/s" or "" for a plain number
    limit: float
    low: float | None
    high: float | None
    n: int  # visits or requests behind the figure
    where: str  # the worst stretch, in words
    abort: bool


def evaluate(
    threshold: Threshold,
    tallies: Sequence[Tally] | Index,
    context: Context,
    upto_s: int | None = None,
) -> Finding:
    """Hold a threshold against the cells of a run.

    Shape:   `tallies` of single endpoints, steps and whole visits alike, in any order, each key
             once. With `upto_s`, how many seconds of a run under way or cut short are over, the
             later ones do not count, and a visit that is open or was cut off is bad only once it
             surely is: nothing FAILs then because of visits that could still end well.
    Returns: the worst stretch, and among equals the one nearest to the limit or furthest beyond.
    """
    index = tallies if isinstance(tallies, Index) else Index(tallies)
    return finding(threshold, index.of(threshold.subject, context.flows), context, upto_s)


def finding(
    threshold: Threshold,
    cells: Sequence[LoadCell],
    context: Context,
    upto_s: int | None = None,
    *,
    guarded: bool = False,
) -> Finding:
    """Hold a threshold against the cells of its subject; as `evaluate`.

    Shape: `guarded` says that it is asked after every second, so that chance has many tries.
    """
    running = _running(threshold, cells, context, upto_s)
    return _worst_of(threshold, running, windows(threshold, context, upto_s, guarded=guarded))


def finding_in(threshold: Threshold, cells: Sequence[LoadCell], window: Window) -> Finding:
    """Hold a threshold against one window of the cells of its subject, all of it over."""
    context = Context((), window.end)
    return _worst_of(threshold, _running(threshold, cells, context, None), [window])


def evaluate_steps(
    threshold: Threshold,
    index: Index,
    context: Context,
    flow: str | None = None,
    upto_s: int | None = None,
) -> dict[int, Finding]:
    """Hold a `per step` threshold against each step by itself.

    Shape:   the second in which a step begins → its finding; a step of which nothing is left
             (`after`, `within` or a phase leave it out) is missing. `flow` keeps only what that
             flow did; `upto_s` as in `evaluate`.
    """
    cells = index.of(threshold.subject, context.flows, flow)
    running = _running(threshold, cells, context, upto_s)
    steps: dict[int, list[Window]] = {}
    for window in windows(threshold, context, upto_s, by_step=True):
        steps.setdefault(window.scope.begins_s, []).append(window)
    return {begins: _worst_of(threshold, running, own) for begins, own in steps.items()}


def counting(threshold: Threshold, *, under_way: bool) -> Counting:
    """Return how cells are counted for a threshold."""
    limit_us = threshold.limit * 1000 if threshold.metric in TIMES else None
    return Counting(limit_us, under_way, threshold.metric == "mean")


def _running(
    threshold: Threshold, cells: Sequence[LoadCell], context: Context, upto_s: int | None
) -> Running:
    how = counting(threshold, under_way=upto_s is not None)
    return Running(cells, context.end_s, how.limit_us, upto_s, moments=how.moments)


def _worst_of(threshold: Threshold, running: Running, windows: Sequence[Window]) -> Finding:
    if not windows:
        return _finding(threshold, State.NO_DATA, (None, None, None), 0, "not reached")
    seen = [
        (judged(threshold, running.sums(window.start, window.end), window), window)
        for window in windows
    ]
    (state, _), window = max(seen, key=lambda one: (BY_WEIGHT.index(one[0][0]), one[0][1]))
    sums = running.sums(window.start, window.end)
    figures, n = _figures(threshold, running, sums, window)
    return _finding(threshold, state, figures, n, window.words)


def evaluate_all(
    thresholds: Iterable[Threshold],
    tallies: Sequence[Tally] | Index,
    context: Context,
    upto_s: int | None = None,
) -> tuple[Finding, ...]:
    """Hold several thresholds against the same cells, read once."""
    index = tallies if isinstance(tallies, Index) else Index(tallies)
    return tuple(evaluate(one, index, context, upto_s) for one in thresholds)


def worst(states: Iterable[State]) -> State:
    """Return what stands for several states; no data for none."""
    return max(states, key=BY_WEIGHT.index, default=State.NO_DATA)


def as_detail(findings: Iterable[Finding]) -> list[Mapping[str, Any]]:
    """Return findings as JSON values for LoadRun.detail."""
    return [{**asdict(one), "state": str(one.state)} for one in findings]


def judged(threshold: Threshold, sums: Sums, window: Window) -> tuple[State, float]:
    """Return the state of a stretch, and how bad it is among those of the same state."""
    if is_share(threshold):
        found = share(threshold, sums, window.looks)
        return found.state, found.bad / found.n if found.n else 0.0
    if threshold.metric == "max":
        return maximum(sums), float(sums.over)
    got = _amount(threshold, sums, window)
    sign = -1.0 if threshold.op.startswith(">") else 1.0
    return got.state, sign * (got.value or 0.0)


def _figures(
    threshold: Threshold, running: Running, sums: Sums, window: Window
) -> tuple[tuple[float | None, float | None, float | None], int]:
    """Return (value, low, high) in the threshold's unit, and the number behind them."""
    if threshold.metric in TIMES and threshold.metric != "mean":
        times = running.times(window.start, window.end)
        if threshold.metric == "max":
            most = max((histogram.middle(key) / 1000 for key in times), default=None)
            return (most, most, None if sums.unknown else most), sums.timed
        return _percentile(threshold.ratio, times, sums, window.looks), sums.timed + sums.open
    if threshold.unit is Unit.PERCENT:
        found = share(threshold, sums, window.looks)
        if found.n == 0:
            return (None, None, None), 0
        bad = (found.bad / found.n * 100, found.low * 100, found.high * 100)
        if threshold.metric == "done":
            return (sums.done / found.n * 100, 100 - bad[2], 100 - bad[1]), found.n
        return bad, found.n
    got = _amount(threshold, sums, window)
    return (got.value, got.low, got.high), got.n


def _amount(threshold: Threshold, sums: Sums, window: Window) -> Amount:
    seconds = window.end - window.start
    return amount(threshold, sums, seconds, complete=window.complete, looks=window.looks)


def _percentile(
    ratio: float, times: Mapping[int, int], sums: Sums, looks: int
) -> tuple[float | None, float | None, float | None]:
    """Return a percentile (ms) and the limits between which it is not decided.

    The interval turns the judgement round: below `low` a limit would be broken, from `high`
    on it would be kept; None where no limit would be.
    """
    value_us = histogram.percentile_us(times, ratio)
    if value_us is None:
        return None, None, None
    n, above = sums.timed + sums.open, sums.timed
    low: float | None = None
    for key in sorted(times):
        above -= times[key]
        middle_ms = histogram.middle(key) / 1000
        if low is None and not surely_above(above, n, round(1 - ratio, 12), looks):
            low = middle_ms
        if wilson(min(n, above + sums.unknown), n, Z95)[1] <= 1 - ratio:
            return value_us / 1000, low, middle_ms
    return value_us / 1000, low, None


def _finding(
    threshold: Threshold,
    state: State,
    figures: tuple[float | None, float | None, float | None],
    n: int,
    where: str,
) -> Finding:
    value, low, high = figures
    return Finding(
        text=threshold.text,
        state=state,
        value=value,
        unit=str(threshold.unit),
        limit=threshold.limit,
        low=low,
        high=high,
        n=n,
        where=where,
        abort=threshold.abort,
    )

"""Budget bands: from which figure on a step is degraded, and from which on it has failed.

`[flows.x.budgets]`: step → {figure → [degraded above, failed above]}; the step "*" means
all. A figure that was not measured is not judged: it is no zero, and it passes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from forepost.config import Config
from forepost.config.faults import fault_line, suggest
from forepost.config.lines import dotted
from forepost.errors import ProbeError
from forepost.model import Outcome, PageTiming, StepResult

ALL = "*"
OWN = "duration_ms"  # the one figure that a step has itself; the others are its pages'
FIGURES = (
    OWN,
    "begins_ms",
    "ttfb_ms",
    "fcp_ms",
    "lcp_ms",
    "cls",
    "inp_ms",
    "tbt_ms",
    "load_ms",
    "requests",
    "bytes",
    "third_party_bytes",
)
_NAMES = {
    OWN: "duration",
    "begins_ms": "begins to load",
    "ttfb_ms": "first byte",
    "load_ms": "load",
    "requests": "requests",
    "bytes": "bytes",
    "third_party_bytes": "third-party bytes",
}
_WORSE = {Outcome.PASSED: 0, Outcome.DEGRADED: 1, Outcome.FAILED: 2, Outcome.BROKEN: 3}

Bands = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class _Finding:
    """One figure outside of its band."""

    outcome: Outcome
    message: str


def judge(
    steps: Sequence[StepResult],
    budgets: Bands,
    *,
    contended: bool = False,
    whole: bool = False,
    places: Mapping[str, str] | None = None,
) -> tuple[StepResult, ...]:
    """Return the steps with what their bands say: outcome and message, the worst first.

    A step that failed or broke keeps its own verdict. `contended`: this machine was too busy
    for true times while the run lasted; then a time over its upper border only degrades, and
    says why (what is counted, requests and bytes, is true all the same).
    `whole`: the journey came to its end, so that these are all of its steps.
    `places`: what `see_bands` returned, for the fault of a step that it has not.
    Raises: ProbeError, one line, for a figure that there is not, or a step that it has not.
    """
    check(budgets, [step.name for step in steps] if whole else None, places)
    return tuple(_judged(step, budgets, contended) for step in steps)


def check(
    budgets: Bands, names: Iterable[str] | None = None, places: Mapping[str, str] | None = None
) -> None:
    """See that all figures and steps exist; `names` None: the steps are not known.

    Raises: ProbeError, one line: what, where, the value, what there is.
    """
    known = None if names is None else {*names}
    for step in budgets:
        if known is not None and step != ALL and step not in known:
            there = ", ".join(f'"{name}"' for name in sorted(known))
            where = (places or {}).get(step, "budgets")
            raise ProbeError(f'{where}: no step "{step}"; there is: {there}; "{ALL}" means all')
    for step, figure, problem in flaws(budgets):
        raise ProbeError(
            f'budgets of "{step}": {figure} = {list(budgets[step][figure])}: {problem}'
        )


def see_bands(config: Config, flow: str, budgets: Bands) -> dict[str, str]:
    """See that the bands of a flow can be meant, before a browser is started.

    Returns: where those of each step stand: "config.toml:12: [flows.checkout.budgets.pay]".
    Raises: ProbeError, a line for each that cannot, with its place in config.toml.
    """
    found = []
    tables = {step: dotted("flows", flow, "budgets", step) for step in budgets}
    for step, figure, problem in flaws(budgets):
        band = [int(one) if float(one).is_integer() else one for one in budgets[step][figure]]
        found.append(fault_line(config.lines, tables[step], figure, problem, band))
    if found:
        raise ProbeError("\n".join(found))
    return {step: f"{config.lines.place(table)}: [{table}]" for step, table in tables.items()}


def flaws(budgets: Bands) -> Iterator[tuple[str, str, str]]:
    """Yield each band that cannot be meant: its step, its figure, problem and remedy."""
    for step, bands in budgets.items():
        for figure, band in bands.items():
            if figure not in FIGURES:
                yield step, figure, f"no such figure; {suggest(figure, FIGURES)}"
            elif not all(isfinite(border) for border in band):  # nothing is above nan
                yield step, figure, "a border is a number"
            elif len(band) > 1 and band[1] < band[0]:
                remedy = "write [degraded above, failed above]"
                yield step, figure, f"the border of failed lies below that of degraded; {remedy}"


def _judged(step: StepResult, budgets: Bands, contended: bool) -> StepResult:
    """Return one step with the findings on it."""
    if not step.outcome.worked:
        return step
    bands = {**budgets.get(ALL, {}), **budgets.get(step.name, {})}
    found = [
        finding
        for figure, band in bands.items()
        if (finding := _finding(step, figure, band, contended)) is not None
    ]
    if not found:
        return step
    found.sort(key=lambda finding: -_WORSE[finding.outcome])
    said = [finding.message for finding in found] + ([step.message] if step.message else [])
    worst = max((step.outcome, found[0].outcome), key=lambda outcome: _WORSE[outcome])
    return replace(step, outcome=worst, message="; ".join(said))


def _finding(
    step: StepResult, figure: str, band: Sequence[float], contended: bool
) -> _Finding | None:
    """Return what is wrong with one figure; None if nothing is, or if it was not measured."""
    value = _value(step, figure)
    if value is None or not band:
        return None
    over = [border for border in band if value > border]
    if not over:
        return None
    outcome = Outcome.FAILED if len(over) > 1 else Outcome.DEGRADED
    name = _NAMES.get(figure, figure.removesuffix("_ms").upper())
    said = f"{name} {_shown(figure, value)} over {_shown(figure, over[-1])}"
    if outcome is Outcome.FAILED and contended and _timed(figure):
        busy = "degraded only, since this machine was too busy for true times"
        return _Finding(Outcome.DEGRADED, f"{said}: {busy}")
    return _Finding(outcome, f"{said}: {outcome}")


def _value(step: StepResult, figure: str) -> float | None:
    """Return a figure of a step: its own, or the worst of its pages'."""
    if figure == OWN:
        return step.duration_ms
    values = [value for page in step.pages if (value := _of_page(page, figure)) is not None]
    return max(values, default=None)


def _of_page(page: PageTiming, figure: str) -> float | None:
    value: float | None = getattr(page, figure)
    return value


def _timed(figure: str) -> bool:
    return figure.endswith("_ms")


def _shown(figure: str, value: float) -> str:
    """Return a figure as people read it."""
    if figure.endswith("bytes"):
        return f"{value / 1000:,.0f} kB"
    if not _timed(figure):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if value < 1000:  # noqa: PLR2004 - a second
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f}".removesuffix("0") + " s"

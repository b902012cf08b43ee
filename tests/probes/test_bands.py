"""Budget bands: what is over a border is said; what was not measured is not judged."""

import pytest

from forepost.errors import ProbeError
from forepost.model import Outcome, PageTiming, StepResult
from probes.measures.bands import FIGURES, Bands, check, judge


def step(name: str = "open", duration_ms: float = 900.0, **page: float | None) -> StepResult:
    """Return a step that passed, with one page."""
    pages = (PageTiming("https://shop.example/", **page),)  # type: ignore[arg-type]
    return StepResult(name, Outcome.PASSED, duration_ms, pages=pages)


@pytest.mark.parametrize(
    ("lcp_ms", "outcome", "message"),
    [
        (2_500.0, Outcome.PASSED, ""),
        (2_600.0, Outcome.DEGRADED, "LCP 2.6 s over 2.5 s: degraded"),
        (4_000.0, Outcome.DEGRADED, "LCP 4.0 s over 2.5 s: degraded"),
        (4_200.0, Outcome.FAILED, "LCP 4.2 s over 4.0 s: failed"),
        (4_010.0, Outcome.FAILED, "LCP 4.01 s over 4.0 s: failed"),
        (None, Outcome.PASSED, ""),
    ],
)
def test_a_figure_is_judged_by_the_border_that_it_is_over(
    lcp_ms: float | None, outcome: Outcome, message: str
) -> None:
    """On the border is inside; a figure that was not measured is neither good nor bad."""
    (judged,) = judge([step(lcp_ms=lcp_ms)], {"open": {"lcp_ms": (2_500, 4_000)}})

    assert (judged.outcome, judged.message) == (outcome, message)


def test_every_figure_can_have_a_band() -> None:
    """Each name of the table is a figure of a step or of its pages."""
    below: Bands = {"*": dict.fromkeys(FIGURES, (-2.0, -1.0))}
    full = step(ttfb_ms=1.0, fcp_ms=1.0, lcp_ms=1.0, cls=0.0, inp_ms=1.0, tbt_ms=0.0, load_ms=1.0)

    (judged,) = judge([full], below)

    assert judged.message.count("failed") == len(FIGURES)


def test_the_worst_page_of_a_step_counts_and_the_worst_finding_comes_first() -> None:
    """Two documents in one step: the slower one is what a customer waited for."""
    pages = (PageTiming("a", ttfb_ms=100, cls=0.3), PageTiming("b", ttfb_ms=900, cls=0.05))
    slow = StepResult("open", Outcome.PASSED, 1_000, pages=pages)

    (judged,) = judge([slow], {"*": {"cls": (0.1, 0.5), "ttfb_ms": (300, 800)}})

    assert judged.outcome is Outcome.FAILED
    assert judged.message == "first byte 900 ms over 800 ms: failed; CLS 0.3 over 0.1: degraded"


def test_a_steps_own_band_replaces_that_of_all_steps() -> None:
    """The payment may take longer than a page."""
    budgets: Bands = {"*": {"duration_ms": (500,)}, "pay": {"duration_ms": (4_000, 8_000)}}

    first, pay = judge([step("open"), step("pay", 3_000)], budgets)

    assert (first.outcome, pay.outcome) == (Outcome.DEGRADED, Outcome.PASSED)


def test_a_band_of_one_border_only_degrades() -> None:
    """Ten times over it is still no failure."""
    (judged,) = judge([step(bytes=9_000_000)], {"open": {"bytes": (900_000,)}})

    assert judged.outcome is Outcome.DEGRADED
    assert judged.message == "bytes 9,000 kB over 900 kB: degraded"


def test_a_step_that_failed_keeps_its_own_verdict() -> None:
    """Its times say nothing: the customer did not get there."""
    failed = StepResult("pay", Outcome.FAILED, 20_000, message="no order number")

    assert judge([failed], {"*": {"duration_ms": (1, 2)}}) == (failed,)


def test_a_budget_of_the_flow_is_kept_beside_the_bands() -> None:
    """Two lines, both true: neither hides the other."""
    late = StepResult("pay", Outcome.DEGRADED, 5_000, message="done after 5.0 s (budget 4.0 s)")

    (judged,) = judge([late], {"pay": {"duration_ms": (1_000, 9_000)}})

    said = "duration 5.0 s over 1.0 s: degraded; done after 5.0 s (budget 4.0 s)"
    assert (judged.outcome, judged.message) == (Outcome.DEGRADED, said)


def test_a_busy_machine_fails_no_band_of_times() -> None:
    """The time is our own, so it only degrades and says why; what is counted stands."""
    budgets = {"open": {"lcp_ms": (1_000, 2_000)}}

    (timed,) = judge([step(lcp_ms=3_000)], budgets, contended=True)
    (counted,) = judge([step(requests=300)], {"open": {"requests": (100, 200)}}, contended=True)

    assert timed.outcome is Outcome.DEGRADED
    busy = "degraded only, since this machine was too busy for true times"
    assert timed.message == f"LCP 3.0 s over 2.0 s: {busy}"
    assert counted.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("budgets", "said"),
    [
        (
            {"open": {"lcp": (1, 2)}},
            r'budgets of "open": lcp = \[1, 2\]: no such figure; did you mean lcp_ms\?',
        ),
        (
            {"opne": {"lcp_ms": (1, 2)}},
            'budgets: no step "opne"; there is: "open"; "\\*" means all',
        ),
        ({"open": {"cls": (float("nan"),)}}, r'budgets of "open": cls = \[nan\]: a border is a'),
        ({"open": {"lcp_ms": (4, 2)}}, r'budgets of "open": lcp_ms = \[4, 2\]: the border of'),
    ],
)
def test_a_band_that_cannot_be_meant_is_one_line(
    budgets: dict[str, dict[str, tuple[float, ...]]], said: str
) -> None:
    """What, where, the value and what there is."""
    with pytest.raises(ProbeError, match=f"^{said}"):
        judge([step()], budgets, whole=True)


def test_a_journey_that_ended_early_knows_not_all_of_its_steps() -> None:
    """A step that was not reached is no wrong name."""
    budgets = {"pay": {"lcp_ms": (1.0, 2.0)}}

    check(budgets)
    (judged,) = judge([step()], budgets)

    assert judged.outcome is Outcome.PASSED

"""A share never travels without its interval, nor without how much was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from forepost.analysis.availability import Availability, availability, coverage, proving
from forepost.model import FlowRun, Outcome

PASSED, DEGRADED, FAILED, BROKEN = (
    Outcome.PASSED,
    Outcome.DEGRADED,
    Outcome.FAILED,
    Outcome.BROKEN,
)
Z95 = 1.959963984540054


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_interval_agrees_with_scipy(worked: int, failed: int) -> None:
    """Any counts: the same interval as an independent implementation."""
    got = availability([PASSED] * worked + [FAILED] * failed, z=Z95)
    if worked + failed == 0:
        assert got is None
        return
    want = binomtest(worked, worked + failed).proportion_ci(0.95, method="wilson")
    assert got is not None
    assert (got.low, got.high) == pytest.approx((want.low, want.high), abs=1e-12)
    assert 0.0 <= got.low <= got.value <= got.high <= 1.0
    assert (got.worked, got.n) == (worked, worked + failed)


def test_no_data_is_not_100_percent() -> None:
    """Nothing counted, nothing said."""
    assert availability([]) is None
    assert availability([BROKEN, BROKEN]) is None


def test_broken_runs_are_not_counted_and_degraded_ones_worked() -> None:
    """Our own faults are neither for nor against the shop."""
    got = availability([PASSED, DEGRADED, FAILED, BROKEN, PASSED])
    assert got is not None
    assert (got.value, got.n) == (0.75, 4)


@pytest.mark.parametrize("outcomes", [[], [PASSED]])
def test_a_width_below_zero_is_refused(outcomes: list[Outcome]) -> None:
    """A wrong z is told, whatever there is to count."""
    with pytest.raises(ValueError, match=r"^z: 0 standard deviations"):
        availability(outcomes, z=0)


SINCE = datetime(2026, 11, 3, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)


def minutes(*starts: float) -> list[datetime]:
    """Starts in minutes of the hour."""
    return [SINCE + timedelta(minutes=start) for start in starts]


def test_runs_in_their_rhythm_cover_all() -> None:
    """Every five minutes, one of them four minutes late: no gap."""
    starts = minutes(*range(0, 30, 5), 34, *range(35, 60, 5))
    assert coverage(starts, SINCE, UNTIL, 300) == 1.0


def test_time_without_a_run_is_not_covered() -> None:
    """Half an hour asleep: what lies further than an interval from any run is unseen."""
    assert coverage(minutes(*range(0, 31, 5)), SINCE, UNTIL, 300) == pytest.approx(35 / 60)
    assert coverage([], SINCE, UNTIL, 300) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-30, 90), max_size=12), st.integers(1, 20))
def test_coverage_agrees_with_counting_seconds(starts: list[int], interval: int) -> None:
    """Against every second of the hour, one by one."""
    seen = sum(
        any(abs(second + 0.5 - start * 60) < interval * 60 for start in starts)
        for second in range(3_600)
    )
    got = coverage(minutes(*starts), SINCE, UNTIL, interval * 60)
    assert got == pytest.approx(seen / 3_600)


@pytest.mark.parametrize(("until", "interval_s"), [(SINCE, 300.0), (UNTIL, 0.0)])
def test_no_time_cannot_be_covered(until: datetime, interval_s: float) -> None:
    """A mistake of the caller, told."""
    with pytest.raises(ValueError, match="no time to be covered"):
        coverage([], SINCE, until, interval_s)


LEAVE = "paying is stopped: stocktaking"
NEVER = '[shop] environment = "stop_before_pay"'


def walked(outcome: Outcome, stopped: str = "") -> FlowRun:
    """A run of a flow that pays; `stopped`: why it had no leave to."""
    facts = (("stopped", f'before "pay": {stopped}'),) if stopped else ()
    return FlowRun("r", "checkout", "here", SINCE, SINCE, SINCE, outcome, facts=facts)


def share(runs: list[FlowRun]) -> Availability | None:
    """The figure of a flow."""
    return availability(run.outcome for run in proving(runs))


RUNS = st.lists(
    st.builds(
        walked, st.sampled_from((PASSED, DEGRADED, FAILED, BROKEN)), st.sampled_from(("", LEAVE))
    ),
    max_size=30,
)
CAPPED = st.builds(walked, st.sampled_from((PASSED, DEGRADED)), st.just(LEAVE))


@settings(max_examples=60, deadline=None)
@given(RUNS, CAPPED)
def test_a_run_without_leave_to_pay_never_changes_the_share(
    runs: list[FlowRun], one: FlowRun
) -> None:
    """It worked as far as it was let: nothing of the money is proved, for the shop or against."""
    assert share([*runs, one]) == share(runs)


@settings(max_examples=60, deadline=None)
@given(RUNS, st.sampled_from(("", LEAVE, NEVER)))
def test_a_failure_never_raises_the_share(runs: list[FlowRun], stopped: str) -> None:
    """One that failed has failed, with leave to pay or without."""
    before, after = share(runs), share([*runs, walked(FAILED, stopped)])

    assert after is not None
    assert after.n == 1 + (before.n if before else 0)
    assert before is None or after.value <= before.value


@given(st.lists(CAPPED, max_size=30))
def test_only_runs_without_leave_to_pay_are_no_share(runs: list[FlowRun]) -> None:
    """Neither 100 % nor 0 %: unknown."""
    assert share(runs) is None


def test_a_shop_that_is_never_paid_is_judged_up_to_payment() -> None:
    """All its runs end there by design: they count."""
    got = share([walked(PASSED, NEVER)] * 3 + [walked(FAILED)])

    assert got is not None
    assert (got.worked, got.n) == (3, 4)

"""Percentiles, steps and buckets: from samples, checked against numpy."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest

from forepost.model import FlowRun, LoadCell, LoadRun, Outcome, PageTiming, StepResult
from forepost.model.proof import NEVER_PAYS
from reports import figures
from reports.data import CAPPED
from reports.load_view import choose, load_view, percentile_ms

START = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    """Seconds after nine."""
    return START + timedelta(seconds=second)


@pytest.fixture
def run() -> Callable[..., FlowRun]:
    """Return a function that makes a run with one step and one page."""

    def make(second: float, outcome: Outcome = Outcome.PASSED, begins_ms: float = 300.0) -> FlowRun:
        began = at(second)
        page = PageTiming(url="", fcp_ms=begins_ms, load_ms=begins_ms * 2)
        step = StepResult("pay", outcome, begins_ms * 3, pages=(page,))
        return FlowRun(
            id=f"run{second}", flow="payment", location="local", slot_at=began, started_at=began,
            finished_at=at(second + 1), outcome=outcome, steps=(step,),
        )  # fmt: skip

    return make


@pytest.mark.parametrize("count", [1, 2, 3, 4, 19, 20, 21, 100, 997])
def test_percentiles_agree_with_numpy(count: int) -> None:
    """Nearest rank: the same values as an independent implementation."""
    draw = Random(count)
    values = [draw.lognormvariate(6, 1) for _ in range(count)]

    got = figures.spread([*values, None])

    want = np.quantile(values, [0.5, 0.75, 0.95], method="inverted_cdf")
    assert got is not None
    assert (got.n, got.p50, got.p75, got.p95) == (count, *want)


def test_no_values_have_no_percentiles() -> None:
    """Nothing measured is None, not zero."""
    assert figures.spread([None, None]) is None
    assert figures.share(0, 0) is None


def test_histogram_percentile_is_within_half_a_per_cent() -> None:
    """Buckets of 8 leading bits, read back, against the exact samples."""
    draw = Random(3)
    samples = [draw.lognormvariate(11, 1.2) for _ in range(4000)]
    histogram: Counter[int] = Counter()
    for sample in samples:
        shift = max(0, int(sample).bit_length() - 8)
        histogram[int(sample) >> shift << shift] += 1

    for part in (0.5, 0.75, 0.95, 0.999):
        got = percentile_ms(histogram, part)
        want = np.quantile(samples, part, method="inverted_cdf") / 1000
        assert got == pytest.approx(want, rel=0.005)
    assert percentile_ms({}, 0.95) is None


def test_an_empty_bucket_is_a_gap(run: Callable[..., FlowRun]) -> None:
    """Where no page was loaded there is None, and the line breaks off."""
    points = figures.page_points(
        [run(1), run(2, begins_ms=900.0), run(25)], START, START + timedelta(seconds=40), 10
    )

    assert [point.begins_p75_ms for point in points] == [900.0, None, 300.0, None]
    assert [point.pages for point in points] == [2, 0, 1, 0]


def test_the_worst_outcome_of_a_bucket_shows(run: Callable[..., FlowRun]) -> None:
    """A failure must not vanish behind passes, nor behind a fault of ours."""
    runs = [run(1), run(2, Outcome.FAILED), run(3, Outcome.BROKEN), run(12)]

    one_by_one = figures.marks(runs, START, 10, most=10)
    together = figures.marks(runs, START, 10, most=2)

    assert len(one_by_one) == 4
    assert [(mark.state, mark.runs) for mark in together] == [
        (Outcome.FAILED, 3),
        (Outcome.PASSED, 1),
    ]


def test_a_run_without_leave_to_pay_is_drawn_as_what_it_is(run: Callable[..., FlowRun]) -> None:
    """Not as one that worked; in a bucket it hides no failure, and a pass does not hide it."""
    short = replace(run(2), facts=(("stopped", 'before "pay": paying is stopped: stocktaking'),))
    up_to_payment = replace(run(3), facts=(("stopped", f'before "pay": {NEVER_PAYS}'),))
    failed = replace(run(13, Outcome.FAILED), facts=short.facts)
    runs = [run(1), short, up_to_payment, run(11), failed, replace(short, started_at=at(14))]

    one_by_one = figures.marks(runs, START, 10, most=10)
    together = figures.marks(runs, START, 10, most=2)
    section = figures.flow_section("payment", runs)

    want = [Outcome.PASSED, CAPPED, Outcome.PASSED, Outcome.PASSED, Outcome.FAILED, CAPPED]
    assert [mark.state for mark in one_by_one] == want
    assert [(mark.state, mark.runs) for mark in together] == [(CAPPED, 3), (Outcome.FAILED, 3)]
    assert section.outcomes == {Outcome.PASSED: 3, CAPPED: 2, Outcome.FAILED: 1}


def test_our_own_load_and_faults_do_not_count_for_the_shop(run: Callable[..., FlowRun]) -> None:
    """One pass, one failure; a broken run and one under our load test change nothing."""
    under_load = replace(run(3, Outcome.FAILED), load_run="load-1")
    section = figures.flow_section(
        "payment", [run(1), run(2, Outcome.FAILED), run(4, Outcome.BROKEN), under_load]
    )

    assert section.availability is not None
    assert (section.availability.count, section.availability.of) == (1, 2)
    assert section.under_load == 1
    assert section.outcomes[Outcome.BROKEN] == 1
    assert section.steps[0].failed == 1
    assert section.steps[0].took_ms is not None
    assert section.steps[0].took_ms.n == 1


def test_times_are_of_one_device_and_of_a_quiet_machine(run: Callable[..., FlowRun]) -> None:
    """What another device or our own busy machine took is not this shop's time; the run counts."""
    runs = [
        replace(run(1, begins_ms=9_000.0), device="mobile"),
        replace(run(2, begins_ms=9_000.0), cpu_ratio=0.95),
        run(3, begins_ms=400.0),
    ]
    begins = {
        tuple(some): next(
            v for v in figures.flow_section("payment", some).vitals if v.name == "begins"
        )
        for some in (runs, runs[:2])
    }
    section = figures.flow_section("payment", runs)

    assert begins[tuple(runs)].spread == figures.spread([400.0])
    assert begins[tuple(runs[:2])].spread == figures.spread([9_000.0])  # of none there is better
    assert (section.device, section.elsewhere, section.contended) == ("desktop", ("mobile",), 1)
    assert section.steps[0].took_ms is not None
    assert (section.steps[0].n, section.steps[0].took_ms.n) == (2, 1)
    assert section.availability is not None
    assert section.availability.of == 3


def test_the_same_failure_is_told_once_whatever_its_picture_is_called(
    run: Callable[..., FlowRun],
) -> None:
    """Neither a path nor tenths of a second of its own make a message of its own."""
    said = 'checkout, step "pay": no order number'
    runs = [
        replace(
            run(n, Outcome.FAILED), message=f"{said} after 4.{n} s; screenshot: out/{n}/pay.png"
        )
        for n in (1, 2, 3)
    ]

    assert figures.flow_section("payment", runs).messages == ((said, 3),)


def test_the_hardest_pressed_endpoint_comes_first() -> None:
    """Offered counts what was never sent too; the largest gap is drawn first."""
    load = LoadRun("load-1", "holiday-gift-cards", "http://127.0.0.1", START)
    cells = [
        LoadCell("load-1", second, "gift_card", name, started=10, done=done, dropped=dropped)
        for second in range(300)
        for name, done, dropped in (("look", 10, 0), ("redeem", 4, 5))
    ]

    view = load_view(load, cells, [])

    assert [endpoint.name for endpoint in view.endpoints] == ["redeem", "look"]
    assert view.endpoints[0].total_offered == 300 * 15
    assert view.endpoints[0].offered[0] == pytest.approx(15)
    assert view.slice_s == 3
    assert len(view.seconds) == 100
    assert view.quiet_p75_ms is None


def test_a_load_test_with_a_verdict_is_told_before_one_that_still_runs() -> None:
    """The latest that can say something; one of the future says nothing."""
    runs = [
        LoadRun("a", "c", "t", START, verdict="ready"),
        LoadRun("b", "c", "t", START + timedelta(minutes=1)),
        LoadRun("c", "c", "t", START + timedelta(minutes=2), verdict="interrupted"),
        LoadRun("d", "c", "t", START + timedelta(hours=9), verdict="ready"),
    ]

    chosen = choose(runs, START + timedelta(hours=1))

    assert chosen is not None
    assert chosen.id == "a"
    assert choose([], START) is None

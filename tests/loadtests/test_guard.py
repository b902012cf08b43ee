"""Thresholds with `abort` while a run goes on: always the word of a full look at all cells."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.cells import Tally
from loadtests.thresholds.guard import Guard
from loadtests.thresholds.tallied import Sums
from loadtests.thresholds.threshold import (
    Finding,
    Index,
    State,
    Threshold,
    finding,
    judged,
    parse,
)
from loadtests.thresholds.windows import Context, Window
from tests.loadtests.judged import CALM, CONTEXT
from tests.loadtests.lagging import drawn, looks, thresholds
from tests.loadtests.samples import Sample, tallies, visits


@settings(CALM, max_examples=20)
@given(st.integers(0, 10**9))
def test_every_second_says_what_a_look_at_all_cells_would_say(seed: int) -> None:
    """Whatever the subject, the window and the phase, and when a cell comes that is late."""
    draw = random.Random(seed)
    asked = thresholds(draw)
    guard, before = Guard(asked, CONTEXT), dict[object, Tally]()
    for cells, upto_s in looks(draw, drawn(draw)):
        guard.feed(one for one in cells if before.get(one.key) != one)
        before = {one.key: one for one in cells}
        index = Index(cells)
        full = [
            finding(one, index.of(one.subject, CONTEXT.flows), CONTEXT, upto_s, guarded=True)
            for one in asked
        ]

        assert guard.broken(upto_s) == tuple(one for one in full if one.state is State.FAIL)


def broken(guard: Guard, samples: list[Sample], upto_s: int) -> tuple[Finding, ...]:
    """Feed samples, and ask."""
    guard.feed(tallies(samples))
    return guard.broken(upto_s)


def test_a_late_cell_takes_back_what_it_explains() -> None:
    """Half of a second failed, until the worker that lagged tells of those that went well."""
    guard = Guard([parse("error_rate(all) < 20% for 5s abort")], CONTEXT)
    bad, good = visits(20, 3, ended="failed"), visits(500, 3)

    assert [one.where for one in broken(guard, bad, 6)] == ["seconds 0 to 5"]
    assert [one.n for one in guard.broken(7)] == [20]  # nothing new: still broken
    assert broken(guard, bad + good, 8) == ()


def test_a_visit_that_waits_too_long_breaks_without_a_new_cell() -> None:
    """Nobody is answered any more, so nobody tells anything: time alone makes it too late."""
    guard = Guard([parse("p95(all) < 800ms abort")], CONTEXT)

    assert broken(guard, visits(60, 2, ended="open"), 3) == ()
    assert len(guard.broken(4)) == 1


def test_a_shop_that_just_keeps_a_threshold_is_seldom_stopped() -> None:
    """In at most 1 run of 40, though each of its seconds gives chance another try.

    200 runs of 60 s at 3 visits a second; a look that took itself for the only one stopped 11 %.
    """
    draw = np.random.default_rng(5)
    asked = [parse(f"{what} abort") for what in ("error_rate(all) <= 5%", "mean(all) < 100ms")]
    stopped = [0, 0]
    for _ in range(200):
        guard = Guard(asked, Context(("gift_card",), 60))
        times, failed = draw.exponential(100, (60, 3)), draw.random((60, 3)) < 0.05
        seen: set[str] = set()
        for at in range(60):
            visit = zip(times[at], failed[at], strict=True)
            second = [Sample(at, ms, "failed" if bad else "done") for ms, bad in visit]
            seen |= {one.text for one in broken(guard, second, at + 1)}
        for place, one in enumerate(asked):
            stopped[place] += one.text in seen

    assert max(stopped) <= 9  # 5 are allowed on average


@pytest.mark.parametrize("clause", ["", "for 10s"])
def test_a_second_costs_no_more_late_in_a_run_than_early(
    clause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: how many windows are judged anew each second of ten minutes."""
    counted: list[int] = []

    def counting(threshold: Threshold, sums: Sums, window: Window) -> tuple[State, float]:
        counted[-1] += 1
        return judged(threshold, sums, window)

    monkeypatch.setattr("loadtests.thresholds.posts.judged", counting)
    guard = Guard([parse(f"p95(all) < 800ms {clause} abort")], replace(CONTEXT, end_s=600))
    for second in range(600):
        counted.append(0)
        # Each second brings its own cell, and an end to what was open in the second before it.
        now = visits(3, second, ended="open")
        assert broken(guard, [*visits(3, second - 1), *now], second + 1) == ()

    assert max(counted) <= (12 if clause else 1)
    assert counted[-1] == counted[300]

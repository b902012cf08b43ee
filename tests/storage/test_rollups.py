"""Figures per hour and day against the samples themselves; and what retention leaves."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.analysis.availability import availability, proving
from forepost.model import FlowRun, Outcome, StepResult
from forepost.model.proof import NEVER_PAYS
from forepost.storage import Store
from forepost.storage.histogram import LogHistogram
from tests.storage.nouns import at, closing, failed_run, opening, passed_run, poll, post, told

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SAMPLES = np.random.default_rng(7).lognormal(6.0, 0.5, 50).tolist()


def hours(store: Store, step: str = "pay", days: int = 1) -> list[Any]:
    """The hourly figures of one step of `payment` since noon."""
    rows = store.hourly("payment", at(0), at(0) + days * DAY)
    return [row for row in rows if row["step"] == step]


def fill(store: Store, samples: list[float] = SAMPLES) -> None:
    """One good run a minute."""
    for minute, sample in enumerate(samples):
        store.add_run(passed_run(minute, sample))


def test_an_hour_holds_the_figures_of_its_samples(store: Store) -> None:
    """n, sum, percentiles and maximum agree with numpy, for the step and the journey."""
    fill(store)
    store.refresh_rollups(at(50))
    for step in ("pay", ""):
        (row,) = hours(store, step)
        assert (row["hour_at"], row["n"], row["ok"]) == (at(0), 50, 50)
        got = [row[key] for key in ("sum_ms", "p50_ms", "p75_ms", "p95_ms", "max_ms")]
        want = [sum(SAMPLES), *np.percentile(SAMPLES, [50, 75, 95]), max(SAMPLES)]
        assert got == pytest.approx(want)


def test_what_is_not_the_shops_time_stays_out(store: Store) -> None:
    """Broken, contended, loaded and excluded runs are not counted; a failed step has no time."""
    fill(store, [100.0])
    store.add_run(replace(passed_run(0.5), maintenance="move"))
    store.add_run(replace(passed_run(1), outcome=Outcome.BROKEN))
    store.add_run(replace(passed_run(2), cpu_ratio=0.95))
    store.add_run(replace(passed_run(3), load_run="load-1"))
    store.add_run(failed_run(4))  # in "pay"
    store.refresh_rollups(at(5))
    (pay,) = hours(store, "pay")
    assert (pay["n"], pay["ok"], pay["max_ms"]) == (2, 1, 100.0)
    (whole,) = hours(store, "")
    assert (whole["n"], whole["ok"], whole["sum_ms"]) == (2, 1, 100.0)


def unpaid(minute: float, why: str = "paying is stopped: stocktaking") -> FlowRun:
    """A run that went to the cart and had no leave to go on."""
    steps = (StepResult("add to cart", Outcome.PASSED, 40.0),)
    return replace(passed_run(minute), steps=steps, facts=(("stopped", f'before "pay": {why}'),))


def journeys(rows: list[Any]) -> list[tuple[Any, ...]]:
    """What hours or days say of whole journeys."""
    return [(row["n"], row["ok"], row["capped"], row["sum_ms"]) for row in rows if not row["step"]]


def test_runs_without_leave_to_pay_stand_beside_the_share_of_journeys(store: Store) -> None:
    """One of two worked, by hour and by day, however many a cap ended; their steps count."""
    fill(store, [100.0])
    store.add_run(failed_run(1))
    for minute in range(2, 8):
        store.add_run(unpaid(minute))
    store.refresh_rollups(at(10))

    assert journeys(hours(store, "")) == [(2, 1, 6, 100.0)]
    assert journeys(store.daily("payment", at(-720), at(60))) == [(2, 1, 6, 100.0)]
    (cart,) = hours(store, "add to cart")
    assert (cart["n"], cart["ok"], cart["p75_ms"]) == (6, 6, 40.0)


def test_an_hour_and_a_report_share_alike(store: Store) -> None:
    """The roll-up of runs of every kind says what `availability` says of the same runs."""
    draw = Random(3)
    kinds = (passed_run, failed_run, unpaid, lambda minute: unpaid(minute, NEVER_PAYS))
    ours: list[dict[str, Any]] = [{"maintenance": "move"}, {"load_run": "load-1"}]
    ours += [{"outcome": Outcome.BROKEN}, {}, {}, {}]
    runs = [replace(draw.choice(kinds)(minute), **draw.choice(ours)) for minute in range(58)]
    for run in runs:
        store.add_run(run)
    store.refresh_rollups(at(59))

    want = availability(run.outcome for run in proving(runs))
    assert want is not None
    assert 0 < want.worked < want.n < len(runs)
    ((n, ok, capped, _),) = journeys(hours(store, ""))
    assert (n, ok) == (want.n, want.worked)
    assert capped > 0


def test_an_hour_in_which_nobody_had_leave_to_pay_is_unknown(store: Store) -> None:
    """Neither 0 nor 100 %: there is nothing to share, no time, and how many there were is told."""
    store.add_run(unpaid(0))
    store.add_run(unpaid(1))
    store.refresh_rollups(at(2))

    assert journeys(hours(store, "")) == [(0, 0, 2, 0.0)]
    (whole,) = hours(store, "")
    assert (whole["p75_ms"], whole["max_ms"]) == (None, None)
    (day,) = (row for row in store.daily("payment", at(-720), at(60)) if not row["step"])
    assert cast("LogHistogram", day["histogram"]).quantile_ms(0.5) is None


def test_a_shop_that_is_never_paid_is_rolled_up_to_payment(store: Store) -> None:
    """All its runs end there by design; one that failed without leave to pay has failed."""
    store.add_run(unpaid(0, NEVER_PAYS))
    store.add_run(replace(unpaid(1), outcome=Outcome.FAILED))
    store.refresh_rollups(at(2))
    assert journeys(hours(store, "")) == [(2, 1, 0, 40.0)]


def test_an_hour_in_which_nothing_worked_has_no_time(store: Store) -> None:
    """None, not 0 ms."""
    store.add_run(failed_run(0))
    store.refresh_rollups(at(1))
    (row,) = hours(store)
    assert (row["n"], row["ok"], row["p75_ms"], row["max_ms"]) == (1, 0, None, None)


def test_rolling_up_again_changes_nothing_but_what_is_new(store: Store) -> None:
    """The last two hours are rebuilt whole."""
    fill(store, [100.0, 200.0])
    store.refresh_rollups(at(5))
    once = hours(store)
    store.refresh_rollups(at(6))
    assert hours(store) == once
    store.add_run(passed_run(10, 600.0))
    store.refresh_rollups(at(61))
    assert [(row["n"], row["max_ms"]) for row in hours(store)] == [(3, 600.0)]


def test_hours_missed_while_switched_off_are_rolled_up_later(store: Store) -> None:
    """The last runs before a week's pause, and the first roll-up of all."""
    fill(store, [100.0])
    store.refresh_rollups(at(0.5))
    store.add_run(passed_run(30, 300.0))
    store.refresh_rollups(at(0) + 7 * DAY)
    assert [(row["n"], row["sum_ms"]) for row in hours(store)] == [(2, 400.0)]


def test_days_are_histograms_that_add_up(store: Store) -> None:
    """A percentile of two days together is true to the bucket's 2 %."""
    fill(store)
    slow = [3 * sample for sample in SAMPLES]
    for minute, sample in enumerate(slow):
        store.add_run(passed_run(1440 + minute, sample))
    store.refresh_rollups(at(1441 + 50))
    days: list[Any] = [
        row for row in store.daily("payment", at(-720), at(2880)) if row["step"] == "pay"
    ]
    assert [row["n"] for row in days] == [50, 50]
    both = days[0]["histogram"].plus(days[1]["histogram"])
    want = np.percentile(SAMPLES + slow, 95, method="inverted_cdf")
    assert both.quantile_ms(0.95) == pytest.approx(want, rel=0.0101)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1.0, 3.6e6), min_size=1, max_size=60),
    st.floats(0, 1),
)
def test_a_histogram_knows_every_percentile_to_one_percent(
    samples: list[float], share: float
) -> None:
    """Against the sorted samples, also after packing."""
    histogram = LogHistogram.from_bytes(LogHistogram.of(samples).to_bytes())
    rank = max(1, int(np.ceil(share * len(samples))))
    assert histogram.n == len(samples)
    assert histogram.quantile_ms(share) == pytest.approx(sorted(samples)[rank - 1], rel=0.0101)


def test_an_empty_histogram_has_no_percentile() -> None:
    """No data is not 0 ms; a share outside 0 to 1 is a mistake."""
    assert LogHistogram().quantile_ms(0.5) is None
    assert LogHistogram.of([0.0, 0.2]).n == 2
    with pytest.raises(ValueError, match=r"share: 1\.5 lies outside"):
        LogHistogram().quantile_ms(1.5)


def test_old_steps_go_and_their_figures_stay(store: Store) -> None:
    """After 90 days a run keeps its verdict, and its hour and day their figures."""
    store.add_run(failed_run(0))
    store.add_run(passed_run(1, 100.0))
    store.add_run(passed_run(92 * 1440, 100.0))
    gone = store.prune(at(0) + 92 * DAY)
    assert gone == 2 + 3 + 1  # steps and pages of the first run, the step of the second
    first, _, latest = store.runs()
    assert (first.steps, first.outcome, first.message) == (
        (),
        Outcome.FAILED,
        failed_run(0).message,
    )
    assert len(latest.steps) == 1
    assert [row["n"] for row in hours(store)] == [2]
    assert store.prune(at(0) + 92 * DAY) == 0
    store.refresh_rollups(at(0) + 92 * DAY)
    assert [row["n"] for row in hours(store)] == [2]
    assert store.check() == []


def test_figures_survive_a_long_pause_after_pruning(store: Store) -> None:
    """Steps that are gone must not be rolled up again as nothing."""
    fill(store, [100.0])
    store.prune(at(0) + 200 * DAY)
    store.refresh_rollups(at(0) + 200 * DAY)
    store.refresh_rollups(at(1))
    assert [row["n"] for row in hours(store)] == [1]


def test_after_a_year_runs_posts_and_sent_alerts_go_and_incidents_stay(store: Store) -> None:
    """What a ledger of all time needs is kept."""
    store.add_run(passed_run(0), opening(), told(opening(), "terminal", "webhook"))
    store.add_transition(closing(0, 5))
    sent, _ = store.due_alerts(at(0))
    store.alert_sent(sent.id, at(0))
    store.add_posts(poll(0, 1), [post(0.5)], "7")
    store.prune(at(0) + 401 * DAY)
    assert (store.runs(), store.posts(), store.polls()) == ([], [], [])
    assert len(store.incidents()) == 1
    assert len(store.transitions()) == 2
    assert [row["channel"] for row in store.alerts()] == ["webhook"]  # still waits
    assert store.cursor("town") == "7"
    assert store.check() == []


def test_more_than_one_slice_is_pruned(store: Store) -> None:
    """Slices end when nothing is left, not after the first."""
    posts = [post(minute / 1000, f"a{minute}") for minute in range(10_500)]
    store.add_posts(poll(0, 11), posts, None)
    assert store.prune(at(0) + 401 * DAY) == 10_500 + 1


def test_a_step_without_a_time_of_its_own_is_kept_apart(store: Store) -> None:
    """Steps of one flow do not mix."""
    run = passed_run(0, 100.0)
    steps = (*run.steps, StepResult("receipt", Outcome.DEGRADED, 900.0))
    store.add_run(replace(run, steps=steps))
    store.refresh_rollups(at(1))
    assert [row["sum_ms"] for row in store.hourly("payment", at(0), at(1))] == [1000, 100, 900]

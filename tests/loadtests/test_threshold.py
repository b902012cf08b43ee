"""Thresholds: how they are written, and what samples say of them, counted by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.shapes import shape
from loadtests.thresholds.chance import tail
from loadtests.thresholds.threshold import (
    Context,
    State,
    Threshold,
    Unit,
    evaluate_all,
    parse,
)
from tests.loadtests.judged import CALM, found
from tests.loadtests.samples import Sample, at_endpoint, at_step, tallies, visits


def test_every_part_of_the_form_is_read() -> None:
    """All clauses at once, in another order than the documentation names them."""
    got = parse(
        "done(gift_card/redeem)  >=  95% of offered in step 2 abort for 5s within 30s after 2s"
    )

    assert got == Threshold(
        text="done(gift_card/redeem) >= 95% of offered in step 2 abort for 5s within 30s after 2s",
        metric="done",
        subject="gift_card/redeem",
        op=">=",
        limit=95.0,
        unit=Unit.PERCENT,
        for_s=5,
        after_s=2,
        within_s=30,
        phase="step 2",
        abort=True,
    )


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("p95(giftcard.redeem) < 800ms", 800.0, Unit.MS),
        ("p99.9(all)<=1.5s per step", 1500.0, Unit.MS),
        ("mean(all) < 0.2 s", 200.0, Unit.MS),
        ("max(all) < 5s", 5000.0, Unit.MS),
        ("error_rate(checkout) < 1% within 30s", 1.0, Unit.PERCENT),
        ("dropped(all) <= 0", 0.0, Unit.COUNT),
        ("dropped(all) < 0.5 % of offered", 0.5, Unit.PERCENT),
        ("done(checkout) >= 120", 120.0, Unit.COUNT),
        ("rate(checkout) >= 480/min", 8.0, Unit.PER_S),
        ("rate(checkout) < 8 / s", 8.0, Unit.PER_S),
    ],
)
def test_a_limit_is_kept_in_one_unit(text: str, limit: float, unit: Unit) -> None:
    """Milliseconds, per cent, a second, or a plain number."""
    got = parse(text)

    assert got.limit == pytest.approx(limit)
    assert got.unit is unit


@pytest.mark.parametrize(
    ("text", "subject", "phase"),
    [
        ("p95(POST /cart) < 800ms", "POST /cart", None),
        ("p95( cart.add(v2) ) < 800ms", "cart.add(v2)", None),
        ("p95(shop:cart.*[0]) < 800ms", "shop:cart.*[0]", None),
        ("p95(place  order)\n< 800 ms\tin  step\n1  abort", "place order", "step 1"),
    ],
)
def test_blanks_and_brackets_are_part_of_a_name(text: str, subject: str, phase: str | None) -> None:
    """Endpoints are called as a user file calls them; how a line is laid out means nothing."""
    got = parse(text)

    assert (got.subject, got.phase, got.limit) == (subject, phase, 800.0)
    assert got.abort is text.endswith("abort")


def test_an_endpoint_with_a_slash_is_no_step() -> None:
    """Only what stands behind a flow's name is a step of it."""
    samples = [*at_endpoint(visits(30, 1), "POST /cart"), *at_step(visits(20, 1), "redeem")]

    assert found("done(POST /cart) >= 30", samples).value == 30
    assert found("done(gift_card/redeem) >= 20", samples).value == 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p95 giftcard < 800ms", r"a threshold reads METRIC\(SUBJECT\) < VALUE"),
        ("p59(all) < 800ms", r"no metric p59; did you mean p9\d\?"),
        ("speed(all) < 800ms", "no metric speed; there is: p50, p90"),
        ("p95() < 800ms", r"p95\(\) needs a flow, an endpoint, FLOW/STEP or"),
        ("", r"a threshold reads METRIC\(SUBJECT\) < VALUE"),
        (" \n ", r"a threshold reads METRIC\(SUBJECT\) < VALUE"),
        ("p95(all) = 800ms", '"=" is no comparison; there is: <, <=, >, >='),
        ("p95(all) ≤ 800ms", '"≤" is no comparison; there is: <, <=, >, >='),
        ("p95(all) <", 'after "<" stands a value with a unit'),
        ("p95(all) < NaNms", '"NaNms" is not a value with a unit'),
        ("p95(all) < -5ms", '"-5ms" is not a value with a unit'),
        ("p95(all) < ８００ms", '"８００ms" is not a value with a unit'),
        ("p95(all) < 99999999999ms", '"99999999999ms" has more than nine digits'),
        ("p95(all) < 0.0000001s", "or more than six after the point"),
        ("p95(all) < fast", '"fast" is not a value with a unit'),
        ("p95(all) < 800", "p95 is a time, like 800ms"),
        ("p95(all) < 8%", "p95 is a time, like 800ms"),
        ("p95(all) < 0ms", "p95 is a time, like 800ms"),
        ("p95(all) > 800ms", 'p95 is held with "<" or "<=", not ">"'),
        ("done(all) <= 95% of offered", 'done is held with ">" or ">="'),
        ("done(all) >= 95%", "say of what: done"),
        ("done(all) >= 1.5", "done is a whole number, or a share"),
        ("error_rate(all) < 1ms", "error_rate is a share from 0% to 100%"),
        ("error_rate(all) < 101%", "error_rate is a share from 0% to 100%"),
        ("error_rate(all) < 1% of offered", "only a share of done or dropped"),
        ("error_rate(all) < 0%", "nothing is < 0%; write <= 0%"),
        ("done(all) > 100% of offered", "nothing is > 100%; write >= 100%"),
        ("done(all) >= 0% of offered per step", "everything is >= 0%: nothing could ever break"),
        ("done(all) >= 0", "everything is >= 0: nothing could ever break it"),
        ("error_rate(all) <= 100%", "everything is <= 100%: nothing could ever break it"),
        ("rate(all) > 8", "rate is how many are done in a time"),
        ("p95(all) < 800ms for 1500ms", "for 1500ms: give whole seconds"),
        ("p95(all) < 800ms for ever", 'cannot read "for ever"; after the value may stand'),
        ("p95(all) < 800ms abort abort", 'cannot read "abort"'),
        ("p95(all) < 800ms for 0s", "longer than nothing"),
        ("p95(all) < 800ms for 10 s", 'cannot read "for 10 s"; after the value may stand'),
        ("p95(all) < 800ms in step 1 in step 2", 'cannot read "in step 2"; after the value'),
        ("p95(all) < 800ms of offered", "only a share of done or dropped"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_remedy(text: str, says: str) -> None:
    """Every kind of fault, once."""
    with pytest.raises(ValueError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "good", "bad", "want"),
    [
        ("p95(gift_card) < 800ms", 300, 3, State.PASS),  # Wilson's high end of 3/303: 2.9 %
        ("p95(gift_card) < 800ms", 290, 13, State.UNDECIDED),  # 4.3 %, up to 7.2 %
        ("p95(gift_card) < 800ms", 270, 33, State.FAIL),  # 10.9 %, at least 7.9 %
        ("p95(gift_card) < 800ms", 199, 0, State.TOO_FEW),  # 199 × 5 % < 10
        ("p95(gift_card) < 800ms", 200, 0, State.PASS),
        ("p95(gift_card) < 800ms", 0, 4, State.FAIL),  # few, and all of them too slow
        ("p95(gift_card) < 800ms", 0, 0, State.NO_DATA),
        ("p50(gift_card) < 800ms", 19, 0, State.TOO_FEW),
        ("p50(gift_card) < 800ms", 20, 0, State.PASS),
        ("p99(gift_card) < 800ms", 900, 0, State.TOO_FEW),
        ("max(gift_card) < 800ms", 9, 0, State.PASS),
        ("max(gift_card) < 800ms", 9, 1, State.FAIL),
    ],
)
def test_percentiles_are_judged_by_counting(text: str, good: int, bad: int, want: State) -> None:
    """No data never passes, few pass nothing, and a limit inside the interval is not decided."""
    samples = visits(good, 3, 100) + visits(bad, 4, 3000)

    assert found(text, samples).state is want


@settings(CALM, max_examples=60)
@given(st.integers(0, 400), st.integers(0, 60), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_judgement_is_that_of_scipys_intervals(good: int, bad: int, ratio: float) -> None:
    """Broken by the exact binomial test, kept by Wilson's interval."""
    got = found(f"p{100 * ratio:g}(all) < 800ms", visits(good, 3, 100) + visits(bad, 4, 3000))
    n = good + bad
    if n == 0:
        assert got.state is State.NO_DATA
        return
    interval = stats.binomtest(bad, n).proportion_ci(0.95, method="wilson")
    by_chance = stats.binomtest(bad, n, 1 - ratio, alternative="greater").pvalue
    if interval.low > 1 - ratio and by_chance <= 0.025:
        want = State.FAIL
    elif n * (1 - ratio) < 10 - 1e-9:
        want = State.TOO_FEW
    else:
        want = State.PASS if interval.high <= 1 - ratio else State.UNDECIDED
    assert got.state is want


@pytest.mark.parametrize("metric", ["p50", "p90", "p95", "p99", "mean", "max"])
def test_values_agree_with_numpy_on_the_raw_samples(metric: str) -> None:
    """Within the half per cent that the histogram promises."""
    times = np.random.default_rng(4).lognormal(5, 0.6, 5000)
    got = found(f"{metric}(all) < 9s", [Sample(i % 20, ms) for i, ms in enumerate(times)])
    want = {
        "mean": np.mean(times),
        "max": np.max(times),
    }.get(metric) or np.quantile(times, float(metric[1:] or 0) / 100, method="inverted_cdf")

    assert got.value == pytest.approx(want, rel=0.005)
    assert got.n == 5000
    assert got.value is not None
    assert got.low is not None
    assert got.high is not None
    assert got.low <= got.value <= got.high


def test_the_interval_of_a_percentile_holds_the_truth_nineteen_times_in_twenty() -> None:
    """200 runs of 600 visits each with a p90 that is known."""
    draw = np.random.default_rng(7)
    truth = float(stats.expon.ppf(0.9)) * 100
    inside = 0
    for _ in range(200):
        got = found("p90(all) < 9s", [Sample(1, ms) for ms in draw.exponential(100, 600)])
        assert got.low is not None
        assert got.high is not None
        inside += got.low <= truth <= got.high

    assert 0.90 <= inside / 200 <= 0.99


def test_a_shop_that_just_keeps_a_threshold_is_seldom_called_broken() -> None:
    """In at most 1 run of 40, all windows together; here 400 runs of 50 windows or 6 steps each.

    Each step as if it were the only one would call it broken in 1 run of 10.
    """
    draw = np.random.default_rng(11)
    context = Context(("gift_card",), 60, (), shape.steps((2.0,) * 6, 10).stretches())
    asked = [
        parse("p99(all) < 800ms for 10s"),
        parse("error_rate(all) <= 5% for 10s"),
        parse("error_rate(all) <= 5% per step"),
    ]
    called = [0, 0, 0]
    for _ in range(400):
        slow, bad = draw.random((60, 2)) < 0.01, draw.random((60, 2)) < 0.05
        cells = tallies(
            Sample(
                second, 3000.0 if slow[second, i] else 50.0, "failed" if bad[second, i] else "done"
            )
            for second in range(60)
            for i in range(2)
        )
        for place, finding in enumerate(evaluate_all(asked, cells, context)):
            called[place] += finding.state is State.FAIL

    assert max(called) <= 16  # 10 are allowed on average


@pytest.mark.parametrize(("limit", "want"), [(0.99, State.FAIL), (1.01, State.TOO_FEW)])
def test_a_limit_below_the_interval_fails_and_one_above_does_not(limit: float, want: State) -> None:
    """The interval and the word are two sides of the same count."""
    draw = np.random.default_rng(3)
    samples = [Sample(1, ms) for ms in draw.exponential(100, 150)]
    low = found("p95(all) < 9s", samples).low
    assert low is not None

    assert found(f"p95(all) < {low * limit:.4f}ms", samples).state is want


@pytest.mark.parametrize(
    ("text", "samples", "want", "value"),
    [
        ("error_rate(all) < 2%", visits(400, 1), State.PASS, 0.0),
        ("error_rate(all) < 2%", visits(90, 1), State.TOO_FEW, 0.0),
        ("error_rate(all) < 2%", visits(398, 1) + visits(8, 2, ended="failed"),
         State.UNDECIDED, 100 * 8 / 406),
        ("error_rate(all) < 2%", visits(90, 1) + visits(10, 2, ended="failed"), State.FAIL, 10.0),
        ("error_rate(all) <= 0%", visits(3, 1), State.PASS, 0.0),
        ("error_rate(all) <= 0%", visits(999, 1) + visits(1, 2, ended="failed"), State.FAIL, 0.1),
        ("error_rate(all) < 2%", [], State.NO_DATA, None),
        ("done(all) >= 95% of offered", visits(200, 1), State.PASS, 100.0),
        ("done(all) >= 95% of offered", visits(160, 1) + visits(40, 1, ended="dropped"),
         State.FAIL, 80.0),  # dropped arrivals are not done
        ("done(all) >= 95% of offered", visits(160, 1) + visits(40, 1, ended="censored"),
         State.FAIL, 80.0),
        ("done(all) >= 95% of offered", visits(12, 1), State.TOO_FEW, 100.0),
        ("done(all) >= 120", visits(120, 1), State.PASS, 120.0),
        ("done(all) >= 120", visits(119, 1), State.FAIL, 119.0),
        ("dropped(all) <= 0", visits(9, 1), State.PASS, 0.0),
        ("dropped(all) <= 2", visits(9, 1) + visits(3, 2, ended="dropped"), State.FAIL, 3.0),
        ("dropped(all) < 1% of offered", visits(900, 1), State.PASS, 0.0),
        ("dropped(all) <= 0", [], State.NO_DATA, None),
        ("rate(all) >= 8/s", visits(220, 1), State.PASS, 11.0),
        ("rate(all) >= 8/s", visits(162, 1), State.UNDECIDED, 8.1),
        ("rate(all) >= 8/s", visits(120, 1), State.FAIL, 6.0),
        ("rate(all) < 8/s", visits(220, 1), State.FAIL, 11.0),
        ("rate(all) >= 8/s", visits(9, 1, ended="failed"), State.FAIL, 0.0),
        ("mean(all) < 80ms", visits(40, 1, 50), State.PASS, 50.0),
        ("mean(all) < 80ms", visits(29, 1, 50), State.TOO_FEW, 50.0),
        ("mean(all) < 80ms", visits(40, 1, 90), State.FAIL, 90.0),
    ],
)  # fmt: skip
def test_shares_rates_and_numbers(
    text: str, samples: list[Sample], want: State, value: float | None
) -> None:
    """What each metric counts, and when that is enough for a word."""
    got = found(text, samples)

    assert got.state is want
    assert got.value == (None if value is None else pytest.approx(value, rel=0.004))


def test_the_interval_of_a_rate_agrees_with_the_poisson_law() -> None:
    """Near the exact interval of a Poisson count, which is a little wider."""
    got = found("rate(all) >= 1/s", visits(100, 1))
    exact = stats.chi2.ppf([0.025, 0.975], [200, 202]) / 2 / 20

    assert (got.low, got.high) == pytest.approx(tuple(exact), rel=0.03)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    """On times that are near enough to normal."""
    times = np.random.default_rng(1).normal(200, 20, 400)
    got = found("mean(all) < 1s", [Sample(1, ms) for ms in times])
    want = stats.norm.interval(0.95, loc=times.mean(), scale=stats.sem(times))

    assert (got.low, got.high) == pytest.approx(want, rel=0.002)


def test_what_is_censored_below_the_limit_cannot_pass() -> None:
    """It took at least that long: nobody knows how long it would have taken."""
    fine = visits(300, 1, 100)

    assert found("p95(all) < 800ms", fine + visits(3, 1, 100, "censored")).state is State.PASS
    assert found("p95(all) < 800ms", fine + visits(30, 1, 100, "censored")).state is State.UNDECIDED
    assert found("p95(all) < 800ms", fine + visits(60, 1, 900, "censored")).state is State.FAIL
    assert found("max(all) < 800ms", fine + visits(1, 1, 100, "censored")).state is State.UNDECIDED
    assert found("mean(all) < 800ms", fine + visits(1, 1, 9, "censored")).state is State.UNDECIDED


def test_a_rate_is_not_broken_before_its_stretch_is_over() -> None:
    """A ramp begins below what it comes to: an `abort` must not end it in its first seconds."""
    samples = [*visits(20, 3), *visits(300, 12)]
    rule = "rate(all) >= 8/s abort"

    assert found(rule, samples, upto_s=5).state is State.UNDECIDED
    assert found(rule, samples).state is State.PASS
    assert found(rule, visits(20, 3)).state is State.FAIL


@pytest.mark.parametrize(
    "rule",
    [
        "done(all) >= 95% of offered",
        "done(all) >= 300",
        "rate(all) >= 12/s",
        "error_rate(all) < 2%",
    ],
)
def test_what_a_stop_cut_off_might_have_ended_well(rule: str) -> None:
    """They were on their way; at the planned end of a run they would have waited in vain."""
    samples = [*visits(240, 1), *visits(60, 19, 100, "censored")]

    assert found(rule, samples, upto_s=20).state is State.UNDECIDED


@pytest.mark.parametrize("allowed", [0.001, 0.05, 0.5, 0.95, 0.99])
def test_the_exact_tail_agrees_with_scipy(allowed: float) -> None:
    """Also where nearly everything is bad: there the sum from below is 0 in floating point."""
    for n in (1, 10, 100, 300, 3000):
        for bad in {1, n // 3, round(n * allowed), n - 1, n} - {0}:
            want = stats.binom.sf(bad - 1, n, allowed)
            assert tail(bad, n, allowed) == pytest.approx(want, rel=1e-7, abs=1e-300)


def test_a_shop_that_does_nothing_breaks_even_the_mildest_limit() -> None:
    """300 of 300 failed, and 5 % were asked for."""
    assert found("done(all) >= 5% of offered", visits(300, 1, 9, "failed")).state is State.FAIL

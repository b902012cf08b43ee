"""Two stored runs side by side, on runs whose difference is known."""

from dataclasses import replace

import numpy as np
import pytest

from forepost.analysis import histogram
from forepost.errors import LoadError
from forepost.model import LoadRun
from loadtests.comparison.capacity import Capacity, Change, factor
from loadtests.comparison.compare import compare
from loadtests.comparison.paces import quantile
from tests.loadtests.compared import FLOWS, Brackets, cells, levels, run

LONGER = [{**level, "end_s": level["end_s"] + 5} for level in levels(10.0)]


def test_more_web_servers_that_sell_no_more_gift_cards_show_where_the_limit_lies() -> None:
    """The story of the gift cards: the limit lies behind the web tier, in gift_db."""
    before = run(1, {"checkout": (10, 10.5), "gift_card": (4, 4.2)}, weak="web", setup="1")
    after = run(2, {"checkout": (19, 20), "gift_card": (4, 4.2)}, weak="gift_db", setup="2")
    asked = cells(after.id, "gift_card", "redeem", {0: 5.0})

    made = compare(before, after, (), asked)

    assert made.scale_out is not None
    assert made.words()[0] == (
        "web 1 → 2: checkout × 1.9, gift card × 1.0: the limit lies behind the web tier, in gift_db"
    )
    assert (made.scale_out.scaled, made.scale_out.flat) == (("checkout",), ("gift_card",))
    assert made.words()[-1] == "gives way first: web before, gift_db after"


@pytest.mark.parametrize(
    ("weak", "endpoint", "gift", "says"),
    [
        # It named the part that was doubled: that cannot hold back what did not grow.
        ("web", "redeem", (4, 4.2), "the limit lies behind the web tier; where is not clear"),
        (None, "redeem", (4, 4.2), "the limit lies behind the web tier; where is not clear"),
        # What gave way is not even touched by the flow that did not grow.
        ("mail", "redeem", (4, 4.2), "the limit lies behind the web tier; where is not clear"),
        (None, "redeem", (8, 8.4), "the web tier was the limit, and it scales"),
        (None, "redeem", (4, None), "whether the web tier is the limit is not decided"),
    ],
)
def test_a_limit_is_named_only_where_the_runs_agree(
    weak: str | None, endpoint: str, gift: tuple[float, float | None], says: str
) -> None:
    """No confident wrong name, and no word about what was not decided."""
    before = run(1, {"checkout": (10, 10.5), "gift_card": (4, 4.2)}, setup="1")
    after = run(2, {"checkout": (19, 20), "gift_card": gift}, weak=weak, setup="2")

    made = compare(before, after, (), cells(after.id, "gift_card", endpoint, {0: 5.0}))

    assert made.scale_out is not None
    assert made.scale_out.words.endswith(says), made.scale_out.words


def test_without_a_change_of_one_part_there_is_no_scale_out_effect() -> None:
    """Two parts changed, a name changed, or it became smaller: whose doing it was is not known."""
    flows: Brackets = {"checkout": (10, 10.5)}
    one = run(1, flows, setup="1", levels=[])
    both = replace(one, id="2", detail={**one.detail, "setup": {"web": "2", "db": "2"}})

    assert compare(one, both).scale_out is None
    assert compare(one, run(2, flows, setup="large", levels=[])).scale_out is None
    assert compare(run(1, flows, setup="2", levels=[]), replace(one, id="2")).scale_out is None


@pytest.mark.parametrize(
    ("before", "after", "change", "words"),
    [
        ((10, 12.5), (20, 25), Change.MORE, "× 2.0 (1.60 to 2.50)"),
        ((10, 12.5), (12.5, 15), Change.MORE, "× 1.2 (1.00 to 1.50)"),  # held what failed before
        ((20, 25), (10, 12.5), Change.LESS, "× 0.5 (0.40 to 0.62)"),
        ((10, 12.5), (10, 12.5), Change.SAME, "× 1.0 (0.80 to 1.25)"),
        ((4, 16), (8, 32), Change.UNDECIDED, "× 2.0 (0.50 to 8.00)"),
        ((10, 10.5), (10.5, 11.025), Change.SAME, "× 1.1 (1.00 to 1.10)"),  # 5 % apart: chance
        ((10.5, 11.025), (10, 10.5), Change.SAME, "× 1.0 (0.91 to 1.00)"),
        ((10, 10.5), (11, 11.5), Change.MORE, "× 1.1 (1.05 to 1.15)"),
        ((10, 12.5), (30, None), Change.MORE, "at least × 2.40"),
        ((30, None), (30, None), Change.UNDECIDED, "not decided"),
        ((None, 5), (10, 12), Change.MORE, "at least × 2.00"),
        ((None, None), (10, 12), Change.UNDECIDED, "not decided"),
        ((30, None), (10, 12), Change.LESS, "at most 0.40"),
    ],
)
def test_a_factor_is_as_wide_as_its_brackets_allow(
    before: tuple[float | None, float | None],
    after: tuple[float | None, float | None],
    change: Change,
    words: str,
) -> None:
    """By hand: [after low / before high, after high / before low]."""
    made = factor(Capacity(*before), Capacity(*after))

    assert made.change is change
    assert made.words() == words


def test_every_pair_of_capacities_inside_the_brackets_has_a_factor_inside_its_interval() -> None:
    """Brute force: whatever the true capacities were, the interval holds their ratio."""
    draw = np.random.default_rng(4)
    for _ in range(200):
        lows, widths = draw.uniform(1, 100, 2), draw.uniform(1, 2, 2)
        made = factor(*(Capacity(a, a * b) for a, b in zip(lows, widths, strict=True)))
        true = [draw.uniform(a, a * b, 20) for a, b in zip(lows, widths, strict=True)]
        ratios = true[1][:, None] / true[0][None, :]

        assert made.high is not None
        assert made.value is not None
        assert made.low <= ratios.min()
        assert ratios.max() <= made.high
        assert made.low <= made.value <= made.high


def test_a_search_that_saw_the_plateau_narrows_its_bracket() -> None:
    """A plateau of 9.8 to 10.2 inside a bracket of 9 to 12."""
    plateau = {"per_s": 10.0, "low_per_s": 9.8, "high_per_s": 10.2, "seconds": 9}
    search = {"plateaus": {"checkout": plateau}}
    one, two = (
        run(number, {"checkout": (9, 12)}, kind="breakpoint", search=search) for number in (1, 2)
    )

    (flow,) = compare(one, two).flows

    assert (flow.before.low_per_s, flow.before.high_per_s) == (9.8, 10.2)
    assert flow.factor.words() == "× 1.0 (0.96 to 1.04)"
    assert flow.factor.change is Change.SAME


def test_response_times_are_compared_at_the_same_offered_rate() -> None:
    """At 5/s, which both held, 10 → 30 ms; at 10/s, the highest of both, alike."""
    flows: Brackets = {"checkout": (5, 10), "gift_card": (5, 10)}
    before, after = run(1, flows), run(2, flows)
    old = cells(before.id, "checkout", "pay", {3: 10.0, 12: 500.0})
    new = cells(after.id, "checkout", "pay", {3: 30.0, 12: 510.0})  # 2 %: nobody feels that

    made = compare(before, after, old, new)

    assert [(one.endpoint, one.rate_per_s, one.change) for one in made.paces] == [
        ("pay", 5.0, Change.MORE),
        ("pay", 10.0, Change.UNDECIDED),
    ]
    assert made.paces[0].before.value_ms == pytest.approx(10, rel=0.005)


def test_the_interval_of_a_percentile_holds_the_true_one() -> None:
    """300 samples of a known law, many times: the interval holds its 95th percentile 95 in 100."""
    draw = np.random.default_rng(1)
    true_ms = -50.0 * np.log(0.05)
    inside = 0
    for _ in range(200):
        times: dict[int, int] = {}
        for sample_ms in draw.exponential(50.0, 300):
            histogram.record(times, int(sample_ms * 1000))
        made = quantile(times)
        assert made is not None
        assert made.low_ms is not None
        assert made.high_ms is not None
        inside += made.low_ms <= true_ms * 1.004
        inside -= made.high_ms < true_ms * 0.996

    assert inside >= 0.92 * 200
    assert quantile({}) is None


def test_few_samples_leave_an_end_open() -> None:
    """Of ten samples nobody knows how long the 95th percentile may be."""
    made = quantile({1000: 10})

    assert made is not None
    assert made.high_ms is None


def test_thresholds_that_changed_their_state_are_told() -> None:
    """What was kept in both is no news; what only one run asked is."""
    states = [{"a": "PASS", "b": "PASS", "c": "NO_DATA"}, {"a": "PASS", "b": "FAIL", "d": "PASS"}]
    one, two = (
        run(number, {"checkout": (5, 10)}, thresholds=[
            {"text": text, "state": state} for text, state in said.items()
        ])
        for number, said in enumerate(states, 1)
    )  # fmt: skip

    told = [(one.text, one.before, one.after) for one in compare(one, two).thresholds]

    assert told == [("b", "PASS", "FAIL"), ("c", "NO_DATA", ""), ("d", "", "PASS")]


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (run(1, FLOWS), "they are the same run"),
        (
            replace(run(2, FLOWS, invalid="it was late"), verdict="invalid"),
            r"00000002 is invalid and says nothing of the shop \(it was late\); run it again",
        ),
        (replace(run(2, FLOWS), verdict=None), "00000002 has no verdict: it still runs"),
        (run(2, FLOWS, kind="breakpoint"), "one is a run, the other a breakpoint"),
        (run(2, {"checkout": (5, 10)}), r"they walk other flows \(checkout, gift_card; checkout\)"),
        (
            run(2, FLOWS, levels=LONGER, seed=2),
            r"their shapes differ \(.* up to 20/s in 20 s; .* in 25 s\); also seed 1 → 2$",
        ),
        (
            replace(run(2, {"checkout": (5, 10)}, seed=2), campaign="nightly"),
            r"they walk other flows \(.*\); they are of two campaigns: sale, nightly$",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(after: LoadRun, says: str) -> None:
    """The reason, and what else differs."""
    with pytest.raises(LoadError, match=rf"^00000001 and \w+ cannot be compared: {says}") as told:
        compare(run(1, FLOWS), after)

    assert "\n" not in str(told.value)


def test_what_may_explain_a_change_is_told() -> None:
    """Another target, seed, number of load workers, file of the campaign."""
    after = replace(
        run(2, FLOWS, seed=7, workers=[{}, {}], mocked=["payment"]), target="http://127.0.0.1:2"
    )

    assert compare(run(1, FLOWS, mocked=[]), replace(after, campaign="sale2")).differs == (
        "target http://127.0.0.1:1 → http://127.0.0.1:2",
        "campaign file sale → sale2",
        "seed 1 → 7",
        "mocked nothing → payment",
        "load workers 1 → 2",
    )


def test_two_runs_that_never_reached_the_limit_decide_nothing_and_say_it_once() -> None:
    """Held all that came, twice: neither the same nor more is known."""
    made = compare(run(1, {"checkout": (5, None)}), run(2, {"checkout": (5, None)}))

    assert made.words() == ["checkout: at least 5/s before, at least 5/s after: not decided"]


def test_a_looser_threshold_is_no_larger_shop() -> None:
    """Twice the rate was held by another rule: it is told, and no scale-out effect is named."""
    strict, loose = ("p95(checkout) < 800ms per step", "p95(checkout) < 5s per step")
    before, after = (
        run(number, {"checkout": (rate, rate + 1)}, setup=str(number), thresholds=[
            {"text": text, "state": "pass"}, {"text": "error_rate(all) < 1%", "state": "pass"}
        ])
        for number, rate, text in ((1, 5, strict), (2, 10, loose))
    )  # fmt: skip

    made = compare(before, after)

    assert made.scale_out is None
    assert f"what a flow must keep: {strict} → {loose}" in made.differs
    kept = [{"text": strict, "state": "fail"}, {"text": "max(all) < 9s", "state": "pass"}]
    again = compare(before, replace(after, detail={**after.detail, "thresholds": kept}))
    assert again.scale_out is not None  # a threshold on the whole run holds no rate
    assert again.differs == ("setup web 1 → 2",)

"""From cells to what is stored: verdict, thresholds, what the forecast would cost."""

import json
from dataclasses import replace

import pytest

from forepost.analysis.fallout import expected_posts
from loadtests import campaign, cost
from loadtests.assess import assess, stretches
from loadtests.bracket import Bracket
from loadtests.levels import Level
from loadtests.thresholds.states import State
from loadtests.thresholds.threshold import evaluate, parse
from loadtests.verdict import Verdict
from tests.loadtests.samples import Sample, at_endpoint, tallies

CAMPAIGN = campaign.parse(
    """
[campaign]
title = "Gift cards"
owner = "Team"
mocked = ["mail"]
dates = [2026-11-27, 2026-12-24]
max_rate = "100/s"
thresholds = ["p95(gift_card) < 800ms per step", "error_rate(all) < 50% for 5s abort"]
[shape]
kind = "steps"
rates = ["20/s", "40/s"]
hold = "10s"
[flows.gift_card]
share = 1.0
peak = "1800 redemptions/min"
[resources]
gift_db = ["giftcard.redeem"]
""",
    name="gift",
    origin="gift.toml",
)
KEYS = {
    "kind", "title", "owner", "headroom", "dates", "mocked", "resources", "setup", "seed",
    "again",
    "summary", "lines", "thresholds", "peaks", "brackets", "levels", "phases", "bottleneck",
    "evidence", "runner_up", "fallout", "invalid", "cut_short",
}  # fmt: skip


def run(slow_from: int, samples_a_second: int = 40, ended: str = "done") -> list[Sample]:
    """Return twenty seconds of visits that are slow from a second on."""
    each = [
        Sample(second, 3000.0 if second >= slow_from else 60.0, ended)
        for second in range(20)
        for _ in range(samples_a_second)
    ]
    return [*each, *at_endpoint(each, "giftcard.redeem")]


def test_the_detail_is_json_with_every_key_that_readers_expect() -> None:
    """Report, comparison and command line read it from the store."""
    judgement, detail = assess(CAMPAIGN, tallies(run(10)), setup={"web": "2"})
    again = json.loads(json.dumps(detail, allow_nan=False))

    assert set(detail) == KEYS
    assert again["dates"] == ["2026-11-27", "2026-12-24"]
    assert again["peaks"] == {"gift_card": {"per_s": 30.0, "unit": "redemptions", "share": 1.0}}
    assert [one["name"] for one in again["phases"]] == ["step 1", "step 2"]
    assert again["setup"] == {"web": "2"}
    assert [one["state"] for one in again["thresholds"]] == ["fail", "pass"]
    assert again["brackets"]["gift_card"]["low_per_s"] == 20
    assert again["brackets"]["gift_card"]["high_per_s"] == 40
    assert judgement.verdict is Verdict.NOT_READY
    assert again["bottleneck"] == "gift_db"


def test_the_words_name_what_it_would_cost() -> None:
    """45 a second are needed; the forecast itself is 30, the shop holds 20 to 40."""
    judgement, detail = assess(CAMPAIGN, tallies(run(10)))

    assert detail["fallout"]["gift_card"]["failing_per_min"] == [0, 300, 600]
    assert judgement.lines[-1].startswith(
        "at the forecast peak about 300 redemptions a minute would fail (0 to 600): expect about "
        "3,100 posts an hour ("
    )  # 300 × 60 × 17 %, to the two digits that are known


@pytest.mark.parametrize(
    ("low", "high", "sure", "failing"),
    [
        (20.0, 25.0, 20.0, (300.0, 450.0, 600.0)),
        (None, 10.0, None, (1200.0, 1500.0, 1800.0)),
        (30.0, None, 30.0, (0.0, 0.0, 0.0)),  # it holds at least the forecast
        (30.0, 35.0, 30.0, (0.0, 0.0, 0.0)),
        (30.0, None, 20.0, None),  # it may: too few visits to say that nobody fails
        (30.0, None, None, None),
        (20.0, None, 20.0, None),  # never brought to its limit: nobody knows
        (None, None, None, None),
    ],
)
def test_who_fails_is_the_peak_less_the_capacity(
    low: float | None,
    high: float | None,
    sure: float | None,
    failing: tuple[float, float, float] | None,
) -> None:
    """An interval from the bracket's ends; unknown is not nobody."""
    (found,) = cost.fallout(CAMPAIGN, [Bracket("gift_card", low, high, sure_per_s=sure)])

    assert found.failing_per_min == failing
    assert (found.posts_per_hour is None) == (failing is None)
    if failing and failing[1]:
        least = expected_posts(failing[0] * 60).value
        most = expected_posts(failing[2] * 60).value
        assert found.posts_per_hour is not None
        assert found.posts_per_hour[1] == pytest.approx((least + most) / 2)
        assert found.posts_per_hour[0] < least
        assert most < found.posts_per_hour[2]


def test_an_invalid_run_has_a_reason_and_no_capacity_in_words() -> None:
    """The generator was the limit, not the shop."""
    judgement, detail = assess(CAMPAIGN, tallies(run(10)), invalid="the generator was late")

    assert judgement.verdict is Verdict.INVALID
    assert judgement.lines == ("not valid: the generator was late",)
    assert (detail["bottleneck"], detail["fallout"]) == (None, {})
    _, calm = assess(CAMPAIGN, tallies(run(30)), invalid="the load generator died after 7 s")
    assert (detail["evidence"], calm["evidence"]) == ([], [])  # not "every level was held" either


def test_a_run_that_was_stopped_says_so_first() -> None:
    """What it saw is kept, and is not enough for a word."""
    calm = [one for one in run(99) if one.second < 8]
    judgement, detail = assess(CAMPAIGN, tallies(calm), cut_short="stopped by hand after 8 s")

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.lines[0] == "stopped by hand after 8 s"
    assert detail["evidence"][0].startswith("nothing was seen to give way, but not every level")
    assert detail["thresholds"][1]["state"] == "pass"  # in the seconds that there were


def test_a_breach_that_ended_the_run_is_a_word() -> None:
    """As it stood when it ended it, whatever was learnt of open visits afterwards."""
    broken = tallies([one for one in run(99, ended="failed") if one.second < 6])
    live = evaluate(parse("error_rate(all) < 50% for 5s abort"), broken, CAMPAIGN.context(), 5)
    judgement, detail = assess(
        CAMPAIGN, broken, cut_short="ended after 5 s", breached=(replace(live, n=7),)
    )

    assert live.state is State.FAIL
    assert judgement.verdict is Verdict.NOT_READY
    assert (detail["thresholds"][1]["state"], detail["thresholds"][1]["n"]) == ("fail", 7)


def test_brackets_of_a_search_replace_those_of_levels() -> None:
    """It knows better: it has closed in on the limit."""
    mine = {"gift_card": Bracket("gift_card", 46.0, 48.0, "done", 47.0, 46.0)}
    judgement, detail = assess(CAMPAIGN, tallies(run(99)), kind="breakpoint", brackets=mine)

    assert judgement.verdict is Verdict.READY
    assert detail["brackets"]["gift_card"]["plateau_per_s"] == 47.0
    assert detail["kind"] == "breakpoint"


def test_a_run_without_a_visit_is_inconclusive() -> None:
    """Nothing was seen; nothing is zero."""
    judgement, detail = assess(CAMPAIGN, [])

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert [one["state"] for one in detail["thresholds"]] == ["no data", "no data"]
    assert detail["fallout"]["gift_card"] == {"failing_per_min": None, "posts_per_hour": None}


def level(start: int, held: State) -> Level:
    """One level of five seconds and twelve visits."""
    return Level("a", start, start + 5, 1.0, 12, 12, 0, 0, 0, 9.0, held, held is State.PASS)


def test_the_calm_start_ends_before_the_first_failure() -> None:
    """And takes whole levels until it holds twenty visits."""
    good, bad = State.PASS, State.FAIL

    assert stretches([level(0, good), level(5, good), level(10, good)]) == ((0, 10), None)
    assert stretches([level(0, good), level(5, bad), level(10, bad)]) == ((0, 5), (5, 15))
    assert stretches([level(0, bad), level(5, bad)]) == ((0, 0), (0, 10))


def test_a_replayed_day_is_assessed_in_seconds() -> None:
    """It has 1,440 minutes, and each is a level."""
    minutes = [Sample(second, 60.0) for second in range(1440 * 2) for _ in range(3)]
    shape = replace(
        CAMPAIGN.shape,
        segments=tuple(
            replace(CAMPAIGN.shape.segments[0], start_s=2.0 * at, end_s=2.0 * at + 2)
            for at in range(1440)
        ),
        phases=(),
    )
    _, detail = assess(replace(CAMPAIGN, shape=shape), tallies(minutes))

    assert len(detail["levels"]) == 1440

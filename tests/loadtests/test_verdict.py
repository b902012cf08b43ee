"""From levels to a word that a manager can act on."""

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from loadtests import campaign, levels, verdict
from loadtests.bottleneck import Bottleneck
from loadtests.levels import Held, Level
from loadtests.verdict import Verdict

CAMPAIGN = campaign.parse(
    """
[campaign]
title = "Test"
owner = "Team"
mocked = []
[shape]
kind = "steps"
rates = ["4/s", "8/s", "16/s"]
hold = "5s"
[flows.gift_card]
share = 1.0
peak = "240 redemptions/min"
""",
    name="test",
    origin="test.toml",
)
LEDGER = Bottleneck("gift_db", "web", ())


def level(rate: float, held: Held) -> Level:
    """One level of the flow."""
    return Level("gift_card", 0, 5, rate, 100, 100, 0, 0, 0, 50.0, held, "p95")


def judged(*held: Held, need: str = "240") -> verdict.Judgement:
    """Judge levels at 4, 8 and 16 a second against a forecast a minute (headroom 1.5)."""
    flow = CAMPAIGN.flows["gift_card"]
    peak = replace(flow.peak, per_s=float(need) / 60) if flow.peak else None
    asked = replace(CAMPAIGN, flows={"gift_card": replace(flow, peak=peak)})
    made = [level(rate, one) for rate, one in zip((4.0, 8.0, 16.0), held, strict=True)]
    return verdict.judge(asked, made, LEDGER)


PASS, FAIL, OPEN = Held.PASS, Held.FAIL, Held.UNDECIDED


@pytest.mark.parametrize(
    ("held", "need", "want"),
    [
        ((PASS, PASS, PASS), "240", Verdict.READY),  # at least 16/s, 6/s needed
        ((PASS, PASS, FAIL), "320", Verdict.READY),  # 8/s needed
        ((PASS, FAIL, FAIL), "1200", Verdict.NOT_READY),
        ((FAIL, FAIL, FAIL), "240", Verdict.NOT_READY),
        ((PASS, PASS, PASS), "1200", Verdict.INCONCLUSIVE),  # never saturated, 30/s needed
        ((PASS, PASS, FAIL), "480", Verdict.INCONCLUSIVE),  # 12/s lies inside the bracket
        ((OPEN, OPEN, OPEN), "240", Verdict.INCONCLUSIVE),
    ],
)
def test_ready_only_if_the_low_end_reaches_forecast_times_headroom(
    held: tuple[Held, Held, Held], need: str, want: Verdict
) -> None:
    """And not ready only if the level that failed was no more than what is needed."""
    assert judged(*held, need=need).verdict is want


def test_the_sentence_names_capacity_need_and_resource() -> None:
    """What a manager reads."""
    lines = judged(PASS, PASS, FAIL, need="1200").lines

    assert lines == (
        (
            "gift card redemptions hold up to 8 a second (480 a minute); the forecast peak of "
            "1,200 a minute with 1.5 headroom needs 30 a second"
        ),
        "gift_db gives way first",
    )


def test_an_undecided_level_widens_the_bracket() -> None:
    """It counts neither as held nor as failed."""
    (found,) = judged(PASS, OPEN, FAIL).brackets

    assert (found.low_per_s, found.high_per_s) == (4.0, 16.0)


def test_what_is_mocked_is_not_ready() -> None:
    """Real outages came from what a load test had mocked."""
    made = [level(16.0, PASS)]
    mocked = replace(CAMPAIGN, mocked=("gateway",))

    found = verdict.judge(mocked, made, LEDGER)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "not tested, because mocked: gateway" in found.lines


def test_an_invalid_run_says_nothing_of_capacity() -> None:
    """Whatever the levels look like."""
    found = verdict.judge(CAMPAIGN, [level(16.0, PASS)], LEDGER, "the generator was late")

    assert found.verdict is Verdict.INVALID
    assert found.lines == ("not valid: the generator was late",)


@pytest.mark.parametrize(
    ("offered", "done", "failed", "slow", "want"),
    [
        (100, 100, 0, 5, (Held.PASS, "")),
        (100, 100, 0, 20, (Held.FAIL, "p95")),
        (4, 4, 0, 1, (Held.UNDECIDED, "p95")),
        (100, 80, 20, 20, (Held.FAIL, "done")),
        (100, 96, 4, 0, (Held.UNDECIDED, "errors")),
        (0, 0, 0, 0, (Held.NO_DATA, "")),
    ],
)
def test_a_limit_is_broken_only_beyond_chance(
    offered: int, done: int, failed: int, slow: int, want: tuple[Held, str]
) -> None:
    """Four visits, one of them slow, decide nothing; no data never passes."""
    assert levels.judge(offered, done, failed, slow, CAMPAIGN.limits) == want


@pytest.mark.parametrize(("bad", "number"), [(0, 10), (1, 4), (20, 100), (100, 100)])
def test_the_interval_agrees_with_scipy(bad: int, number: int) -> None:
    """The same low end as an independent implementation."""
    want = binomtest(bad, number).proportion_ci(0.95, method="wilson").low

    assert levels.wilson_low(bad, number) == pytest.approx(want, abs=1e-12)

"""From levels, thresholds and forecasts to a word that a manager can act on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from forepost.analysis.availability import wilson
from loadtests import campaign, verdict, wording
from loadtests.bottlenecks.bottleneck import Bottleneck
from loadtests.bracket import Bracket, bracket
from loadtests.campaign import Campaign
from loadtests.levels import Level
from loadtests.thresholds.states import Z95, State
from loadtests.thresholds.threshold import Finding, parse
from loadtests.verdict import Evidence, Judgement, Verdict

HEAD = """
[campaign]
title = "Test"
owner = "Team"
mocked = []
thresholds = ["p95(gift_card) < 800ms per step", "error_rate(all) < 5%"]
[shape]
kind = "steps"
rates = ["4/s", "8/s", "16/s"]
hold = "5s"
"""
CAMPAIGN = campaign.parse(
    HEAD + '[flows.gift_card]\nshare = 1.0\npeak = "240 redemptions/min"\n'
    '[resources]\ngift_db = ["giftcard.redeem"]\n',
    name="test",
    origin="test.toml",
)
LEDGER = Bottleneck("gift_db", "web", ())
PASS, FAIL, OPEN, FEW = State.PASS, State.FAIL, State.UNDECIDED, State.TOO_FEW
KEPT = (
    Finding("p95(gift_card) < 800ms per step", PASS, 50.0, "ms", 800.0, 40.0, 60.0, 900, "", False),
    Finding("error_rate(all) < 5%", PASS, 0.0, "%", 5.0, 0.0, 1.0, 900, "", False),
)


def level(rate: float, held: State, at_s: int = 0, flow: str = "gift_card") -> Level:
    """One level of a flow; whatever is not broken is at least likely kept."""
    likely = held in (PASS, FEW)
    return Level(flow, at_s, at_s + 5, rate, 100, 100, 0, 0, 0, 50.0, held, likely, "p95(x) < 1s")


def judged(
    *held: State, need: float = 240, asked: Campaign = CAMPAIGN, findings: Sequence[Finding] = KEPT
) -> Judgement:
    """Judge levels at 4, 8 and 16 a second against a forecast a minute (headroom 1.5)."""
    flow = asked.flows["gift_card"]
    peak = replace(flow.peak, per_s=need / 60) if flow.peak else None
    asked = replace(asked, flows={**asked.flows, "gift_card": replace(flow, peak=peak)})
    made = [
        level(rate, one, 5 * at)
        for at, (rate, one) in enumerate(zip((4.0, 8.0, 16.0), held, strict=True))
    ]
    evidence = Evidence(made, verdict.brackets(asked, made), tuple(findings), LEDGER)
    return verdict.judge(asked, evidence)


@pytest.mark.parametrize(
    ("held", "need", "want"),
    [
        ((PASS, PASS, PASS), 240, Verdict.READY),  # at least 16/s, 6/s needed
        ((PASS, PASS, FAIL), 320, Verdict.READY),  # 8/s needed: the level above may fail
        ((FEW, PASS, PASS), 240, Verdict.READY),  # a calm level with few visits is no gap
        ((PASS, FAIL, FAIL), 1200, Verdict.NOT_READY),
        ((FAIL, FAIL, FAIL), 240, Verdict.NOT_READY),
        ((PASS, PASS, PASS), 1200, Verdict.INCONCLUSIVE),  # never saturated, 30/s needed
        ((PASS, PASS, FAIL), 480, Verdict.INCONCLUSIVE),  # 12/s lies inside the bracket
        ((OPEN, OPEN, OPEN), 240, Verdict.INCONCLUSIVE),
        ((FEW, FEW, FEW), 240, Verdict.INCONCLUSIVE),  # all quick, and too few to be sure
        ((PASS, FEW, FAIL), 320, Verdict.INCONCLUSIVE),
    ],
)
def test_ready_only_if_the_low_end_surely_reaches_forecast_times_headroom(
    held: tuple[State, State, State], need: float, want: Verdict
) -> None:
    """And not ready only if the level that failed was no more than what is needed."""
    assert judged(*held, need=need).verdict is want


def test_the_sentences_name_capacity_need_shortfall_threshold_and_resource() -> None:
    """What a manager reads."""
    assert judged(PASS, PASS, FAIL, need=1200).lines == (
        (
            "gift card holds up to 480 redemptions a minute (8 a second); the forecast peak of "
            "1,200 with 1.5 times headroom needs 1,800, 1,320 a minute more; "
            "first broken: p95(x) < 1s"
        ),
        "gift_db gives way first",
    )


def test_what_falls_short_is_no_surer_than_what_holds() -> None:
    """The page says "likely" there, too."""
    (first, *_) = judged(FEW, FAIL, FAIL, need=1200).lines

    assert first.startswith(
        "gift card holds up to 240 redemptions a minute (4 a second), but not surely; the forecast"
    )


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (6.0, None, "renewal holds at least 360 renewals a minute (6 a second)"),
        (2.25, 3.0, "renewal holds up to 135 renewals a minute (2.25 a second)"),
        (None, 3.0, "renewal does not even hold 180 renewals a minute (3 a second)"),
        (None, None, "renewal: too few renewals to say what it holds"),
    ],
)
def test_a_flow_and_its_unit_are_not_said_twice(
    low: float | None, high: float | None, says: str
) -> None:
    """No "renewal renewals", whatever is known; and figures that are not rounded away."""
    asked = campaign.parse(
        HEAD.replace("gift_card", "renewal")
        + '[flows.renewal]\nshare = 1.0\npeak = "240 renewals/min"\n',
        name="test",
        origin="test.toml",
    )
    held = Bracket("renewal", low, high, "", None, low)

    lines = verdict.judge(asked, Evidence([], (held,), KEPT)).lines

    assert any(line.startswith(f"{says}; the forecast peak of 240") for line in lines)


def test_what_is_missing_is_said() -> None:
    """An inconclusive run says how to make it conclusive."""
    lines = judged(FEW, FEW, FEW).lines
    unsaturated = judged(PASS, PASS, PASS, need=1200).lines

    assert "but not surely" in lines[0]
    assert "needs more than 100 visits: hold that rate for longer" in lines[0]
    assert "needs 1,800, which this run did not decide" in unsaturated[0]


def test_an_undecided_level_widens_the_bracket() -> None:
    """It counts neither as held nor as failed."""
    (found,) = judged(PASS, OPEN, FAIL).brackets

    assert (found.low_per_s, found.sure_per_s, found.high_per_s) == (4.0, 4.0, 16.0)


def test_a_level_that_inherits_a_queue_says_nothing_against_its_rate() -> None:
    """After a spike the base rate fails until the backlog is gone."""
    made = [level(4.0, PASS, 0), level(16.0, FAIL, 5), level(4.0, FAIL, 10)]

    found = bracket("gift_card", made)

    assert (found.low_per_s, found.high_per_s) == (4.0, 16.0)


@pytest.mark.parametrize(
    ("state", "want", "says"),
    [
        (FAIL, Verdict.NOT_READY, "threshold error_rate(all) < 5% is broken: 9 % in seconds 3"),
        (OPEN, Verdict.INCONCLUSIVE, "is not decided: 9 % in seconds 3 to 8, between 4 % and 12 %"),
        (FEW, Verdict.INCONCLUSIVE, "9 % in seconds 3 to 8, but 90 are too few to be sure"),
        (State.NO_DATA, Verdict.INCONCLUSIVE, "threshold error_rate(all) < 5%: no data (seconds"),
    ],
)
def test_no_threshold_is_passed_over(state: State, want: Verdict, says: str) -> None:
    """Only when all have passed is a campaign ready."""
    finding = Finding(
        "error_rate(all) < 5%", state, 9.0, "%", 5.0, 4.0, 12.0, 90, "seconds 3 to 8", False
    )

    found = judged(PASS, PASS, PASS, findings=(KEPT[0], finding))

    assert found.verdict is want
    assert any(says in line for line in found.lines)


@pytest.mark.parametrize(
    "mocked",
    [
        "gift_card",
        "Gift Card",
        "giftcard.redeem",
        "Gift-DB",
        "gift_db (a stub that always has money)",
        "giftcard.redeem: recorded answers",
    ],
)
def test_what_a_forecast_rests_on_must_be_real(mocked: str) -> None:
    """Real outages came from what a load test had mocked."""
    found = judged(PASS, PASS, PASS, asked=replace(CAMPAIGN, mocked=(mocked, "mail")))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert f"not tested, because mocked: {mocked}, mail" in found.lines
    assert f"{mocked} must be real before this can be called ready" in found.lines


OTHER = "mail server (of the gift_db team)"


def test_what_else_is_mocked_is_only_told() -> None:
    """A stand-in beside the question does not take the word away."""
    found = judged(PASS, PASS, PASS, asked=replace(CAMPAIGN, mocked=(OTHER,)))

    assert found.verdict is Verdict.READY
    assert f"not tested, because mocked: {OTHER}" in found.lines


def mix(*browse: State) -> Judgement:
    """Judge a mix in which gift cards hold 16/s (6 needed) and browsing holds what is given."""
    asked = campaign.parse(
        HEAD.replace('"error_rate(all) < 5%"', '"p95(browse) < 1s per step"')
        + '[flows.gift_card]\nshare = 0.5\npeak = "160 redemptions/min"\n'
        "[flows.browse]\nshare = 0.5\n",
        name="mix",
        origin="mix.toml",
    )
    made = [
        one
        for at, (rate, state) in enumerate(zip((2.0, 4.0, 8.0), browse, strict=True))
        for one in (level(rate, PASS, at), level(rate, state, at, "browse"))
    ]
    return verdict.judge(asked, Evidence(made, verdict.brackets(asked, made), KEPT, LEDGER))


@pytest.mark.parametrize(
    ("browse", "want"),
    [
        ((PASS, PASS, FAIL), Verdict.READY),  # 8/s of the mix bring the forecast: browse 4/s
        ((PASS, FAIL, FAIL), Verdict.NOT_READY),
        ((PASS, FEW, FAIL), Verdict.INCONCLUSIVE),
        ((State.NO_DATA, State.NO_DATA, State.NO_DATA), Verdict.INCONCLUSIVE),
    ],
)
def test_a_flow_without_a_forecast_is_judged_at_the_rate_that_the_others_need(
    browse: tuple[State, State, State], want: Verdict
) -> None:
    """Beyond that its thresholds may fail: nobody will come so often."""
    assert mix(*browse).verdict is want


@pytest.mark.parametrize(("held", "few"), [(PASS, ""), (FEW, ", but too few came to be sure")])
def test_flows_that_nobody_forecast_share_one_sentence(held: State, few: str) -> None:
    """Eight lines that nothing happened would bury the one that matters."""
    asked = campaign.parse(
        HEAD.replace('"p95(gift_card) < 800ms per step", ', "").replace("gift_card", "all")
        + "".join(f"[flows.{name}]\nshare = 0.5\n" for name in ("browse", "gift_buy")),
        name="mix",
        origin="mix.toml",
    )
    made = [level(8.0, held, 0, name) for name in asked.flows]

    found = verdict.judge(asked, Evidence(made, verdict.brackets(asked, made)))

    assert (
        found.lines[0] == f"browse, gift buy: held all that came{few}; no forecast to compare with"
    )
    assert not any(line.startswith(("browse", "gift buy")) for line in found.lines[1:])


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (PASS, "browse holds at least 480 visits a minute (8 a second); no forecast"),
        (
            FEW,
            "browse holds at least 480 visits a minute (8 a second), but not surely; no forecast",
        ),
    ],
)
def test_what_a_few_visits_held_is_not_called_sure(held: State, says: str) -> None:
    """Also where nobody asked: a run that was stopped in its first second has seen nothing."""
    head = HEAD.replace('"p95(gift_card) < 800ms per step", ', "")
    text = head + "[flows.browse]\nshare = 1.0\n"
    asked = campaign.parse(text, name="one", origin="one.toml")
    made = [level(8.0, held, 0, "browse")]

    found = verdict.judge(asked, Evidence(made, verdict.brackets(asked, made)))

    assert found.lines[0].startswith(says)


def test_an_invalid_run_says_nothing_of_capacity() -> None:
    """Whatever the levels look like."""
    made = [level(16.0, PASS)]
    evidence = Evidence(made, verdict.brackets(CAMPAIGN, made), KEPT, LEDGER)

    found = verdict.judge(CAMPAIGN, evidence, "the generator was late")

    assert found.verdict is Verdict.INVALID
    assert found.lines == ("not valid: the generator was late",)


@pytest.mark.parametrize(
    ("states", "want"),
    [
        ((PASS, PASS), Verdict.PASSED),
        ((PASS, FEW), Verdict.INCONCLUSIVE),
        ((FAIL, PASS), Verdict.FAILED),
    ],
)
def test_a_smoke_run_is_judged_by_its_thresholds_alone(
    states: tuple[State, State], want: Verdict
) -> None:
    """A nightly run at a tenth of the rate cannot say whether the forecast would hold."""
    made = [level(0.4, FEW)]
    findings = tuple(replace(one, state=state) for one, state in zip(KEPT, states, strict=True))
    evidence = Evidence(made, verdict.brackets(CAMPAIGN, made), findings, LEDGER, "smoke")

    found = verdict.judge(CAMPAIGN, evidence)

    assert found.verdict is want
    assert "a smoke run: too small a load for the forecast" in found.lines


def test_nothing_to_compare_with_is_no_pass() -> None:
    """No forecast and no threshold: nothing was asked, so nothing is answered."""
    flow = replace(CAMPAIGN.flows["gift_card"], peak=None)
    asked = replace(CAMPAIGN, flows={"gift_card": flow}, thresholds=())
    made = [level(16.0, PASS)]

    found = verdict.judge(asked, Evidence(made, verdict.brackets(asked, made)))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no flow has a forecast and there is no threshold" in found.lines[-1]


def test_thresholds_alone_can_be_passed() -> None:
    """Without a forecast the word is about the thresholds."""
    flow = replace(CAMPAIGN.flows["gift_card"], peak=None)
    asked = replace(
        CAMPAIGN, flows={"gift_card": flow}, thresholds=(parse("error_rate(all) < 5%"),)
    )
    made = [level(16.0, PASS)]
    evidence = Evidence(made, verdict.brackets(asked, made), (KEPT[1],))

    assert verdict.judge(asked, evidence).verdict is Verdict.PASSED


def test_a_bracket_that_a_search_found_counts_as_it_is() -> None:
    """Its low end was held, with certainty, twice."""
    sure = Bracket("gift_card", 6.5, 6.8, "done", 6.7, 6.5)

    found = verdict.judge(CAMPAIGN, Evidence([], (sure,), KEPT, LEDGER))

    assert found.verdict is Verdict.READY
    assert verdict.as_detail(found)["brackets"] == {
        "gift_card": {
            "low_per_s": 6.5, "high_per_s": 6.8, "why": "done",
            "plateau_per_s": 6.7, "sure_per_s": 6.5,
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "low", "high", "says"),
    [
        ("p95(gift_card) < 800ms", 700.0, None, "850 ms in step 2, at least 700 ms"),
        ("p95(gift_card) < 800ms", None, 900.0, "850 ms in step 2, at most 900 ms"),
        ("p95(gift_card) < 800ms", None, None, "850 ms in step 2, not to be bounded"),
        ("rate(gift_card) >= 900/s", 800.0, 1000.0, "between 800 a second and 1,000 a second"),
        ("done(gift_card) >= 900", 850.0, 900.0, "850 in step 2, between 850 and 900"),
    ],
)
def test_every_unit_has_its_words(
    text: str, low: float | None, high: float | None, says: str
) -> None:
    """Figures come with the interval that leaves the question open."""
    threshold = parse(text)
    finding = Finding(
        text, OPEN, 850.0, str(threshold.unit), threshold.limit, low, high, 90, "step 2", False
    )

    assert says in wording.said(finding, threshold)


def test_a_share_with_few_visits_says_how_many_it_needs() -> None:
    """Wilson's upper end of 0 bad in 73 is 5.0 %, of 0 in 72 it is more."""
    threshold = parse("done(gift_card) >= 95% of offered")
    finding = Finding(threshold.text, FEW, 100.0, "%", 95.0, 90.0, None, 38, "step 2", False)

    assert wilson(0, 73, Z95)[1] <= 0.05 < wilson(0, 72, Z95)[1]
    assert wording.said(finding, threshold).endswith("(at least 73 are needed)")


def test_a_percentile_with_few_visits_says_how_many_it_needs() -> None:
    """A p95 needs 200: ten beyond it."""
    threshold = parse("p95(gift_card) < 800ms")
    finding = Finding(threshold.text, FEW, 90.0, "ms", 800.0, 80.0, None, 38, "step 2", False)

    assert wording.said(finding, threshold).endswith(
        "but 38 are too few to be sure (at least 200 are needed)"
    )

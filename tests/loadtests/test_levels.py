"""Levels: each flow at each rate, by the thresholds that are read per step."""

from loadtests import campaign, levels
from loadtests.campaign import Campaign
from loadtests.thresholds.states import State
from tests.loadtests.samples import Sample, at_endpoint, at_step, tallies, visits


def asked(*thresholds: str, shape: str = "") -> Campaign:
    """Return a campaign of two flows in two steps of ten seconds, at 20 and 40 a second."""
    text = f"""
[campaign]
title = "Test"
owner = "Team"
mocked = []
thresholds = {list(thresholds)!r}
[shape]
{shape or 'kind = "steps"; rates = ["20/s", "40/s"]; hold = "10s"'.replace("; ", chr(10))}
[flows.gift_card]
share = 0.5
[flows.browse]
share = 0.5
"""
    return campaign.parse(text, name="test", origin="test.toml")


def states(made: list[levels.Level], flow: str) -> list[State]:
    """Return what became of a flow, level by level."""
    return [one.held for one in made if one.flow == flow]


CALM = [*visits(100, 2), *visits(300, 3, flow="browse"), *visits(300, 4)]
LOADED = [*visits(300, 12, flow="browse"), *visits(200, 13), *visits(200, 13, 3000)]


def test_every_flow_is_counted_at_every_level() -> None:
    """By hand: what was offered, how it ended, its p95, and its planned rate."""
    samples = [*CALM, *LOADED, *visits(7, 14, ended="dropped"), *visits(5, 15, 9, "failed")]
    made = levels.levels(asked(), tallies(samples))
    busy = next(one for one in made if one.flow == "gift_card" and one.start_s == 10)

    assert [(one.flow, one.start_s, one.planned_per_s) for one in made] == [
        ("gift_card", 0, 10), ("browse", 0, 10), ("gift_card", 10, 20), ("browse", 10, 20),
    ]  # fmt: skip
    assert (busy.offered, busy.done, busy.failed, busy.dropped) == (412, 400, 5, 7)
    assert busy.p95_ms is not None
    assert abs(busy.p95_ms - 3000) < 15
    assert busy.offered_per_s == 41.2


def test_a_flow_is_held_while_its_own_thresholds_are() -> None:
    """A threshold of another flow is not its business."""
    made = levels.levels(asked("p95(gift_card) < 800ms per step"), tallies([*CALM, *LOADED]))

    assert states(made, "gift_card") == [State.PASS, State.FAIL]
    assert states(made, "browse") == [State.PASS, State.PASS]
    assert [one.why for one in made] == ["", "", "p95(gift_card) < 800ms per step", ""]


def test_95_per_cent_must_be_done_even_if_nobody_says_so() -> None:
    """Otherwise a campaign without thresholds would call any wreck held."""
    samples = [*CALM, *visits(300, 12, flow="browse"), *visits(50, 13, ended="failed")]
    made = levels.levels(asked(), tallies(samples))

    assert states(made, "gift_card") == [State.PASS, State.FAIL]
    assert made[2].why == "done(gift_card) >= 95% of offered per step"
    own = asked("done(gift_card) >= 10% of offered per step")
    samples = [
        *CALM,
        *visits(300, 12, flow="browse"),
        *visits(30, 13),
        *visits(50, 13, 9, "failed"),
    ]
    assert states(levels.levels(own, tallies(samples)), "gift_card") == [State.PASS, State.PASS]


def test_who_keeps_a_common_threshold_is_not_blamed() -> None:
    """Gift cards are slow; those who look around are not."""
    made = levels.levels(asked("p95(all) < 800ms per step"), tallies([*CALM, *LOADED]))

    assert states(made, "gift_card") == [State.PASS, State.FAIL]
    assert states(made, "browse") == [State.PASS, State.PASS]


def test_few_visits_are_likely_and_not_sure() -> None:
    """All quick, and too few to be sure of a p95."""
    samples = [*visits(40, 2), *visits(40, 3, flow="browse"), *visits(4, 12), *visits(4, 13, 3000)]
    made = levels.levels(asked("p90(gift_card) < 800ms per step"), tallies(samples))

    assert [(one.held, one.likely) for one in made if one.flow == "gift_card"] == [
        (State.TOO_FEW, True), (State.FAIL, False),
    ]  # fmt: skip
    assert [(one.held, one.likely) for one in made if one.flow == "browse"] == [
        (State.TOO_FEW, True), (State.NO_DATA, False),
    ]  # fmt: skip


def test_endpoints_and_steps_of_a_flow_count_for_it() -> None:
    """One slow request in a step is the flow's trouble, not another's."""
    slow = [*at_endpoint(visits(300, 13, 3000), "giftcard.redeem")]
    steps = [*at_step(visits(300, 13, 3000), "redeem")]
    fine = [
        *at_endpoint(visits(300, 3), "giftcard.redeem"),
        *at_step(visits(300, 3), "redeem"),
        *CALM, *visits(300, 12, flow="browse"), *visits(300, 13),
    ]  # fmt: skip
    for rule, more in (("giftcard.redeem", slow), ("gift_card/redeem", steps)):
        made = levels.levels(asked(f"p95({rule}) < 800ms per step"), tallies([*fine, *more]))
        assert states(made, "gift_card") == [State.PASS, State.FAIL]
        assert states(made, "browse") == [State.PASS, State.PASS]


def test_what_all_flows_did_together_does_not_hide_one_that_did_nothing() -> None:
    """95 % of all may be done and nothing of one: it would be called ready."""
    rule = "done(all) >= 95% of offered per step"
    samples = [*visits(9000, 3, flow="browse"), *visits(100, 3, ended="failed")]
    made = levels.levels(asked(rule), tallies(samples))

    assert states(made, "gift_card")[0] is State.FAIL
    assert states(made, "browse")[0] is State.PASS


def test_what_is_said_of_one_phase_says_nothing_of_the_others() -> None:
    """Step 2 may lose half; step 1 must not."""
    rule = "done(gift_card) >= 40% of offered in step 2 per step"
    half = [
        *visits(50, 3),
        *visits(50, 3, 9, "failed"),
        *visits(50, 13),
        *visits(50, 13, 9, "failed"),
    ]

    made = levels.levels(asked(rule), tallies(half))

    assert states(made, "gift_card") == [State.FAIL, State.PASS]
    assert made[0].why == "done(gift_card) >= 95% of offered per step"


def test_a_step_where_nobody_asks_what_was_done_is_not_held() -> None:
    """A shop that refuses everybody does so quickly."""
    rules = (
        "done(gift_card) >= 95% of offered within 10s per step",
        "p95(gift_card) < 1s per step",
    )
    quick = [*visits(300, 3), *visits(300, 13, ended="failed")]
    slow = [*visits(300, 3), *visits(300, 13, 3000)]
    made = levels.levels(asked(*rules), tallies(quick))

    assert states(made, "gift_card") == [State.PASS, State.NO_DATA]
    assert [one.likely for one in made if one.flow == "gift_card"] == [True, False]
    assert states(levels.levels(asked(*rules), tallies(slow)), "gift_card")[1] is State.FAIL


def test_what_a_stop_cut_off_is_not_held_against_the_shop() -> None:
    """Stopped by hand at second 13: 60 of 300 visits were on their way, none was lost."""
    samples = [*visits(300, 3), *visits(240, 12), *visits(60, 12, 400, "censored")]

    stopped = levels.levels(asked(), tallies(samples), upto_s=13)
    ended = levels.levels(asked(), tallies(samples))

    assert states(stopped, "gift_card") == [State.PASS, State.UNDECIDED]
    assert states(ended, "gift_card") == [State.PASS, State.FAIL]


def test_a_step_that_a_threshold_leaves_out_is_not_judged_by_it() -> None:
    """`after` is counted from the start of the run."""
    rule = "done(gift_card) >= 95% of offered per step after 10s"
    samples = [*visits(300, 3, ended="failed"), *visits(300, 13)]
    made = levels.levels(asked(rule), tallies(samples))

    assert states(made, "gift_card") == [State.NO_DATA, State.PASS]


def test_a_ramp_is_read_in_stretches() -> None:
    """Five seconds each, at the rate of their middle."""
    shape = 'kind = "ramp"\nstart = "10/s"\nend = "30/s"\nover = "10s"'
    made = levels.levels(asked(shape=shape), tallies([Sample(3), Sample(7)]))

    browse = [one for one in made if one.flow == "browse"]
    assert [(one.start_s, one.planned_per_s) for one in browse] == [(0, 7.5), (5, 12.5)]

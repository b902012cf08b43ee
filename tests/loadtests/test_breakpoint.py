"""Searches on the real generator, and what joins the search with it."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from forepost.analysis import histogram
from forepost.cli import main
from forepost.errors import ConfigError
from forepost.model import LoadCell
from forepost.storage import Store
from loadtests import breakpoint as limits
from loadtests import campaign, cells
from loadtests.breakpoint import alone, run_breakpoint
from loadtests.campaign import Campaign
from loadtests.cells import WHOLE, Tally
from loadtests.generator.engine import Live
from loadtests.generator.watching import LoadProgress, Watching
from loadtests.limit import found, stepwise
from loadtests.limit.flight import Flight
from loadtests.limit.step import Timing
from loadtests.limit.stepwise import Stepwise
from loadtests.shapes.shape import Arrival
from loadtests.thresholds.threshold import Finding

StartToy = Callable[..., str]
GIFT = '[flows.gift_card]\nshare = 1.0\npeak = "600 redemptions/min"\n'
MIXED = """
[flows.gift_card]
share = 0.4
peak = "600 redemptions/min"
[flows.browse]
share = 0.6
[resources]
gift_db = ["giftcard.redeem"]
catalog = ["shop.product"]
"""
SHORT = Timing(least_s=2, grow_s=4, most_s=5, confirm_s=2, confirm_most_s=2)


def plan(flows: str, shape: str = "start = '10/s'\nhold = '6s'", head: str = "") -> Campaign:
    """Return a campaign that is a search; the machine may be busy with other tests."""
    return campaign.parse(
        f"""
[campaign]
title = "Toy"
owner = "Tests"
mocked = []
max_rate = "100/s"
max_lateness = "5s"
{head}
[shape]
kind = "breakpoint"
{shape}
{flows}
""",
        name="toy",
        origin="toy.toml",
    )


@pytest.mark.slow
def test_the_limit_of_a_pool_is_bracketed(toy: StartToy, store: Store, tmp_path: Path) -> None:
    """20 redemptions a second and a free catalogue: whose limit, about how high, what gives way.

    Cut at 22 s, after the first step that was too much, twice: the benchmark goes to the end.
    """
    asked = plan(MIXED, "start = '35/s'\nfactor = 1.6\nhold = '6s'")
    heard: list[LoadProgress] = []
    url = toy(pool=2, hold_s=0.1, wait_s=9)

    run = run_breakpoint(
        replace(asked, max_duration=22.0),
        target=url,
        token="t0p",
        store=store,
        out=tmp_path,
        progress=heard.append,
        setup={"web": "2"},
        timing=replace(SHORT, end_s=22),
    )

    detail = cast("dict[str, Any]", run.detail)
    gift, browse = detail["brackets"]["gift_card"], detail["brackets"]["browse"]
    assert 14 <= gift["low_per_s"] <= 21, detail["search"]
    assert gift["high_per_s"] == pytest.approx(22.4)
    assert gift["why"].endswith("of offered done: the backlog grows")
    assert gift["plateau_per_s"] == pytest.approx(20, rel=0.15)
    assert browse["high_per_s"] is None, "the catalogue keeps up"
    assert run.bottleneck == "gift_db", detail["evidence"]
    assert run.verdict != "ready", "14/s were held, 15/s are wanted"
    assert (detail["kind"], detail["setup"]) == ("breakpoint", {"web": "2"})
    assert detail["search"]["ended"] == "ended at its limit of 22 s"
    assert detail["planned"] == detail["started"] + detail["dropped"] + detail["unsent"]
    assert detail["started"] == detail["done"] + detail["failed"] + detail["censored"]
    assert (detail["unsent"], detail["invalid"]) == (0, "")
    assert [one.id for one in store.load_runs()] == [run.id]
    whole = [cell for cell in store.load_cells(run.id) if cell.endpoint == cells.WHOLE]
    assert sum(cell.done for cell in whole) == detail["done"]
    assert max(one.second for one in heard) >= 15
    assert requests.get(f"{url}/seen", timeout=30).json()["unmarked"] == 0


def test_a_flow_alone_is_held_at_the_ceiling(toy: StartToy, store: Store, tmp_path: Path) -> None:
    """Nothing gives way: "at least", nobody is blamed, no plateau; the other flow stays out."""
    asked = plan(MIXED, "start = '20/s'\nhold = '6s'", "thresholds = ['p50(all) < 3s']")

    run = run_breakpoint(
        replace(asked, max_rate=20.0),
        target=toy(),
        token="t0p",
        store=store,
        out=tmp_path,
        flow="gift_card",
        timing=SHORT,
    )

    detail = cast("dict[str, Any]", run.detail)
    assert (run.verdict, run.bottleneck) == ("ready", None), detail["lines"]
    assert detail["brackets"] == {
        "gift_card": {
            "low_per_s": 20.0,
            "high_per_s": None,
            "why": "",
            "plateau_per_s": None,
            "sure_per_s": 20.0,
        }
    }
    assert "holds at least 1,200 redemptions a minute (20 a second)" in detail["summary"]
    assert detail["search"]["confirmed"]
    (rule,) = detail["thresholds"]
    assert (rule["state"], rule["where"][:15]) == ("pass", "step 2, confirm")


def test_one_flow_keeps_what_speaks_of_it() -> None:
    """Thresholds and resources of the others would find no data."""
    rules = "'p95(browse) < 1s', 'p95(all) < 2s', 'error_rate(giftcard.redeem) < 1%'"
    asked = plan(MIXED, head=f"thresholds = [{rules}]")

    own = alone(asked, "gift_card")

    assert {name: one.share for name, one in own.flows.items()} == {"gift_card": 1.0}
    assert [one.metric for one in own.thresholds] == ["p95", "error_rate"]
    assert own.resources == {"gift_db": ("giftcard.redeem",)}
    with pytest.raises(ConfigError, match=r"^campaign toy: no flow gift; there is: gift_card, b"):
        alone(asked, "gift")


def test_a_campaign_that_is_no_search_begins_at_a_32nd_of_its_ceiling() -> None:
    """Any campaign can be asked for its limit."""
    asked = replace(plan(GIFT), climb=None)

    assert limits.climb(asked).start_per_s == 100 / 32
    assert limits.pilot(asked).rates == [100 / 32, 100 / 32]


def test_test_data_lasts_for_the_way_up_and_the_search_at_the_top() -> None:
    """Enough for the longest search on a shop of the highest rate that is allowed."""
    supplied = limits.supply(plan(MIXED))

    assert supplied["gift_card"] >= 0.4 * 100 * 120
    assert supplied["browse"] == pytest.approx(1.5 * supplied["gift_card"], abs=2)


# What joins search and generator: a generator that writes down what it is told.


class Generator:
    """Stands at the outermost door."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.ended: float | str | None = None

    def offer(self, arrivals: Sequence[Arrival]) -> None:
        """Take arrivals."""
        self.arrivals += arrivals

    def finish(self, at_s: float) -> None:
        """Be told that no more come."""
        self.ended = at_s

    def stop(self, reason: str) -> None:
        """Be told to stop at once."""
        self.ended = reason


def fly(asked: Campaign, response_ms: float, *, cpu_ratio: float = 0.1, **supply: int) -> Any:
    """Fly a search on a shop that does every visit in a time, until it is told to end."""
    generator, watching = Generator(), Watching("r1")
    flight = Flight(cast("Live", generator), limits.pilot(asked), asked, supply)
    watching.feed({"event": "worker", "worker": 0, "name": "here", "host": "h", "pid": 1})
    for second in range(120):
        now = [one for one in generator.arrivals if int(one.at_s) == second]
        key = histogram.bucket(int(response_ms * 1000))
        told = {"second": second, "flow": "gift_card", "worker": 0, "kinds": {}}
        for endpoint in (WHOLE, "giftcard.redeem"):
            times = {str(key): len(now)}
            figures = {"started": len(now), "done": len(now)}
            both = {"response_us": times, "service_us": times}
            watching.feed({"event": "cell", "endpoint": endpoint, **told, **figures, **both})
        health = {"cpu_ratio": cpu_ratio, "late_us": {}, "in_flight": 0, "dropped": 0}
        watching.feed({"event": "health", "worker": 0, "second": second, **health})
        flight.each_second(watching)
        if generator.ended is not None:
            break
    return SimpleNamespace(flight=flight, generator=generator, second=second)


def test_arrivals_are_offered_before_their_second_begins() -> None:
    """Those of the second after the next, each time; then the end is told."""
    flown = fly(replace(plan(GIFT), max_rate=10.0), 50.0, gift_card=9_999)

    assert flown.generator.ended == flown.second + 2
    assert flown.flight.pilot.over.confirmed
    assert len(flown.generator.arrivals) == pytest.approx(10 * (flown.second + 2), abs=11)


def test_a_threshold_with_abort_ends_the_search_at_once() -> None:
    """A step that breaks it beyond chance: nothing more is sent, whatever else it breaks."""
    rules = "'mean(gift_card) < 100ms', 'p50(giftcard.redeem) < 200ms per step abort'"
    asked = plan(GIFT, head=f"thresholds = [{rules}]")

    flown = fly(asked, 300.0, gift_card=9_999)

    assert flown.generator.ended == "p50(giftcard.redeem) < 200ms per step abort does not hold"
    assert flown.flight.breached.text.startswith("p50(giftcard.redeem)")
    assert flown.second < 12


def test_a_busy_generator_is_not_the_shops_limit() -> None:
    """Three seconds of a full core: invalid, whatever the shop does."""
    flown = fly(plan(GIFT), 50.0, cpu_ratio=0.97, gift_card=9_999)

    assert "used its whole core" in flown.flight.invalid
    assert flown.second < 6


def test_the_search_ends_when_its_test_data_is_used_up() -> None:
    """A card that was used before would be refused, and the refusal taken for the limit."""
    flown = fly(plan(GIFT), 50.0, gift_card=100)

    assert len(flown.generator.arrivals) == 100
    assert flown.flight.pilot.over.why == "the test data of gift_card is used up"
    assert flown.generator.ended is not None


# What a step's thresholds say, and what the whole search found.


def tally(second: int, flow: str, times_ms: dict[int, int], failed: int = 0) -> Tally:
    """Return the whole visits of a second."""
    number = sum(times_ms.values())
    cell = LoadCell(
        load_run="r",
        second=second,
        flow=flow,
        endpoint=WHOLE,
        started=number,
        done=number - failed,
        failed=failed,
        response_us={histogram.bucket(ms * 1000): count for ms, count in times_ms.items()},
    )
    return Tally(cell, {"http 500": failed} if failed else {})


def held(asked: Campaign, told: Sequence[Tally]) -> Mapping[str, Finding]:
    """Return what a step from second 2 to 10 breaks."""
    own = Stepwise(asked, 20)
    own.feed(told)
    return own.broken((2, 10))


def test_a_step_is_held_against_every_threshold_by_itself() -> None:
    """Windows and phases of another shape do not count; only whose own visits fail is blamed."""
    rules = "thresholds = ['p90(all) < 500ms after 60s', 'rate(all) >= 90/s', 'done(all) >= 900']"
    asked = plan(MIXED, head=rules)
    told = [
        tally(second, flow, {700: 8 if flow == "browse" else 0, 100: 12})
        for second in range(10)
        for flow in ("browse", "gift_card")
    ]

    broken = held(asked, told)

    assert {flow: one.n for flow, one in broken.items()} == {"browse": 160}
    assert held(plan(MIXED), told) == {}
    slow_at_first = [one for one in told if one.cell.second < 2]
    assert held(asked, slow_at_first) == {}


def test_a_hold_is_long_enough_for_its_thresholds() -> None:
    """A 99th percentile needs ten visits beyond it; none failing in 381 is below 1 %."""
    assert stepwise.visits_needed(plan(GIFT, head="thresholds = ['p99(all) < 1s']")) == 1001
    rule = "thresholds = ['error_rate(all) < 1%']"
    assert stepwise.visits_needed(plan(GIFT, head=rule)) == pytest.approx(382, abs=2)
    assert stepwise.visits_needed(plan(GIFT)) == 0


def test_the_shape_of_a_search_is_what_was_offered() -> None:
    """Every second that was fixed stands in it, with the step that it belongs to."""
    flown = fly(replace(plan(GIFT), max_rate=20.0), 50.0, gift_card=9_999)

    made = found.found(flown.flight.pilot)

    rates = flown.flight.pilot.rates
    assert made.shape.arrivals == pytest.approx(sum(rates))
    assert made.shape.duration_s == len(rates)
    named = [one.name for one in made.shape.phases]
    assert named[:2] == ["step 1, grow", "step 2, grow"]
    assert named[-2:] == ["step 6, confirm", "drain"]
    assert [one.name for one in made.held] == ["step 6, confirm"]
    bracket = made.bracket("gift_card")
    assert (bracket.low_per_s, bracket.high_per_s, bracket.plateau_per_s) == (20.0, None, None)
    assert made.curve("gift_card") is None, "without a plateau there is no curve"
    json.dumps(made.as_detail())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["nope"], "no campaign"),
        (["smoke", "--flow", "nope"], "no flow nope; there is:"),
        (["smoke", "--setup", "web"], "say NAME=VALUE"),
        (["smoke", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    given: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is started or written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["forepost", "load", "breakpoint", *given])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

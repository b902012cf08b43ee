"""What a search carries on from second to second: always the word of a look at all cells."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests import cells
from loadtests.campaign import Campaign, parse
from loadtests.generator.books import unsound
from loadtests.generator.watching import Watching
from loadtests.limit.stepwise import Stepwise
from loadtests.limit.strain import Strain
from loadtests.limit.totals import Totals
from loadtests.thresholds import grammar
from loadtests.thresholds.tallied import Sums
from loadtests.thresholds.threshold import State, Threshold, judged
from loadtests.thresholds.windows import Window
from tests.loadtests import lagging, stepped
from tests.loadtests.judged import CALM
from tests.loadtests.samples import Sample, tallies, visits

BEGINS_S = (2, 9, 14)  # of three steps, the second one walked again
ENDS_S = (8, 14, 24)


def campaign(*thresholds: str) -> Campaign:
    """Return a search over two flows."""
    text = """
[campaign]
title = "Toy"
owner = "Tests"
mocked = []
max_rate = "100/s"
[shape]
kind = "breakpoint"
start = "10/s"
hold = "6s"
[flows.gift_card]
share = 0.4
[flows.browse]
share = 0.6
"""
    made = parse(text, name="toy", origin="toy.toml")
    return replace(made, thresholds=tuple(grammar.parse(one) for one in thresholds))


def tell(watching: Watching, worker: int, samples: list[Sample]) -> None:
    """Let a worker tell its cells as it does over its pipe."""
    for tally in tallies(samples):
        watching.feed(json.loads(cells.to_line(tally, worker)))


@settings(CALM, max_examples=8)
@given(st.integers(0, 10**9))
def test_every_second_of_a_step_says_what_a_look_at_all_cells_would_say(seed: int) -> None:
    """Whatever the thresholds; with cells that are late, changed, and merged from two workers."""
    draw = random.Random(seed)
    rules = [*lagging.thresholds(draw, "", 5), *lagging.thresholds(draw, "abort", 3)]
    asked = replace(campaign(), thresholds=tuple(rules))
    watching, own, totals = Watching("r"), Stepwise(asked, 30), Totals(asked.flows)
    news = watching.news()
    for told, upto_s in lagging.heard(draw, lagging.drawn(draw)):
        for worker, samples in enumerate(told):
            tell(watching, worker, samples)
        own.feed(news.values())
        totals.feed(news.values())
        news.clear()
        every = list(watching.tallies.values())

        assert totals.counts == stepped.counts(asked, every)
        for begin_s, end_s in zip(BEGINS_S, ENDS_S, strict=True):
            if begin_s < upto_s <= end_s:
                span, again = (begin_s, upto_s), begin_s == BEGINS_S[1]
                want = stepped.broken(asked, every, span, again=again)
                assert own.broken(span, again=again) == want


def test_what_was_told_before_somebody_listens_is_heard_too() -> None:
    """The first look takes in all; later ones only what has changed since."""
    watching = Watching("r")
    tell(watching, 0, visits(3, 1))

    news = watching.news()

    assert [one.cell.started for one in news.values()] == [3]
    news.clear()
    assert not news
    tell(watching, 1, visits(2, 1))
    assert [one.cell.started for one in news.values()] == [5]


def test_a_second_costs_no_more_late_in_a_search_than_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted, not timed: how many seconds are summed up anew, in ten minutes of long steps."""
    counted: list[int] = []

    def counting(threshold: Threshold, sums: Sums, window: Window) -> tuple[State, float]:
        counted[-1] += 1
        return judged(threshold, sums, window)

    monkeypatch.setattr("loadtests.thresholds.posts.judged", counting)
    own = Stepwise(campaign("p95(all) < 800ms", "error_rate(browse) < 5%"), 600)
    for second in range(600):
        counted.append(0)
        now = visits(3, second, ended="open")
        own.feed(tallies([*visits(3, second - 1), *now]))
        assert own.broken((second - second % 200, second + 1)) == {}

    assert counted == [3] * 600  # each flow against the first, one against the second


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("p90(all) < 500ms", True),
        ("mean(all) < 90ms", True),
        ("mean(all) < 200ms", False),
        ("error_rate(all) < 10%", True),
        ("error_rate(all) < 15%", False),
        ("done(all) >= 90% of offered", True),
        ("dropped(all) < 5% of offered", False),
        ("max(all) < 2s", False),
    ],
)
def test_a_figure_beyond_its_limit_leans_though_chance_may_explain_it(
    text: str, leans: bool
) -> None:
    """2 of 16 visits took 700 ms, 2 failed, 50 ms the others: 131 ms on average, 12.5 % each."""
    own = Stepwise(campaign(text), 20)
    own.feed(tallies([*visits(12, 3), *visits(2, 4, 700.0), *visits(2, 4, ended="failed")]))

    assert own.broken((3, 5)) == {}
    assert own.leaning == ({"gift_card"} if leans else frozenset())
    assert own.broken((6, 7)) == {}
    assert own.leaning == frozenset(), "of the next step nothing is known yet"


def health(worker: int, second: int, draw: random.Random) -> dict[str, object]:
    """Return a worker's line about itself: busy and late now and then."""
    late_us = {str(draw.choice([100] * 60 + [9_000_000])): draw.randint(1, 9)}
    busy = draw.choice([0.2, 0.95])
    told = {"worker": worker, "second": second, "late_us": late_us, "cpu_ratio": busy}
    return {"event": "health", "in_flight": 0, "dropped": 0, **told}


@pytest.mark.parametrize("seed", range(8))
def test_the_generator_is_the_limit_in_the_second_in_which_all_its_lines_say_so(seed: int) -> None:
    """Against what the end of a run makes of all lines, told in uneven lots by three workers."""
    draw, watching, strain = random.Random(seed), Watching("r"), Strain(1.0)
    for worker in range(3):
        watching.feed({"event": "worker", "worker": worker, "name": "h", "host": "h", "pid": 1})
    names = ("started", "done", "failed", "censored", "dropped", "unsent")
    closed = [{"worker": worker, **dict.fromkeys(names, 0)} for worker in range(3)]
    watching.feed({"event": "end", "workers": closed, "requests": 0, "locust_requests": 0})
    for second in range(40):
        for worker in draw.sample(range(3), draw.randint(0, 3)):
            watching.feed(health(worker, second, draw))
        want = unsound(watching, 0, 1.0)

        assert strain.words(watching) == want
        if want:
            break
    assert want

"""The search against simulated shops of known capacity, and its parts against what is known."""

import math
import random
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from forepost.analysis import histogram
from loadtests.limit.overload import ERROR_RATIO, Count, Word, noise_of, resolvable, weigh
from loadtests.limit.paced import Mix, Paced
from loadtests.limit.pilot import Pilot
from loadtests.limit.plateau import Stretch, plateau, stretch
from loadtests.limit.scalability import Point, fit
from loadtests.limit.search import Order, Over, Purpose, Rules, Said, Search
from loadtests.limit.step import Timing
from tests.loadtests import shares
from tests.loadtests.queues import Limit, Pool, Shop, chance, fly, steady

RULES = Rules(start_per_s=5.0, max_per_s=400.0)


def lowest(pilot: Pilot) -> float:
    """Return the low end of a search that found one."""
    assert pilot.search.low_per_s is not None
    return pilot.search.low_per_s


SHOPS: dict[str, tuple[Callable[[int], Shop], float]] = {
    "pool of 2, 20/s": (lambda seed: Pool(2, steady(0.1, seed)), 20.0),
    "pool of 2, 40/s": (lambda seed: Pool(2, steady(0.05, seed)), 40.0),
    "lock, 66.7/s": (lambda seed: Pool(1, steady(0.015, seed)), 200 / 3),
    "503 after a second": (lambda seed: Pool(2, steady(0.1, seed), wait_s=1.0), 20.0),
    "rate limit": (lambda seed: Limit(20.0, 3 + 5 * (seed % 4)), 20.0),
    "slow visits of 3 s": (lambda seed: Pool(60, steady(3.0, seed)), 20.0),
    "slower the more wait": (lambda seed: Pool(2, steady(0.1, seed), slower_ratio=0.02), 20.0),
}


@pytest.mark.parametrize("name", SHOPS)
def test_the_limit_of_a_steady_shop_is_found_within_5_percent(name: str) -> None:
    """Every seed: the low end within 5 %, the bracket as close, the plateau beside it."""
    make, capacity = SHOPS[name]
    for seed in range(5):
        pilot = fly({"visit": make(seed)}, RULES, seed=seed)

        said = [(step.rate_per_s, step.kept) for step in pilot.steps]
        low, high = lowest(pilot), pilot.search.high_per_s
        assert high is not None
        assert low == pytest.approx(capacity, rel=0.05), (seed, said)
        assert high <= low * (1 + pilot.search.resolution) + 1e-6
        assert pilot.search.resolution < 0.06
        top = plateau(pilot.stretches)
        assert top is not None
        if "slower" in name:  # under overload it gets less done than it can
            assert 0.8 * capacity < top.per_s < capacity
        else:
            assert 0.95 * top.low_per_s <= capacity <= 1.05 * top.high_per_s
        assert len(pilot.rates) <= (230 if "slow visits" in name else 150)


def test_a_shop_of_pure_chance_is_bracketed_as_closely_as_chance_allows() -> None:
    """M/M/20, 200/s: over 5 seeds the low end is right to 5 % in at least 4."""
    lows = [
        lowest(fly({"visit": Pool(20, chance(0.1, seed))}, RULES, seed=seed)) for seed in range(12)
    ]

    assert sum(abs(low / 200 - 1) <= 0.05 for low in lows) >= 10, lows
    assert all(abs(low / 200 - 1) <= 0.1 for low in lows), lows


def test_a_noisy_small_shop_gets_a_wider_bracket_instead_of_a_wrong_one() -> None:
    """M/M/2, 20/s: 5 % cannot be told in seconds; the bracket says so by its width."""
    for seed in range(4):
        pilot = fly({"visit": Pool(2, chance(0.1, seed))}, RULES, seed=seed)

        assert pilot.search.resolution > 0.08
        assert lowest(pilot) == pytest.approx(20, rel=0.2)


@pytest.mark.parametrize("begins_s", [8.5, 15.5, 19.5, 26.5])
def test_one_stall_is_not_taken_for_the_limit(begins_s: float) -> None:
    """2.5 s of silence while the search still grows: the step is walked again and passes."""
    shop = Pool(2, steady(0.1, 1), stall=(begins_s, begins_s + 2.5))

    pilot = fly({"visit": shop}, RULES)

    assert lowest(pilot) == pytest.approx(20, rel=0.05)
    top = plateau(pilot.stretches)
    assert top is not None
    assert top.per_s == pytest.approx(20, rel=0.05)


def test_each_flow_of_a_mix_keeps_its_own_books() -> None:
    """The flow behind the small pool fails; the other one is never said to."""
    shops: dict[str, Shop] = {"gift": Pool(2, steady(0.1, 1)), "browse": Pool(60, steady(0.05, 2))}

    pilot = fly(shops, RULES, shares={"gift": 0.4, "browse": 0.6})

    assert lowest(pilot) * 0.4 == pytest.approx(20, rel=0.05)
    words = Counter((flow, said.kept) for step in pilot.steps for flow, said in step.flows.items())
    assert words["gift", False] >= 2
    assert words["browse", False] == 0
    assert {one.flow for one in pilot.stretches} == {"gift"}


def test_a_shop_that_is_not_saturated_is_held_at_the_ceiling() -> None:
    """Never above max_rate; nothing failed, so there is no high end and no plateau."""
    pilot = fly({"visit": Pool(50, steady(0.05, 1))}, Rules(5.0, 18.0))

    assert max(pilot.rates) == 18.0
    assert (pilot.search.low_per_s, pilot.search.high_per_s) == (18.0, None)
    assert pilot.over is not None
    assert pilot.over.confirmed
    assert plateau(pilot.stretches) is None


def test_a_start_far_above_the_limit_goes_back() -> None:
    """80/s on a shop of 20: what stands behind the overload is not its limit either."""
    pilot = fly({"visit": Pool(2, steady(0.1, 1))}, Rules(80.0, 400.0))

    assert lowest(pilot) == pytest.approx(20, rel=0.06)


def test_a_step_waits_for_visits_before_it_says_anything() -> None:
    """One visit in five seconds is no word either way; the search goes on until it has some."""
    pilot = fly({"visit": Pool(2, steady(0.1, 1))}, Rules(0.2, 1.0))

    assert (pilot.search.low_per_s, pilot.search.high_per_s) == (1.0, None)
    assert all(step.kept for step in pilot.steps)
    assert min(step.flows["visit"].change.offered for step in pilot.steps) >= 4


def test_our_own_cap_is_not_the_shops_limit() -> None:
    """Visits are dropped, and those that are sent end as quickly as before: say so, and stop."""
    pilot, books, done = Pilot({"visit": 1.0}, Rules(10.0, 100.0), Timing()), Count(), 0
    for second in range(60):
        offered = round(pilot.rates[second])
        dropped = max(0, offered - 30)
        standing = round((offered - dropped) * 0.2)  # each stays for 200 ms
        done = books.offered + offered - books.dropped - dropped - standing
        books = Count(books.offered + offered, done, 0, books.dropped + dropped)
        pilot.feed(second, {"visit": books}, noise={"visit": 0.1})
        if pilot.over:
            break

    assert pilot.ours.startswith("max_in_flight was the limit, not the shop, at ")
    assert pilot.over is not None
    assert not pilot.over.confirmed


def test_a_dead_shop_ends_the_search() -> None:
    """Everything fails at once: four times less, and less, and then enough."""
    pilot = fly({"visit": Limit(0.0, 0.0)}, RULES)

    assert pilot.over == Over("even the lowest rate was too much")
    assert pilot.search.low_per_s is None


def test_the_search_ends_at_its_limit_of_time() -> None:
    """What was found until then stands; nothing is offered afterwards."""
    pilot = fly({"visit": Pool(2, steady(0.1, 1))}, RULES, timing=Timing(end_s=30))

    assert pilot.over == Over("ended at its limit of 30 s")
    assert pilot.rates[30:] in ([], [0.0])
    assert pilot.search.low_per_s is None  # growth steps only guide


def test_a_broken_threshold_fails_a_step_that_loses_nothing() -> None:
    """The shop does all visits, too slowly for the campaign: that is its limit as well."""
    pilot = Pilot({"visit": 1.0}, Rules(10.0, 100.0), Timing())
    books = Count()
    for second in range(200):
        arrivals = round(pilot.rates[second])
        books += Count(offered=arrivals, done=arrivals)
        slow = pilot.rates[second] > 30
        pilot.feed(second, {"visit": books}, broken={"visit": "p95"} if slow else {})
        if pilot.over:
            break

    assert 28 < lowest(pilot) <= 30
    assert pilot.stretches == []
    assert {step.flows["visit"].why for step in pilot.steps if not step.kept} == {"p95"}


@pytest.mark.parametrize(
    ("leans", "longest"),
    [
        (False, {Purpose.GROW: 2, Purpose.CONFIRM: 10}),
        (True, {Purpose.GROW: 8, Purpose.CONFIRM: 30}),
    ],
)
def test_a_figure_beyond_its_limit_gets_all_the_time_there_is(
    leans: bool, longest: dict[Purpose, int]
) -> None:
    """Chance may be all there is to it: more visits tell, and the step fails only then."""
    pilot, books = Pilot({"visit": 1.0}, Rules(20.0, 40.0), Timing()), Count()
    for second in range(200):
        arrivals = round(pilot.rates[second])
        books += Count(offered=arrivals, done=arrivals)
        pilot.feed(second, {"visit": books}, leaning={"visit"} if leans else ())
        if pilot.over:
            break

    lasted = {step.purpose: step.end_s - step.judged_from_s for step in pilot.steps}
    assert lasted == longest
    assert all(step.kept for step in pilot.steps)
    assert pilot.search.low_per_s == 40.0


FOUR = (0.05, 0.05, 0.01, 0.01)  # two 95th and two 99th percentiles, each by itself


@pytest.mark.parametrize(
    ("shop", "rules", "most"),
    [
        (shares.Shop(FOUR, 40.0, 1.0, 1.0), Rules(8.0, 40.0), 9),
        (shares.Shop(FOUR, 400.0, 0.9, 0.9), Rules(50.0, 400.0), 4),
        (shares.Shop(FOUR, 60.0, 0.9, 2.0), Rules(20.0, 400.0), 4),
        (shares.Shop(FOUR, 400.0, 1.0, 1.0, ends=True), Rules(50.0, 400.0), 4),
    ],
)
def test_chance_seldom_names_a_wrong_limit(shop: shares.Shop, rules: Rules, most: int) -> None:
    """Of 150 searches at most 1 in 40 on average, all levels and thresholds of a search together.

    Shops whose thresholds are kept exactly, or by a tenth; and one that breaks them clearly above
    its limit. With a word at 2.5 % for each look at each threshold the first was 1 in 5. The last
    has thresholds with `abort`: a step that fails once would end the search.
    """
    flown = [shares.fly(shop, rules, 1001, seed) for seed in range(150)]

    assert sum(bool(shares.wrong(shop, pilot)) for pilot in flown) <= most


def test_a_step_on_which_most_visits_fail_counts_at_once() -> None:
    """No second load on a wreck."""
    search = Search(Rules(10.0, 100.0))

    assert search.feed(Said(kept=True)) == Order(12.5, Purpose.GROW)
    assert search.feed(Said(kept=False)) == Order(12.5, Purpose.GROW, again=True)
    assert search.feed(Said(kept=False, massive=True)).__class__ is Order
    assert search.failed == [12.5]


def test_what_does_not_pass_again_moves_the_bracket_down() -> None:
    """The hold at the end fails twice: its rate becomes the high end."""
    search = Search(Rules(10.0, 10.0))
    assert search.feed(Said(kept=True)) == Order(10.0, Purpose.CONFIRM)
    search.feed(Said(kept=False))

    following = search.feed(Said(kept=False, guide_per_s=9.0))

    assert search.high_per_s == 10.0
    assert following == Order(2.5, Purpose.GROW)


@pytest.mark.parametrize(("share_lost", "wrong"), [(0.0, Word.LOST), (0.05, Word.KEPT)])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_sure_word_is_wrong_as_seldom_as_stated(
    share_lost: float, wrong: Word, noise: float
) -> None:
    """A thousand windows at either edge, looked at each second: at most 5 % wrong words.

    Visits end by chance with the given variance; the shop is always busy, the worst case.
    """
    draw = np.random.default_rng(7)
    per_s, found = 100.0, Counter[Word]()
    for _ in range(1000):
        offered, done = 0, 0.0
        for _second in range(60):
            offered += int(per_s)
            done += draw.normal(per_s * (1 - share_lost), math.sqrt(noise * per_s))
            weight = weigh(Count(offered=offered, done=round(done)), apart_ratio=0.05, noise=noise)
            if weight.word is not Word.OPEN:
                break
        found[weight.word] += 1

    assert found[wrong] <= ERROR_RATIO * 1000
    assert found[Word.OPEN] <= 350 if noise == 1.0 else found[Word.OPEN] == 0


def test_usual_failures_are_no_overload() -> None:
    """A shop that always fails 4 % of its visits keeps up, as it does when nobody comes."""
    books = Count(offered=2000, done=1920, failed=80)

    assert weigh(books, apart_ratio=0.05, noise=0.1, usual_ratio=0.04).likelier is Word.KEPT
    assert weigh(books, apart_ratio=0.05, noise=0.1).likelier is Word.LOST


def test_noise_is_the_squared_variation_of_the_times() -> None:
    """Against numpy, without the slowest 2 %; chance when there is too little to say."""
    draw = random.Random(3)
    times = [int(draw.expovariate(1 / 80_000)) for _ in range(5000)]
    counted: dict[int, int] = {}
    for time_us in times:
        histogram.record(counted, time_us)
    kept = np.sort(times)[:-100]

    assert noise_of(counted) == pytest.approx(kept.var() / kept.mean() ** 2, rel=0.02)
    assert noise_of({}) == noise_of({5: 3}) == 1.0
    assert resolvable(4000, 1.0) == pytest.approx(2 / math.sqrt(4000), rel=0.01)


def test_paced_arrivals_come_one_a_slot() -> None:
    """However the rate changes, the count of any stretch is within one of what was meant."""
    paced, meant, came = Paced("visit", "1"), 0.0, 0
    last = 0.0
    for second, per_s in enumerate([5.0, 6.25, 0.0, 40.0, 0.3, 0.3, 7.7]):
        arrivals = list(paced.over(second, per_s))
        meant, came = meant + per_s, came + len(arrivals)
        assert abs(came - meant) <= 1
        assert [one.at_s for one in arrivals] == sorted(one.at_s for one in arrivals)
        assert all(second <= one.at_s < second + 1 and one.at_s >= last for one in arrivals)
        last = arrivals[-1].at_s if arrivals else last


def test_a_mix_is_divided_by_its_shares_and_can_be_repeated() -> None:
    """The same seed gives the same instants."""
    shares = {"gift": 0.25, "browse": 0.75}
    came = [one for second in range(20) for one in Mix(shares, 5).over(second, 8.0)]
    mix, again = Mix(shares, 5), Mix(shares, 5)

    assert Counter(one.flow for one in came) == {"gift": 40, "browse": 120}
    assert [mix.over(second, 8.0) for second in range(9)] == [
        again.over(second, 8.0) for second in range(9)
    ]


def test_a_plateau_has_students_interval() -> None:
    """Against scipy, over the seconds of two stretches."""
    stretches = [Stretch("visit", 30.0, 5, (19, 22, 18, 24)), Stretch("visit", 25.0, 15, (20, 17))]
    done = [19, 22, 18, 24, 20, 17]
    want = stats.t.interval(0.95, 5, loc=np.mean(done), scale=stats.sem(done))

    got = plateau(stretches)

    assert got is not None
    assert (got.low_per_s, got.high_per_s) == pytest.approx(want, abs=0.01)
    assert (got.per_s, got.seconds) == (20.0, 6)
    assert plateau([]) is None


def test_a_plateau_begins_when_an_allowance_is_used_up() -> None:
    """25/s on a limit of 20/s with a burst: the seconds before the first refusal do not count."""
    seen = [
        (10, {"visit": Count(125, 125)}),
        (11, {"visit": Count(150, 150)}),
        (12, {"visit": Count(175, 172, 3)}),
        (13, {"visit": Count(200, 192, 8)}),
    ]

    assert stretch("visit", 25.0, Count(100, 100), seen).done == (22, 20)


def test_the_scalability_law_is_recovered_and_never_drawn_beyond_what_was_measured() -> None:
    """Points of a known law give its numbers back; outside their range there is no answer."""
    flights = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0]
    law = [Point(n, 50 * n / (1 + 0.05 * (n - 1) + 0.0004 * n * (n - 1))) for n in flights]

    curve = fit(law)

    assert curve is not None
    assert (curve.per_s, curve.contention, curve.coherence) == pytest.approx((50, 0.05, 0.0004))
    assert curve.at(10.0) == pytest.approx(law[3].done_per_s)
    assert curve.at(61.0) is None
    assert curve.at(0.5) is None


def test_a_law_that_misses_what_was_measured_is_none() -> None:
    """Too few points, or a throughput that no contention explains."""
    assert fit([Point(1, 10), Point(2, 20)]) is None
    assert fit([Point(1, 10), Point(2, 90), Point(4, 10), Point(8, 90), Point(16, 10)]) is None

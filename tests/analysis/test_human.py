"""Where the human checkout leaves its budget: held against truths that were made up beforehand."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from forepost.analysis.human import Band, Budget, fewer, human, more
from forepost.analysis.walks import Walk, groups

FAST_MS, SLOW_MS = 400.0, 6000.0


def walks(
    rate: float, number: int, *, late: int = 0, pages: int = 6, failed: int = 0
) -> list[Walk]:
    """Return walks at one load; `late` of each one's pages are slow, `failed` walks fail."""
    times = (SLOW_MS,) * late + (FAST_MS,) * (pages - late)
    return [Walk(rate, place >= failed, times, times) for place in range(number)]


@pytest.mark.parametrize("allowed", [0.05, 0.25])
def test_chance_agrees_with_scipy(allowed: float) -> None:
    """The exact binomial tails of some sizes, as an independent library has them."""
    for of in (1, 3, 13, 40, 200):
        for bad in range(of + 1):
            assert more(bad, of, allowed) == (binom.sf(bad - 1, of, allowed) < 0.025)
            assert fewer(bad, of, allowed) == (binom.cdf(bad, of, allowed) < 0.025)
    assert not more(0, 0, allowed)
    assert not fewer(0, 0, allowed)


def test_the_bracket_lies_between_the_last_good_and_the_first_bad_load() -> None:
    """Pages are in time up to 300 a minute and late from 375 on: exactly that comes out."""
    found = human([*walks(240, 4), *walks(300, 4), *walks(375, 4, late=4), *walks(469, 4, late=6)])

    assert (found.low_per_min, found.high_per_min) == (300, 375)
    assert found.decided
    assert [level.band for level in found.levels] == [Band.WITHIN] * 2 + [Band.OUTSIDE] * 2
    first_out = found.levels[2]
    assert first_out.broken == ("begins", "lcp")
    assert (first_out.begins_late, first_out.begins, first_out.walks) == (16, 24, 4)
    assert first_out.means_per_min == (375, 375)
    assert sorted(first_out.begins_ms) == [FAST_MS] * 8 + [SLOW_MS] * 16 == sorted(first_out.lcp_ms)


def test_failing_walks_end_the_budget_though_their_pages_are_fast() -> None:
    """A quick error page is no good checkout."""
    found = human([*walks(100, 5), *walks(200, 5, failed=3)])

    assert (found.low_per_min, found.high_per_min) == (100, 200)
    assert found.levels[1].broken == ("success",)


SOME_WALKS = st.lists(
    st.builds(
        Walk,
        st.sampled_from((100.0, 200.0, 300.0)),
        st.booleans(),
        st.sampled_from(((), (FAST_MS,) * 6, (SLOW_MS,) * 6)),
        wake=st.booleans(),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(SOME_WALKS, SOME_WALKS)
def test_walks_without_leave_to_pay_change_nothing_that_is_found(
    seen: list[Walk], short: list[Walk]
) -> None:
    """They met the first pages only, fast or slow: no load is good for them and none is bad."""
    unpaid = [replace(walk, capped=True, worked=True) for walk in short]

    assert human([*seen, *unpaid]) == replace(human(seen), capped=len(short))


def test_with_walks_without_leave_to_pay_alone_nothing_is_decided() -> None:
    """Ten at each load, all on time: unknown, not good."""
    unpaid = [replace(one, capped=True) for rate in (100, 200) for one in walks(rate, 10)]

    found = human(unpaid)

    assert (found.low_per_min, found.high_per_min, found.levels) == (None, None, ())
    assert (found.walks, found.capped) == (0, 20)


def test_parts_of_a_walk_without_leave_to_pay_are_one() -> None:
    """It met two loads, and is told once."""
    parts = [replace(one, capped=True, walk="r1") for rate in (100, 200) for one in walks(rate, 1)]
    assert human(parts).capped == 1


def test_lcp_alone_can_end_it() -> None:
    """Pages begin in time and their main content does not."""
    late = [Walk(200, True, (FAST_MS,) * 6, (2600.0,) * 6)] * 3

    found = human([*walks(100, 3), *late])

    assert found.levels[1].broken == ("lcp",)
    assert found.high_per_min == 200


def test_nothing_is_said_beyond_the_loads_that_were_walked() -> None:
    """All within: no upper end is guessed. All outside: no lower end is."""
    good = human([*walks(100, 3), *walks(200, 3)])
    bad = human([*walks(100, 3, late=6), *walks(200, 3, late=6)])

    assert (good.low_per_min, good.high_per_min) == (200, None)
    assert (bad.low_per_min, bad.high_per_min) == (None, 100)
    assert not good.decided
    assert not bad.decided


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_walks_decide_nothing(number: int) -> None:
    """Two good walks are no proof of a good load."""
    found = human(walks(100, number))

    assert (found.low_per_min, found.high_per_min) == (None, None)
    assert all(level.band is Band.UNDECIDED for level in found.levels)
    assert sum(level.walks for level in found.levels) == number


def test_a_level_between_that_is_not_decided_widens_the_bracket() -> None:
    """5 of 18 pages late is neither within a quarter nor beyond it."""
    unclear = [*walks(200, 2, late=2), *walks(200, 1, late=1)]

    found = human([*walks(100, 3), *unclear, *walks(300, 3, late=6)])

    assert found.levels[1].band is Band.UNDECIDED
    assert (found.low_per_min, found.high_per_min) == (100, 300)


def test_a_load_that_changed_under_a_walk_widens_the_bracket() -> None:
    """Whether its pages met the load before or after the change, nobody knows."""
    rising = [replace(walk, least_per_min=200, most_per_min=400) for walk in walks(300, 3, late=6)]
    before = [replace(walk, least_per_min=80, most_per_min=200) for walk in walks(100, 3)]

    found = human([*before, *rising])

    assert (found.low_per_min, found.high_per_min) == (80, 400)


def test_a_busy_machine_can_acquit_the_shop_but_not_convict_it() -> None:
    """Our processor makes pages later, never earlier."""
    busy = [replace(walk, busy=True) for walk in [*walks(100, 3), *walks(200, 3, late=6)]]

    found = human(busy)

    assert [level.band for level in found.levels] == [Band.WITHIN, Band.OURS]
    assert (found.low_per_min, found.high_per_min) == (100, None)
    assert found.levels[1].broken == ("begins", "lcp")

    failing = [replace(walk, busy=True) for walk in walks(300, 4, failed=3)]
    assert human([*busy, *failing]).high_per_min == 300


def test_what_walks_in_the_wake_of_a_higher_load_does_not_count() -> None:
    """After a spike the queue is still full: that says nothing about the low load."""
    wake = [replace(walk, wake=True) for walk in walks(100, 3, late=6)]

    found = human([*walks(100, 3), *walks(400, 3, late=6), *wake])

    assert (found.low_per_min, found.high_per_min) == (100, 400)
    assert (found.walks, found.wake) == (6, 3)


def test_a_higher_load_that_was_fine_again_is_no_matter_of_load() -> None:
    """Slow at 200 and fast at 400: something else happened, so no load is named."""
    found = human([*walks(100, 3), *walks(200, 3, late=6), *walks(400, 3)])

    assert found.contradicted
    assert (found.low_per_min, found.high_per_min) == (None, None)


def test_pages_without_a_paint_are_not_fast_pages() -> None:
    """What was not measured is named, and success alone proves no speed."""
    bare = [Walk(100, True)] * 30
    found = human(bare)
    assert found.low_per_min is None
    assert found.unmeasured == ("begins", "lcp")

    only_begins = human([Walk(100, True, (FAST_MS,) * 6)] * 3)
    assert only_begins.low_per_min == 100
    assert only_begins.unmeasured == ("lcp",)


def test_too_few_walks_at_one_load_join_the_next_and_none_is_lost() -> None:
    """A ramp has each load once: neighbours make a level, whose ends bound what it shows."""
    ramp = [walk for rate in range(100, 108) for walk in walks(rate * 2, 1)]

    made = groups(ramp)

    assert [len(group) for group in made] == [3, 3, 2]
    assert [walk for group in made for walk in group] == ramp
    assert human(ramp).low_per_min == 206


def parts(walk: str, *loads: tuple[float, float], late: int = 0, pages: int = 6) -> list[Walk]:
    """Return the parts of one walk at loads from and to; `late` pages of each are slow."""
    times = (SLOW_MS,) * late + (FAST_MS,) * (pages - late)
    return [
        Walk((least + most) / 2, True, times, times, walk=walk, least_per_min=least,
             most_per_min=most)
        for least, most in loads
    ]  # fmt: skip


def test_parts_of_a_walk_are_one_walk() -> None:
    """One walk in three parts is no three walks, however many pages it had."""
    one = parts("a", (100, 100), (100, 100), (100, 100), pages=20)

    found = human(one)

    assert (found.walks, found.levels[0].walks, found.levels[0].begins) == (1, 1, 60)
    assert found.levels[0].band is Band.UNDECIDED


def test_a_part_between_two_known_loads_blurs_neither() -> None:
    """Each load has walks of its own: what met both says nothing that they do not say better."""
    own = [Walk(rate, True, times, times, least_per_min=rate, most_per_min=rate)
           for rate, late in ((100.0, 0), (200.0, 6)) for _ in range(4)
           for times in [(SLOW_MS,) * late + (FAST_MS,) * (6 - late)]]  # fmt: skip
    between = parts("a", (100, 200), late=3)

    found = human([*own, *between])

    assert (found.low_per_min, found.high_per_min) == (100, 200)
    assert [level.from_per_min for level in found.levels] == [100, 200]
    # Without enough at the higher load it counts there, and widens that level.
    few = human([*own[:4], *between, *own[4:6]])
    assert [(level.from_per_min, level.to_per_min) for level in few.levels] == [
        (100, 100),
        (100, 200),
    ]


@pytest.mark.parametrize(
    ("late", "band"), [((6, 6), Band.OUTSIDE), ((6, 2), Band.UNDECIDED), ((6,), Band.UNDECIDED)]
)
def test_in_overload_two_walks_are_enough_if_each_is_outside(
    late: tuple[int, ...], band: Band
) -> None:
    """A walk through an overloaded shop is long, so there are few: they must not spoil 100."""
    slow = [walk for number in late for walk in walks(200, 1, late=number)]

    found = human([*walks(100, 3), *slow])

    assert [level.band for level in found.levels] == [Band.WITHIN, band]
    assert found.low_per_min == 100
    assert found.high_per_min == (200 if band is Band.OUTSIDE else None)


def test_on_a_busy_machine_a_late_first_byte_is_the_shops() -> None:
    """Nothing is drawn before the first byte: a busy processor that draws late is no reason."""
    late = (SLOW_MS,) * 6
    drawn = [Walk(200, True, late, late, first_byte_ms=(FAST_MS,) * 6, busy=True)] * 3
    waited = [replace(walk, first_byte_ms=(3100.0,) * 6) for walk in drawn]

    assert human(drawn).levels[0].band is Band.OURS
    assert human(waited).levels[0].band is Band.OUTSIDE
    assert human(waited).levels[0].broken == ("begins", "lcp")


def test_the_truth_lies_in_the_bracket() -> None:
    """A made-up shop whose pages become late around a known load, walked up a ramp, 300 times.

    The share of late pages is 25 % at the true load. Pages of one walk share its luck
    half of the time. A bracket may miss the truth in about one of twenty runs.
    """
    draw = Random(11)
    decided = missed = 0
    for _ in range(300):
        truth = draw.uniform(200, 500)
        found = human(_ramp(draw, truth))
        if found.low_per_min is not None and found.low_per_min > truth:
            missed += 1
        if found.high_per_min is not None and found.high_per_min < truth:
            missed += 1
        decided += found.decided

    assert missed <= 15
    assert decided >= 240


def _ramp(draw: Random, truth: float) -> list[Walk]:
    made = []
    for rate in range(100, 700, 15):
        # A steep rise that passes 25 % at the truth.
        share = 1 / (1 + 3 * (truth / rate) ** 8)
        own = draw.random()
        late = [(own if draw.random() < 0.5 else draw.random()) < share for _ in range(6)]
        times = tuple(SLOW_MS if one else FAST_MS for one in late)
        made.append(Walk(float(rate), True, times, times))
    return made


def test_a_budget_that_cannot_be_is_refused() -> None:
    """A share is a ratio, not a percentage."""
    with pytest.raises(ValueError, match=r"slow_ratio 25 and failed_ratio 0\.05 must lie"):
        human([], Budget(slow_ratio=25))

"""What customers decide: repeatable, and in the proportions that the parameters name."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from scipy import stats

from demoshop.town.arrivals import Stream, gift_rate_per_s
from demoshop.town.decisions import Customer, Kind, decide
from demoshop.town.parameters import PARAMETERS

MANY = 6000


def crowd(seed: int, kind: Kind, count: int) -> list[Customer]:
    """Return the first customers of a kind."""
    return [decide(seed, kind, index, PARAMETERS) for index in range(count)]


def test_one_seed_makes_the_same_decisions_whatever_threads_do() -> None:
    """Decided in order or by a crowd of threads in any order: the same customers."""
    in_order = crowd(7, Kind.PAYMENT, 200)
    with ThreadPoolExecutor(8) as pool:
        backwards = list(
            pool.map(lambda i: decide(7, Kind.PAYMENT, i, PARAMETERS), reversed(range(200)))
        )

    assert backwards[::-1] == in_order


def test_another_seed_or_kind_decides_otherwise() -> None:
    """Seeds and kinds do not share their luck."""
    gaps = {tuple(c.gap for c in crowd(seed, kind, 5)) for seed in range(4) for kind in Kind}

    assert len(gaps) == 4 * len(Kind)


def test_decisions_are_pinned_so_that_an_old_run_can_be_repeated() -> None:
    """The generator's first answers stay what they are: a changed draw order shows here."""
    customer = decide(1, Kind.GIFT_CARD, 3, PARAMETERS)

    assert customer.email == "giftcard3.s1@town.example"
    assert (customer.posts, customer.writes_support, customer.challenged) == (True, False, False)
    assert customer.gap == pytest.approx(0.6082868620)
    assert customer.delay_s == pytest.approx(39.4735843267)
    assert customer.repost_after_s == pytest.approx((15.2698468606, 19.8101036434))


def test_seventeen_percent_post_and_two_percent_write_to_support() -> None:
    """Both shares lie inside an exact binomial interval of what was drawn."""
    customers = crowd(11, Kind.PAYMENT, MANY)
    posting = sum(c.posts for c in customers)
    writing = sum(c.writes_support for c in customers)

    for count, share in ((posting, 0.17), (writing, 0.02)):
        interval = stats.binomtest(count, MANY).proportion_ci(0.999, method="exact")
        assert interval.low < share < interval.high


def test_the_writing_delay_is_log_normal() -> None:
    """Median 50 s, sigma 0.3: compared with scipy's distribution."""
    delays = [c.delay_s for c in crowd(5, Kind.AUTOPAY, MANY)]

    fit = stats.kstest(delays, stats.lognorm(s=0.3, scale=50.0).cdf)

    assert fit.pvalue > 0.001


def test_arrivals_are_poisson() -> None:
    """The gaps are exponential with mean one, and do not depend on each other."""
    gaps = [c.gap for c in crowd(3, Kind.BROWSER, MANY)]

    assert stats.kstest(gaps, stats.expon.cdf).pvalue > 0.001
    assert abs(stats.pearsonr(gaps[:-1], gaps[1:]).statistic) < 4 / math.sqrt(MANY)


def test_reposts_come_in_the_numbers_named() -> None:
    """About 0.3 of posts are reposted, 1 to 4 times, after 2 to 20 s."""
    reposts = [c.repost_after_s for c in crowd(2, Kind.PAYMENT, MANY)]
    reposted = [after for after in reposts if after]

    interval = stats.binomtest(len(reposted), MANY).proportion_ci(0.999, method="exact")
    assert interval.low < 0.3 < interval.high
    assert {len(after) for after in reposted} == {1, 2, 3, 4}
    assert all(2 <= s <= 20 for after in reposted for s in after)


@pytest.mark.parametrize("step_s", [0.05, 0.4, 5.0])
def test_a_changing_rate_changes_when_they_come_not_who(step_s: float) -> None:
    """However finely the clock ticks, the same customers come, at the rate of the moment."""
    stream = Stream(9, Kind.GIFT_CARD, PARAMETERS)
    calm = [c for _ in range(int(400 / step_s)) for c in stream.advance(1.5 * step_s)]
    rush = [c for _ in range(int(100 / step_s)) for c in stream.advance(24.0 * step_s)]

    assert [c.index for c in calm + rush] == list(range(len(calm) + len(rush)))
    for count, want in ((len(calm), 600), (len(rush), 2400)):
        assert stats.poisson.cdf(count, want) > 0.0005
        assert stats.poisson.sf(count - 1, want) > 0.0005


def test_the_campaign_crowd_grows_over_six_seconds() -> None:
    """From the ordinary 1.5 a second to 30, and not beyond."""
    rates = [gift_rate_per_s(PARAMETERS, since) for since in (None, 0.0, 3.0, 6.0, 500.0)]

    assert rates == pytest.approx([1.5, 1.5, 15.75, 30.0, 30.0])

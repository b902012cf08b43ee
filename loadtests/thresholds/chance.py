"""Whether more is bad than chance explains: exact where it matters, at few visits.

A limit is called broken only if what was seen would come about in at most 1 run of 40 had the
shop just kept it, all windows of a run together (Bonferroni). Wilson's interval alone would call
one slow visit among ten a broken p99; the exact binomial tail (Clopper and Pearson 1934,
doi:10.1093/biomet/26.4.404) does not.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p
from statistics import NormalDist

from forepost.analysis.availability import wilson

ONE_SIDE = 0.025  # beyond one end of a 95 % interval
_EXACT_TO = 300  # beyond so many bad ones Wilson's interval is exact enough
_HALVINGS = 40
_NEGLIGIBLE = 1e-15  # of a sum: what follows is less than its rounding


@lru_cache(maxsize=4096)
def reach(looks: int) -> float:
    """Return how many standard deviations one of several looks must lie off."""
    return NormalDist().inv_cdf(1 - ONE_SIDE / max(1, looks))


def surely_above(bad: int, n: int, allowed: float, looks: int = 1) -> bool:
    """Return whether a share of `bad` in `n` is above what is allowed, by more than chance.

    Shape:   `allowed` as a ratio; `looks` is how many windows are judged together.
    """
    if bad == 0 or bad <= allowed * n:
        return False
    if allowed <= 0:
        return True
    if wilson(bad, n, reach(looks))[0] <= allowed:
        return False
    return bad > _EXACT_TO or tail(bad, n, allowed) <= ONE_SIDE / max(1, looks)


def tail(bad: int, n: int, ratio: float) -> float:
    """Return the probability of at least `bad` in `n`, each with that ratio (0 < ratio < 1).

    It is summed from `bad` upwards: one minus the sum below would lose small probabilities, and
    its first term would be 0 in floating point where almost everything is bad.
    """
    if bad <= n * ratio:  # below the middle the other tail is the short one
        return 1.0 if bad == 0 else 1 - tail(n - bad + 1, n, 1 - ratio)
    chances = lgamma(n + 1) - lgamma(bad + 1) - lgamma(n - bad + 1)
    one = exp(chances + bad * log(ratio) + (n - bad) * log1p(-ratio))
    odds, above = ratio / (1 - ratio), 0.0
    for k in range(bad, n + 1):
        above += one
        if one < above * _NEGLIGIBLE:
            break
        one *= (n - k) / (k + 1) * odds
    return min(1.0, above)


def lowest(bad: int, n: int, looks: int = 1) -> float:
    """Return the lowest share that is not surely exceeded: the low end of the interval."""
    below, above = 0.0, bad / n
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        if surely_above(bad, n, middle, looks):
            below = middle
        else:
            above = middle
    return below

"""What an incident costs in people and posts; and how many people stand behind posts."""

from collections.abc import Iterable
from datetime import datetime
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from forepost.analysis.beta import beta_quantiles
from forepost.analysis.prior import POSTING, Prior
from forepost.model import Estimate, FlowRun
from forepost.model.proof import counts

LEVEL = 0.90  # of every interval here; the tests hold simulated incidents against it
JEFFREYS = 0.5
NODES = 41  # quantile midpoints that stand for a distribution
EXACT_TO = 20_000  # beyond, the noise of single customers no longer shows beside the share's
SEEN_EXACT_TO = 200  # beyond that many posts the sums run on a coarser scale
REACH = 40  # the sums end at that many times the likeliest number of customers


def failure_share(runs: Iterable[FlowRun], since: datetime, until: datetime) -> tuple[int, int]:
    """Return (failed, worked) of the runs that started in the span and count."""
    inside = [run for run in runs if counts(run) and since <= run.started_at <= until]
    failed = sum(not run.outcome.worked for run in inside)
    return failed, len(inside) - failed


def affected(
    attempts_per_minute: float, minutes: float, failed: int, worked: int, *, level: float = LEVEL
) -> Estimate:
    """Return how many customers met the failure.

    Shape:   one incident: `failed` and `worked` probe runs from onset to recovery, in which
             real customers made `attempts_per_minute`.
    Units:   customers; `minutes` from onset to close (or now).
    Returns: attempts × the mean of the share that fails, Beta(failed + 1/2, worked + 1/2);
             the interval joins that share's spread with the Poisson spread of the attempts.
             With few runs it is wide, and should be.
    Raises:  ValueError if a rate, a time or a count is negative.
    Source:  Jeffreys interval: Brown, Cai, DasGupta 2001, doi:10.1214/ss/1009213286.
    """
    if min(attempts_per_minute, minutes, failed, worked) < 0:
        raise ValueError(
            f"affected: {attempts_per_minute:g} a minute, {minutes:g} min, {failed} failed, "
            f"{worked} worked: none may be below 0"
        )
    a, b = failed + JEFFREYS, worked + JEFFREYS
    attempts = attempts_per_minute * minutes
    means = attempts * beta_quantiles(a, b, midpoints(NODES))
    # The square root of a Poisson count has nearly the same spread, 1/2, whatever its mean.
    spread = np.maximum(np.sqrt(means)[:, None] + normal(midpoints(NODES)) / 2, 0.0) ** 2
    low, high = np.quantile(spread, tails(level))
    return Estimate(attempts * a / (a + b), float(low), float(high), level)


def expected_posts(
    customers: Estimate | float, prior: Prior = POSTING, *, level: float = LEVEL
) -> Estimate:
    """Return how many of the affected customers will post.

    Shape:   `customers` as a known number, or as an Estimate whose spread is carried along.
    Units:   original posts, whether or not they are ever collected.
    Returns: mean × customers; the interval is that of BetaBinomial(customers, a, b), mixed
             over what the number of customers may be.
    Raises:  ValueError if customers are negative.
    """
    known = customers if isinstance(customers, Estimate) else exactly(customers)
    if known.value < 0:
        raise ValueError(f"expected_posts: {known.value:g} customers: must not be below 0")
    shares = midpoints(NODES)
    sizes = [known.value] if known.low == known.high else plausible(known, shares)
    posts = np.concatenate([beta_binomial_quantiles(size, prior, shares) for size in sizes])
    low, high = (
        beta_binomial_quantiles(known.value, prior, tails(level))
        if len(sizes) == 1
        else np.quantile(posts, tails(level))
    )
    return Estimate(prior.mean * known.value, float(low), float(high), level)


def inverse(posts_seen: int, prior: Prior = POSTING, *, level: float = LEVEL) -> Estimate | None:
    """Return how many customers stand behind the posts seen.

    Shape:   distinct authors' original posts. For posts that only some collectors see,
             give `POSTING.seen(RECALL)`.
    Returns: the median, with its interval, of P(A | X) ∝ 1/A × BetaBinomial(X; A, a, b).
             The mean is X (a + b - 1) / (a - 1). None for no posts: that cannot tell.
    Raises:  ValueError if posts_seen is negative.
    """
    if posts_seen < 0:
        raise ValueError(f"inverse: {posts_seen} posts seen: must not be below 0")
    if posts_seen == 0:
        return None
    scale = max(1.0, posts_seen / SEEN_EXACT_TO)
    seen = round(posts_seen / scale)
    most = max(1000, int(seen / prior.mean * REACH))
    people = np.arange(seen, most, dtype=float)
    # P(A + 1) / P(A), written out: the gamma functions cancel.
    steps = (people / (people + 1 - seen)) * (
        (prior.b + people - seen) / (prior.a + prior.b + people)
    )
    logs = np.concatenate(([0.0], np.cumsum(np.log(steps))))[: len(people)]
    reached = np.cumsum(np.exp(logs - logs.max()))
    wanted = np.array([0.5, *tails(level)]) * reached[-1]
    middle, low, high = people[np.searchsorted(reached, wanted)] * scale
    return Estimate(float(middle), float(low), float(high), level)


def exactly(value: float) -> Estimate:
    """Return a known number as an estimate without spread."""
    return Estimate(value, value, value, 1.0)


def midpoints(n: int) -> list[float]:
    """Return n shares that cut 0 to 1 evenly: one value of each slice stands for it."""
    return [(i + 0.5) / n for i in range(n)]


def tails(level: float) -> list[float]:
    """Return the shares below and above which (1 - level) / 2 lies.

    Raises: ValueError unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level: {level:g} lies outside 0 to 1, for example 0.9")
    return [(1 - level) / 2, (1 + level) / 2]


def normal(shares: list[float]) -> NDArray[np.float64]:
    """Return the quantiles of the standard normal distribution."""
    return np.array([NormalDist().inv_cdf(share) for share in shares])


def plausible(customers: Estimate, shares: list[float]) -> list[float]:
    """Return numbers of customers that stand for an estimate with its interval.

    The two halves of the interval are taken as halves of normal curves on the scale of the
    square root, where counts have an even spread.
    """
    reach = NormalDist().inv_cdf((1 + customers.level) / 2)
    middle = np.sqrt(customers.value)
    below = max(0.0, middle - np.sqrt(max(0.0, customers.low))) / reach
    above = max(0.0, np.sqrt(customers.high) - middle) / reach
    at = normal(shares)
    roots = middle + np.where(at < 0, below, above) * at
    return [float(root) ** 2 for root in np.maximum(roots, 0.0)]


def beta_binomial_quantiles(
    customers: float, prior: Prior, shares: list[float]
) -> NDArray[np.float64]:
    """Return the least numbers of posts that hold the probabilities `shares`."""
    size = min(round(customers), EXACT_TO)
    if size == 0:
        return np.zeros(len(shares))
    k = np.arange(size, dtype=float)
    # P(k + 1) / P(k), written out: the binomials and gamma functions cancel.
    steps = (size - k) / (k + 1) * (prior.a + k) / (prior.b + size - k - 1)
    logs = np.concatenate(([0.0], np.cumsum(np.log(steps))))
    reached = np.cumsum(np.exp(logs - logs.max()))
    least = np.searchsorted(reached, np.asarray(shares) * reached[-1])
    return np.asarray(least * max(1.0, round(customers) / size), dtype=float)

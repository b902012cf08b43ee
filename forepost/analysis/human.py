"""At which load a person's checkout leaves its budget, by browser probes that walked in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, fsum, lgamma, log, log1p

from forepost.analysis.page_load import BUDGET_MS
from forepost.analysis.walks import MIN_WALKS, Walk, apart, count, groups

SURE_WALKS = 2  # so many make one all the same, if each by itself is beyond its budget
RISK = 0.025  # of a word that chance alone would give, each way

Counted = tuple[int, int]  # how many are late, of how many


@dataclass(frozen=True, slots=True)
class Budget:
    """What a person should get.

    Units:  milliseconds; shares of pages and of walks that may be beyond it.
    Source: LCP is good up to 2.5 s at the 75th percentile (web.dev/articles/lcp); 3 s until a
            page begins to load: see page_load.BUDGET_SOURCE.
    """

    begins_ms: float = BUDGET_MS
    lcp_ms: float = 2500.0
    slow_ratio: float = 0.25
    failed_ratio: float = 0.05


class Band(StrEnum):
    """Where a level lies."""

    WITHIN = "within"
    OUTSIDE = "outside"
    OURS = "outside, perhaps by our own machine"
    UNDECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Level:
    """Walks at one offered load, or at neighbouring ones where single loads had too few."""

    from_per_min: float
    to_per_min: float
    walks: int
    failed: int
    begins: int  # pages whose begin was measured
    begins_late: int
    lcps: int
    lcps_late: int
    busy: int  # walks on a busy machine
    band: Band
    broken: tuple[str, ...] = ()  # what was beyond its budget: "success", "begins", "lcp"
    means_per_min: tuple[float, float] | None = None  # least and most of its walks' mean loads
    begins_ms: tuple[float, ...] = ()
    lcp_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Human:
    """A bracket: within the budget at `low`, outside it at `high`; None where not decided.

    It holds if more load never makes the shop faster. Beyond the loads that were walked it
    says nothing.
    """

    low_per_min: float | None
    high_per_min: float | None
    levels: tuple[Level, ...]  # by rising load
    walks: int  # that count; those in the wake of a higher load do not
    wake: int
    contradicted: bool = False  # a higher load was within: it is not the load alone
    unmeasured: tuple[str, ...] = field(default=())  # "begins", "lcp": no page had it
    capped: int = 0  # walks that had no leave to pay: not in `walks`

    @property
    def decided(self) -> bool:
        """Whether both ends are known."""
        return self.low_per_min is not None and self.high_per_min is not None


def human(walks: Iterable[Walk], budget: Budget | None = None) -> Human:
    """Return between which offered loads a person's walk leaves its budget.

    Shape:   walks in any order. A level is OUTSIDE when more are beyond a budget than it
             allows, by more than chance (exact binomial test, one-sided, 2.5 %): of a page on
             a busy machine only its first byte counts here. With fewer than MIN_WALKS walks
             each of them must be beyond it by itself. It is WITHIN when by the same test fewer
             pages are late than allowed (at least MIN_PAGES), and of at least MIN_WALKS walks
             no more failed than allowed. Walks that had no leave to pay are left out and
             counted: they met only the first pages, and whether paying worked is unknown.
    Units:   arrivals a minute.
    Returns: low is the lowest load of the last level WITHIN, high the highest load of the
             first level OUTSIDE: nothing between or beyond is claimed.
    Raises:  ValueError for a budget whose ratios do not lie between 0 and 1.
    """
    rule = budget or Budget()
    if not (0 < rule.slow_ratio < 1 and 0 < rule.failed_ratio < 1):
        raise ValueError(
            f"budget: slow_ratio {rule.slow_ratio:g} and failed_ratio {rule.failed_ratio:g} "
            "must lie between 0 and 1"
        )
    told = list(walks)
    every = [walk for walk in told if not walk.capped]
    fresh = sorted((w for w in every if not w.wake), key=lambda walk: walk.offered_per_min)
    levels = tuple(_level(group, rule) for group in groups(fresh))
    first_out = next((n for n, level in enumerate(levels) if level.band is Band.OUTSIDE), None)
    below = levels if first_out is None else levels[:first_out]
    within = [level.from_per_min for level in below if level.band is Band.WITHIN]
    odd = first_out is not None and any(
        level.band is Band.WITHIN for level in levels[first_out + 1 :]
    )
    return Human(
        low_per_min=None if odd else max(within, default=None),
        high_per_min=None if odd or first_out is None else levels[first_out].to_per_min,
        levels=levels,
        walks=count(fresh),
        wake=count(every) - count(fresh),
        contradicted=odd,
        unmeasured=tuple(
            name
            for name, there in (
                ("begins", any(walk.begins_ms for walk in fresh)),
                ("lcp", any(walk.lcp_ms for walk in fresh)),
            )
            if fresh and not there
        ),
        capped=count(told) - count(every),
    )


def _level(walks: Sequence[Walk], budget: Budget) -> Level:
    begins_late, begins = _late((walk.begins_ms for walk in walks), budget.begins_ms)
    lcps_late, lcps = _late((walk.lcp_ms for walk in walks), budget.lcp_ms)
    band, broken = _band(walks, budget)
    return Level(
        from_per_min=min(
            walk.offered_per_min if walk.least_per_min is None else walk.least_per_min
            for walk in walks
        ),
        to_per_min=max(
            walk.offered_per_min if walk.most_per_min is None else walk.most_per_min
            for walk in walks
        ),
        walks=count(walks),
        failed=count(walk for walk in walks if not walk.worked),
        begins=begins,
        begins_late=begins_late,
        lcps=lcps,
        lcps_late=lcps_late,
        busy=count(walk for walk in walks if walk.busy),
        band=band,
        broken=broken,
        means_per_min=(walks[0].offered_per_min, walks[-1].offered_per_min),
        begins_ms=tuple(time for walk in walks for time in walk.begins_ms),
        lcp_ms=tuple(time for walk in walks for time in walk.lcp_ms),
    )


def _band(walks: Sequence[Walk], budget: Budget) -> tuple[Band, tuple[str, ...]]:
    """Return where a level lies, and what was beyond its budget there."""
    out = _beyond(walks, budget)
    if out and _sure(walks, budget):
        return Band.OUTSIDE, out
    # A busy machine makes pages later, never earlier: what is in time on it is in time.
    begins = _late((walk.begins_ms for walk in walks), budget.begins_ms)
    lcps = _late((walk.lcp_ms for walk in walks), budget.lcp_ms)
    ours = _more_late(begins, lcps, budget)
    if ours and not out:
        return Band.OURS, ours
    failed = count(walk for walk in walks if not walk.worked)
    enough = count(walks) >= MIN_WALKS and failed <= budget.failed_ratio * count(walks)
    return (Band.WITHIN if enough and _in_time(begins, lcps, budget) else Band.UNDECIDED), ()


def _sure(walks: Sequence[Walk], budget: Budget) -> bool:
    """Whether there are walks enough, or two of which each is beyond the budget by itself."""
    if count(walks) >= MIN_WALKS:
        return True
    alone = [not all(w.worked for w in own) or _beyond(own, budget) for own in apart(walks)]
    return len(alone) >= SURE_WALKS and all(alone)


def _beyond(walks: Sequence[Walk], budget: Budget) -> tuple[str, ...]:
    """Return what is surely beyond its budget, more often than allowed."""
    begins = _late((walk.sure_begins_ms for walk in walks), budget.begins_ms)
    lcps = _late((walk.sure_lcp_ms for walk in walks), budget.lcp_ms)
    slow = _more_late(begins, lcps, budget)
    failed = count(walk for walk in walks if not walk.worked)
    return ("success", *slow) if more(failed, count(walks), budget.failed_ratio) else slow


def _more_late(begins: Counted, lcps: Counted, budget: Budget) -> tuple[str, ...]:
    """Return which page figures are late more often than allowed."""
    pairs = (("begins", begins), ("lcp", lcps))
    return tuple(name for name, late in pairs if more(*late, budget.slow_ratio))


def _in_time(begins: Counted, lcps: Counted, budget: Budget) -> bool:
    """Whether every page figure that was measured is late less often than allowed."""
    measured = [late for late in (begins, lcps) if late[1]]
    return bool(measured) and all(fewer(*late, budget.slow_ratio) for late in measured)


def _late(pages_ms: Iterable[tuple[float, ...]], limit_ms: float) -> Counted:
    """Return how many pages took longer than the limit, and how many there are."""
    times = [time for pages in pages_ms for time in pages]
    return sum(time > limit_ms for time in times), len(times)


def more(bad: int, of: int, allowed_ratio: float) -> bool:
    """Whether more are bad than allowed, by more than chance: P(X >= bad) < RISK."""
    return of > 0 and _between(bad, of, of, allowed_ratio) < RISK


def fewer(bad: int, of: int, allowed_ratio: float) -> bool:
    """Whether fewer are bad than allowed, by more than chance: P(X <= bad) < RISK."""
    return of > 0 and _between(0, bad, of, allowed_ratio) < RISK


def _between(first: int, last: int, of: int, ratio: float) -> float:
    """Return the probability that of `of` draws `first` to `last` are bad (binomial)."""
    whole = lgamma(of + 1)
    return fsum(
        exp(
            whole - lgamma(bad + 1) - lgamma(of - bad + 1)
            + bad * log(ratio) + (of - bad) * log1p(-ratio)
        )
        for bad in range(first, last + 1)
    )  # fmt: skip

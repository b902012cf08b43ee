"""When pages begin to load, by bucket; None where nothing was measured."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from forepost.model import FlowRun, Outcome, PageTiming

BUDGET_MS = 3000.0
BUDGET_SOURCE = (
    "40 % of consumers wait no more than 3 s for a page to begin loading (comScore 2012, as cited "
    "by the FireScope white paper; the same figure is a stated preference in a survey of 2009)"
)


@dataclass(frozen=True, slots=True)
class PageLoad:
    """The pages of one bucket: 75th percentile and the share beyond the budget."""

    bucket_at: datetime
    pages: int
    p75_begins_ms: float | None  # first paint, else first byte
    p75_load_ms: float | None
    over_budget_ratio: float | None


def page_load(
    runs: Iterable[FlowRun],
    since: datetime,
    until: datetime,
    bucket_s: int,
    *,
    budget_ms: float = BUDGET_MS,
) -> list[PageLoad]:
    """Return one entry for every bucket of the span, by the start of the runs.

    Shape:   buckets lie on multiples of `bucket_s` since 1970. Broken and contended runs
             are left out: their times are this machine's. Runs during a load test are in:
             that is what a load test is looked at for; leave them out of `runs` if not.
    Units:   milliseconds; the ratio from 0.0 to 1.0.
    Returns: None where nothing was measured: no page is not a fast page.
    Raises:  ValueError if bucket_s <= 0.
    """
    if bucket_s <= 0:
        raise ValueError(f"bucket_s: {bucket_s} is not a length of time; give seconds above 0")
    first = int(since.timestamp() // bucket_s)
    last = int(np.ceil(until.timestamp() / bucket_s))
    pages: dict[int, list[PageTiming]] = {index: [] for index in range(first, last)}
    for run in runs:
        index = int(run.started_at.timestamp() // bucket_s)
        if index in pages and run.outcome is not Outcome.BROKEN and not run.contended:
            pages[index] += [page for step in run.steps for page in step.pages]
    return [
        summary(datetime.fromtimestamp(index * bucket_s, UTC), found, budget_ms)
        for index, found in pages.items()
    ]


def summary(bucket_at: datetime, pages: list[PageTiming], budget_ms: float) -> PageLoad:
    """Return the figures of the pages of one bucket."""
    begins = [page.begins_ms for page in pages if page.begins_ms is not None]
    loads = [page.load_ms for page in pages if page.load_ms is not None]
    over = sum(begun > budget_ms for begun in begins)
    return PageLoad(
        bucket_at=bucket_at,
        pages=len(begins),
        p75_begins_ms=float(np.percentile(begins, 75)) if begins else None,
        p75_load_ms=float(np.percentile(loads, 75)) if loads else None,
        over_budget_ratio=over / len(begins) if begins else None,
    )

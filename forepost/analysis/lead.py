"""Who was first over all incidents: counts, chances and the mean lead, all of them told.

The median lead over the incidents that were won is not offered: it looks good whatever is
lost (survivor bias).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from forepost.analysis.availability import wilson
from forepost.model import Estimate, IncidentKind, Story

HORIZON_S = 240 * 60.0
TIE_S = 1.0  # some sources cut the time of a post to whole seconds
Z95 = 1.959963984540054
LEVEL = 0.95
RESAMPLES = 2000
SEED = 20_261_101


class LeadClass(StrEnum):
    """How one incident ended; the five together are all incidents."""

    FIRST = "first"  # we told before the first complaint
    TIE = "tie"  # in the same moment: not counted as first
    LATE = "late"  # a customer was first
    MISSED = "missed"  # customers posted, probes never told within the horizon
    SILENT = "silent"  # nobody posted


@dataclass(frozen=True, slots=True)
class Lead:
    """The ledger's summary.

    The two mean leads bracket the truth: incidents in which nobody posted are taken as
    unknown after recovery (`censored`), and as quiet until the horizon (`quiet`).
    """

    counts: dict[LeadClass, int]
    p_first: Estimate | None  # of the incidents that anybody posted about; None: there is none
    mean_lead_censored_s: Estimate
    mean_lead_quiet_s: Estimate
    horizon_s: float

    @property
    def n(self) -> int:
        """How many incidents it tells of."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from onset, one row an incident, none beyond the horizon."""

    alert: NDArray[np.float64]
    complaint: NDArray[np.float64]  # where silent: when watching for one ended
    silent: NDArray[np.bool_]


def lead(
    stories: Sequence[Story],
    now: datetime,
    *,
    horizon_s: float = HORIZON_S,
    tie_s: float = TIE_S,
    resamples: int = RESAMPLES,
) -> Lead | None:
    """Return who was first, from all stories of the ledger.

    Shape:   any number of stories, in any order.
    Units:   seconds; times are cut at `horizon_s` after onset, so the mean leads lie between
             -horizon_s and horizon_s. Negative: customers are first on the mean.
    Returns: restricted mean leads, E[min(T_complaint, h)] - E[min(T_alert, h)], by
             Kaplan-Meier, with bootstrap intervals over incidents (95 %, fixed seed); the
             chance of being first with its Wilson interval. None without any story.
    Raises:  ValueError if horizon_s <= 0 or tie_s < 0.
    Source:  Kaplan, Meier 1958, doi:10.1080/01621459.1958.10501452; restricted means:
             Royston, Parmar 2013, doi:10.1186/1471-2288-13-152.
    """
    if horizon_s <= 0 or tie_s < 0:
        raise ValueError(f"horizon_s {horizon_s:g} must be above 0 and tie_s {tie_s:g} not below")
    if not stories:
        return None
    counts = dict.fromkeys(LeadClass, 0)
    for story in stories:
        counts[classify(story, horizon_s, tie_s)] += 1
    told = len(stories) - counts[LeadClass.SILENT]
    times = measured(stories, now, horizon_s)
    return Lead(
        counts=counts,
        p_first=share(counts[LeadClass.FIRST], told) if told else None,
        mean_lead_censored_s=mean_lead(times, times.silent, horizon_s, resamples),
        mean_lead_quiet_s=mean_lead(
            Times(times.alert, np.where(times.silent, horizon_s, times.complaint), times.silent),
            np.zeros(len(stories), dtype=bool),
            horizon_s,
            resamples,
        ),
        horizon_s=horizon_s,
    )


def classify(story: Story, horizon_s: float = HORIZON_S, tie_s: float = TIE_S) -> LeadClass:
    """Return which of the five a story is."""
    incident = story.incident
    if story.first_complaint_at is None:
        return LeadClass.SILENT
    waited_s = (incident.opened_at - incident.onset_at).total_seconds()
    if incident.kind is not IncidentKind.PROBE or waited_s > horizon_s:
        return LeadClass.MISSED
    lead_s = (story.first_complaint_at - incident.opened_at).total_seconds()
    if abs(lead_s) <= tie_s:
        return LeadClass.TIE
    return LeadClass.FIRST if lead_s > 0 else LeadClass.LATE


def share(hits: int, n: int) -> Estimate:
    """Return a share with its Wilson interval."""
    low, high = wilson(hits, n, Z95)
    return Estimate(hits / n, low, high, LEVEL)


def measured(stories: Sequence[Story], now: datetime, horizon_s: float) -> Times:
    """Return the times from onset, cut at the horizon."""

    def cut(story: Story, at: datetime) -> float:
        since_s = (at - story.incident.onset_at).total_seconds()
        return min(max(since_s, 0.0), horizon_s)

    missed = [story.incident.kind is not IncidentKind.PROBE for story in stories]
    return Times(
        alert=np.array(
            [
                horizon_s if unseen else cut(story, story.incident.opened_at)
                for story, unseen in zip(stories, missed, strict=True)
            ]
        ),
        complaint=np.array(
            [
                cut(story, story.first_complaint_at or story.incident.closed_at or now)
                for story in stories
            ]
        ),
        silent=np.array([story.first_complaint_at is None for story in stories]),
    )


def mean_lead(
    times: Times, censored: NDArray[np.bool_], horizon_s: float, resamples: int
) -> Estimate:
    """Return the restricted mean lead with its bootstrap interval over incidents."""

    def of(rows: NDArray[np.int64]) -> float:
        until = restricted_mean(times.complaint[rows], censored[rows], horizon_s)
        return until - float(times.alert[rows].mean())

    n = len(times.alert)
    drawn = np.random.default_rng(SEED).integers(0, n, (resamples, n))
    low, high = np.quantile([of(rows) for rows in drawn], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(of(np.arange(n)), float(low), float(high), LEVEL)


def restricted_mean(
    times_s: NDArray[np.float64], censored: NDArray[np.bool_], horizon_s: float
) -> float:
    """Return E[min(T, horizon)] by Kaplan-Meier: the area under the survival curve.

    Returns: where the last times are censored the curve stays as it is up to the horizon.
    """
    order = np.lexsort((censored, times_s))  # at the same time events come before censoring
    at, event = times_s[order], ~censored[order]
    left = len(at) - np.arange(len(at))
    survival = np.cumprod(np.where(event, 1 - 1 / left, 1.0))
    edges = np.concatenate(([0.0], at, [horizon_s]))
    heights = np.concatenate(([1.0], survival))
    return float(np.sum(heights * np.diff(edges)))

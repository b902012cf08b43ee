"""Who knew first, over all stories of a report: the analysis, in the report's own values."""

from collections.abc import Sequence
from datetime import datetime

from forepost.analysis.lead import LeadClass, lead
from forepost.model import Story
from reports.data import LeadFigures, Share


def lead_figures(stories: Sequence[Story], horizon_s: float, until: datetime) -> LeadFigures | None:
    """Return the five counts, the chance of being first and the mean leads; None without any."""
    found = lead(stories, until, horizon_s=horizon_s)
    if found is None:
        return None
    count = found.counts[LeadClass.FIRST]
    told = found.n - found.counts[LeadClass.SILENT]
    chance = found.p_first
    first = None if chance is None else Share(count, told, chance.value, chance.low, chance.high)
    return LeadFigures(
        classes={str(name): number for name, number in found.counts.items()},
        first=first,
        mean_s=found.mean_lead_censored_s,
        mean_if_silent_s=found.mean_lead_quiet_s,
        horizon_s=found.horizon_s,
    )

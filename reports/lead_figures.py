"""Who knew first, over all stories of a report: the five classes and the restricted mean lead."""

from collections.abc import Sequence
from datetime import datetime

from forepost.model import IncidentKind, Story
from reports.data import LeadFigures
from reports.figures import share

CLASSES = ("first", "tie", "late", "missed", "silent")


def lead_class(story: Story, horizon_s: float) -> str:
    """Return the class of one story; a complaint beyond the horizon counts as silence."""
    lead_s = story.lead_time_s
    if story.incident.kind is IncidentKind.COMPLAINTS:
        return "missed"
    if lead_s is None or lead_s > horizon_s:
        return "silent"
    return "first" if lead_s > 0 else "late" if lead_s < 0 else "tie"


def lead_figures(stories: Sequence[Story], horizon_s: float, until: datetime) -> LeadFigures | None:
    """Return the figures over every story that began before `until`; None without any."""
    told = [story for story in stories if story.incident.onset_at <= until]
    if not told:
        return None
    found = [lead_class(story, horizon_s) for story in told]
    classes = {name: found.count(name) for name in CLASSES}
    return LeadFigures(
        classes=classes,
        first=share(classes["first"], len(told) - classes["silent"]),
        mean_s=None,
        mean_if_silent_s=None,
        horizon_s=horizon_s,
    )

"""How many requests a visit really sent, read from a former run of the same campaign (pure).

A flow that looks again until something has changed sends more than one request an endpoint, and
how many is known to the run only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forepost.model import LoadCell, LoadRun
from loadtests.campaign import Campaign
from loadtests.cells import WHOLE, WHOLE_STEP
from loadtests.flow_share import FlowShare

_TRIED = 5  # runs that are read: what lies further back may have been another campaign


@dataclass(frozen=True, slots=True)
class Former:
    """What the visits of a former run sent. A redirect belongs to its request."""

    run: str
    started_at: datetime
    per_visit: Mapping[str, float]  # flow → requests a visit that was done


def former(
    campaign: Campaign, runs: Sequence[LoadRun], cells: Callable[[str], Sequence[LoadCell]]
) -> Former | None:
    """Return what the latest run of a campaign tells; None if none tells anything.

    Shape: `runs` in order of time, of any campaign; `cells` returns those of a run. A run that
           is invalid, or has no verdict, tells nothing.
    """
    own = [run for run in runs if run.campaign == campaign.name and run.verdict]
    for run in reversed([run for run in own if run.verdict != "invalid"][-_TRIED:]):
        found = cells(run.id)
        each = {flow.name: _per_visit(flow, found) for flow in campaign.flows.values()}
        known = {name: number for name, number in each.items() if number is not None}
        if known:
            return Former(run.id, run.started_at, known)
    return None


def _per_visit(flow: FlowShare, cells: Sequence[LoadCell]) -> float | None:
    """Return the mean of a flow; None if no visit was done, or the flow asked for other things.

    Read from seconds all of whose visits were done: one that failed half way has sent less.
    """
    own = [cell for cell in cells if cell.flow == flow.name]
    whole = [cell for cell in own if cell.endpoint == WHOLE and cell.started]
    done = {cell.second for cell in whole if cell.done == cell.started}
    sent = [cell for cell in own if cell.endpoint not in (WHOLE, WHOLE_STEP)]
    visits = sum(cell.started for cell in whole if cell.second in done)
    if not visits or {cell.endpoint for cell in sent} - {*flow.endpoints}:
        return None
    return sum(cell.started for cell in sent if cell.second in done) / visits

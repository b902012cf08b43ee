"""What the share of runs that worked rests on, and why there may be none."""

from forepost.model import FlowRun
from forepost.model.proof import capped
from reports import words
from reports.data import CAPPED, FlowSection, ReportData

CAP = "a cap or the kill switch"


def state_of(run: FlowRun) -> str:
    """Return as what a run is shown: by its outcome, but for one that had no leave to pay."""
    return CAPPED if capped(run) else run.outcome


def unknown(flow: FlowSection) -> str:
    """Say why a flow with runs has no share; empty if it has one, or never measured."""
    if flow.availability is not None:
        return ""
    if flow.capped and flow.planned.excluded:
        return "unknown: all in planned work or ended before they paid"
    if flow.capped:
        return "unknown: all ended before they paid"
    return "unknown: all in planned work" if flow.planned.excluded else ""


def beside(flow: FlowSection) -> list[str]:
    """Return what must stand beside a flow's share, shortest first."""
    said = []
    if flow.unpaid and flow.availability is not None:
        some = flow.unpaid < flow.availability.count
        whose = f"{words.number(flow.unpaid)} of them " if some else ""
        said.append(f"{whose}up to payment: this shop is never paid")
    if flow.coverage is not None:
        said.append(f"seen {words.percent(flow.coverage, 0)} of the period")
    if flow.capped:
        said.append(
            f"{words.counted(flow.capped, 'run')} not counted: ended before paying by {CAP}"
        )
    return said


def unproved(data: ReportData) -> list[str]:
    """Return the flows of which only the steps before payment are known, as people say them."""
    return [
        words.label(flow.name) for flow in data.flows if flow.capped and flow.availability is None
    ]


def doubts(data: ReportData) -> list[str]:
    """Say which flows nobody knows to work at the end of the period, for want of leave to pay."""
    said = []
    if never := unproved(data):
        work = words.plural(len(never), "works", "work")
        said.append(
            f"whether {words.listed(never)} {work} is unknown: every run ended before it paid"
        )
    for flow in data.flows:
        if flow.proved_until is not None:
            since = words.moment(flow.proved_until, data.zone, dated=data.dated)
            said.append(
                f"whether {words.label(flow.name)} works is unknown since {since}: no run has paid"
            )
    return said


def gaps(data: ReportData) -> list[str]:
    """Say flow by flow what was not proved for want of leave to pay, or is never tried."""
    found = []
    for flow in data.flows:
        name = words.heading(flow.name)
        if flow.capped:
            found.append(
                f"{name}: {words.counted(flow.capped, 'run')} ended before paying ({CAP}): whether "
                "paying worked then is unknown. Their steps and pages count, and no share does."
            )
        if flow.unpaid:
            found.append(f"{name}: walked up to payment only; whether paying works is unknown.")
    return found

"""Collecting for one load test: which run is meant, and everything its page says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import forepost
from forepost.errors import LoadError
from forepost.model import FlowRun, LoadRun
from forepost.storage import Store
from reports.collect import zone_of
from reports.data import ReportContext
from reports.load_data import LoadReport
from reports.load_days import campaign_days
from reports.load_human import under
from reports.load_read import facts
from reports.load_view import load_view

QUIET = timedelta(hours=24)  # before the load: the same flows without it
QUIET_RUNS = 200  # a flow
TAIL = timedelta(minutes=5)  # a walk that began in the load may end after it
LATEST = "latest"
SHOWN = 5


def find(store: Store, wanted: str = LATEST) -> LoadRun:
    """Return a stored load test by its id, the beginning of one, or "latest".

    Raises: LoadError, one line, if there is none or more than one; StoreError.
    """
    runs = store.load_runs()
    if not runs:
        raise LoadError("no load test in this store; run one: forepost load run CAMPAIGN")
    if wanted == LATEST:
        return runs[-1]
    fits = [run for run in runs if run.id == wanted]
    fits = fits or [run for run in runs if wanted and run.id.startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        ids = ", ".join(run.id for run in fits[-SHOWN:])
        raise LoadError(f"{wanted}: {len(fits)} load tests begin like this; the latest: {ids}")
    ids = ", ".join(f"{run.id} ({run.campaign})" for run in runs[-SHOWN:])
    raise LoadError(f"{wanted}: no such load test; the latest: {ids}")


def collect_load(
    store: Store, context: ReportContext, run: LoadRun, made_at: datetime
) -> LoadReport:
    """Return everything the page of one load test says.

    Raises: StoreError; ReportError for a time zone that is not there.
    """
    zone = zone_of(context.timezone)
    told = facts(run)
    runs = _probes(store, run, told.planned_end_at or made_at)
    flows = [one.flow for one in sorted(told.flows, key=lambda one: one.posts_per_hour is None)]
    days = campaign_days(store, told.dates, flows, context.flows_of_topic, zone, made_at)
    same = [one for one in store.load_runs() if one.campaign == run.campaign]
    earlier = [one for one in reversed(same) if one.started_at < run.started_at]
    return LoadReport(
        shop_name=context.shop_name,
        zone=zone,
        made_at=made_at,
        load=load_view(run, store.load_cells(run.id), runs, days),
        version=forepost.__version__,
        earlier=tuple(earlier[:SHOWN]),
        before=next((one.id for one in earlier if _alike(one, run)), ""),
    )


def _alike(one: LoadRun, other: LoadRun) -> bool:
    """Whether two runs of a campaign can be compared: a search says nothing of a run."""
    told = [run.verdict not in (None, "invalid", "interrupted") for run in (one, other)]
    return all(told) and facts(one).kind == facts(other).kind


def _probes(store: Store, run: LoadRun, planned_end: datetime) -> Sequence[FlowRun]:
    """Return the walks during a load test, and the same flows' walks before it."""
    until = (run.finished_at or planned_end) + TAIL
    during = [
        one for one in store.runs(since=run.started_at - TAIL, until=until) if under(run, one)
    ]
    quiet = [
        one
        for flow in sorted({one.flow for one in during})
        for one in store.runs(
            flow=flow, since=run.started_at - QUIET, until=run.started_at, limit=QUIET_RUNS
        )
        if one.load_run is None and one.finished_at <= run.started_at
    ]
    return [*quiet, *during]

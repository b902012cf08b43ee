"""The service: jobs on APScheduler; flows in stable slots, polls, deliveries, an orderly end."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.background import BackgroundScheduler

from forepost.campaigns import (
    Campaigns,
    LoadDoor,
    LoadLeft,
    LoadWord,
    beside,
    nothing_left,
)
from forepost.config import Config, FlowPlan
from forepost.config.tables import CampaignPlan
from forepost.errors import ForepostError
from forepost.model import FlowRun, IncidentKind, Maintenance, MaintenanceSwitch, Poll
from forepost.rhythm import rhythm_of
from forepost.settling import Settle, Settling, unsettled
from forepost.slots import RhythmTrigger, Slots, SlotTrigger, offset_s, unrun
from forepost.watch import (
    Observation,
    Pool,
    SurgePlan,
    Watcher,
    note_unrun,
    note_unwatched,
    observe_flow,
    observe_source,
)

LOG = logging.getLogger("forepost.scheduler")
# Every event of APScheduler becomes a row or a line of ours: its own words would say it twice.
logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
DELIVER_EVERY_S = 1.0
ROLLUP_EVERY_S = 300.0
PRUNE_EVERY_S = 86_400.0
OWED_EVERY_S = 5.0
WINDOWS_EVERY_S = 30.0
SETTLE_EVERY_S = 60.0
FIRST_LOOK = timedelta(seconds=1)
LOAD_RUN_LOOKBACK = timedelta(hours=6)
CAMPAIGN_GRACE_S = 900


def utc_now() -> datetime:
    """Return the time of day, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Doors:
    """The rooms as the scheduler sees them: callables, so that tests may stand in."""

    pool: Pool
    job: Callable[[str, FlowPlan, datetime], Any]  # flow, plan, slot
    polls: dict[str, Callable[[datetime], Poll]]
    deliver: Callable[[datetime], int]
    report: Callable[[datetime], object]
    forget: Callable[[datetime], object]  # evidence that has outlived its time
    topics: tuple[str, ...] = ()
    settle: Settle = unsettled
    load: LoadDoor | None = None  # without one no campaign is planned
    load_word: LoadWord = lambda _name, _run, _now, _spell: None
    load_left: LoadLeft = nothing_left


class Service:
    """Flows in stable slots, polls, deliveries and reports until it is stopped."""

    def __init__(
        self,
        config: Config,
        watcher: Watcher,
        doors: Doors,
        *,
        heard: Callable[[object], None] | None = None,
    ) -> None:
        self.config = config
        self.watcher = watcher
        self.doors = doors
        self._heard = heard or (lambda _event: None)
        self._brought: dict[str, datetime] = {}
        self._judged_bucket = 0
        self._running: dict[str, datetime] = {}  # flow → since when
        self._settling = Settling(watcher, config.flows, doors.settle)
        self._campaigns = None
        if doors.load is not None:
            self._campaigns = Campaigns(watcher, doors.load, doors.load_word)
        self._idle = threading.Condition()
        self._stopping = threading.Event()
        # A thread a flow: a run waits for a free browser without holding up polls and alerts.
        threads = len(config.flows) + len(config.campaigns) + 9
        self._jobs = BackgroundScheduler(
            timezone=UTC,
            executors={"default": {"type": "threadpool", "max_workers": threads}},
        )
        self._jobs.add_listener(
            self._unrun, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR
        )

    # -- life -------------------------------------------------------------------------

    def start(self, *, gaps: bool = True) -> None:
        """Plan every job and begin; `gaps`: say first what nobody watched until now."""
        self.watcher.note_windows(utc_now())
        for name, plan in self.config.flows.items():
            apart_s = plan.interval_failing
            self._plan(f"flow:{name}", self._run_flow, plan.interval, name, apart_s=apart_s)
        for name in self.config.complaints.sources:
            self._plan(f"poll:{name}", self._poll, self.config.complaints.poll, name)
        self._plan("deliver", self._deliver, DELIVER_EVERY_S)
        self._plan("owed", self._owed, OWED_EVERY_S)
        self._plan("windows", self._windows, WINDOWS_EVERY_S)
        self._plan("settle", self._settle, SETTLE_EVERY_S)
        self._plan("rollups", self._rollups, ROLLUP_EVERY_S)
        self._plan("prune", self._prune, PRUNE_EVERY_S)
        self._plan("report", self._report, self.config.reports.every)
        for name, campaign in self.config.campaigns.items():
            self._plan_campaign(name, campaign)
        # Once, and however late: what a killed service left of its load tests.
        soon = utc_now() + FIRST_LOOK
        self._jobs.add_job(
            self._load_left, "date", run_date=soon, id="load tests", misfire_grace_time=None
        )
        if gaps:
            self._note_unwatched()
        self._jobs.start()
        for name, plan in self.config.flows.items():
            due = self._first_look(name, plan)
            if due is not None:
                self.bring_forward(name, due)

    def _note_unwatched(self) -> None:
        """Store what nobody watched since the last service on this store ended or was killed."""
        where = self.config.watch.location
        for name, plan in self.config.flows.items():
            slots = Slots(plan.interval, offset_s(f"flow:{name}", where, plan.interval))
            row = note_unwatched(self.watcher, name, where, slots, utc_now())
            if row is not None:
                self._heard(row)

    def _first_look(self, name: str, plan: FlowPlan) -> datetime | None:
        """Return when a flow is looked at first; None: a run of its interval is there already.

        Who starts us wants to know how the shop stands now; a restart in a loop must not
        become a storm of probes. While an incident is open the interval is the short one.
        """
        store = self.watcher.store
        soon = utc_now() + FIRST_LOOK
        failing = store.open_incident(name, IncidentKind.PROBE) is not None
        interval_s = min(plan.interval, plan.interval_failing) if failing else plan.interval
        last = store.runs(flow=name, limit=1)
        due = last[-1].started_at + timedelta(seconds=interval_s) if last else soon
        return max(soon, due) if failing or due <= soon else None

    def stop(self) -> None:
        """Take no new runs, let those in flight end within `[watch] drain`, end the workers."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._jobs.pause()
        self._drained(self.config.watch.drain)
        self.doors.pool.close()  # a run that is still in flight ends as broken, and is stored
        self._jobs.shutdown(wait=self._drained(self.config.watch.drain))
        self.doors.deliver(utc_now())

    def bring_forward(self, flow: str, at: datetime) -> None:
        """Run a flow at `at` instead of its next slot, if that is sooner."""
        job = self._jobs.get_job(f"flow:{flow}")
        if job is None or self._stopping.is_set():
            return
        if job.next_run_time is None or at < job.next_run_time:
            self._brought[flow] = at
            job.modify(next_run_time=at)

    def _plan(
        self,
        key: str,
        work: Callable[..., None],
        every_s: float,
        *args: object,
        apart_s: float = 0.0,
    ) -> None:
        """Add one job on its own slots; late jobs are run, not dropped (1 s is the default)."""
        slots = Slots(every_s, offset_s(key, self.config.watch.location, every_s))
        self._jobs.add_job(
            work,
            SlotTrigger(slots, apart_s),
            args=args,
            id=key,
            misfire_grace_time=max(1, int(every_s / 2)),
            coalesce=True,
            max_instances=1,
        )

    def _plan_campaign(self, name: str, plan: CampaignPlan) -> None:
        """Add a load test at its time of the clock. One that is late by much is left out."""
        rhythm = rhythm_of(plan.at)
        if rhythm is None or self._campaigns is None:
            return
        self._jobs.add_job(
            self._load,
            RhythmTrigger(rhythm, self.watcher.zone),
            args=(name,),
            id=f"campaign:{name}",
            misfire_grace_time=CAMPAIGN_GRACE_S,
            coalesce=True,
            max_instances=1,
        )

    def _drained(self, limit_s: float) -> bool:
        """Wait until no flow runs; False if some still do after `limit_s`."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._running, timeout=limit_s)

    # -- jobs -------------------------------------------------------------------------

    def _run_flow(self, name: str) -> None:
        """Run one slot of a flow; the job lasts as long as the run, so none overlaps."""
        with self._idle:
            if self._stopping.is_set():
                return
            self._running[name] = utc_now()
        try:
            window = self._pause_of(name, utc_now())
            if window is None:
                self._observe(name)
            else:
                self._brought.pop(name, None)
                LOG.info("%s: paused by maintenance %s", name, window.name)
                self.bring_forward(name, window.ends_at)
        finally:
            with self._idle:
                self._running.pop(name, None)
                self._idle.notify_all()

    def _pause_of(self, name: str, at: datetime) -> Maintenance | None:
        """Return the window in which a flow does not run: its slots are no gaps, and no rows.

        The window itself stands in the store; a row for each slot would say less, and count
        as broken on our side what was planned.
        """
        return self.watcher.window_of(name, at, at, MaintenanceSwitch.PAUSE)

    def _observe(self, name: str) -> None:
        """Observe a flow, tell, and look again soon while it is suspect."""
        plan = self.config.flows[name]
        slot = self._slot(name, plan)
        job = self.doors.job(name, plan, slot)
        seen = observe_flow(self.watcher, lambda: self._tagged(self.doors.pool.run(job)), utc_now)
        self._tell(seen)
        if seen.suspect and plan.interval_failing < plan.interval:
            self.bring_forward(name, utc_now() + timedelta(seconds=plan.interval_failing))
        self._ask(seen.ask)

    def _ask(self, flows: Sequence[str]) -> None:
        """Look at once at flows whose word others wait for, unless they are under way."""
        for name in flows:
            if name in self.config.flows and name not in self._running:
                self.bring_forward(name, utc_now())

    def _slot(self, name: str, plan: FlowPlan) -> datetime:
        """Return the slot this run belongs to: brought forward, else the grid's."""
        brought = self._brought.pop(name, None)
        if brought is not None:
            return brought
        key = f"flow:{name}"
        grid = Slots(plan.interval, offset_s(key, self.config.watch.location, plan.interval))
        return grid.at_or_before(utc_now())

    def _tagged(self, run: FlowRun) -> FlowRun:
        """Note the load test that the run walked beside, also one of another process.

        Known only afterwards: a run may wait for a browser until a test has begun, or is over.
        """
        recent = self.watcher.store.load_runs(since=run.started_at - LOAD_RUN_LOOKBACK)
        load = beside(recent, self.config.shop.url, run)
        return run if load is None else replace(run, load_run=load)

    def _poll(self, name: str) -> None:
        """Look at one source, and judge its counts when a further bucket has ended."""
        now = utc_now()
        poll, changed = observe_source(
            self.watcher, lambda: self.doors.polls[name](now), self._surge_plan(now), now
        )
        self._heard(poll)
        for transition in changed:
            self._heard(transition)

    def _surge_plan(self, now: datetime) -> SurgePlan | None:
        """Return how to judge the counts; None while no further bucket has ended."""
        bucket_s = max(1, int(self.config.complaints.bucket))
        bucket = int(now.timestamp()) // bucket_s
        if bucket == self._judged_bucket:
            return None
        self._judged_bucket = bucket
        return SurgePlan(self.doors.topics, bucket_s, self.config.complaints.surge_per_week)

    def _load(self, name: str) -> None:
        """Run a planned load test; a stop of the service ends it early."""
        if self._campaigns is None or self._stopping.is_set():
            return
        plan = self.config.campaigns[name]
        made = self._campaigns.run(name, plan, utc_now(), self._stopping)
        if made is not None:
            self._heard(made)
        self.doors.deliver(utc_now())

    def _load_left(self) -> None:
        """Settle and tell the load tests that began and never ended."""
        if self._campaigns is None:
            return
        plans, look = self.config.campaigns, self.doors.load_left
        for run in self._campaigns.settle(look, plans, utc_now, self._stopping):
            self._heard(run)
            self.doors.deliver(utc_now())

    def _load_unrun(self, name: str, reason: str) -> None:
        """Tell of a planned load test that was missed, or was lost to a fault of ours."""
        if self._campaigns is None or self._stopping.is_set():
            return
        try:
            self._campaigns.unrun(name, self.config.campaigns[name], reason, utc_now())
        except ForepostError as error:  # the store is out of order, say
            LOG.warning("campaign %s: %s, and nobody is told: %s", name, reason, error)

    def _deliver(self) -> None:
        self.doors.deliver(utc_now())

    def _owed(self) -> None:
        """Send what a window or another flow held back, once that is over."""
        owed = self.watcher.owed(utc_now())
        self._ask(owed.ask)
        if owed.told:
            self.doors.deliver(utc_now())

    def _windows(self) -> None:
        self.watcher.note_windows(utc_now())

    def _settle(self) -> None:
        """Clean up what runs that are over have left; tell of what cannot be settled."""
        if self._settling.settle(utc_now(), dict(self._running)):
            self.doors.deliver(utc_now())

    def _rollups(self) -> None:
        self.watcher.store.refresh_rollups(utc_now())

    def _prune(self) -> None:
        self.watcher.store.prune(utc_now())
        self.doors.forget(utc_now())

    def _report(self) -> None:
        self.doors.report(utc_now())

    def _tell(self, seen: Observation) -> None:
        """Pass on what happened; an alert goes out at once, not at the next tick."""
        self._heard(seen.run)
        if seen.transition is not None:
            self._heard(seen.transition)
            self.doors.deliver(utc_now())

    # -- what did not run ---------------------------------------------------------------

    def _unrun(self, event: Any) -> None:
        """Store a slot that was missed, skipped or lost, with its reason."""
        reason, slots = unrun(event)
        kind, _, name = event.job_id.partition(":")
        if kind == "campaign":
            self._load_unrun(name, reason)
            return
        if kind != "flow":
            LOG.warning("%s: %s", event.job_id, reason)
            return
        self._brought.pop(name, None)
        for slot in slots:
            if self._pause_of(name, slot) is not None:
                continue
            where = self.config.watch.location
            try:
                row = note_unrun(
                    self.watcher, name, where, slot_at=slot, at=utc_now(), reason=reason
                )
            except ForepostError as error:  # a full disk, say: no row, but not without a word
                LOG.warning("%s: %s, and no row of it: %s", name, reason, error)
                continue
            self._heard(row)

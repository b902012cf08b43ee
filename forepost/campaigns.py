"""Load tests beside the watch: planned ones, and which probes walked while one sent."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forepost.config.tables import CampaignPlan
from forepost.errors import ForepostError
from forepost.model import Alert, FlowRun, IncidentKind, LoadRun, MaintenanceSwitch
from forepost.place import same_place
from forepost.watcher import Watcher

LOG = logging.getLogger("forepost.scheduler")
MOMENT = timedelta(microseconds=1)

# Runs one planned load test to its end; the event ends it early.
LoadDoor = Callable[[CampaignPlan, threading.Event], LoadRun]
# Words what somebody must hear of it: a run, or the reason why there is none. None: nothing.
LoadWord = Callable[[str, LoadRun | str, datetime], Alert | None]


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Runs what stands in `[campaigns.x]`."""

    watcher: Watcher
    door: LoadDoor
    word: LoadWord

    def run(
        self, name: str, plan: CampaignPlan, now: datetime, stop: threading.Event
    ) -> LoadRun | None:
        """Run one load test, and put what somebody must hear into the outbox.

        Returns: None when it did not run. It does not while a flow fails or work is planned that
                 pauses flows: load would add to the trouble and measure something else.
        """
        reason = self._against(now)
        if reason:
            LOG.warning("campaign %s: not run: %s", name, reason)
            return None
        try:
            made = self.door(plan, stop)
        except ForepostError as error:
            LOG.warning("campaign %s: not run: %s", name, error)
            self._tell(self.word(name, str(error), now))
            return None
        self._tell(self.word(name, made, now))
        return made

    def _against(self, now: datetime) -> str:
        for incident in self.watcher.store.incidents(since=now - timedelta(days=1)):
            if incident.open and incident.kind is IncidentKind.PROBE:
                return f"{incident.subject} fails since {incident.onset_at:%H:%M} UTC"
        for window in self.watcher.windows(now, now + MOMENT):
            if MaintenanceSwitch.PAUSE in window.switches:
                return f"paused by maintenance {window.name}"
        return ""

    def _tell(self, alert: Alert | None) -> None:
        if alert is not None:
            self.watcher.store.add_alerts(dict.fromkeys(self.watcher.channels, alert))


def beside(loads: Sequence[LoadRun], shop_url: str, run: FlowRun) -> str | None:
    """Return the id of the load test that a probe's run walked beside; None if there was none.

    Shape:   `loads` by start. Load on another host or port is none: runs under load decide
             nothing, and a test of staging must not blind us to the shop.
    """
    there = [
        load.id
        for load in loads
        if same_place(load.target, shop_url)
        and load.started_at <= run.finished_at
        and run.started_at <= _ends_at(load)
    ]
    return there[-1] if there else None


def _ends_at(load: LoadRun) -> datetime:
    """Return when a load test ended. One that was killed never says so: its planned end does."""
    if load.finished_at is not None:
        return load.finished_at
    planned = load.detail.get("planned_end_at")
    return datetime.fromisoformat(planned) if isinstance(planned, str) else load.started_at

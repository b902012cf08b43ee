"""Load tests beside the watch: planned ones, and which probes walked while one sent."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from forepost.config.tables import CampaignPlan
from forepost.errors import ForepostError
from forepost.model import Alert, FlowRun, IncidentKind, LoadRun, MaintenanceSwitch
from forepost.place import same_place
from forepost.rhythm import rhythm_of
from forepost.spell import FORGOTTEN, Spell, spell_of, times
from forepost.watcher import Watcher

LOG = logging.getLogger("forepost.scheduler")
MOMENT = timedelta(microseconds=1)
LEFT_EVERY_S = 1.0

# Runs one planned load test, of that table, to its end; the event ends it early.
LoadDoor = Callable[[str, CampaignPlan, threading.Event], LoadRun]
# Words what somebody must hear of it: a run, or the reason why there is none. The spell is that of
# tests that prove nothing: the one that goes on, or that ended with this run. None: nothing.
LoadWord = Callable[[str, LoadRun | str, datetime, Spell | None], Alert | None]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A load test that nobody ended, as it is to be stored; `planned` names its table, if any."""

    run: LoadRun
    planned: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What was found of load tests that nobody ended; some may still wind up."""

    found: tuple[Interrupted, ...] = ()
    waiting: bool = False


# Looks for load tests that began and never ended: whoever ran them was killed.
LoadLeft = Callable[[datetime], Left]


def nothing_left(_now: datetime) -> Left:
    """Find nothing: for who has no door to the load tests' folders."""
    return Left()


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
        reason, again = self._against(plan, now)
        if reason and not again:
            LOG.warning("campaign %s: not run: %s", name, reason)
            return None
        if reason:
            self.unrun(name, plan, f"{reason}, as {again}", now)
            return None
        try:
            made = self.door(name, plan, stop)
        except ForepostError as error:
            self.unrun(name, plan, str(error), now)
            return None
        self._tell(name, plan, made, now)
        return made

    def unrun(self, name: str, plan: CampaignPlan, reason: str, now: datetime) -> None:
        """Tell of a test that did not run, or of which nothing is known, if it is time to."""
        LOG.warning("campaign %s: not run: %s", name, reason)
        self._tell(name, plan, reason, now)

    def settle(
        self,
        look: LoadLeft,
        plans: Mapping[str, CampaignPlan],
        now: Callable[[], datetime],
        stop: threading.Event,
    ) -> Iterator[LoadRun]:
        """Settle the load tests that began and never ended, until there is none; yield each.

        Told first and stored then: a second kill between the two tells nobody twice, for the
        spell is in the outbox by then, and the test is found again.
        """
        left = Left(waiting=True)
        while left != Left() and not stop.is_set():
            left = look(now())
            for one in left.found:
                LOG.warning("load test %s: %s", one.run.campaign, one.run.detail.get("summary"))
                if one.planned:
                    plan = plans.get(one.planned)
                    self._tell(one.planned, plan, one.run, now(), since=one.run.started_at)
                self.watcher.store.add_load_run(one.run)
                yield one.run
            if left.waiting:
                stop.wait(LEFT_EVERY_S)

    def _against(self, plan: CampaignPlan, now: datetime) -> tuple[str, str]:
        """Return why a test is left out now, and when that was or will be so too ("" for never).

        Once is no news: people know of the incident and of the work. Twice on end the two are in
        each other's way, and of that nobody may know.
        """
        rhythm, zone = rhythm_of(plan.at), self.watcher.zone
        for one in self.watcher.store.incidents(since=now - timedelta(days=1)):
            if one.open and one.kind is IncidentKind.PROBE:
                before = rhythm is not None and times(rhythm, one.opened_at, now, zone) > 1
                reason = f"{one.subject} fails since {one.onset_at:%Y-%m-%d %H:%M} UTC"
                return reason, "the time before" if before else ""
        name = self._paused(now)
        if not name:
            return "", ""
        after = rhythm is not None and self._paused(rhythm.after(now, zone))
        return f"paused by maintenance {name}", "the next one will be" if after else ""

    def _paused(self, at: datetime) -> str:
        windows = self.watcher.windows(at, at + MOMENT)
        return next((one.name for one in windows if MaintenanceSwitch.PAUSE in one.switches), "")

    def _tell(
        self,
        name: str,
        plan: CampaignPlan | None,
        made: LoadRun | str,
        now: datetime,
        since: datetime | None = None,
    ) -> None:
        """Put an alert into the outbox: of a bad verdict each time, of no proof once a spell."""
        proved = not isinstance(made, str) and proves(made)
        spell = self._spell(name, plan, now)
        if proved:
            spell = spell and replace(spell, planned=spell.planned - 1, over=True)
        else:
            spell = spell or self._begun(name, plan, since or now, now)
            if not spell.due(now):
                return
        alert = self.word(name, made, now, spell)
        if alert is not None:
            self.watcher.store.add_alerts(dict.fromkeys(self.watcher.channels, alert))

    def _begun(self, name: str, plan: CampaignPlan | None, since: datetime, now: datetime) -> Spell:
        """Return a spell that began then, with the times that went by while nobody was there."""
        rhythm = rhythm_of(plan.at) if plan else None
        missed = times(rhythm, since, now, self.watcher.zone) if rhythm else 0
        return Spell(name, since, 1 + missed)

    def _spell(self, name: str, plan: CampaignPlan | None, now: datetime) -> Spell | None:
        rhythm = rhythm_of(plan.at) if plan else None
        if rhythm is None:
            return None
        told = self.watcher.store.alerts(since=now - FORGOTTEN)
        return spell_of(name, told, rhythm, now, self.watcher.zone)


def proves(made: LoadRun) -> bool:
    """Whether a test says something of the shop, be it good or bad.

    A search without any forecast has no word to compare with; the limit that it found is proof.
    """
    search = made.detail.get("search")
    found = isinstance(search, Mapping) and bool(search.get("confirmed"))
    if made.verdict == "inconclusive":
        return found and not made.detail.get("peaks")
    return made.verdict in ("ready", "passed", "not ready", "failed")


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

"""Plays the acts in order and within the time limit; looks only at the clock and the store."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from forepost.bundled import Bundled
from forepost.demo.situations import SITUATIONS, Situation
from forepost.demo.stage import Stage
from forepost.model import IncidentKind, LoadRun
from forepost.storage import Store

LIMIT_S = 240.0
REPORT_S = 15.0  # what building the report and ending everything may take
WARM_LIMIT_S = 30.0
RECOVER_LIMIT_S = 20.0
TICK_S = 0.5


@dataclass(slots=True)
class Director:
    """One performance."""

    stage: Stage
    shop: Bundled
    store: Store
    flows: tuple[str, ...]
    load: Callable[[], LoadRun]
    first_post_of: Callable[[str], datetime | None]  # flow → first complaint seen, if any
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stop: threading.Event = field(default_factory=threading.Event)

    def play(self) -> LoadRun:
        """Play everything; return the load test."""
        self.stage.begin("Load test before the campaign: what gives way first?", 0.05)
        load = self.load()
        self._open_town()
        for number, situation in enumerate(SITUATIONS):
            if self.stop.is_set():
                break
            self._act(situation, 0.3 + 0.2 * number)
        self._tail()
        return load

    def _open_town(self) -> None:
        """Let the customers in and wait until every flow has passed once."""
        self.stage.begin("The town goes shopping; every flow is walked", 0.2)
        opened_at = datetime.now(UTC)
        self.shop.call("POST", f"{self.shop.town}/control", {"open": True})
        self._until(lambda: self._all_passed(opened_at), WARM_LIMIT_S)

    def _all_passed(self, since: datetime) -> bool:
        seen = {run.flow for run in self.store.runs(since=since) if run.outcome.worked}
        return seen >= {situation.flow for situation in SITUATIONS}

    def _act(self, situation: Situation, done_ratio: float) -> None:
        """Bring one situation about, let it last, end it, wait for the all-clear."""
        self.stage.begin(situation.title, done_ratio)
        situation.begin(self.shop)
        try:
            self._until(lambda: False, situation.hold_s)
        finally:
            situation.end(self.shop)
        self.stage.say("act", "mended; waiting for the all-clear")
        self._until(self._all_clear, RECOVER_LIMIT_S)

    def _all_clear(self) -> bool:
        lasting = (self.store.open_incident(flow, IncidentKind.PROBE) for flow in self.flows)
        return not any(lasting)

    def _tail(self) -> None:
        """Keep listening until customers have posted about each situation, or time is up."""
        self.stage.begin("Listening: what do customers post?", 0.9)
        flows = [situation.flow for situation in SITUATIONS]
        self._until(
            lambda: self._all_clear() and all(self.first_post_of(flow) for flow in flows),
            LIMIT_S,
        )
        self.stage.begin("Writing the report", 0.97)

    def _until(self, holds: Callable[[], bool], limit_s: float) -> None:
        """Wait for a condition, at most `limit_s`, and never beyond the performance."""
        end = min(time.monotonic() + limit_s, self.began + LIMIT_S - REPORT_S)
        while time.monotonic() < end and not self.stop.wait(TICK_S):
            self.stage.complaints = len(self.store.posts(since=self.began_at))
            if holds():
                return

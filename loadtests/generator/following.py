"""A run under way, followed second by second: stored, told, and ended when it must be."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from forepost.errors import StoreError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests.campaign import Campaign
from loadtests.generator import safety, undone
from loadtests.generator.engine import Live, RefusedError
from loadtests.generator.watching import LoadProgress, Watching
from loadtests.thresholds.guard import Guard
from loadtests.thresholds.threshold import Finding

LOOK_S = 0.2
END_LIMIT_S = 8.0  # for all books to be closed once they were told to
_SPARE_S = 20.0  # above what a run's visits need; then whoever reads the store calls it dead

Report = Callable[[LoadProgress], None]


@dataclass(frozen=True, slots=True)
class Cut:
    """Why a run ended before its plan did."""

    short: str = ""  # in words; "" if it did not
    breached: tuple[Finding, ...] = ()  # thresholds with `abort` that failed


@dataclass(slots=True)
class Follower:
    """Keeps a run in the store while it goes on."""

    live: Live
    campaign: Campaign
    run: LoadRun
    store: Store
    limit_s: float  # from now, for everything
    cleanup_limit_s: float = 0.0
    progress: Report | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    told: Mapping[str, object] = field(default_factory=dict)  # what was planned, for the store
    _stored: bool = False
    _guard: Guard = field(init=False)  # thresholds with `abort`

    def __post_init__(self) -> None:
        ending = [one for one in self.campaign.thresholds if one.abort]
        self._guard = Guard(ending, self.campaign.context())

    def follow(self, each_second: Callable[[Watching], None] | None = None) -> Cut:
        """Look on until the run is over, and return why it was cut short, if it was.

        Shape:  `each_second` is called once for each full second, from this thread.
        Raises: RefusedError if the run did not begin; StoreError, when the generator has ended and
                what was made is undone, if the campaign asks for it.
        """
        try:
            return self._follow(each_second)
        except StoreError as error:
            raise StoreError(f"{error}; the load test was ended{self._settled()}") from error

    def _settled(self) -> str:
        """End the run although nothing of it can be stored; return what was undone, in words."""
        self.live.stop("the store failed")
        deadline = time.monotonic() + END_LIMIT_S + self.cleanup_limit_s
        with suppress(RefusedError):
            while self.live.look() and time.monotonic() < deadline:
                time.sleep(LOOK_S / 4)
        if not self.campaign.cleanup:
            return ""
        told = self.live.watching.cleaned.values()
        return f"; {undone.words(told)}" if told else "; what came of its clean-up is not known"

    def _follow(self, each_second: Callable[[Watching], None] | None) -> Cut:
        cut, before, deadline = Cut(), -1, time.monotonic() + self.limit_s
        while self.live.look():
            self.keep()
            if cut == Cut():
                second = self.live.watching.second
                if second != before:
                    before, cut = second, self._told_second(each_second)
                cut = self._asked(deadline) if cut == Cut() else cut
                if cut != Cut():
                    self.live.stop(cut.short)
                    deadline = time.monotonic() + END_LIMIT_S + self.cleanup_limit_s
            elif time.monotonic() > deadline:
                self.live.watching.close()  # no word comes any more of what is still open
                break
            else:
                time.sleep(LOOK_S / 4)
        self.keep()
        if not self.live.watching.ready:
            raise RefusedError(
                f"{cut.short}; the load generator did not end in time, so what it had made may "
                "still be in the shop"
            )
        return cut

    def _told_second(self, each_second: Callable[[Watching], None] | None) -> Cut:
        """Take in a full second; return why the run must not go on, if so."""
        watching = self.live.watching
        if self.progress:
            self.progress(watching.progress())
        if each_second:
            each_second(watching)
        so_far = f"after {watching.second + 1} s"
        patience_s = self.campaign.patience
        lately = watching.visits(watching.second - safety.back_s(patience_s), watching.second)
        if safety.wrecked(lately, watching.second, patience_s):
            return Cut(f"ended for safety {so_far}: nearly every visit failed")
        breached = self._guard.broken(watching.second + 1)
        if breached:
            return Cut(f"ended {so_far}: {breached[0].text} does not hold", breached)
        return Cut()

    def _asked(self, deadline: float) -> Cut:
        """Wait a moment; return why the run must end now, if so."""
        if self.stop.wait(LOOK_S):
            so_far = f"{self.live.watching.second + 1} s of {self.live.watching.total_s:g} s"
            return Cut(f"stopped by hand after {so_far}")
        if time.monotonic() > deadline:
            return Cut(f"ended at its deadline of {self.limit_s:.0f} s")
        return Cut()

    def keep(self) -> None:
        """Store what is new; the run itself first, once it has begun."""
        watching = self.live.watching
        if not watching.ready:
            return
        if not self._stored:
            self.store.add_load_run(self.started())
            self._stored = True
        if watching.fresh:
            fresh = watching.take_fresh()
            self.store.add_load_cells([tally.cell for tally in fresh])
            self._guard.feed(fresh)

    def started(self) -> LoadRun:
        """Return the run as of its first instant: the seconds of its cells count from there.

        It says by when it must be over, so that a run that was killed blinds nobody for long. Its
        last visits may go on for as long as their patience: until then the shop is under load.
        """
        watching = self.live.watching
        started_at = watching.first_at or self.run.started_at
        load_s = watching.total_s + self.campaign.patience
        end = started_at + timedelta(seconds=load_s + _SPARE_S)
        detail = {**self.told, "planned_end_at": end.isoformat()}
        return replace(self.run, started_at=started_at, detail=detail)

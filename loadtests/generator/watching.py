"""What the parent knows of a running load test, fed line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forepost.analysis import histogram
from forepost.errors import LoadError
from loadtests import cells
from loadtests.cells import Key, Tally


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How a load test goes, once a second; figures of the last full second."""

    load_run: str
    second: int  # since the first instant; -1 while test data is made
    total_s: float
    offered: int  # visits that came in that second
    done: int  # of all so far
    failed: int
    in_flight: int
    dropped: int
    p95_ms: float | None  # whole visits of the last five seconds

    def words(self) -> str:
        """Return one line for people."""
        if self.second < 0:
            return "making test data"
        p95 = "no visit ended yet" if self.p95_ms is None else f"p95 {self.p95_ms:.0f} ms"
        return (
            f"{self.second} of {self.total_s:.0f} s: {self.offered} visits/s come, "
            f"{self.in_flight} wait, {p95}, {self.done} done, {self.failed} failed"
        )


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker that ended before its books were closed."""

    worker: int
    name: str  # where it ran
    pid: int
    how: str
    heard_s: float  # since the first instant, when it was last heard of

    def words(self, workers: int) -> str:
        """Return one sentence for people."""
        return (
            f"load worker {self.worker + 1} of {workers} ({self.name}, process {self.pid}) "
            f"{self.how} after {self.heard_s:g} s"
        )


class Watching:
    """All cells so far, merged over the workers, and how each worker is doing."""

    def __init__(self, load_run: str, total_s: float = 0.0) -> None:
        self.load_run = load_run
        self.total_s = total_s  # for people: the breakpoint search does not know it
        self.tallies: dict[Key, Tally] = {}
        self.fresh: dict[Key, Tally] = {}  # not yet in the store
        self.port: int | None = None  # where workers join
        self.crew: dict[int, Mapping[str, Any]] = {}  # worker → name, host, pid
        self.health: list[Mapping[str, Any]] = []  # one a worker and second
        self.lost: dict[int, Lost] = {}
        self.cleaned: dict[str, Mapping[str, Any]] = {}  # flow → made, undone, left, error
        self.first_at: datetime | None = None  # the first instant; None while test data is made
        self.refused: str | None = None
        self.end: Mapping[str, Any] | None = None
        self._own: dict[int, dict[Key, Tally]] = {}  # worker → its last word on each cell
        self._heard: dict[int, int] = {}  # worker → its last full second

    @property
    def ready(self) -> bool:
        """Whether every flow was walked once and the load has begun."""
        return self.first_at is not None

    @property
    def second(self) -> int:
        """The last full second that all workers which are still there told; -1 before."""
        living = [worker for worker in self.crew if worker not in self.lost]
        if not living:
            return max(self._heard.values(), default=-1)
        return min(self._heard.get(worker, -1) for worker in living)

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take in one line.

        Raises: LoadError if it is not ours.
        """
        try:
            self._feed(event)
        except (KeyError, ValueError, TypeError) as error:
            raise LoadError(f"load test {self.load_run}: unknown line: {error!r}") from error

    def _feed(self, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "cell":
                self._cell(int(event["worker"]), cells.from_event(event, self.load_run))
            case "health":
                self.health.append(event)
                self._heard[int(event["worker"])] = int(event["second"])
            case "lost":
                self._lose(int(event["worker"]), str(event["how"]))
            case "ready":
                self.first_at = datetime.fromtimestamp(float(event["first_at"]), UTC)
            case "worker":
                self.crew[int(event["worker"])] = event
            case "listening":
                self.port = int(event["port"])
            case "cleaned":
                self.cleaned[str(event["flow"])] = event
            case "refused":
                self.refused = str(event["reason"])
            case "end":
                self.end = event

    def _cell(self, worker: int, tally: Tally) -> None:
        key = tally.key
        self._own.setdefault(worker, {})[key] = tally
        self._merge(key)

    def _merge(self, key: Key) -> None:
        own = [told[key] for told in self._own.values() if key in told]
        self.tallies[key] = self.fresh[key] = cells.merge(own)

    def _lose(self, worker: int, how: str) -> None:
        who = self.crew[worker]
        heard_s = float(self._heard.get(worker, -1) + 1)
        self.lost[worker] = Lost(worker, str(who["name"]), int(who["pid"]), how, heard_s)

    def close(self) -> None:
        """The run is over: what a worker left open becomes censored, "at least this long"."""
        told = {one["worker"] for one in (self.end or {}).get("workers", ())}
        for worker, own in self._own.items():
            if worker in told:
                continue
            heard_s = self._heard.get(worker, -1) + 1
            for key, tally in own.items():
                if tally.open:
                    own[key] = cells.censor(tally, heard_s)
                    self._merge(key)

    def take_fresh(self) -> list[Tally]:
        """Return the cells that changed since the last call."""
        fresh, self.fresh = list(self.fresh.values()), {}
        return fresh

    def progress(self) -> LoadProgress:
        """Return how it goes."""
        visits = [tally.cell for tally in cells.whole(self.tallies.values())]
        now = [cell for cell in visits if cell.second == self.second]
        recent = [cell for cell in visits if self.second - 5 < cell.second <= self.second]
        p95_us = histogram.percentile_us(histogram.merge(cell.response_us for cell in recent), 0.95)
        here = [one for one in self.health if one["second"] == self.second]
        return LoadProgress(
            load_run=self.load_run,
            second=self.second,
            total_s=self.total_s,
            offered=sum(cell.started + cell.dropped for cell in now),
            done=sum(cell.done for cell in visits),
            failed=sum(cell.failed for cell in visits),
            in_flight=sum(int(one["in_flight"]) for one in here),
            dropped=sum(cell.dropped for cell in visits),
            p95_ms=None if p95_us is None else p95_us / 1000,
        )

"""What the parent knows of a running load test, fed line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from forepost.analysis import histogram
from forepost.errors import LoadError
from forepost.model import LoadCell
from loadtests import cells
from loadtests.cells import Key, Tally

_RECENT_S = 5  # what is told of the times of late


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
        p95 = "no visit ended yet" if self.p95_ms is None else f"p95 {self.p95_ms:,.0f} ms"
        return (
            f"{self.second} of {self.total_s:.0f} s: {self.offered} visits/s come, "
            f"{self.in_flight} wait, {p95}, {self.done:,} done, {self.failed:,} failed"
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


class _Ended(NamedTuple):
    """What became of all visits so far."""

    done: int = 0
    failed: int = 0
    dropped: int = 0

    def more(self, cell: LoadCell, before: Tally | None) -> "_Ended":
        """Return the same with a cell in the place of what it was before."""
        old = LoadCell("", cell.second, cell.flow, cell.endpoint) if before is None else before.cell
        return _Ended(
            self.done + cell.done - old.done,
            self.failed + cell.failed - old.failed,
            self.dropped + cell.dropped - old.dropped,
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
        self._news: list[dict[Key, Tally]] = []  # see `news`
        self._own: dict[int, dict[Key, Tally]] = {}  # worker → its last word on each cell
        self._heard: dict[int, int] = {}  # worker → its last full second
        # Whole visits by second, and their totals: a second is told without a look at all before.
        self._visits: dict[int, dict[Key, Tally]] = {}
        self._total = _Ended()

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
        made = self.tallies[key] = self.fresh[key] = cells.merge(own)
        for news in self._news:
            news[key] = made
        if made.cell.endpoint == cells.WHOLE:
            visits = self._visits.setdefault(made.cell.second, {})
            self._total = self._total.more(made.cell, visits.get(key))
            visits[key] = made

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

    def news(self) -> dict[Key, Tally]:
        """Return all cells so far; from now on each that changes is put there, as it stands then.

        It is the caller's, to be emptied at every look.
        """
        own = dict(self.tallies)
        self._news.append(own)
        return own

    def visits(self, first: int, last: int) -> list[Tally]:
        """Return the cells of whole visits from one second to another, both included."""
        return [
            tally
            for second in range(max(0, first), last + 1)
            for tally in self._visits.get(second, {}).values()
        ]

    def progress(self) -> LoadProgress:
        """Return how it goes."""
        now = [tally.cell for tally in self.visits(self.second, self.second)]
        recent = [tally.cell for tally in self.visits(self.second - _RECENT_S + 1, self.second)]
        p95_us = histogram.percentile_us(histogram.merge(cell.response_us for cell in recent), 0.95)
        here = [one for one in self.health if one["second"] == self.second]
        return LoadProgress(
            load_run=self.load_run,
            second=self.second,
            total_s=self.total_s,
            offered=sum(cell.started + cell.dropped for cell in now),
            done=self._total.done,
            failed=self._total.failed,
            in_flight=sum(int(one["in_flight"]) for one in here),
            dropped=self._total.dropped,
            p95_ms=None if p95_us is None else p95_us / 1000,
        )

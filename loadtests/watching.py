"""What the parent knows of a running load test, fed line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from forepost.analysis import histogram
from forepost.errors import LoadError
from loadtests import cells
from loadtests.cells import Tally
from loadtests.visitor import OUR_FAULT

_BUSY_CPU_RATIO = 0.9
_BUSY_SECONDS = 3


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


class Watching:
    """All cells so far (the last line of a key counts), and the generator's health."""

    def __init__(self, load_run: str, total_s: float) -> None:
        self.load_run = load_run
        self.total_s = total_s
        self.tallies: dict[tuple[int, str, str], Tally] = {}
        self.fresh: dict[tuple[int, str, str], Tally] = {}  # not yet in the store
        self.health: list[Mapping[str, Any]] = []
        self.first_at: datetime | None = None  # the first instant; None while test data is made
        self.refused: str | None = None
        self.end: Mapping[str, Any] | None = None

    @property
    def ready(self) -> bool:
        """Whether every flow was walked once and the load has begun."""
        return self.first_at is not None

    @property
    def second(self) -> int:
        """The last full second; -1 before the first."""
        return int(self.health[-1]["second"]) if self.health else -1

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
                tally = cells.from_event(event, self.load_run)
                self.tallies[tally.key] = self.fresh[tally.key] = tally
            case "health":
                self.health.append(event)
            case "ready":
                self.first_at = datetime.fromtimestamp(float(event["first_at"]), UTC)
            case "refused":
                self.refused = str(event["reason"])
            case "end":
                self.end = event

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
        return LoadProgress(
            load_run=self.load_run,
            second=self.second,
            total_s=self.total_s,
            offered=sum(cell.started + cell.dropped for cell in now),
            done=sum(cell.done for cell in visits),
            failed=sum(cell.failed for cell in visits),
            in_flight=int(self.health[-1]["in_flight"]) if self.health else 0,
            dropped=sum(cell.dropped for cell in visits),
            p95_ms=None if p95_us is None else p95_us / 1000,
        )

    def unsound(self, max_lateness_s: float) -> str:
        """Return why the figures say nothing of the shop; empty when they do."""
        if self.end is None:
            return "the load generator did not close its books"
        late_ms = self.end["lateness_p99_ms"]
        if late_ms is not None and late_ms > max_lateness_s * 1000:
            return (
                f"the generator was late: 1 visit in 100 left {late_ms:,.0f} ms after its time "
                f"(limit {max_lateness_s * 1000:,.0f} ms); run it on a quieter machine"
            )
        if self._busy():
            return f"the generator used its whole core for {_BUSY_SECONDS} s; lower the rate"
        ended = self.end["done"] + self.end["failed"] + self.end["censored"]
        if self.end["started"] != ended:
            return f"{self.end['started']} visits started, {ended} ended"
        if self.end["requests"] != self.end["locust_requests"]:
            return (
                f"Locust counted {self.end['locust_requests']} requests, "
                f"the recorder {self.end['requests']}"
            )
        return self._own_faults()

    def _own_faults(self) -> str:
        """Return what user files raised: a fault of ours never counts as the shop's."""
        for tally in cells.whole(self.tallies.values()):
            for kind in tally.kinds:
                if kind.startswith(OUR_FAULT):
                    name = kind.removeprefix(OUR_FAULT)
                    return f"loadtests/users/{tally.cell.flow}.py raised {name}; mend the file"
        return ""

    def _busy(self) -> bool:
        row = 0
        for one in self.health:
            row = row + 1 if one["cpu_ratio"] >= _BUSY_CPU_RATIO else 0
            if row >= _BUSY_SECONDS:
                return True
        return False

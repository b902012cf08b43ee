"""The recorder inside the generator: every arrival and request ends in exactly one count.

Nothing here waits or reads a clock: instants (monotonic seconds) are handed in, so the
accounting can be tested without a load test.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, Tally, to_line

Key = tuple[int, str, str]  # second of the intended start, flow, endpoint


@dataclass(slots=True)
class _Counts:
    started: int = 0
    done: int = 0
    censored: int = 0
    dropped: int = 0
    in_flight: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    response_us: dict[int, int] = field(default_factory=dict)
    service_us: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Open:
    """A visit or a request that was begun and has not ended."""

    key: Key
    intended_at: float  # monotonic seconds
    sent_at: float


class Recorder:
    """Counts per second of the intended start, flow and endpoint; writes them as JSON lines."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._cells: dict[Key, _Counts] = {}
        self._open: set[Open] = set()
        self._changed: set[Key] = set()
        self._lateness_us: dict[int, int] = {}
        self.visits_open = 0  # begun and not ended
        self.closed = False

    def begin(self, key: Key, *, intended_at: float, sent_at: float) -> Open:
        """Count a start."""
        self._cell(key).started += 1
        one = Open(key, intended_at, sent_at)
        self._open.add(one)
        if key[2] == WHOLE:
            self.visits_open += 1
            histogram.record(self._lateness_us, int((sent_at - intended_at) * 1e6))
        return one

    def end(self, one: Open, now: float, failure: str | None = None) -> None:
        """Count an end: done, or failed with its kind. After `close` it changes nothing."""
        if one not in self._open:
            return
        self._open.remove(one)
        self.visits_open -= one.key[2] == WHOLE
        counts = self._cell(one.key)
        if failure is None:
            counts.done += 1
        else:
            counts.kinds[failure] = counts.kinds.get(failure, 0) + 1
        self._time(counts, one, now)

    def drop(self, second: int, flow: str) -> None:
        """Count an arrival that was never sent."""
        self._cell((second, flow, WHOLE)).dropped += 1

    def close(self, now: float) -> int:
        """Count all that is open as censored ("at least this long"); return how many."""
        for one in self._open:
            counts = self._cell(one.key)
            counts.censored += 1
            self._time(counts, one, now)
        number = len(self._open)
        self._open.clear()
        self.visits_open, self.closed = 0, True
        return number

    def write(self, second: int) -> None:
        """Append every cell that changed, and the number in flight at the end of `second`."""
        gauges: dict[Key, int] = {}
        for one in self._open:
            key = (second, one.key[1], one.key[2])
            gauges[key] = gauges.get(key, 0) + 1
        for key, number in gauges.items():
            self._cell(key).in_flight = number
        for key in sorted(self._changed):
            self._out.write(to_line(self._tally(key)) + "\n")
        self._changed.clear()
        self._out.flush()

    def event(self, name: str, **values: object) -> None:
        """Append a line of another kind."""
        self._out.write(json.dumps({"event": name, **values}, separators=(",", ":")) + "\n")
        self._out.flush()

    def lateness_p99_ms(self) -> float | None:
        """Return how late visits were begun; None before the first."""
        late_us = histogram.percentile_us(self._lateness_us, 0.99)
        return None if late_us is None else late_us / 1000

    def totals(self) -> Mapping[str, int]:
        """Return the whole visits: started, done, failed, censored, dropped, open."""
        visits = [counts for key, counts in self._cells.items() if key[2] == WHOLE]
        return {
            "started": sum(one.started for one in visits),
            "done": sum(one.done for one in visits),
            "failed": sum(sum(one.kinds.values()) for one in visits),
            "censored": sum(one.censored for one in visits),
            "dropped": sum(one.dropped for one in visits),
            "open": self.visits_open,
        }

    def _cell(self, key: Key) -> _Counts:
        self._changed.add(key)
        return self._cells.setdefault(key, _Counts())

    @staticmethod
    def _time(counts: _Counts, one: Open, now: float) -> None:
        histogram.record(counts.response_us, int((now - one.intended_at) * 1e6))
        histogram.record(counts.service_us, int((now - one.sent_at) * 1e6))

    def _tally(self, key: Key) -> Tally:
        counts = self._cells[key]
        cell = LoadCell(
            load_run="",  # the reader knows which run it reads
            second=key[0],
            flow=key[1],
            endpoint=key[2],
            started=counts.started,
            done=counts.done,
            failed=sum(counts.kinds.values()),
            censored=counts.censored,
            dropped=counts.dropped,
            in_flight=counts.in_flight,
            response_us=counts.response_us,
            service_us=counts.service_us,
        )
        return Tally(cell, counts.kinds)

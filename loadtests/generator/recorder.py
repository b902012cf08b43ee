"""The recorder inside the generator: every arrival and request ends in exactly one count.

Nothing here waits or reads a clock: instants (monotonic seconds) are handed in, so the
accounting can be tested without a load test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, Key, Tally, to_line

_TOTALS = ("started", "done", "failed", "censored", "dropped")


@dataclass(slots=True, eq=False)
class _Counts:
    started: int = 0
    done: int = 0
    censored: int = 0
    dropped: int = 0
    in_flight: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    response_us: dict[int, int] = field(default_factory=dict)
    service_us: dict[int, int] = field(default_factory=dict)


class Open:
    """A visit, a step or a request that was begun and has not ended."""

    __slots__ = ("counts", "intended_at", "key", "sent_at")

    def __init__(self, key: Key, counts: _Counts, intended_at: float, sent_at: float) -> None:
        self.key = key
        self.counts = counts
        self.intended_at = intended_at  # monotonic seconds
        self.sent_at = sent_at


class Recorder:
    """Counts per second of the intended start, flow, step and endpoint, in one worker."""

    def __init__(self, worker: int = 0) -> None:
        self.worker = worker
        self._cells: dict[Key, _Counts] = {}
        self._open: set[Open] = set()
        self._changed: set[Key] = set()
        self._settled = dict.fromkeys(_TOTALS, 0)  # whole visits of cells that were let go
        self._late_us: dict[int, int] = {}
        self._dropped = 0
        self.visits_open = 0  # begun and not ended
        self.closed = False

    def begin(self, key: Key, intended_at: float, sent_at: float) -> Open:
        """Count a start."""
        counts = self._cells.get(key)
        if counts is None:
            counts = self._cells[key] = _Counts()
        counts.started += 1
        self._changed.add(key)
        one = Open(key, counts, intended_at, sent_at)
        self._open.add(one)
        if key[3] == WHOLE:
            self.visits_open += 1
            histogram.record(self._late_us, int((sent_at - intended_at) * 1e6))
        return one

    def end(self, one: Open, now: float, failure: str | None = None) -> None:
        """Count an end: done, or failed with its kind. After `close` it changes nothing."""
        if one not in self._open:
            return
        self._open.remove(one)
        key, counts = one.key, one.counts
        if key[3] == WHOLE:
            self.visits_open -= 1
        self._changed.add(key)
        if failure is None:
            counts.done += 1
        else:
            counts.kinds[failure] = counts.kinds.get(failure, 0) + 1
        _time(counts, one, now)

    def drop(self, second: int, flow: str) -> None:
        """Count an arrival that was never sent."""
        key = (second, flow, "", WHOLE)
        self._cells.setdefault(key, _Counts()).dropped += 1
        self._changed.add(key)
        self._dropped += 1

    def close(self, now: float) -> int:
        """Count all that is open as censored ("at least this long"); return how many."""
        for one in self._open:
            one.counts.censored += 1
            self._changed.add(one.key)
            _time(one.counts, one, now)
        number = len(self._open)
        self._open.clear()
        self.visits_open, self.closed = 0, True
        return number

    def changed(self, second: int) -> list[str]:
        """Return the lines of all cells that changed since the last call.

        The numbers in flight are those of the end of `second`.
        """
        gauges: dict[Key, int] = {}
        for one in self._open:
            key = (second, *one.key[1:])
            gauges[key] = gauges.get(key, 0) + 1
        for key, number in gauges.items():
            self._cells.setdefault(key, _Counts()).in_flight = number
            self._changed.add(key)
        lines = [to_line(self._tally(key), self.worker) for key in sorted(self._changed)]
        self._changed.clear()
        return lines

    def let_go(self, before: int) -> None:
        """Forget what was told of the seconds before that one, or an hour would fill the memory.

        Shape: no arrival comes for an earlier second any more. What is open is kept, with its
               second and all later ones.
        """
        first = min((one.key[0] for one in self._open), default=before)
        settled = [key for key in self._cells if key[0] < min(before, first)]
        for key in settled:
            if key in self._changed:
                continue
            counts = self._cells.pop(key)
            if key[3] == WHOLE:
                for name, number in _totals(counts).items():
                    self._settled[name] += number

    def take_health(self) -> Mapping[str, object]:
        """Return how visits left since the last call: lateness (ms, p99 and histogram), drops."""
        late_us, self._late_us = self._late_us, {}
        dropped, self._dropped = self._dropped, 0
        p99_us = histogram.percentile_us(late_us, 0.99)
        return {
            "lateness_p99_ms": None if p99_us is None else p99_us / 1000,
            "late_us": {str(key): number for key, number in late_us.items()},
            "dropped": dropped,
            "in_flight": self.visits_open,
        }

    @property
    def untold(self) -> bool:
        """Whether visits left since `take_health` was called."""
        return bool(self._late_us)

    def totals(self) -> Mapping[str, int]:
        """Return the whole visits: started, done, failed, censored, dropped."""
        made = dict(self._settled)
        for key, counts in self._cells.items():
            if key[3] == WHOLE:
                for name, number in _totals(counts).items():
                    made[name] += number
        return made

    def _tally(self, key: Key) -> Tally:
        counts = self._cells[key]
        cell = LoadCell(
            load_run="",  # the reader knows which run it reads
            second=key[0],
            flow=key[1],
            step=key[2],
            endpoint=key[3],
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


def _totals(counts: _Counts) -> Mapping[str, int]:
    failed = sum(counts.kinds.values())
    return {name: failed if name == "failed" else getattr(counts, name) for name in _TOTALS}


def _time(counts: _Counts, one: Open, now: float) -> None:
    # As histogram.record does, written out: this runs for every request.
    for since, times in (
        (one.intended_at, counts.response_us),
        (one.sent_at, counts.service_us),
    ):
        value_us = int((now - since) * 1e6)
        shift = value_us.bit_length() - 8
        key = value_us if shift <= 0 else value_us >> shift << shift
        times[key] = times.get(key, 0) + 1

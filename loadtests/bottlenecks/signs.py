"""What each endpoint shows under load, measured against itself at the calm start.

One figure stands for how much a customer suffers at an endpoint: the waiting that load added
to a request, where a request that was lost counts as two seconds of waiting. Traffic does not
enter: the busiest endpoint is not to blame for a queue that all share.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forepost.analysis import histogram
from loadtests.cells import Tally, parts

LOST_MS = 2000.0  # a judgement: what a lost request weighs beside one that waits
NOISE_MS = 20.0  # added to the mean response; less is noise on any machine
LOST_SPEAKS_RATIO = 0.02
FEWEST = 4  # requests; of fewer nothing is said
_STANDARD_ERRORS = 3.0
_NOT_CALM_FACTOR, _NOT_CALM_MS = 4.0, 300.0
_CALM_RATIO = 0.05  # without a calm start, the fastest one in twenty stands for it


@dataclass(frozen=True, slots=True)
class Sign:
    """One endpoint in a stretch of the run; times in milliseconds, sent to end."""

    endpoint: str
    started: int
    done: int
    calm_ms: float | None  # None: there was no calm start; `basis_ms` is an estimate then
    basis_ms: float
    loaded_ms: float
    noise_ms: float  # what chance explains of the difference
    calm_lost_ratio: float
    open_mean: float  # requests open at a time, on average (Little's law)
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether there were enough requests for a word."""
        return self.started >= FEWEST

    @property
    def lost(self) -> int:
        """Requests that were started and not done."""
        return self.started - self.done

    @property
    def lost_ratio(self) -> float:
        """The share of requests that were lost."""
        return self.lost / self.started if self.started else 0.0

    @property
    def added_ms(self) -> float:
        """The waiting that load added to a request; 0 when chance explains it."""
        added = self.loaded_ms - self.basis_ms
        return added if added > max(NOISE_MS, self.noise_ms) else 0.0

    @property
    def gap(self) -> float:
        """The share of requests that load lost; 0 when chance explains it."""
        more = self.lost_ratio - self.calm_lost_ratio
        return more if more > max(LOST_SPEAKS_RATIO, self._chance) else 0.0

    @property
    def hurt_ms(self) -> float:
        """How much a request suffers: added waiting, a lost one as `LOST_MS`."""
        return self.added_ms + self.gap * LOST_MS

    @property
    def hurt_at_most_ms(self) -> float:
        """How much a request may suffer at most, for all that chance leaves open."""
        waiting = max(0.0, self.loaded_ms - self.basis_ms) + self.noise_ms
        if not self.lost:
            return waiting
        return waiting + (max(0.0, self.lost_ratio - self.calm_lost_ratio) + self._chance) * LOST_MS

    @property
    def _chance(self) -> float:
        """What a share of lost requests may be above the usual one by chance."""
        usual = min(max(self.calm_lost_ratio, LOST_SPEAKS_RATIO), 0.5)
        return _STANDARD_ERRORS * math.sqrt(usual * (1 - usual) / max(self.started, 1))

    @property
    def worse_ratio(self) -> float:
        """How much worse a request is than when calm, in its own calm times; 0 is as calm."""
        return self.hurt_ms / self._usual_ms

    @property
    def worse_at_least_ratio(self) -> float:
        """The same, less what chance explains of the time."""
        return max(0.0, self.hurt_ms - self.noise_ms) / self._usual_ms

    @property
    def waits(self) -> bool:
        """Whether a request may take longer than when calm: False only where it surely does not."""
        return self.loaded_ms - self.basis_ms + self.noise_ms > NOISE_MS

    @property
    def _usual_ms(self) -> float:
        return max(self.basis_ms, 1.0)


@dataclass(slots=True)
class Second:
    """One second of one endpoint, all flows together."""

    started: int = 0
    done: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    times_us: dict[int, int] = field(default_factory=dict)
    left_sum_s: float = 0.0

    @property
    def left_s(self) -> float:
        """When its requests left on average, in seconds of the run."""
        return self.left_sum_s / max(self.started, 1)

    def add(self, tally: Tally, left_s: float) -> None:
        """Count a cell whose requests left at about `left_s`."""
        self.left_sum_s += left_s * tally.cell.started
        self.started += tally.cell.started
        self.done += tally.cell.done
        for kind, number in tally.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + number
        for key, number in tally.cell.service_us.items():
            self.times_us[key] = self.times_us.get(key, 0) + number


Book = Mapping[str, Mapping[int, Second]]
"""Endpoint → second of the intended start → what was counted."""


Walks = Mapping[str, Sequence[str]]
"""Flow → its endpoints in the order in which a visit asks for them."""


def book(tallies: Iterable[Tally], walks: Walks | None = None) -> Book:
    """Sort the cells of single endpoints by the second in which their requests left.

    A cell tells the second in which the *visit* came. With `walks` the time that its earlier
    requests took is added: behind a queue that grows, a later request of a visit waits longer
    only because it comes later, and must not look like a second queue.
    """
    single = list(parts(tallies))
    took_s = _took_s(single)
    made: dict[str, dict[int, Second]] = {}
    for tally in single:
        cell = tally.cell
        earlier_s = sum(
            took_s.get((cell.second, cell.flow, endpoint), 0.0)
            for endpoint in _before(cell.endpoint, (walks or {}).get(cell.flow, ()))
        )
        left_s = cell.second + earlier_s
        seconds = made.setdefault(cell.endpoint, {})
        seconds.setdefault(round(left_s), Second()).add(tally, left_s)
    return made


def _before(endpoint: str, walk: Sequence[str]) -> Sequence[str]:
    return walk[: walk.index(endpoint)] if endpoint in walk else ()


def _took_s(tallies: Iterable[Tally]) -> Mapping[tuple[int, str, str], float]:
    """Return how long the requests that were answered took, by second, flow and endpoint."""
    times: dict[tuple[int, str, str], dict[int, int]] = {}
    for cell in (tally.cell for tally in tallies):
        key = (cell.second, cell.flow, cell.endpoint)
        times[key] = histogram.merge([times.get(key, {}), cell.service_us])
    return {key: (histogram.mean_us(one) or 0.0) / 1e6 for key, one in times.items()}


def signs(found: Book, calm: Collection[int], loaded: Collection[int]) -> list[Sign]:
    """Compare two sets of seconds for every endpoint that was asked under load."""
    made = [_sign(name, seconds, calm, loaded) for name, seconds in sorted(found.items())]
    return [sign for sign in made if sign.started]


def _sign(
    endpoint: str, seconds: Mapping[int, Second], calm: Collection[int], loaded: Collection[int]
) -> Sign:
    before = [second for at, second in seconds.items() if at in calm]
    under = [second for at, second in seconds.items() if at in loaded]
    calm_us = histogram.merge(one.times_us for one in before)
    loaded_us = histogram.merge(one.times_us for one in under)
    calm_ms = _mean_ms(calm_us) if histogram.count(calm_us) >= FEWEST else None
    started, begun = sum(one.started for one in under), sum(one.started for one in before)
    return Sign(
        endpoint=endpoint,
        started=started,
        done=sum(one.done for one in under),
        calm_ms=calm_ms,
        basis_ms=_basis_ms(calm_ms, _fastest_ms(seconds.values())),
        loaded_ms=_mean_ms(loaded_us),
        noise_ms=_STANDARD_ERRORS * math.hypot(_error_ms(calm_us), _error_ms(loaded_us)),
        calm_lost_ratio=(begun - sum(one.done for one in before)) / begun if begun else 0.0,
        open_mean=histogram.total_us(loaded_us) / 1e6 / max(len(loaded), 1),
        kinds=_kinds(under),
    )


def _basis_ms(calm_ms: float | None, fastest_ms: float) -> float:
    """Return what stands for calm: a start far above the fastest requests was none."""
    if calm_ms is None:
        return fastest_ms
    return min(calm_ms, max(_NOT_CALM_FACTOR * fastest_ms, fastest_ms + _NOT_CALM_MS))


def _kinds(seconds: Sequence[Second]) -> Mapping[str, int]:
    kinds: dict[str, int] = {}
    for second in seconds:
        for kind, number in second.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    return kinds


def _mean_ms(times_us: Mapping[int, int]) -> float:
    return (histogram.mean_us(times_us) or 0.0) / 1000


def _fastest_ms(seconds: Iterable[Second]) -> float:
    everything = histogram.merge(one.times_us for one in seconds)
    return (histogram.percentile_us(everything, _CALM_RATIO) or 0.0) / 1000


def _error_ms(times_us: Mapping[int, int]) -> float:
    """Return the standard error of the mean; 0 where one time says nothing of spread."""
    number = histogram.count(times_us)
    if number <= 1:
        return 0.0
    mean = histogram.total_us(times_us) / number
    squares = sum(many * (histogram.middle(key) - mean) ** 2 for key, many in times_us.items())
    return math.sqrt(squares / (number - 1) / number) / 1000

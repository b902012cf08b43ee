"""What is said of one load test: its stored facts, its curves, and what people met meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from forepost.analysis.human import Human
from forepost.model import ComplaintCount, LoadRun

SLACK = 1e-6  # rates are rounded to that many arrivals a second


@dataclass(frozen=True, slots=True)
class FlowCapacity:
    """One flow against its forecast.

    Units: arrivals a second; None where it was not measured or not recorded.
    """

    flow: str
    unit: str  # "redemptions"; "visits" without a forecast
    peak_per_s: float | None
    need_per_s: float | None  # the forecast with its headroom
    low_per_s: float | None  # the last level that was held
    high_per_s: float | None  # the first that was not
    why: str
    plateau_per_s: float | None
    plateau_range: tuple[float, float] | None  # 95 % interval
    sure_per_s: float | None  # up to here every threshold surely passed
    sure_known: bool  # False: an earlier version, which did not say
    judged: bool  # False: a smoke run, too small for the forecast
    failing_per_min: tuple[float, float] | None  # at the forecast peak, least and most
    posts_per_hour: tuple[float, float, float] | None  # low, middle, high

    @property
    def holds(self) -> bool | None:
        """Whether it takes the forecast with headroom; None: not decided, or no forecast."""
        if self.need_per_s is None or not self.judged:
            return None
        if self.high_per_s is not None and self.high_per_s <= self.need_per_s + SLACK:
            return False
        return True if self.likely and not self.unsure else None

    @property
    def likely(self) -> bool:
        """Whether the level that it needs was held, surely or not."""
        low, need = self.low_per_s, self.need_per_s
        return low is not None and need is not None and low >= need - SLACK

    @property
    def unsure(self) -> bool:
        """Whether some threshold had too few visits for a word at the level that it needs."""
        if not self.sure_known or self.need_per_s is None:
            return False
        return self.sure_per_s is None or self.sure_per_s < self.need_per_s - SLACK

    @property
    def doubtful(self) -> bool:
        """Whether the last level that was held may have been held by chance: few visits."""
        if not self.sure_known or self.low_per_s is None:
            return False
        return self.sure_per_s is None or self.sure_per_s < self.low_per_s - SLACK

    @property
    def margin_ratio(self) -> float | None:
        """What it took, above (or below) the forecast: 0.5 is half as much again."""
        if self.low_per_s is None or not self.peak_per_s:
            return None
        return self.low_per_s / self.peak_per_s - 1


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """A threshold as it was judged."""

    text: str
    state: str  # pass, fail, no data, too few, not decided
    value: float | None
    unit: str  # ms, %, /s or none
    limit: float | None
    low: float | None  # 95 % interval
    high: float | None
    n: int | None
    where: str
    abort: bool


@dataclass(frozen=True, slots=True)
class LevelResult:
    """One flow during one stretch of the load. Units: seconds, arrivals a second, ms."""

    flow: str
    start_s: float
    end_s: float
    planned_per_s: float
    offered: int | None
    done: int | None
    p95_ms: float | None
    held: str


@dataclass(frozen=True, slots=True)
class Law:
    """The scalability law through a search's steps, where a plateau was seen.

    Units:  in flight: visits; done a second. It may be drawn between the two ends only.
    Source: X(n) = per_s n / (1 + contention (n - 1) + coherence n (n - 1)); Gunther 2007.
    """

    flow: str
    per_s: float
    contention: float
    coherence: float
    from_in_flight: float
    to_in_flight: float
    points: tuple[tuple[float, float], ...] = ()  # (in flight, done a second) of each step

    def at(self, in_flight: float) -> float:
        """Return the visits done a second with so many in flight."""
        below = 1 + self.contention * (in_flight - 1)
        below += self.coherence * in_flight * (in_flight - 1)
        return self.per_s * in_flight / below


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that sent load; None where its health was not recorded."""

    index: int
    host: str
    lost: str  # when and how it died; empty: it did not
    cpu_ratio_max: float | None
    lateness_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class CleanUp:
    """What was undone of what a flow made in the shop."""

    flow: str
    made: int | None
    undone: int | None
    left: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Books:
    """Every arrival once: planned = started + dropped + unsent, started = done + failed + censored.

    None: not recorded (runs of an earlier version), which is not zero.
    """

    planned: int | None
    started: int | None
    dropped: int | None
    unsent: int | None
    done: int | None
    failed: int | None
    censored: int | None

    @property
    def plan_adds_up(self) -> bool | None:
        """Whether what was planned is all there; None: not recorded."""
        return _adds_up(self.planned, self.started, self.dropped, self.unsent)

    @property
    def starts_add_up(self) -> bool | None:
        """Whether what was started is all there; None: not recorded."""
        return _adds_up(self.started, self.done, self.failed, self.censored)


def _adds_up(whole: int | None, *parts: int | None) -> bool | None:
    known = [part for part in parts if part is not None]
    if whole is None or len(known) < len(parts):
        return None
    return whole == sum(known)


@dataclass(frozen=True, slots=True)
class LoadFacts:
    """LoadRun.detail, read with care: what is missing there is None or empty here."""

    kind: str
    title: str
    owner: str
    headroom: float | None
    dates: tuple[date, date] | None
    mocked: tuple[str, ...] | None  # None: not recorded; empty: nothing was mocked
    resources: Mapping[str, tuple[str, ...]]
    setup: Mapping[str, str]
    lines: tuple[str, ...]
    evidence: tuple[str, ...]
    runner_up: str
    flows: tuple[FlowCapacity, ...]
    thresholds: tuple[ThresholdResult, ...] | None  # None: not recorded
    levels: tuple[LevelResult, ...]
    laws: tuple[Law, ...]
    phases: tuple[tuple[str, float, float], ...]  # name, start, end in seconds
    workers: tuple[Worker, ...]
    cpu_ratio_max: float | None
    lateness_p99_ms: float | None
    books: Books
    requests: int | None
    errors: Mapping[str, int]
    cleanup: tuple[CleanUp, ...] | None  # None: not recorded
    seed: int | None
    cut_short: str
    invalid: str
    planned_end_at: datetime | None
    again: tuple[str, ...] = ()  # what its command said besides the campaign's name


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """One endpoint under load, in slices of `slice_s` seconds.

    Units: requests per second; times in milliseconds, None where no request ended.
    """

    name: str
    flow: str
    offered: tuple[float, ...]
    done: tuple[float, ...]
    failed: tuple[float, ...]
    p95_ms: tuple[float | None, ...]
    total_offered: int
    total_done: int
    total_failed: int
    overall_p95_ms: float | None
    total_censored: int = 0
    overall_p50_ms: float | None = None
    overall_p99_ms: float | None = None
    service_p95_ms: float | None = None  # from when it was really sent


@dataclass(frozen=True, slots=True)
class VisitLoad:
    """A flow's whole visits (or one step's), in the same slices.

    Units: visits per second; milliseconds from the intended start, None where none ended;
           in flight: the most at the end of a second, None where nothing was recorded.
    """

    flow: str
    step: str  # empty: the whole visit
    offered: tuple[float, ...]
    done: tuple[float, ...]
    failed: tuple[float, ...]
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    p99_ms: tuple[float | None, ...]
    in_flight: tuple[int | None, ...]
    total_offered: int
    total_done: int
    total_failed: int
    total_censored: int
    total_dropped: int
    overall_ms: Mapping[str, float | None]  # p50, p90, p95, p99, max


@dataclass(frozen=True, slots=True)
class ProbePoint:
    """A page that a probe loaded while the load test ran."""

    second: float
    begins_ms: float
    worked: bool
    lcp_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ProbeWalk:
    """One probe's walk during the load test, or the part of it that met one load.

    Units: `second` since the load began; arrivals a minute at that time, None if not known.
    """

    second: float
    offered_per_min: float | None  # mean over the walk
    least_per_min: float | None
    most_per_min: float | None
    worked: bool
    busy: bool
    wake: bool
    begins_ms: tuple[float, ...]
    lcp_ms: tuple[float, ...]
    first_byte_ms: tuple[float, ...] = ()
    walk: str | None = None  # the run that it is a part of
    capped: bool = False  # it had no leave to pay: neither worked nor failed


@dataclass(frozen=True, slots=True)
class HumanView:
    """A probe's flow under load, and the loads between which it leaves its budget."""

    flow: str
    unit: str  # what an arrival is called: "orders"
    own: bool  # the load is this flow's own; else all arrivals together
    walks: tuple[ProbeWalk, ...]
    broken: int  # walks that broke on our side: they say nothing
    found: Human


@dataclass(frozen=True, slots=True)
class TopicDays:
    """Complaints of one topic in the hours of the campaign's days; None: of all topics."""

    topic: str | None
    hours: tuple[ComplaintCount, ...]
    flows: tuple[str, ...] = ()  # the tested ones that it speaks of


@dataclass(frozen=True, slots=True)
class CampaignDays:
    """The campaign's days, laid over afterwards.

    Shape: `until` is what has passed of them when the report was made; None of it has if it
           lies before `since`.
    """

    since: datetime
    until: datetime
    topics: tuple[TopicDays, ...]
    cut: bool = False  # the campaign is longer: these are its first days

    @property
    def ahead(self) -> bool:
        """Whether the campaign has not begun."""
        return self.until <= self.since

    @property
    def seen(self) -> bool:
        """Whether any source of posts was read in any of its hours."""
        return any(hour.coverage > 0 for topic in self.topics for hour in topic.hours)


@dataclass(frozen=True, slots=True)
class LoadView:
    """One load test, ready to draw."""

    run: LoadRun
    facts: LoadFacts
    slice_s: int
    seconds: tuple[int, ...]  # start of each slice since the run began
    endpoints: tuple[EndpointLoad, ...]  # the largest gap between offered and done first
    visits: tuple[VisitLoad, ...]  # of whole flows
    steps: tuple[VisitLoad, ...]
    probes: tuple[ProbePoint, ...]
    humans: tuple[HumanView, ...]
    quiet_p75_ms: float | None  # the same flows' pages without load
    quiet_pages: int
    days: CampaignDays | None = None  # None: the campaign has no date


class HasLoad(Protocol):
    """What a chart about a load test needs: a report of a period, or of one load test."""

    @property
    def load(self) -> LoadView | None:
        """The load test, if there is one."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The shop's own clock."""
        ...


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Everything the page of one load test says."""

    shop_name: str
    zone: ZoneInfo
    made_at: datetime
    load: LoadView
    version: str
    earlier: tuple[LoadRun, ...] = field(default=())  # of the same campaign, latest first
    before: str = ""  # the id of the latest one to compare it with

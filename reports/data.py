"""What a report says, collected: frozen values that charts, page and ledger are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from forepost.model import (
    ComplaintCount,
    Estimate,
    LedgerEntry,
    LoadRun,
    Maintenance,
    Story,
)
from reports.load_data import LoadView

MINUTE_S = 60
CAPPED = "ended before paying"  # a state beside the outcomes: no leave to pay, no word on the money


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What a report must be told beside the store.

    Units:  attempts_per_minute by real customers, per flow; horizon_s in seconds;
            intervals_s from run to run, per flow (without it coverage is unknown).
    Shape:  extra is None outside a demo, else {"truth": {"situations": {situation:
            {"customers_hit", "posts", ...}}, "parameters": {...}}, "situation_of_flow":
            {flow: situation}, "seed": n}.
    """

    shop_name: str
    timezone: str
    flows_of_topic: Mapping[str, tuple[str, ...]]
    attempts_per_minute: Mapping[str, float]
    charts: tuple[str, ...] = ("timeline", "lead_time", "page_load", "load")
    extra: Mapping[str, object] | None = None
    horizon_s: float = 4 * 3600
    intervals_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """A share that never travels without its count and its 95 % interval."""

    count: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What the demo's town knows: its own count beside our estimate."""

    customers_hit: int | None = None
    posts: int | None = None
    first_hit_at: datetime | None = None
    first_post_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A file of evidence: what it is, where it lies in the output folder, how large."""

    kind: str
    path: str
    size_bytes: int
    there: bool  # False: retention or a person removed it


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one failed run left behind."""

    run_id: str
    flow: str
    step: str
    at: datetime
    message: str
    more: int = 0  # further runs that failed in the same step
    links: tuple[Link, ...] = ()
    picture: str | None = None  # the screenshot's path in the output folder


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One incident: what was found, who was first, what it cost, and the proof."""

    story: Story
    lead_class: str  # first, tie, late, missed, silent
    situation: str | None = None
    evidence: tuple[Evidence, ...] = ()
    truth: Truth | None = None

    @property
    def flow(self) -> str:
        """The flow, or the topic of a complaint surge that no probe explains."""
        return self.story.incident.subject


@dataclass(frozen=True, slots=True)
class LeadFigures:
    """Who knew first, over every incident; never a median over the wins.

    Units: restricted mean lead in seconds, negative when customers were first on average.
    """

    classes: Mapping[str, int]  # first, tie, late, missed, silent: they add up to all
    first: Share | None  # of the incidents that customers posted about
    mean_s: Estimate | None  # incidents nobody posted about end at recovery (the low side)
    mean_if_silent_s: Estimate | None  # ... or at the horizon (the high side)
    horizon_s: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Nearest-rank percentiles of n values; below 20 values p95 is the largest one."""

    n: int
    p50: float
    p75: float
    p95: float


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step of a flow over the period, in milliseconds."""

    name: str
    n: int
    failed: int
    degraded: int
    took_ms: Spread | None  # of the runs in which the step worked
    budget_ms: float | None


@dataclass(frozen=True, slots=True)
class Vital:
    """One browser figure of a flow's pages, with the bounds of good and poor at p75."""

    name: str
    unit: str  # "ms" or "" (layout shift has none)
    spread: Spread | None
    good: float | None = None
    poor: float | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What maintenance takes out of a flow's figures.

    Units: seconds of the period in windows that exclude or pause the flow; `out_s` in either.
    """

    excluded: int = 0  # runs that count for nothing
    out_s: float = 0.0
    excluded_s: float = 0.0
    paused_s: float = 0.0
    names: tuple[str, ...] = ()  # of the windows that are to be told


@dataclass(frozen=True, slots=True)
class FlowSection:
    """A flow over the period."""

    name: str
    outcomes: Mapping[str, int]  # runs by outcome, those that had no leave to pay as CAPPED
    availability: Share | None
    flakes: Share | None  # runs that passed only when repeated
    under_load: int  # runs during a load test of ours: shown there, counted nowhere else
    skipped: int  # of the broken ones: missed or skipped by the scheduler
    contended: int  # runs while this machine was too busy for true times
    steps: tuple[StepFigures, ...]
    vitals: tuple[Vital, ...]
    messages: tuple[tuple[str, int], ...]  # what failed runs said, most frequent first
    planned: Planned = field(default_factory=Planned)
    coverage: float | None = None  # share of the period that the runs of `availability` speak for
    left: tuple[tuple[str, int], ...] = ()  # what clean-ups that failed said
    unproved: int = 0  # clean-ups that broke on our side: nobody knows what is left
    device: str = ""  # that all times are of: the latest run's
    elsewhere: tuple[str, ...] = ()  # other devices, whose runs are in no time
    capped: int = 0  # no leave to pay: they count for steps and pages, for no share
    unpaid: int = 0  # of those that worked: up to payment, since this shop is never paid
    proved_until: datetime | None = None  # no run since then had leave to pay; None: the last had


@dataclass(frozen=True, slots=True)
class Mark:
    """Runs of one flow in one bucket (or one run): the worst state shows."""

    at: datetime
    state: str  # an outcome, or CAPPED
    runs: int = 1


@dataclass(frozen=True, slots=True)
class PagePoint:
    """Page loads that began in one bucket; None where nothing was measured."""

    at: datetime
    pages: int
    begins_p75_ms: float | None
    loaded_p75_ms: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Three series on one clock."""

    bucket_s: int
    lanes: Mapping[str, tuple[Mark, ...]]
    pages: tuple[PagePoint, ...]
    complaints: tuple[ComplaintCount, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the period was seen: missing data is never zero and never 100 %."""

    runs: int
    broken: int
    skipped: int
    complaint_ratio: float | None  # None: no source was asked
    posts: int  # everything the sources showed
    complaints: int
    polls: int
    failed_polls: int
    first_run_at: datetime | None = None
    last_run_at: datetime | None = None
    longest_gap_s: float | None = None  # without any run that measured
    typical_gap_s: float | None = None  # the median one
    alerts_sent: int = 0
    alerts_open: int = 0
    browsers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    contended: int = 0  # runs while this machine was too busy for true times

    @property
    def measured(self) -> int:
        """Runs that say something about the shop."""
        return self.runs - self.broken

    @property
    def long_gap_s(self) -> float | None:
        """The longest time without a run, if it stands out against the usual pause."""
        if self.longest_gap_s is None or self.typical_gap_s is None:
            return None
        out = self.longest_gap_s > max(MINUTE_S, 10 * self.typical_gap_s)
        return self.longest_gap_s if out else None

    @property
    def probe_ratio(self) -> float | None:
        """Share of the planned runs that measured; None if none was planned."""
        return self.measured / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report says about one period."""

    shop_name: str
    zone: ZoneInfo
    since: datetime
    until: datetime
    made_at: datetime
    rows: tuple[LedgerRow, ...]
    surges: tuple[LedgerRow, ...]  # complaint surges that no probe incident explains
    lead: LeadFigures | None
    flows: tuple[FlowSection, ...]
    timeline: Timeline | None
    load: LoadView | None
    load_runs: tuple[LoadRun, ...]
    coverage: Coverage
    attempts_per_minute: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, object] | None = None  # the town's, in a demo
    truth_other: Mapping[str, Truth] = field(default_factory=dict)  # situations without a row
    seed: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    windows: tuple[Maintenance, ...] = ()  # planned work that is to be told
    left: tuple[LedgerEntry, ...] = ()  # not settled when the report was made

    @property
    def dated(self) -> bool:
        """Whether times need their date beside them."""
        first, last = self.since.astimezone(self.zone), self.until.astimezone(self.zone)
        return first.date() != last.date()

    @property
    def counted(self) -> bool:
        """Whether any run says something about the shop: not all were planned work."""
        return any(flow.availability is not None for flow in self.flows)

    @property
    def heard(self) -> bool:
        """Whether anybody listened: without a source that was read, silence says nothing."""
        return self.coverage.complaint_ratio is not None or any(
            row.story.lead_time_s is not None for row in self.rows + self.surges
        )

    @property
    def empty(self) -> bool:
        """Whether nothing at all was measured."""
        return not (self.coverage.measured or self.coverage.posts or self.load_runs)

    @property
    def demo(self) -> bool:
        """Whether the town's truth is known."""
        return self.parameters is not None or any(row.truth for row in self.rows)

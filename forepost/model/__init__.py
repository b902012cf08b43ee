"""The nouns that pass between rooms: frozen, aware UTC inside, units in names.

Missing is None, never zero: a soft navigation has no paint of its own, a silent
incident has no first complaint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from secrets import token_hex

from forepost.model.ledger import Caps, Cleanup, LedgerEntry, MadeKind
from forepost.model.outcome import Fault, Outcome

__all__ = [
    "CONTENDED_ABOVE_RATIO",
    "Alert",
    "Artefact",
    "Browser",
    "Caps",
    "Cleanup",
    "ComplaintCount",
    "Estimate",
    "Fault",
    "FlowRun",
    "HostTraffic",
    "Incident",
    "IncidentKind",
    "Kpi",
    "LedgerEntry",
    "LoadCell",
    "LoadRun",
    "MadeKind",
    "Maintenance",
    "MaintenanceSwitch",
    "OutboxRow",
    "Outcome",
    "PageTiming",
    "Poll",
    "Post",
    "ScoredPost",
    "StepResult",
    "Story",
    "Transition",
    "TransitionKind",
    "new_id",
]


def new_id(at: datetime) -> str:
    """Return an id that sorts by time: 12 hex digits of milliseconds, 8 random ones."""
    return f"{int(at.timestamp() * 1000):012x}{token_hex(4)}"


@dataclass(frozen=True, slots=True)
class HostTraffic:
    """What one host sent of a document."""

    host: str
    first_party: bool
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PageTiming:
    """One document navigation inside a step, as the browser measured it.

    Units:  milliseconds since the navigation began; `cls` without unit; bytes as sent.
            LCP = ttfb_ms + lcp_delay_ms + lcp_load_ms + lcp_render_ms: until the element's
            resource is asked for, until it is there, until it is painted.
    Source: Navigation Timing 2, Paint Timing, Largest Contentful Paint, Layout Instability,
            Event Timing.
    """

    url: str
    ttfb_ms: float | None = None
    fcp_ms: float | None = None
    lcp_ms: float | None = None
    lcp_element: str | None = None
    lcp_url: str | None = None  # of the element's resource; None: it has none (a text)
    lcp_delay_ms: float | None = None
    lcp_load_ms: float | None = None
    lcp_render_ms: float | None = None
    cls: float | None = None
    inp_ms: float | None = None  # None: nobody touched the page
    tbt_ms: float | None = None
    dcl_ms: float | None = None
    load_ms: float | None = None
    requests: int = 0
    bytes: int = 0
    third_party_requests: int = 0
    third_party_bytes: int = 0
    hosts: tuple[HostTraffic, ...] = ()

    @property
    def begins_ms(self) -> float | None:
        """When the page begins to load for a person: first paint, else first byte."""
        return self.fcp_ms if self.fcp_ms is not None else self.ttfb_ms


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of a journey. The clock stopped before anything was observed."""

    name: str
    outcome: Outcome
    duration_ms: float
    url: str = ""
    message: str = ""
    budget_ms: float | None = None
    pages: tuple[PageTiming, ...] = ()
    picture: str | None = None  # path relative to the output folder


@dataclass(frozen=True, slots=True)
class Artefact:
    """A piece of evidence on disk: screenshot, trace, console, requests."""

    kind: str
    path: str  # relative to the output folder
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Browser:
    """What measured; figures of two builds are never compared."""

    name: str  # chromium, firefox, webkit
    version: str
    kind: str  # headless-shell, chrome, …


class MaintenanceSwitch(StrEnum):
    """What a maintenance window does, each on its own."""

    PAUSE = "pause"  # no runs
    MUTE = "mute"  # runs, but no alerts
    EXCLUDE = "exclude"  # its time does not count in the availability figure
    SHOW = "show"  # told on the status page and in reports


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One maintenance window: planned work on some flows, from an instant to another."""

    name: str
    starts_at: datetime
    ends_at: datetime
    flows: tuple[str, ...] = ()  # none named: all
    switches: frozenset[MaintenanceSwitch] = frozenset(MaintenanceSwitch)

    def covers(self, flow: str, at: datetime) -> bool:
        """Whether a flow is under maintenance at an instant; the end is not part of it."""
        return self.starts_at <= at < self.ends_at and (not self.flows or flow in self.flows)


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One scheduled or hand-started run of a flow: at most two attempts, one verdict.

    `(flow, location, slot_at)` is the idempotency key. `steps` are those of the attempt
    that decided. `attempts` is 2 when the first attempt did not pass and was repeated.
    """

    id: str
    flow: str
    location: str
    slot_at: datetime
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    steps: tuple[StepResult, ...] = ()
    failed_step: str | None = None
    message: str = ""
    fault: Fault | None = None
    attempts: int = 1
    first_message: str = ""  # what the first attempt said, when there were two
    queued_ms: float = 0.0
    cpu_ratio: float | None = None  # share of this machine in use during the run
    browser: Browser | None = None
    artefacts: tuple[Artefact, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()  # order number, totals, … without secrets
    load_run: str | None = None  # the load test under way, if any
    device: str = "desktop"
    maintenance: str | None = None  # the window it ran in: it decides nothing if that excludes it
    cleanup: Cleanup | None = None  # None: no step that pays was entered

    @property
    def duration_ms(self) -> float:
        """What the customer waited for: the sum of the steps."""
        return sum(step.duration_ms for step in self.steps)

    @property
    def passed_on_retry(self) -> bool:
        """Whether the first attempt did not pass and the second did: a flake, kept visible."""
        return self.attempts > 1 and self.outcome.worked

    @property
    def contended(self) -> bool:
        """Whether this machine was too busy for true times (kept out of baselines)."""
        return self.cpu_ratio is not None and self.cpu_ratio > CONTENDED_ABOVE_RATIO


# Above this share two pages at once inflate the load event by up to 95 % (measured).
CONTENDED_ABOVE_RATIO = 0.80


@dataclass(frozen=True, slots=True)
class Post:
    """A public post on its way through memory; text and author never reach the store."""

    source: str
    id: str
    posted_at: datetime
    text: str
    author: str = ""
    repost_of: str | None = None


@dataclass(frozen=True, slots=True)
class ScoredPost:
    """What is kept of a post: no text, no author, no native id."""

    source: str
    key: str  # salted hash of the id, for exactly-once counting
    author_key: str  # salted hash; forgotten after 8 days
    posted_at: datetime
    arrived_at: datetime
    score: float  # 0..1: how sure the classifier is that it is a complaint
    complaint: bool
    topics: tuple[str, ...] = ()
    repost: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """One look at a source: the span of posting time that it really covered."""

    source: str
    at: datetime
    covered_from: datetime | None  # None: nothing was covered, the poll failed
    covered_to: datetime | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ComplaintCount:
    """Complaints in one bucket. coverage < 1 means unknown, never quiet."""

    topic: str | None  # None: all topics together
    bucket_at: datetime
    bucket_s: int
    posts: int  # everything seen
    complaints: int  # distinct authors' original complaints
    reposts: int  # reach, counted apart
    coverage: float  # 0..1 share of the bucket that the sources covered


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; `level` is the share the interval is meant to cover."""

    value: float
    low: float
    high: float
    level: float = 0.95


class IncidentKind(StrEnum):
    """What raised an incident."""

    PROBE = "probe"
    COMPLAINTS = "complaints"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something is wrong with a flow (or customers say so), from onset to recovery."""

    id: str
    kind: IncidentKind
    subject: str  # the flow, or the topic of a complaint surge
    onset_at: datetime  # the last good run's end, else the first failed run's start
    first_failed_at: datetime  # start of the first run that failed
    opened_at: datetime  # detection: the decision that raised it
    closed_at: datetime | None = None
    run_id: str | None = None  # the first probe evidence
    step: str | None = None
    message: str = ""

    @property
    def open(self) -> bool:
        """Whether it still lasts."""
        return self.closed_at is None


class TransitionKind(StrEnum):
    """A change of state that people hear of."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an incident; stored in the same transaction as what caused it."""

    kind: TransitionKind
    at: datetime
    incident: Incident  # as it stands after the change
    reason: str  # "failed 2 of the last 2 attempts": the words people read


@dataclass(frozen=True, slots=True)
class Alert:
    """What a channel is asked to send, once."""

    key: str  # incident id + transition kind: unique per channel
    at: datetime
    severity: str  # "critical" | "resolved" | "ours"
    title: str
    lines: tuple[str, ...]
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An alert waiting for one channel."""

    id: int
    channel: str
    alert: Alert
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """An incident joined with what customers said: the lead-time ledger's row."""

    incident: Incident
    first_complaint_at: datetime | None  # None: nobody has posted (yet)
    lead_time_s: float | None  # negative: customers were first; None: censored
    posts_seen: int  # original complaints on its topics inside its window
    customers_affected: Estimate | None  # None: no rate of attempts is known
    expected_posts: Estimate | None
    explains: tuple[str, ...] = ()  # other flows with the same cause, told in this row


@dataclass(frozen=True, slots=True)
class LoadCell:
    """One second of a load test for one endpoint, by the *intended* start.

    Histograms map the 8 leading bits of a microsecond count to a number of requests.
    """

    load_run: str
    second: int  # since the run began
    flow: str
    endpoint: str
    step: str = ""  # the flow's step that the request belongs to; "" outside steps
    started: int = 0
    done: int = 0
    failed: int = 0
    censored: int = 0  # still open at the end: "at least this long"
    dropped: int = 0  # never sent: the cap on requests in flight was reached
    in_flight: int = 0  # at the end of the second
    response_us: Mapping[int, int] = field(default_factory=dict)  # intended start → end
    service_us: Mapping[int, int] = field(default_factory=dict)  # sent → end


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One load test: definition in short, and its result once it is over."""

    id: str
    campaign: str
    target: str
    started_at: datetime
    finished_at: datetime | None = None
    verdict: str | None = None  # None while it runs
    bottleneck: str | None = None  # a resource's name, or None: unclear
    detail: Mapping[str, object] = field(default_factory=dict)  # JSON: capacity, evidence, …


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure that never travels without its count and its coverage."""

    name: str
    at: datetime
    value: float | None  # None: unknown
    count: int
    coverage: float

"""The tables of config.toml as frozen dataclasses, key for key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from forepost.config.duration import Seconds
from forepost.config.secret import Secret

BUNDLED = "bundled"
NO_ADDRESS = 'not an address; write "https://shop.example"'
_HOST = re.compile(r"[\w.:-]+")  # letters of any alphabet; an IPv6 address has colons
_WORD = re.compile(r"[\x21-\x7e]{0,200}")
_PAIR = re.compile(r"[\w.-]+=[\w.-]*")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")  # urlsplit drops some of them, a browser others


def _url(value: str) -> str:
    """Accept "bundled" or an absolute http(s) address."""
    if value == BUNDLED:
        return value
    flaw = address_flaw(value)
    if flaw:
        either = f' or "{BUNDLED}"' if flaw == NO_ADDRESS else ""
        raise ValueError(f"{flaw}{either}")
    return value.rstrip("/")


def address_flaw(value: str) -> str:
    """Say why a text is no absolute http(s) address that may stand in a report; empty if it is."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # "http://[::1", a port of 99999
        return NO_ADDRESS
    if not good or not _HOST.fullmatch(parts.hostname or "") or _BLANK.search(value):
        return NO_ADDRESS
    if parts.username is not None or parts.password is not None:
        return "a name or password before the host would stand in every report; leave it out"
    return ""


def _contact(value: str) -> str:
    """Accept one word that may stand in a header."""
    if not _WORD.fullmatch(value):
        raise ValueError('write an address in one word: "https://shop.example/monitoring"')
    return value


def _flag(value: str) -> str:
    """Accept one pair for a query that needs no quoting."""
    if value and not _PAIR.fullmatch(value):
        raise ValueError('write "name=value" in letters, digits, "_", "." and "-"')
    return value


def _zone(value: str) -> str:
    """Accept the name of a time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError('no such time zone; write "UTC" or "Europe/Berlin"') from None
    return value


Url = Annotated[str, AfterValidator(_url)]
Zone = Annotated[str, AfterValidator(_zone)]
Contact = Annotated[str, AfterValidator(_contact)]
Flag = Annotated[str, AfterValidator(_flag)]
Count = Annotated[int, Field(ge=1)]
PerMinute = Annotated[float, Field(gt=0, le=1_000_000)]
# [degraded above, failed above]; one figure: degraded above, never failed.
Band = Annotated[tuple[float, ...], Field(min_length=1, max_length=2)]


@dataclass(frozen=True, slots=True)
class Shop:
    """`[shop]`: what is watched."""

    name: str = "the shop"
    url: Url = BUNDLED
    storefront: str = "demo"
    environment: Literal["sandbox", "stop_before_pay", "pay_and_void"] = "stop_before_pay"
    timezone: Zone = "UTC"
    token: Secret | None = None  # for a storefront that may ask the shop's own test API
    services: Mapping[str, str] = field(
        default_factory=dict
    )  # "gateway", "mail": addresses beside it
    preset: str = ""  # a table of controls in probes/storefronts/presets/
    controls: Mapping[str, str] = field(default_factory=dict)  # what the generic one cannot find
    orders_per_day: Annotated[int, Field(ge=0)] | None = None  # synthetic ones, at most
    cents_per_day: Annotated[int, Field(ge=0)] | None = None
    pay_and_void_key: Secret | None = None  # must say the shop's host: a second, explicit yes
    block_analytics: bool = True
    allow_requests: tuple[str, ...] = ()  # hosts that are not blocked
    flag: Flag = ""  # on the first address

    @property
    def bundled(self) -> bool:
        """Whether the demo shop is started for as long as it is needed."""
        return self.url == BUNDLED


@dataclass(frozen=True, slots=True)
class Watch:
    """`[watch]`: the machine that watches."""

    location: Annotated[str, Field(min_length=1, max_length=60)] = "local"
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    browser: Literal["chromium", "chrome", "firefox", "webkit"] = "chromium"
    drain: Seconds = 20.0
    device: str = "desktop"  # a table [devices.x], or desktop or mobile
    pictures: Literal["every step", "failures"] = "every step"


@dataclass(frozen=True, slots=True)
class Device:
    """`[devices.x]`: what the customer holds in the hand."""

    width: Annotated[int, Field(ge=200, le=8_000)] = 1280
    height: Annotated[int, Field(ge=200, le=8_000)] = 720
    scale: Annotated[float, Field(ge=0.5, le=5)] = 1.0
    touch: bool = False
    user_agent: str = ""  # empty: the browser's own; the synthetic mark is always added
    cpu_slowdown: Annotated[float, Field(ge=1, le=20)] = 1.0  # 4: a quarter of this machine
    download_kbps: Annotated[int, Field(ge=0)] = 0  # 0: not throttled
    upload_kbps: Annotated[int, Field(ge=0)] = 0
    latency_ms: Annotated[int, Field(ge=0, le=10_000)] = 0  # of a round trip


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """`[maintenance.x]`: planned work, once (`starts`, `ends`) or again and again (`at`, `lasts`).

    Local times of the shop's zone; `at`: "sun 02:00", "daily 02:00" or "1 02:00" (of a month).
    """

    starts: str = ""  # "2026-11-27 02:00"
    ends: str = ""
    at: str = ""
    lasts: Seconds = 0.0
    flows: tuple[str, ...] = ()  # none named: all
    pause: bool = False
    mute: bool = True
    exclude: bool = True
    show: bool = True


@dataclass(frozen=True, slots=True)
class Decide:
    """`[decide]`: when a failure becomes an incident."""

    open_after: Count = 2
    close_after: Count = 2
    lead_horizon: Seconds = 14_400.0


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """The keys that every `[flows.x]` knows; the others are the flow's own Settings."""

    interval: Seconds = 300.0
    interval_failing: Seconds = 30.0
    deadline: Seconds = 120.0
    step_deadline: Seconds = 20.0
    retry: bool = True
    customers_per_minute: PerMinute | None = None
    cleanup_deadline: Seconds = 20.0
    device: str = ""  # empty: that of [watch]
    depends_on: tuple[str, ...] = ()  # flows whose incident explains one of this flow
    budgets: Mapping[str, Mapping[str, Band]] = field(default_factory=dict)  # step → figure
    settings: Any = None  # an instance of the flow's Settings; not a key


@dataclass(frozen=True, slots=True)
class Complaints:
    """`[complaints]`; each further table in it is a source."""

    poll: Seconds = 60.0
    bucket: Seconds = 60.0
    surge_per_week: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    contact: Contact = ""  # goes into a header
    topics: Path | None = None  # rules of one's own, beside those that ship
    sources: Mapping[str, Any] = field(default_factory=dict)  # name → Settings; not a key


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """`[campaigns.x]`: a load test that runs by itself, at a local time of the shop's zone."""

    campaign: str  # a file in loadtests/campaigns/
    at: str  # "daily 02:30", "sun 02:30" or "1 02:30" (of a month)
    ratio: Annotated[float, Field(gt=0, le=1)] = 0.1  # of the campaign's rates; 1: all of it
    search: bool = False  # for the limit; then at the campaign's own rates
    own_target: str = ""  # the host, needed beyond this machine


@dataclass(frozen=True, slots=True)
class LoadTests:
    """`[loadtests]`."""

    allow_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Reports:
    """`[reports]`."""

    charts: tuple[str, ...] = ("timeline", "lead_time", "page_load", "load")
    every: Seconds = 86_400.0


@dataclass(frozen=True, slots=True)
class StorePlan:
    """`[store]`: where the memory lies and how long it lasts."""

    path: Path = Path("out/forepost.sqlite")
    keep_steps: Seconds = 90 * 86_400.0
    keep_evidence: Seconds = 14 * 86_400.0
    keep_incident_evidence: Seconds = 90 * 86_400.0
    keep_passed: Seconds = 86_400.0  # pictures and requests of runs that worked


@dataclass(frozen=True, slots=True)
class Paths:
    """`[paths]`; relative ones start at the folder of config.toml."""

    out: Path = Path("out")
    plugins: tuple[Path, ...] = ()

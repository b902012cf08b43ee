"""The tables of config.toml as frozen dataclasses, key for key."""

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


def _url(value: str) -> str:
    """Accept "bundled" or an absolute http(s) address."""
    if value == BUNDLED:
        return value
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f'not an address; write "https://shop.example" or "{BUNDLED}"')
    return value.rstrip("/")


def _zone(value: str) -> str:
    """Accept the name of a time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError('no such time zone; write "UTC" or "Europe/Berlin"') from None
    return value


Url = Annotated[str, AfterValidator(_url)]
Zone = Annotated[str, AfterValidator(_zone)]
Count = Annotated[int, Field(ge=1)]
PerMinute = Annotated[float, Field(gt=0, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Shop:
    """`[shop]`: what is watched."""

    name: str = "the shop"
    url: Url = BUNDLED
    storefront: str = "demo"
    environment: Literal["sandbox", "stop_before_pay", "pay_and_void"] = "stop_before_pay"
    timezone: Zone = "UTC"
    token: Secret | None = None  # for a storefront that may ask the shop's own test API
    services: Mapping[str, str] = field(default_factory=dict)  # "gateway", "mail": addresses

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
    settings: Any = None  # an instance of the flow's Settings; not a key


@dataclass(frozen=True, slots=True)
class Complaints:
    """`[complaints]`; each further table in it is a source."""

    poll: Seconds = 60.0
    bucket: Seconds = 60.0
    surge_per_week: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    contact: Annotated[str, Field(pattern=r"^[\x21-\x7e]{0,200}$")] = ""  # goes into a header
    topics: Path | None = None  # rules of one's own, beside those that ship
    sources: Mapping[str, Any] = field(default_factory=dict)  # name → Settings; not a key


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


@dataclass(frozen=True, slots=True)
class Paths:
    """`[paths]`; relative ones start at the folder of config.toml."""

    out: Path = Path("out")
    plugins: tuple[Path, ...] = ()

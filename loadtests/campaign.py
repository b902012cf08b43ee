"""A campaign: what is coming, how hard to test for it, and where that is allowed."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from forepost import plugins
from forepost.config.duration import Seconds
from forepost.config.faults import Faults
from forepost.errors import ConfigError, PluginError
from loadtests import shape as shapes
from loadtests.rate import Forecast, Peak, PerSecond

ROOM = "loadtests.users"
FOLDER = Path(__file__).parent / "campaigns"
_TABLES = ("campaign", "shape", "limits", "flows", "resources")
_SHARES_SLACK = 0.001


@dataclass(frozen=True, slots=True)
class Limits:
    """When a level counts as held; the table `[limits]`."""

    p95: Seconds = 0.8
    error_ratio: float = 0.02
    done_ratio: float = 0.95  # of what was offered, dropped arrivals included

    def __post_init__(self) -> None:
        """See that the ratios are ratios."""
        for name in ("error_ratio", "done_ratio"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a ratio from 0 to 1")


@dataclass(frozen=True, slots=True)
class FlowShare:
    """One flow of a campaign: which part of the arrivals it is, and what is forecast."""

    name: str  # a file in loadtests/users/
    share: float
    peak: Peak | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)  # as written, checked
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign file, checked."""

    name: str
    title: str
    owner: str
    flows: Mapping[str, FlowShare]
    shape: shapes.Shape
    mocked: tuple[str, ...]
    date: dt.date | None = None
    target: str = "bundled"
    allow_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    headroom: float = 1.5
    limits: Limits = field(default_factory=Limits)
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_rate: float = 50.0  # arrivals a second
    max_duration: float = 600.0  # seconds
    max_in_flight: int = 500
    max_lateness: float = 0.25  # seconds; the generator's own, as a 99th percentile
    patience: float = 10.0  # seconds after which a customer has gone
    arrivals: str = "poisson"
    seed: int = 1

    def plan(self) -> list[shapes.Arrival]:
        """Return every arrival of the run, in order."""
        shares = {name: flow.share for name, flow in self.flows.items()}
        return shapes.schedule(self.shape, shares, seed=self.seed, spacing=self.arrivals)


@dataclass(frozen=True, slots=True)
class _Head:
    """The table `[campaign]`."""

    title: str
    owner: str
    mocked: tuple[str, ...]  # needed, may be empty: what a test mocks, it does not test
    date: dt.date | None = None
    target: str = "bundled"
    allow_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    headroom: float = 1.5
    max_rate: PerSecond = 50.0
    max_duration: Seconds = 600.0
    max_in_flight: int = 500
    max_lateness: Seconds = 0.25
    patience: Seconds = 10.0
    arrivals: Literal["poisson", "uniform"] = "poisson"
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Hold:
    rate: PerSecond
    over: Seconds
    kind: str = "hold"

    def shape(self) -> shapes.Shape:
        return shapes.hold(self.rate, self.over)


@dataclass(frozen=True, slots=True)
class _Ramp:
    start: PerSecond
    end: PerSecond
    over: Seconds
    kind: str = "ramp"

    def shape(self) -> shapes.Shape:
        return shapes.ramp(self.start, self.end, self.over)


@dataclass(frozen=True, slots=True)
class _Steps:
    rates: tuple[PerSecond, ...]
    hold: Seconds
    kind: str = "steps"

    def __post_init__(self) -> None:
        """See that there are steps, and that a second belongs to one of them only."""
        if not self.rates:
            raise ValueError("rates needs at least one rate")
        if self.hold != int(self.hold):
            raise ValueError("hold is a number of whole seconds: figures are kept per second")

    def shape(self) -> shapes.Shape:
        return shapes.steps(self.rates, self.hold)


_SHAPES: Mapping[str, type[_Hold | _Ramp | _Steps]] = {
    "hold": _Hold,
    "ramp": _Ramp,
    "steps": _Steps,
}


@dataclass(frozen=True, slots=True)
class _Flow:
    share: float
    peak: Forecast | None = None


def names(folder: Path = FOLDER) -> list[str]:
    """Return the campaigns of a folder, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(name: str, folder: Path = FOLDER) -> Campaign:
    """Read and check the campaign file NAME.toml.

    Raises: ConfigError with one line a fault; sends nothing to anyone.
    """
    path = folder / f"{name}.toml"
    if name not in names(folder):
        existing = ", ".join(names(folder)) or "none"
        raise ConfigError([f"no campaign {path}; there is: {existing}"])
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from None
    return parse(text, name=name, origin=str(path))


def parse(text: str, *, name: str, origin: str) -> Campaign:
    """Check the text of a campaign file.

    Raises: ConfigError with one line a fault.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{origin}: not TOML: {error}"]) from None
    faults = Faults(origin, text)
    made = _build(raw, name, faults)
    if faults.found or made is None:
        raise ConfigError(faults.found)
    return made


def _build(raw: Mapping[str, Any], name: str, faults: Faults) -> Campaign | None:
    for table, value in raw.items():
        if table not in _TABLES or not isinstance(value, dict):
            faults.add(table, None, f"no such table; there is: {', '.join(_TABLES)}")
    tables = {key: raw[key] if isinstance(raw.get(key), dict) else {} for key in _TABLES}
    head = faults.read("campaign", tables["campaign"], _Head)
    limits = faults.read("limits", tables["limits"], Limits)
    shape = _shape(tables["shape"], faults)
    flows = _flows(tables["flows"], faults)
    resources = _resources(tables["resources"], flows, faults)
    if head is None or limits is None or shape is None:
        return None
    _within(head, shape, faults)
    plain = {field.name: getattr(head, field.name) for field in fields(head)}
    return Campaign(
        name=name, flows=flows, shape=shape, limits=limits, resources=resources, **plain
    )


def _shape(table: Mapping[str, Any], faults: Faults) -> shapes.Shape | None:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in _SHAPES:
        faults.add("shape", "kind", f"is one of: {', '.join(_SHAPES)}", kind)
        return None
    made = faults.read("shape", table, _SHAPES[kind])
    return made.shape() if made else None


def _flows(table: Mapping[str, Any], faults: Faults) -> dict[str, FlowShare]:
    """Read `[flows.x]`: share and peak are known to every flow, the rest belongs to the file."""
    made: dict[str, FlowShare] = {}
    for name, values in table.items():
        place = f"flows.{name}"
        try:
            module = plugins.load(ROOM, name)
        except PluginError as error:
            faults.add(place, None, str(error))
            continue
        known = {key: values[key] for key in ("share", "peak") if key in values}
        own = {key: value for key, value in values.items() if key not in known}
        flow = faults.read(place, known, _Flow)
        settings = faults.read(place, own, module.Settings)
        if flow is None or settings is None:
            continue
        if not 0 < flow.share <= 1:
            faults.add(place, "share", "is a ratio above 0 and at most 1", flow.share)
        made[name] = FlowShare(name, flow.share, flow.peak, own, tuple(module.ENDPOINTS))
    total = sum(flow.share for flow in made.values())
    if not table:
        faults.add("flows", None, "at least one table [flows.NAME] is needed")
    elif len(made) == len(table) and abs(total - 1) > _SHARES_SLACK:
        faults.add("flows", None, f"the shares add up to {total:g}; they must make 1")
    return made


def _resources(
    table: Mapping[str, Any], flows: Mapping[str, FlowShare], faults: Faults
) -> dict[str, tuple[str, ...]]:
    known = [endpoint for flow in flows.values() for endpoint in flow.endpoints]
    made: dict[str, tuple[str, ...]] = {}
    for name, endpoints in table.items():
        if not isinstance(endpoints, list):
            faults.add(
                "resources", name, 'is a list of endpoints, like ["shop.product"]', endpoints
            )
            continue
        for endpoint in endpoints:
            if endpoint not in known:
                remedy = f"no flow of this campaign has that endpoint; there is: {', '.join(known)}"
                faults.add("resources", name, remedy, endpoint)
        made[name] = tuple(endpoints)
    return made


def _within(head: _Head, shape: shapes.Shape, faults: Faults) -> None:
    """See that the shape stays below the campaign's own ceilings."""
    if shape.top_per_s > head.max_rate:
        remedy = f"the shape goes up to {shape.top_per_s:g}/s; raise this or lower the shape"
        faults.add("campaign", "max_rate", remedy, f"{head.max_rate:g}/s")
    if shape.duration_s > head.max_duration:
        remedy = f"the shape lasts {shape.duration_s:g} s; raise this or shorten the shape"
        faults.add("campaign", "max_duration", remedy, f"{head.max_duration:g}s")
    if head.headroom < 1:
        faults.add("campaign", "headroom", "is a factor of at least 1", head.headroom)

"""A campaign: what is coming, how hard to test for it, and where that is allowed."""

import datetime as dt
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from forepost.config.duration import Seconds
from forepost.config.faults import Faults
from forepost.errors import ConfigError
from loadtests import campaigns, checks, flow_share
from loadtests.flow_share import FlowShare
from loadtests.rate import PerSecond
from loadtests.shapes import shape_table
from loadtests.shapes.replay import Counts, total
from loadtests.shapes.shape import Arrival, Climb, Phase, Shape, merged
from loadtests.thresholds import grammar
from loadtests.thresholds.threshold import Context, Threshold, Unit

__all__ = ["FOLDER", "Campaign", "FlowShare", "load", "names", "parse"]

FOLDER = Path(__file__).parent / "campaigns"
_TABLES = ("campaign", "shape", "flows", "resources")
_MOST_WORKERS = 64
_MOST_DURATION_S = 7 * 86_400
_MOST_PATIENCE_S = 3_600  # a run lasts so much longer at its end
_MOST_IN_FLIGHT = 9_000  # of one worker: each needs an open file, of which it takes 10,000
_TOP_PER_S = 50.0  # arrivals a second, unless the file says otherwise


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign file, checked."""

    name: str
    title: str
    owner: str
    flows: Mapping[str, FlowShare]
    shape: Shape  # of all flows together
    mocked: tuple[str, ...]
    dates: tuple[dt.date, dt.date] | None = None  # the first and the last day
    target: str = "bundled"
    allow_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    headroom: float = 1.5
    thresholds: tuple[Threshold, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_rate: float = _TOP_PER_S  # arrivals a second
    max_duration: float = 600.0  # seconds
    max_in_flight: int = 500  # of the whole run, all workers together
    max_lateness: float = 0.25  # seconds; the generator's own, as a 99th percentile
    patience: float = 10.0  # seconds after which a customer has gone
    arrivals: str = "poisson"
    seed: int = 1
    workers: int = 1
    cleanup: bool = False
    probes: tuple[
        str, ...
    ] = ()  # flows of config.toml that a browser walks meanwhile; none: checkout
    climb: Climb | None = None  # how a search goes up; None: the shape is no search
    replay: Mapping[str, Shape] | None = None  # each flow's own shape, if it has one
    again: tuple[str, ...] = ()  # what the command line says besides its name

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The named parts of the shape."""
        return self.shape.phases

    def shapes(self) -> Mapping[str, Shape]:
        """Return the rate of every flow over time."""
        if self.replay is not None:
            quiet = self.shape.scaled(0.0)
            return {name: self.replay.get(name, quiet) for name in self.flows}
        return {name: self.shape.scaled(flow.share) for name, flow in self.flows.items()}

    def plan(self) -> list[Arrival]:
        """Return every arrival of the run, in order."""
        return merged(self.shapes(), seed=self.seed, spacing=self.arrivals)

    def context(self) -> Context:
        """Return what thresholds need to know of the run."""
        end_s = math.ceil(self.shape.duration_s)
        return Context(tuple(self.flows), end_s, self.phases, self.shape.stretches())

    def scaled(self, ratio: float) -> "Campaign":
        """Return the same campaign at a share of the rate: a smoke run. Forecasts stay.

        Shape:  thresholds that ask for so many done, or so many a second, are left out below the
                full rate: how many come is ours, and no shop could do more than those.
        Raises: ValueError unless the ratio is above 0 and at most 1.
        """
        if not 0 < ratio <= 1:
            raise ValueError(f"a smoke run is a ratio above 0 and at most 1 of the rate: {ratio:g}")
        replay = self.replay and {name: one.scaled(ratio) for name, one in self.replay.items()}
        asked = tuple(one for one in self.thresholds if ratio == 1 or not _of_full_rate(one))
        return replace(self, shape=self.shape.scaled(ratio), replay=replay, thresholds=asked)

    def replayed(self, counts: Counts, *, speed: float = 1.0, scale: float = 1.0) -> "Campaign":
        """Return the same campaign with the arrivals of another time.

        Shape:  phases of its own shape are no more: their thresholds hold for the whole replay.
        Raises: ConfigError, one line a fault: a column that is no flow, a ceiling that is
                passed, a data file that is too short.
        """
        try:
            own = counts.shapes(speed=speed, scale=scale)
            flows = flow_share.with_counts(
                self.flows, {name: one.arrivals for name, one in own.items()}
            )
        except ValueError as error:
            raise ConfigError([f"{counts.source}: {error}"]) from None
        shape = total(list(own.values()))
        asked = tuple(_in_any_phase(one, shape) for one in self.thresholds)
        again = (counts.source, "--speed", f"{speed:g}", "--scale", f"{scale:g}")
        made = replace(
            self, flows=flows, shape=shape, thresholds=asked, replay=own, climb=None, again=again
        )
        found = [
            f"{counts.source}: campaign {self.name}: [{one.table}] {one.key} = {one.value}: "
            f"{one.remedy}"
            for one in made.faults()
        ]
        if found:
            raise ConfigError(found)
        return made

    def faults(self) -> Iterator[checks.Fault]:
        """Yield what in this campaign does not fit together."""
        above = list(checks.ceilings(self.shape, self.max_rate, self.max_duration))
        yield from above
        if above:
            return  # the rest is worked out second by second: not of a shape without bounds
        yield from checks.thresholds(self.thresholds, self.flows, self.context())
        if any(flow.data for flow in self.flows.values()):
            planned = dict.fromkeys(self.flows, 0)
            for arrival in self.plan():
                planned[arrival.flow] += 1
            yield from checks.data(self.flows, planned)


def _of_full_rate(threshold: Threshold) -> bool:
    """Whether it follows from how many come if a threshold is kept."""
    counted = threshold.metric == "done" and threshold.unit is Unit.COUNT
    return counted or threshold.metric == "rate"


def _in_any_phase(threshold: Threshold, shape: Shape) -> Threshold:
    """Return a threshold that asks for no phase that a shape does not have: never less strict."""
    phase = threshold.phase
    if phase is None or phase in [one.name for one in shape.phases]:
        return threshold
    return replace(threshold, text=threshold.text.replace(f" in {phase}", "", 1), phase=None)


@dataclass(frozen=True, slots=True)
class _Head:
    """The table `[campaign]`."""

    title: str
    owner: str
    mocked: tuple[str, ...]  # needed, may be empty: what a test mocks, it does not test
    date: dt.date | None = None
    dates: tuple[dt.date, ...] | None = None
    target: str = "bundled"
    allow_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    headroom: float = 1.5
    thresholds: tuple[str, ...] = ()
    max_rate: PerSecond = _TOP_PER_S
    max_duration: Seconds = 600.0
    max_in_flight: int = 500
    max_lateness: Seconds = 0.25
    patience: Seconds = 10.0
    arrivals: Literal["poisson", "uniform"] = "poisson"
    seed: int = 1
    workers: int = 1
    cleanup: bool = False
    probes: tuple[str, ...] = ()


def names(folder: Path | None = None) -> list[str]:
    """Return the campaigns of a folder, else those that ship and those of `[paths] plugins`."""
    return sorted(_files(folder))


def load(name: str, folder: Path | None = None) -> Campaign:
    """Read and check the campaign file NAME.toml; where two have that name, the one that ships.

    Raises: ConfigError with one line a fault; sends nothing to anyone.
    """
    files = _files(folder)
    path = files.get(name)
    if path is None:
        place = (folder or FOLDER) / f"{name}.toml"
        existing = ", ".join(sorted(files)) or "none"
        raise ConfigError([f"no campaign {place}; there is: {existing}"])
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from None
    return parse(text, name=name, origin=str(path))


def _files(folder: Path | None) -> dict[str, Path]:
    """Return campaign files by name; `plugins.add_folders` has added those of users."""
    places = [folder] if folder else [Path(place) for place in campaigns.__path__]
    found: dict[str, Path] = {}
    for place in places:
        for path in sorted(place.glob("*.toml")):
            found.setdefault(path.stem, path)
    return found


def parse(text: str, *, name: str, origin: str) -> Campaign:
    """Check the text of a campaign file; files that it names lie beside `origin`.

    Raises: ConfigError with one line a fault.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{origin}: not TOML: {error}"]) from None
    faults = Faults(origin, text, Path(origin).parent)
    made = _build(raw, name, faults)
    if made is not None and not faults.found:
        for one in made.faults():
            faults.add(one.table, one.key, one.remedy, one.value)
    if faults.found or made is None:
        raise ConfigError(faults.found)
    return made


def _build(raw: Mapping[str, Any], name: str, faults: Faults) -> Campaign | None:
    for table, value in raw.items():
        if table not in _TABLES or not isinstance(value, dict):
            faults.add(table, None, f"no such table; there is: {', '.join(_TABLES)}")
    tables = {key: raw[key] if isinstance(raw.get(key), dict) else {} for key in _TABLES}
    head = faults.read("campaign", tables["campaign"], _Head)
    top_per_s = head.max_rate if head else _TOP_PER_S
    shape = shape_table.read(tables["shape"], top_per_s, faults.base, faults)
    flows = flow_share.read(tables["flows"], faults.base, shape.counts if shape else None, faults)
    whole = bool(flows) and len(flows) == len(tables["flows"])  # else a fault is told already
    resources = _resources(tables["resources"], flows, faults, complete=whole)
    if head is None or shape is None:
        return None
    return _joined(name, head, shape, flows, resources, faults)


def _joined(
    name: str,
    head: _Head,
    shape: shape_table.Made,
    flows: Mapping[str, FlowShare],
    resources: Mapping[str, tuple[str, ...]],
    faults: Faults,
) -> Campaign:
    _see_numbers(head, faults)
    own = ("date", "dates", "thresholds")
    plain = {one.name: getattr(head, one.name) for one in fields(head) if one.name not in own}
    return Campaign(
        name=name,
        flows=flows,
        shape=shape.shape,
        dates=_dates(head, faults),
        thresholds=_thresholds(head, faults),
        resources=resources,
        climb=shape.climb,
        replay=shape.flows,
        **plain,
    )


def _see_numbers(head: _Head, faults: Faults) -> None:
    if not 1 <= head.headroom < math.inf:
        faults.add("campaign", "headroom", "is a factor of at least 1", head.headroom)
    if head.max_duration > _MOST_DURATION_S:
        days = f"is at most {_MOST_DURATION_S / 86_400:g}d"
        faults.add("campaign", "max_duration", days, f"{head.max_duration:g}s")
    if not 1 <= head.workers <= _MOST_WORKERS:
        faults.add("campaign", "workers", f"is a number from 1 to {_MOST_WORKERS}", head.workers)
    if head.max_in_flight < head.workers:
        remedy = "is at least one for every worker"
        faults.add("campaign", "max_in_flight", remedy, head.max_in_flight)
    elif head.max_in_flight > _MOST_IN_FLIGHT * max(1, head.workers):
        remedy = f"is at most {_MOST_IN_FLIGHT:,} for every worker: each needs an open file"
        faults.add("campaign", "max_in_flight", remedy, head.max_in_flight)
    if head.patience > _MOST_PATIENCE_S:
        faults.add("campaign", "patience", "is at most 1h", f"{head.patience:g}s")


def _dates(head: _Head, faults: Faults) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day; `date` is one day, `dates` are two."""
    if head.date is not None:
        if head.dates is not None:
            faults.add("campaign", "dates", "stands beside date; write one of the two")
        return head.date, head.date
    if head.dates is None:
        return None
    days = [str(day) for day in head.dates]
    if len(head.dates) != 2 or head.dates[0] > head.dates[1]:  # noqa: PLR2004 - a first, a last
        faults.add("campaign", "dates", "is [first day, last day], in this order", days)
        return None
    return head.dates[0], head.dates[1]


def _thresholds(head: _Head, faults: Faults) -> tuple[Threshold, ...]:
    made = []
    for text in head.thresholds:
        try:
            made.append(grammar.parse(text))
        except ValueError as error:
            faults.add("campaign", "thresholds", str(error), text)
    return tuple(made)


def _resources(
    table: Mapping[str, Any], flows: Mapping[str, FlowShare], faults: Faults, *, complete: bool
) -> dict[str, tuple[str, ...]]:
    made: dict[str, tuple[str, ...]] = {}
    for name, endpoints in table.items():
        if isinstance(endpoints, list) and all(isinstance(one, str) for one in endpoints):
            made[name] = tuple(endpoints)
            continue
        remedy = 'is a list of endpoints, like ["shop.product"]'
        faults.add("resources", name, remedy, endpoints)
    for one in checks.resources(made, flows) if complete else ():
        faults.add(one.table, one.key, one.remedy, one.value)
    return made

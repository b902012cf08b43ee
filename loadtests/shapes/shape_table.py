"""The table `[shape]` of a campaign: a kind, and the keys that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forepost.config.duration import Seconds
from forepost.config.faults import ABSENT, Faults
from loadtests.rate import PerSecond
from loadtests.shapes import replay, shape
from loadtests.shapes.shape import Climb, Shape

_LEAST_FACTOR = 1.01  # below, the way up has no end, and steps cannot be told apart
_MOST_FACTOR = 4.0  # beyond, a bracket says nothing


@dataclass(frozen=True, slots=True)
class Made:
    """What the table asks for: one shape for the mix, or one for each flow."""

    shape: Shape
    climb: Climb | None = None
    flows: Mapping[str, Shape] | None = None  # of a replay

    @property
    def counts(self) -> Mapping[str, float] | None:
        """How many of each flow a replay sends."""
        if self.flows is None:
            return None
        return {name: one.arrivals for name, one in self.flows.items()}


@dataclass(frozen=True, slots=True)
class _Hold:
    rate: PerSecond
    over: Seconds
    kind: str = "hold"

    def make(self) -> Shape:
        return shape.hold(self.rate, self.over)


@dataclass(frozen=True, slots=True)
class _Ramp:
    start: PerSecond
    end: PerSecond
    over: Seconds
    hold: Seconds | None = None  # how long it stays at the end
    kind: str = "ramp"

    def make(self) -> Shape:
        return shape.ramp(self.start, self.end, self.over, self.hold or 0.0)


@dataclass(frozen=True, slots=True)
class _Steps:
    rates: tuple[PerSecond, ...]
    hold: Seconds
    kind: str = "steps"

    def __post_init__(self) -> None:
        """See that there are steps, and that a second belongs to one of them only."""
        if not self.rates:
            raise ValueError("rates needs at least one rate")
        _whole("hold", self.hold)

    def make(self) -> Shape:
        return shape.steps(self.rates, self.hold)


@dataclass(frozen=True, slots=True)
class _Spike:
    base: PerSecond
    top: PerSecond
    at: Seconds
    over: Seconds
    recovery: Seconds | None = None  # how long the base rate goes on; None: as long as before
    kind: str = "spike"

    def __post_init__(self) -> None:
        """See that it goes up, and that a second belongs to one phase only."""
        if self.top <= self.base:
            raise ValueError("top must be above base")
        for name in ("at", "over"):
            _whole(name, getattr(self, name))

    def make(self) -> Shape:
        return shape.spike(self.base, self.top, self.at, self.over, self.recovery or self.at)


@dataclass(frozen=True, slots=True)
class _Soak:
    rate: PerSecond
    over: Seconds
    rise: Seconds | None = None  # how long it takes to get there
    kind: str = "soak"

    def make(self) -> Shape:
        return shape.soak(self.rate, self.over, self.rise or 0.0)


@dataclass(frozen=True, slots=True)
class _Breakpoint:
    start: PerSecond
    hold: Seconds
    factor: float = 1.25
    kind: str = "breakpoint"

    def __post_init__(self) -> None:
        """See that it goes up, in whole seconds."""
        if not _LEAST_FACTOR <= self.factor <= _MOST_FACTOR:
            raise ValueError(f"factor is a number from {_LEAST_FACTOR} to {_MOST_FACTOR:g}")
        _whole("hold", self.hold)


@dataclass(frozen=True, slots=True)
class _Replay:
    file: str
    speed: float = 1.0
    scale: float = 1.0
    kind: str = "replay"


_Plain = _Hold | _Ramp | _Steps | _Spike | _Soak
_PLAIN: Mapping[str, type[_Plain]] = {
    "hold": _Hold,
    "ramp": _Ramp,
    "steps": _Steps,
    "spike": _Spike,
    "soak": _Soak,
}
KINDS = (*_PLAIN, "breakpoint", "replay")


def read(table: Mapping[str, Any], max_per_s: float, folder: Path, faults: Faults) -> Made | None:
    """Read the table; None with the faults noted if that cannot be."""
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        faults.add("shape", "kind", f"is one of: {', '.join(KINDS)}", table.get("kind", ABSENT))
        return None
    if kind == "replay":
        return _replayed(faults.read("shape", table, _Replay), folder, faults)
    if kind == "breakpoint":
        return _climbing(faults.read("shape", table, _Breakpoint), max_per_s, faults)
    made = faults.read("shape", table, _PLAIN[kind])
    return Made(made.make()) if made else None


def _climbing(table: _Breakpoint | None, max_per_s: float, faults: Faults) -> Made | None:
    if table is None:
        return None
    if table.start > max_per_s:
        remedy = f"is above max_rate ({max_per_s:g}/s); begin lower or raise that"
        faults.add("shape", "start", remedy, f"{table.start:g}/s")
        return None
    climb = Climb(table.start, table.factor, table.hold)
    return Made(shape.steps(climb.rates(max_per_s), table.hold), climb)


def _replayed(table: _Replay | None, folder: Path, faults: Faults) -> Made | None:
    if table is None:
        return None
    try:
        flows = replay.read(folder / table.file).shapes(speed=table.speed, scale=table.scale)
    except ValueError as error:
        faults.add("shape", "file", str(error))
        return None
    return Made(replay.total(list(flows.values())), flows=flows)


def _whole(name: str, seconds: float) -> None:
    if seconds != int(seconds):
        raise ValueError(f"{name} is a number of whole seconds: figures are kept per second")

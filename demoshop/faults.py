"""What can be broken on purpose, at run time, and how often.

Every fault lives here, in the shop's process. Those that act elsewhere travel with the
request: the gateway is told how to answer, the CDN how long to wait.
"""

import random
from hashlib import sha256
from threading import Lock
from typing import Any

from demoshop.kinds import KINDS, Kind

__all__ = ["KINDS", "FaultError", "Faults", "Kind"]


class FaultError(ValueError):
    """An unknown fault or a parameter it does not take."""


class _Fault:
    """A fault that is on, with its own seeded dice."""

    def __init__(self, share: float, seed: int, parameters: dict[str, int]) -> None:
        self.share = share
        self.seed = seed
        self.parameters = parameters
        self.dice = random.Random(seed)

    def as_json(self) -> dict[str, Any]:
        return {"share": self.share, "seed": self.seed, **self.parameters}


class Faults:
    """The switchboard; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._on: dict[str, _Fault] = {}

    def put(self, name: str, settings: Any) -> dict[str, Any]:
        """Switch a fault on and return how it is set.

        Raises: FaultError with one line if the name or a parameter is wrong.
        """
        fault = _parse(name, settings)
        with self._lock:
            self._on[name] = fault
        return fault.as_json()

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        if name is not None:
            _kind(name)
        with self._lock:
            for each in [name] if name else list(self._on):
                self._on.pop(each, None)

    def active(self) -> dict[str, dict[str, Any]]:
        """Return what is on now."""
        with self._lock:
            return {name: fault.as_json() for name, fault in self._on.items()}

    def on(self, name: str) -> bool:
        """Whether a fault is on, whomever it strikes."""
        with self._lock:
            return name in self._on

    def hits(self, name: str) -> bool:
        """Throw the dice: whether the fault strikes this time."""
        with self._lock:
            fault = self._on.get(name)
            return fault is not None and fault.dice.random() < fault.share

    def hits_case(self, name: str, case: str) -> bool:
        """Whether the fault strikes this `case`; asked again, it answers the same."""
        with self._lock:
            fault = self._on.get(name)
        if fault is None:
            return False
        digest = sha256(f"{fault.seed}/{case}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64 < fault.share

    def amount(self, name: str, parameter: str) -> int:
        """Return a parameter of a fault if it strikes this time, else 0."""
        return self._parameter(name, parameter) if self.hits(name) else 0

    def amount_case(self, name: str, parameter: str, case: str) -> int:
        """Return a parameter of a fault if it strikes this `case`, else 0."""
        return self._parameter(name, parameter) if self.hits_case(name, case) else 0

    def _parameter(self, name: str, parameter: str) -> int:
        with self._lock:
            fault = self._on.get(name)
            return fault.parameters[parameter] if fault else 0


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise FaultError(f"no fault {name!r}; there is: {', '.join(sorted(KINDS))}")
    return KINDS[name]


def _parse(name: str, settings: Any) -> _Fault:
    kind = _kind(name)
    allowed = {"share": 1.0, "seed": 0, **kind.parameters}
    if not isinstance(settings, dict):
        raise FaultError(f"{name}: wants a JSON object with {', '.join(allowed)}")
    unknown = sorted(set(settings) - set(allowed))
    if unknown:
        raise FaultError(f"{name}: no parameter {unknown[0]!r}; there is: {', '.join(allowed)}")
    chosen = {key: _number(name, key, settings.get(key, allowed[key])) for key in allowed}
    if not 0 <= chosen["share"] <= 1:
        raise FaultError(f"{name}: share is {chosen['share']:g}; it goes from 0 to 1")
    for key in kind.parameters:
        if not 0 <= chosen[key] <= 60_000:  # noqa: PLR2004 - a minute, or 600 euro, is plenty
            raise FaultError(f"{name}: {key} is {chosen[key]:g}; it goes from 0 to 60000")
    parameters = {key: int(chosen[key]) for key in kind.parameters}
    return _Fault(float(chosen["share"]), int(chosen["seed"]), parameters)


def _number(name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"{name}: {key} is {value!r}; it wants a number")
    return value

"""What is asked of a probe, and how it crosses the pipe to a worker: one JSON object a line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from forepost.config import Secret
from forepost.model import Browser, HostTraffic, Outcome, PageTiming, StepResult

_SECRET = "$secret"  # noqa: S105 - the key that marks a secret on the pipe, not a secret


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """One slot of one flow.

    `settings` and `shop` are plain dicts (`plain(instance)`); their values may be Secrets.
    `deadline_s` holds for each attempt, and includes neither waiting nor a browser's start.
    """

    flow: str
    location: str
    slot_at: datetime  # aware UTC
    settings: Mapping[str, Any] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)
    deadline_s: float = 120.0
    step_deadline_s: float = 20.0
    retry: bool = True
    cleanup_deadline_s: float = 20.0
    device: Mapping[str, Any] = field(default_factory=dict)  # "name" and the keys of [devices.x]
    budgets: Mapping[str, Any] = field(default_factory=dict)  # step → figure → band, as configured
    budgets_at: Mapping[str, str] = field(default_factory=dict)  # step → where that stands
    pictures: bool = True  # one a step; False: of failures only
    mutation: str = ""  # break the shop for this probe: a name in probes/mutations.py
    record: str = ""  # a folder for the raw exchanges of the walk: probes/recording.py


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt at a job, as a worker gets it."""

    job: ProbeJob
    run_id: str
    attempt: int = 1  # 2 is the retry, with all evidence
    settle: tuple[str, ...] = ()  # customers to clean up after; then the flow is not walked
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # room → plugin folders


def plain(settings: Any) -> dict[str, Any]:
    """Return a Settings instance (or a mapping) as the plain dict of a job."""
    if settings is None:
        return {}
    if isinstance(settings, Mapping):
        return dict(settings)
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def dumps(value: Any) -> str:
    """Write one line for the pipe; secrets are marked as such."""
    return json.dumps(value, default=_encode, separators=(",", ":"))


def loads(line: str) -> Any:
    """Read one line of the pipe; lists come back as tuples inside settings."""
    return json.loads(line, object_hook=_decode)


def order_line(order: Order) -> str:
    """Return the line that asks a worker for one attempt."""
    fields = {name: getattr(order.job, name) for name in ProbeJob.__dataclass_fields__}
    return dumps(
        {
            "job": {**fields, "slot_at": order.job.slot_at.isoformat()},
            "run_id": order.run_id,
            "attempt": order.attempt,
            "settle": list(order.settle),
            "folders": {room: list(places) for room, places in order.folders.items()},
        }
    )


def read_order(line: str) -> Order:
    """Return the order that `order_line` wrote."""
    data = loads(line)
    job = dict(data["job"])
    job["slot_at"] = datetime.fromisoformat(job["slot_at"])
    job["settings"] = {key: _tuples(value) for key, value in job["settings"].items()}
    job["shop"] = {key: _tuples(value) for key, value in job["shop"].items()}
    return Order(
        job=ProbeJob(**job),
        run_id=data["run_id"],
        attempt=data["attempt"],
        settle=tuple(data.get("settle", ())),
        folders={room: tuple(places) for room, places in data["folders"].items()},
    )


def step_event(step: StepResult) -> dict[str, Any]:
    """Return a step as it stands on the pipe."""
    return asdict(step)


def read_step(data: Mapping[str, Any]) -> StepResult:
    """Return the step that `step_event` wrote."""
    pages = tuple(
        PageTiming(**{**page, "hosts": tuple(HostTraffic(**host) for host in page["hosts"])})
        for page in data["pages"]
    )
    return StepResult(**{**data, "outcome": Outcome(data["outcome"]), "pages": pages})


def read_browser(data: Mapping[str, str] | None) -> Browser | None:
    """Return the browser that a worker told, if it had one."""
    return Browser(**data) if data else None


def _encode(value: Any) -> Any:
    if isinstance(value, Secret):
        return {_SECRET: value.reveal()}
    if is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a setting of type {type(value).__name__} cannot reach a worker: {value!r}")


def _decode(data: dict[str, Any]) -> Any:
    return Secret(data[_SECRET]) if set(data) == {_SECRET} else data


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

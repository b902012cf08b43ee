"""What the generator is told on its standard input: one JSON line, the token included.

Neither the command line nor the environment holds the token, so that a list of processes
does not show it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from loadtests.shape import Arrival

PREPARE_LIMIT_S = 20.0  # for one flow: its test data and one pass
LEAD_S = 0.3  # between "ready" and the first instant


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, worked out: the generator decides nothing."""

    load_run: str
    target: str
    hosts: tuple[str, ...]  # the only ones that may be asked
    flows: Mapping[str, Mapping[str, Any]]  # name → its settings, as written
    arrivals: tuple[Arrival, ...]
    duration_s: float
    patience_s: float
    max_in_flight: int
    cells: str  # the path of the JSON lines
    plugin_folders: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


def to_line(plan: Plan) -> str:
    """Return the plan as one line of JSON."""
    values = {**asdict(plan), "arrivals": [(one.at_s, one.flow) for one in plan.arrivals]}
    return json.dumps(values, separators=(",", ":")) + "\n"


def from_line(line: str) -> Plan:
    """Read what `to_line` wrote."""
    values = json.loads(line)
    values["arrivals"] = tuple(Arrival(at_s, flow) for at_s, flow in values["arrivals"])
    for name in ("hosts", "plugin_folders"):
        values[name] = tuple(values[name])
    return Plan(**values)

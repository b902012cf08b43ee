"""What the generator is told on its standard input: one JSON line, the token included.

Neither the command line nor the environment holds the token, so that a list of processes
does not show it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from forepost.config.secret import Secret
from loadtests import users
from loadtests.campaign import Campaign
from loadtests.generator import safety
from loadtests.session import Row

PREPARE_LIMIT_S = 20.0  # for one flow: its test data and one pass
CLEANUP_LIMIT_S = 60.0  # for one flow
LEAD_S = 0.3  # between "go" and the first instant
LOST_S = 5  # without a word, a worker counts as lost


@dataclass(frozen=True, slots=True)
class Plan:
    """What all workers share; the arrivals come after it, as they are offered."""

    load_run: str
    target: str
    hosts: tuple[str, ...]  # the only ones that may be asked
    flows: Mapping[str, Mapping[str, Any]]  # name → its settings, as written
    counts: Mapping[str, int]  # flow → its visits: test data is made for one more, the pass
    patience_s: float
    max_in_flight: int  # of all workers together
    cells: str  # the path of the JSON lines
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)  # flow → its data file's
    plugin_folders: tuple[str, ...] = ()
    cleanup: bool = False
    token: str = field(default="", repr=False)


def of_campaign(
    campaign: Campaign,
    *,
    load_run: str,
    target: str,
    folder: Path,
    counts: Mapping[str, int],
    token: Secret | str | None = None,
) -> Plan:
    """Return what the generator must know of a campaign.

    Shape: `counts` says for how many visits of each flow test data is made; `folder` is the
           run's own and takes the JSON lines.
    """
    return Plan(
        load_run=load_run,
        target=target.rstrip("/"),
        hosts=safety.reachable(target, campaign.allow_hosts),
        flows={name: dict(flow.settings) for name, flow in campaign.flows.items()},
        counts=dict(counts),
        patience_s=campaign.patience,
        max_in_flight=campaign.max_in_flight,
        cells=str(folder / "cells.jsonl"),
        rows={name: flow.rows for name, flow in campaign.flows.items() if flow.rows},
        plugin_folders=tuple(users.__path__),
        cleanup=campaign.cleanup,
        token=token.reveal() if isinstance(token, Secret) else token or "",
    )


def to_values(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values."""
    return asdict(plan)


def from_values(values: Mapping[str, Any]) -> Plan:
    """Read what `to_values` returned, also after a way through JSON."""
    rows = {name: tuple(own) for name, own in values["rows"].items()}
    lists = {name: tuple(values[name]) for name in ("hosts", "plugin_folders")}
    return Plan(**{**values, **lists, "rows": rows})


def share(plan: Plan, rows: Mapping[str, tuple[Row, ...]], worker: int, workers: int) -> Plan:
    """Return what one worker gets: its rows, its part of the visits that may be in flight.

    Shape: `rows` are all rows of each flow. A worker's are those whose index mod `workers` is
           its own; where there is not one for each, all workers take all of them.
    """
    own = {
        name: every[worker::workers] if len(every) >= workers else every
        for name, every in rows.items()
    }
    cap = plan.max_in_flight // workers + (worker < plan.max_in_flight % workers)
    return replace(plan, rows=own, max_in_flight=max(1, cap))


def to_line(values: Mapping[str, Any]) -> bytes:
    """Return one line of JSON."""
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"

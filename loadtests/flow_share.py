"""The tables `[flows.x]` of a campaign: a flow's part of the arrivals, its forecast, its data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from forepost import plugins
from forepost.config.faults import Faults
from forepost.errors import PluginError
from loadtests import rows, user_file
from loadtests.cells import WHOLE
from loadtests.rate import Forecast, Peak
from loadtests.session import Row

ROOM = "loadtests.users"
_SHARES_SLACK = 0.001
_KNOWN = ("share", "peak", "data", "data_reuse")


@dataclass(frozen=True, slots=True)
class FlowShare:
    """One flow of a campaign: which part of the arrivals it is, and what is forecast."""

    name: str  # a file in loadtests/users/
    share: float
    peak: Peak | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)  # as written, checked
    endpoints: tuple[str, ...] = ()
    steps: tuple[str, ...] | None = ()  # None: made up while it runs
    rows: tuple[Row, ...] = field(default=(), repr=False)  # of its data file; none: it makes them
    data: str = ""  # the file, as written; "" without one
    data_reuse: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    share: float | None = None
    peak: Forecast | None = None
    data: str | None = None
    data_reuse: bool = False


def read(
    tables: Mapping[str, Any], folder: Path, replayed: Mapping[str, float] | None, faults: Faults
) -> dict[str, FlowShare]:
    """Read `[flows.x]`: what is known to every flow; the rest belongs to the user file.

    Shape:   `replayed` says how many of each flow a replay sends: then nobody writes a share.
    """
    made: dict[str, FlowShare] = {}
    for name, values in tables.items():
        try:
            module = plugins.load(ROOM, name)
        except PluginError as error:
            faults.add(f"flows.{name}", None, str(error))
            continue
        if isinstance(values, dict):
            made[name] = _flow(name, module, values, folder, faults)
        else:
            faults.add("flows", name, f"is a table: [flows.{name}]", values)
    if not tables:
        faults.add("flows", None, "at least one table [flows.NAME] is needed")
        return made
    if replayed is not None:
        return _replayed(made, replayed, faults, complete=len(made) == len(tables))
    _see_shares(made, tables, faults)
    return made


def _flow(
    name: str, module: ModuleType, values: Mapping[str, Any], folder: Path, faults: Faults
) -> FlowShare:
    place = f"flows.{name}"
    own = {key: value for key, value in values.items() if key not in _KNOWN}
    table = faults.read(place, {key: values[key] for key in _KNOWN if key in values}, _Table)
    faults.read(place, own, module.Settings)
    table = table or _Table(_number(values.get("share")))
    said = user_file.read(module)
    if WHOLE in said.endpoints:
        faults.add(place, None, f'ENDPOINTS: "{WHOLE}" means the visit itself; name it otherwise')
    data = _rows(table, place, folder, said.columns, faults)
    return FlowShare(
        name=name,
        share=table.share if table.share is not None else 0.0,
        peak=table.peak,
        settings=own,
        endpoints=said.endpoints,
        steps=said.steps,
        rows=data,
        data=table.data or "",
        data_reuse=table.data_reuse,
    )


def _rows(
    table: _Table, place: str, folder: Path, columns: tuple[str, ...] | None, faults: Faults
) -> tuple[Row, ...]:
    if table.data is None:
        if table.data_reuse:
            faults.add(place, "data_reuse", "says how data is used; data names no file")
        return ()
    try:
        return rows.read(folder / table.data, columns)
    except ValueError as error:
        faults.add(place, "data", str(error))
        return ()


def _see_shares(made: Mapping[str, FlowShare], tables: Mapping[str, Any], faults: Faults) -> None:
    for flow in made.values():
        place = f"flows.{flow.name}"
        if "share" not in tables[flow.name]:
            faults.add(place, "share", "this key is needed")
        elif _number(tables[flow.name]["share"]) is not None and not 0 < flow.share <= 1:
            faults.add(place, "share", "is a ratio above 0 and at most 1", flow.share)
    written = [_number(tables[name].get("share")) for name in made]
    sums = sum(share or 0.0 for share in written)
    if len(made) == len(tables) and None not in written and abs(sums - 1) > _SHARES_SLACK:
        faults.add("flows", None, f"the shares add up to {sums:g}; they must make 1")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) else None


def _replayed(
    made: Mapping[str, FlowShare], counts: Mapping[str, float], faults: Faults, *, complete: bool
) -> dict[str, FlowShare]:
    for flow in made.values():
        if flow.share:
            remedy = "is not used: the file of the replay says how many come of each flow"
            faults.add(f"flows.{flow.name}", "share", remedy, flow.share)
    try:
        return with_counts(made, counts) if complete else dict(made)
    except ValueError as error:
        faults.add("shape", "file", str(error))
        return dict(made)


def with_counts(
    flows: Mapping[str, FlowShare], counts: Mapping[str, float]
) -> dict[str, FlowShare]:
    """Return the flows with the shares that counts of each make; 0 for one without a count.

    Raises: ValueError if something is counted that is no flow of the campaign.
    """
    strange = [name for name in counts if name not in flows]
    if strange:
        raise ValueError(
            f"column {', '.join(strange)} is no flow of the campaign; there is: {', '.join(flows)}"
        )
    number = sum(counts.values()) or 1.0
    return {
        name: replace(flow, share=counts.get(name, 0.0) / number) for name, flow in flows.items()
    }

"""Reading config.toml."""

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forepost import plugins
from forepost.config.faults import Faults, suggest
from forepost.config.lines import Lines
from forepost.config.relations import check, check_services, check_times
from forepost.config.tables import (
    CampaignPlan,
    Complaints,
    Decide,
    Device,
    FlowPlan,
    LoadTests,
    MaintenancePlan,
    Paths,
    Reports,
    Shop,
    StorePlan,
    Watch,
)
from forepost.errors import ConfigError, PluginError

_PLAIN = {
    "shop": Shop,
    "watch": Watch,
    "decide": Decide,
    "loadtests": LoadTests,
    "reports": Reports,
    "store": StorePlan,
    "paths": Paths,
}
_NAMED = {"devices": Device, "maintenance": MaintenancePlan, "campaigns": CampaignPlan}
_TABLES = (*_PLAIN, *_NAMED, "flows", "complaints", "alerts")


@dataclass(frozen=True, slots=True)
class Config:
    """All of config.toml, checked. Paths are absolute; plugin tables are Settings objects."""

    shop: Shop = field(default_factory=Shop)
    watch: Watch = field(default_factory=Watch)
    decide: Decide = field(default_factory=Decide)
    flows: Mapping[str, FlowPlan] = field(default_factory=dict)
    complaints: Complaints = field(default_factory=Complaints)
    alerts: Mapping[str, Any] = field(default_factory=dict)
    loadtests: LoadTests = field(default_factory=LoadTests)
    reports: Reports = field(default_factory=Reports)
    store: StorePlan = field(default_factory=StorePlan)
    paths: Paths = field(default_factory=Paths)
    devices: Mapping[str, Device] = field(default_factory=dict)
    maintenance: Mapping[str, MaintenancePlan] = field(default_factory=dict)
    campaigns: Mapping[str, CampaignPlan] = field(default_factory=dict)
    origin: str = "config.toml"
    lines: Lines = field(default_factory=Lines, repr=False, compare=False)  # for later faults


def default_path() -> Path:
    """Return config.toml of the working folder, else the one that ships."""
    here = Path("config.toml")
    if here.exists():
        return here
    package = Path(__file__).resolve().parents[1]
    packed = package / "config.default.toml"
    return packed if packed.exists() else package.parent / "config.toml"


def load(path: Path | None = None) -> Config:
    """Read and check a config file.

    Relative paths start at the file's folder, but at the working folder for the file that
    ships with the package.
    Raises: ConfigError with one line a fault.
    """
    chosen = path or default_path()
    try:
        text = chosen.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError([f"{chosen}: no such file; name one with --config FILE"]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{chosen}:{line}: not UTF-8; save the file as UTF-8"]) from None
    except OSError as error:
        raise ConfigError([f"{chosen}: cannot be read: {error.strerror or error}"]) from None
    shipped = path is None and chosen != Path("config.toml")
    return parse(text, name=str(chosen), base=Path.cwd() if shipped else chosen.resolve().parent)


def parse(text: str, *, name: str = "config.toml", base: Path) -> Config:
    """Check the text of a config file.

    Raises: ConfigError with one line a fault.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name}: not TOML: {error}"]) from None
    faults = Faults(name, text, base)
    config = _build(raw, faults, base)
    if faults.found:
        raise ConfigError(faults.found)
    return replace(config, origin=name, lines=faults.lines)


def _build(raw: Mapping[str, Any], faults: Faults, base: Path) -> Config:
    """Read table after table; on a fault the default stands in, so that reading goes on."""
    for table, value in raw.items():
        if table not in _TABLES or not isinstance(value, dict):
            faults.add(table, None, f"no such table; there is: {', '.join(sorted(_TABLES))}")
    tables = {key: value if isinstance(value, dict) else {} for key, value in raw.items()}
    plain: dict[str, Any] = {}
    for table, kind in _PLAIN.items():
        plain[table] = faults.read(table, tables.get(table, {}), kind) or kind()
    plain["paths"] = _absolute_paths(plain["paths"], base, faults)
    plain["store"] = replace(plain["store"], path=base / plain["store"].path)
    _second_key(plain["shop"], faults)
    storefront = tables.get("shop", {}).get("storefront", Shop().storefront)
    if isinstance(storefront, str):  # else the fault is noted already
        front = _known("probes.storefronts", "shop", "storefront", storefront, faults)
        check_services(plain["shop"].services, getattr(front, "SERVICES", None), faults)
    for chart in plain["reports"].charts:
        _known("reports.charts", "reports", "charts", chart, faults)
    flows = _flows(tables.get("flows", {}), faults)
    for table, kind in _NAMED.items():
        plain[table] = _named(table, tables.get(table, {}), kind, faults)
    check(flows, tables.get("flows", {}), plain["maintenance"], plain["shop"].timezone, faults)
    check_times(plain["campaigns"], faults)
    return Config(
        **plain,
        flows=flows,
        complaints=_complaints(tables.get("complaints", {}), faults),
        alerts=_each("alerts.channels", "alerts", tables.get("alerts", {}), faults),
    )


def _named(table: str, values: Mapping[str, Any], kind: Any, faults: Faults) -> dict[str, Any]:
    """Read every sub-table as one thing with a name of its own."""
    made = {}
    for name, value in values.items():
        if not isinstance(value, dict):
            faults.add(table, name, f"no such key; a table [{table}.NAME] names one", value)
        elif (one := faults.read(f"{table}.{name}", value, kind)) is not None:
            made[name] = one
    return made


def _second_key(shop: Shop, faults: Faults) -> None:
    """See that real money has a second, explicit yes: a secret that names the shop's host.

    One key in a file is changed by mistake; a file that is copied to another shop keeps it.
    """
    if shop.environment != "pay_and_void":
        return
    host = urlsplit(shop.url).hostname or shop.url
    key = shop.pay_and_void_key
    if key is None or key.reveal().strip() != host:
        faults.add(
            "shop",
            "environment",
            'real money: also write pay_and_void_key = "env:FOREPOST_PAY_AND_VOID" and set that '
            f"variable to the shop's host, {host}; only for a shop that owns a test method",
            shop.environment,
        )


def _absolute_paths(paths: Paths, base: Path, faults: Faults) -> Paths:
    """Anchor the paths and open the users' own plugin folders."""
    made = Paths(out=base / paths.out, plugins=tuple(base / folder for folder in paths.plugins))
    try:
        plugins.add_folders(made.plugins)
    except PluginError as error:
        faults.add("paths", "plugins", str(error), list(map(str, paths.plugins)))
    return made


def _known(room: str, table: str, key: str | None, name: str, faults: Faults) -> Any:
    """Load a plugin; None, with the fault noted, if it is not there."""
    try:
        return plugins.load(room, name)
    except PluginError as error:
        faults.add(table, key, str(error), name)
        return None


def _each(
    room: str, table: str, values: Mapping[str, Any], faults: Faults, beside: Iterable[str] = ()
) -> dict[str, Any]:
    """Read every sub-table as the Settings of the plugin that it names, and the keys `beside`."""
    made = {}
    for name, settings in values.items():
        place = f"{table}.{name}"
        if not isinstance(settings, dict):
            faults.add(table, name, f"no such key; a table [{place}] names a plugin", settings)
            continue
        try:
            module = plugins.load(room, name)
        except PluginError as error:
            faults.add(place, None, str(error))
            continue
        made[name] = _anchored(faults.read(place, settings, module.Settings, beside), faults.base)
    return made


def _anchored(settings: Any, base: Path) -> Any:
    """Let the relative paths of a plugin start where all others do."""
    if settings is None:
        return None
    paths = {
        item.name: base / value
        for item in dataclasses.fields(settings)
        if isinstance(value := getattr(settings, item.name), Path)
    }
    return replace(settings, **paths) if paths else settings


def _flows(values: Mapping[str, Any], faults: Faults) -> dict[str, FlowPlan]:
    """Split each `[flows.x]` into the keys every flow knows and the flow's own."""
    common = {item.name for item in dataclasses.fields(FlowPlan)} - {"settings"}
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    own = {
        name: {key: item for key, item in table.items() if key not in common}
        for name, table in tables.items()
    }
    stray = {name: value for name, value in values.items() if not isinstance(value, dict)}
    settings = _each("probes.flows", "flows", {**own, **stray}, faults, common)
    made = {}
    for name, table in tables.items():
        shared = {key: item for key, item in table.items() if key in common}
        plan = faults.read(f"flows.{name}", shared, FlowPlan)
        if plan is not None and plan.interval_failing > plan.interval:
            faults.add(
                f"flows.{name}",
                "interval_failing",
                "must not be longer than interval",
                shared.get("interval_failing", "30s"),
            )
        if plan is not None and settings.get(name) is not None:
            made[name] = replace(plan, settings=settings[name])
    return made


def _complaints(values: Mapping[str, Any], faults: Faults) -> Complaints:
    """Split `[complaints]` into its keys and its sources."""
    common = {item.name for item in dataclasses.fields(Complaints)} - {"sources"}
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    unknown = {key: plain.pop(key) for key in list(plain) if key not in common}
    for key, value in unknown.items():
        faults.add("complaints", key, f"no such key; {suggest(key, sorted(common))}", value)
    made = faults.read("complaints", plain, Complaints) or Complaints()
    if made.topics is not None:
        made = replace(made, topics=faults.base / made.topics)
    return replace(made, sources=_each("complaints.sources", "complaints", tables, faults))

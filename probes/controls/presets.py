"""Presets: tables of controls for a platform, one TOML file each in `storefronts/presets/`."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forepost.config import Shop
from forepost.config.faults import ABSENT, Faults, fault_line, suggest
from forepost.config.lines import Lines
from forepost.errors import ProbeError
from probes.controls.grammar import check_table

GENERIC, DEMO = "generic", "demo"
FOLDER = Path(__file__).parents[1] / "storefronts" / "presets"
_LONGEST = 60  # of a name that is shown
_ABOUT = ("platform", "theme", "version", "tried")


@dataclass(frozen=True, slots=True)
class Preset:
    """A table for a platform, and what is known of it."""

    name: str
    platform: str
    theme: str
    version: str
    tried: str  # a plain statement: whether it was ever run against a live shop
    controls: Mapping[str, str]


def presets() -> list[str]:
    """Return the names of the presets that ship, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(name: str) -> Mapping[str, str]:
    """Return the controls of a preset; an empty name has none.

    Raises: ProbeError, one line, for a name that is not there or a file that is wrong.
    """
    return preset(name).controls if name else {}


def see_shop(shop: Shop, lines: Lines | None = None) -> None:
    """See that what `[shop]` says of controls can be meant, before a browser is started.

    Shape:  `lines` are those of the file that says it (`Config.lines`).
    Raises: ProbeError, a line for each fault: an unknown preset or control, a way that is none,
    or lines that the storefront would never read.
    """
    where = lines or Lines()
    found = [fault_line(where, *fault) for fault in flaws(shop)]
    if found:
        raise ProbeError("\n".join(found))
    if shop.storefront == GENERIC:
        load_preset(shop.preset)


def flaws(shop: Shop) -> Iterator[tuple[str, str, str, object]]:
    """Yield what cannot be meant: its table, its key, problem and remedy, the value to show."""
    if shop.storefront == GENERIC:
        if shop.preset and shop.preset not in presets():
            yield "shop", "preset", _no_preset(shop.preset), shop.preset[:_LONGEST]
        for name, problem in check_table(shop.controls):
            yield "shop.controls", name, problem, ABSENT
    elif shop.storefront == DEMO and (shop.preset or shop.controls):
        unread = f'not read by storefront = "{DEMO}", which knows the bundled shop only'
        yield (
            "shop",
            "preset" if shop.preset else "controls",
            f'{unread}; write storefront = "{GENERIC}"',
            ABSENT,
        )


def preset(name: str) -> Preset:
    """Read one preset with what is said about it.

    Raises: ProbeError, as `load_preset` does.
    """
    if name not in presets():
        raise ProbeError(f'[shop] preset = "{name[:_LONGEST]}": {_no_preset(name)}')
    return read_preset(FOLDER / f"{name}.toml")


def read_preset(path: Path) -> Preset:
    """Read a preset file.

    Raises: ProbeError, a line for each fault, with the file and its line.
    """
    where = f"storefronts/presets/{path.name}"
    try:
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ProbeError(f"{where}: cannot be read: {error}") from error
    about, controls = raw.get("about"), raw.get("controls")
    if not isinstance(about, dict) or not isinstance(controls, dict):
        raise ProbeError(f"{where}: needs the tables [about] and [controls]")
    faults = Faults(where, text)
    for key in _ABOUT:
        if not _text(about, key):
            faults.add("about", key, "this key is needed, as text")
    for name, problem in check_table(controls):
        faults.add("controls", name, problem)
    if faults.found:
        raise ProbeError("\n".join(faults.found))
    return Preset(path.stem, **{key: _text(about, key) for key in _ABOUT}, controls=controls)


def _no_preset(name: str) -> str:
    return f"no such preset; {suggest(name, presets())}"


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value if isinstance(value, str) else ""

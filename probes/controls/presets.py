"""Presets: tables of controls for a platform, one TOML file each in `storefronts/presets/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forepost.config import Shop
from forepost.config.faults import suggest
from forepost.errors import ProbeError
from probes.controls.grammar import check_table, see_table

GENERIC, DEMO = "generic", "demo"
FOLDER = Path(__file__).parents[1] / "storefronts" / "presets"
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


def see_shop(shop: Shop) -> None:
    """See that what `[shop]` says of controls can be meant, before a browser is started.

    Raises: ProbeError, a line for each fault: an unknown preset or control, a way that is none,
    or lines that the storefront would never read.
    """
    if shop.storefront == GENERIC:
        load_preset(shop.preset)
        see_table(shop.controls)
    elif shop.storefront == DEMO and (shop.preset or shop.controls):
        key = "preset" if shop.preset else "controls"
        raise ProbeError(
            f'[shop] {key}: not read by storefront = "{DEMO}", which knows the bundled shop only; '
            f'write storefront = "{GENERIC}"'
        )


def preset(name: str) -> Preset:
    """Read one preset with what is said about it.

    Raises: ProbeError, as `load_preset` does.
    """
    if name not in presets():
        remedy = suggest(name, presets())
        raise ProbeError(f'[shop] preset = "{name[:60]}": no such preset; {remedy}')
    return read_preset(FOLDER / f"{name}.toml")


def read_preset(path: Path) -> Preset:
    """Read a preset file.

    Raises: ProbeError, one line that names the file.
    """
    where = f"storefronts/presets/{path.name}"
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProbeError(f"{where}: cannot be read: {error}") from error
    about, controls = raw.get("about"), raw.get("controls")
    if not isinstance(about, dict) or not isinstance(controls, dict):
        raise ProbeError(f"{where}: needs the tables [about] and [controls]")
    lacking = [key for key in _ABOUT if not _text(about, key)]
    if lacking:
        raise ProbeError(f"{where}: [about] lacks {', '.join(lacking)}")
    faults = check_table(controls)
    if faults:
        raise ProbeError(f"{where}: [controls] {faults[0][0]}: {faults[0][1]}")
    return Preset(path.stem, **{key: _text(about, key) for key in _ABOUT}, controls=controls)


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value if isinstance(value, str) else ""

"""Plugins: a file in a room's folder; its name is its key in config.toml and in reports."""

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from forepost.errors import PluginError

VERBS = {
    "probes.flows": "run",
    "probes.storefronts": "open_shop",
    "complaints.sources": "fetch",
    "loadtests.users": "run",
    "alerts.channels": "send",
    "reports.charts": "draw",
}
FILES = ("loadtests.campaigns",)  # rooms whose plugins are no code
ROOMS = (*VERBS, *FILES)


def add_folders(folders: Sequence[Path]) -> None:
    """Let users keep plugins outside our tree: a folder with the same room names.

    Raises: PluginError if a folder is not there or holds none of the rooms.
    """
    for folder in folders:
        rooms = [room for room in ROOMS if (folder / Path(*room.split("."))).is_dir()]
        if not rooms:
            raise PluginError(
                f"[paths] plugins: {folder} holds no room; expected one of: "
                + ", ".join(room.replace(".", "/") for room in ROOMS)
            )
        for room in rooms:
            package = importlib.import_module(room)
            place = str(folder / Path(*room.split(".")))
            if place not in package.__path__:
                package.__path__.append(place)


def names(room: str) -> list[str]:
    """Return the plugins of a room, sorted."""
    package = importlib.import_module(room)
    return sorted(
        found.name
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_")
    )


def load(room: str, name: str) -> ModuleType:
    """Import one plugin and see that it keeps the contract.

    Raises: PluginError if there is none of that name (with those that exist), if it does
    not import, or if it lacks its docstring, its Settings or its verb.
    """
    folder = room.replace(".", "/")
    existing = names(room)
    if name not in existing:
        raise PluginError(f"no file {folder}/{name}.py; there is: {', '.join(existing)}")
    try:
        module = importlib.import_module(f"{room}.{name}")
    except SyntaxError as error:  # of that file, or of one that it imports
        sys.modules.pop(f"{room}.{name}", None)
        where = f"{error.filename}, line {error.lineno}"
        raise PluginError(f"{where}: {error.msg}; mend that line") from error
    except Exception as error:
        sys.modules.pop(f"{room}.{name}", None)
        raise PluginError(f"{folder}/{name}.py does not import: {error!r}") from error
    lacking = [
        what
        for what, there in (
            ("a docstring", module.__doc__),
            ("a Settings dataclass", hasattr(module, "Settings")),
            (f"a function {VERBS[room]}()", callable(getattr(module, VERBS[room], None))),
        )
        if not there
    ]
    if lacking:
        raise PluginError(f"{folder}/{name}.py lacks {' and '.join(lacking)}")
    return module

"""The floors of docs/design.md: a module imports only from below, siblings never meet."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("probes", "complaints", "loadtests", "alerts", "reports")
FLOORS: tuple[tuple[str, ...], ...] = (
    ("forepost.model", "forepost.errors", "forepost.rhythm", "forepost.place", "forepost"),
    (
        "forepost.plugins",
        "forepost.storage",
        "forepost.analysis",
        "forepost.slots",
        "forepost.claim",
        "forepost.windows",
        "forepost.spell",
    ),
    ("forepost.config", "forepost.doctor", "forepost.watcher"),
    ("forepost.watch", "forepost.bundled", "forepost.settling", "forepost.campaigns"),
    ("forepost.service",),
    ROOMS,
    ("scheduler",),
    ("forepost.demo",),
    ("forepost.cli",),
)
OURS = ("forepost", "scheduler", "demoshop", *ROOMS)


def unit_of(module: str) -> str:
    """Return the unit of the floor plan that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "forepost" and len(parts) > 1 else parts[0]


def floor_of(unit: str) -> int | None:
    """Return the floor, or None for what stands outside."""
    return next((number for number, floor in enumerate(FLOORS) if unit in floor), None)


def module_of(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative imports hide the floor"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                place = ROOT / Path(*name.split("."))
                is_module = place.with_suffix(".py").exists() or place.is_dir()
                yield name if is_module else node.module


def files() -> list[Path]:
    """Return every file of the product."""
    found = [ROOT / "scheduler.py"]
    for top in ("forepost", "demoshop", *ROOMS):
        found += sorted((ROOT / top).rglob("*.py"))
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    """No upward import, no import between siblings, and the demo shop stands apart."""
    mine = unit_of(module_of(path))
    for name in imports_of(path):
        if name.split(".")[0] not in OURS or unit_of(name) == mine:
            continue
        if unit_of(name) == "forepost":  # forepost.__version__
            continue
        theirs = floor_of(unit_of(name))
        own = floor_of(mine)
        assert mine != "demoshop", f"{path} belongs to the demo shop and imports {name}"
        assert unit_of(name) != "demoshop", f"{path} imports the demo shop: they meet over HTTP"
        assert own is not None, f"{mine} has no floor"
        assert theirs is not None, f"{name} has no floor"
        assert theirs < own, f"{path} (floor {own}) imports {name} (floor {theirs})"


def test_only_the_locust_side_of_the_load_room_imports_locust() -> None:
    """Importing Locust patches sockets: it must never reach the process that probes."""
    allowed = {
        ROOT / "loadtests" / "generator" / name
        for name in ("executor.py", "master.py", "worker.py")
    }
    for path in files():
        heads = {name.split(".")[0] for name in imports_of(path)}
        if heads & {"locust", "gevent"}:
            assert path in allowed or path.parent == ROOT / "loadtests" / "users", path


def test_every_declared_dependency_is_imported_and_the_reverse() -> None:
    """Declare every package that is imported; carry none that is not."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {
        line.split(">")[0].split("<")[0].split("=")[0].strip().lower().replace("_", "-")
        for line in [*declared["dependencies"], *declared["optional-dependencies"]["train"]]
    }
    owners = packages_distributions()
    used = set()
    for path in files():
        for name in imports_of(path):
            top = name.split(".")[0]
            if top not in OURS and top not in sys.stdlib_module_names:
                used |= {owner.lower().replace("_", "-") for owner in owners.get(top, [top])[:1]}
    assert used <= wanted, f"imported, not declared: {sorted(used - wanted)}"
    assert wanted <= used, f"declared, not imported: {sorted(wanted - used)}"

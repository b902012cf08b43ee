"""The docs say what the program does: keys, commands, links, examples."""

import dataclasses
import re
import tomllib
from pathlib import Path

import click
import pytest

import forepost
from forepost import config, plugins
from forepost.cli import cli
from forepost.config import tables

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLAIN = {
    "shop": tables.Shop,
    "watch": tables.Watch,
    "decide": tables.Decide,
    "flows.x": tables.FlowPlan,
    "devices.x": tables.Device,
    "maintenance.x": tables.MaintenancePlan,
    "complaints": tables.Complaints,
    "loadtests": tables.LoadTests,
    "reports": tables.Reports,
    "store": tables.StorePlan,
    "paths": tables.Paths,
}
NOT_KEYS = {"settings", "sources"}  # what a table is joined with, not what one writes


def section(name: str) -> str:
    """Return the text of one table's section in docs/config.md."""
    text = (ROOT / "docs" / "config.md").read_text("utf-8")
    return text.partition(f"## `[{name}]`")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", PLAIN)
def test_every_key_of_a_table_is_documented_with_its_default(name: str) -> None:
    """A key that nobody can find out about does not exist for a user."""
    keys = {item.name for item in dataclasses.fields(PLAIN[name])} - NOT_KEYS
    documented = set(re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE))

    assert keys <= documented
    if name not in ("flows.x", "complaints"):
        assert documented == keys


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (room, name)
        for room in ("probes.flows", "complaints.sources", "alerts.channels")
        for name in plugins.names(room)
    ],
)
def test_every_key_of_a_plugin_is_documented(room: str, name: str) -> None:
    """Also those of flows, sources and channels."""
    table = {"probes.flows": "flows.x", "complaints.sources": "complaints"}.get(room, "alerts.x")
    text = section(table)
    for item in dataclasses.fields(plugins.load(room, name).Settings):
        assert f"`{item.name}`" in text, f"{room}.{name}: {item.name}"


def commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Return every command by its words."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        assert one is not None
        if isinstance(one, click.Group):
            found |= commands(one, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = one
    return found


def test_every_command_has_help_and_stands_in_the_docs() -> None:
    """A command that no page names is not found."""
    text = "\n".join(path.read_text("utf-8") for path in DOCS)
    for name, one in commands(cli).items():
        assert one.help, name
        assert f"./run {name}" in text or f"forepost {name}" in text, name


def test_every_command_in_the_docs_exists() -> None:
    """A command line that is copied from a page must work."""
    known = commands(cli)
    heads = {name.split()[0] for name in known}
    for path in DOCS:
        for words in re.findall(r"(?:\./run|`forepost) ([a-z][\w -]*)", path.read_text("utf-8")):
            parts = words.split()
            assert parts[0] in heads, f"{path.name}: {words}"
            if parts[0] not in known:
                assert " ".join(parts[:2]) in known, f"{path.name}: {words}"


def test_every_link_between_pages_leads_somewhere() -> None:
    """Including pictures and anchors."""
    for path in DOCS:
        for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            assert file.exists(), f"{path.name}: {target}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
                slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
                assert anchor in slugs, f"{path.name}: {target}"


def test_toml_examples_in_the_docs_are_good_configs(tmp_path: Path) -> None:
    """What is shown to be copied must load."""
    for path in DOCS:
        for example in re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            tomllib.loads(example)
            if "# whole file" in example:
                config.parse(example, base=tmp_path)


def test_the_readme_is_short() -> None:
    """One page: what it is, the two commands, the map, the limits."""
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_the_version_stands_in_one_place() -> None:
    """The package, the metadata and the change log agree."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert declared["version"] == forepost.__version__
    assert f"## {forepost.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")

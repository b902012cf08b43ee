"""One contract for every kind of plugin, asked of every file in every room."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

from forepost import plugins
from forepost.errors import PluginError

PARAMETERS = {
    "probes.flows": ("shop", "journey", "settings"),
    "probes.storefronts": ("journey", "shop"),
    "complaints.sources": ("http", "cursor", "settings"),
    "loadtests.users": ("session", "row", "settings"),
    "alerts.channels": ("http", "alert", "settings"),
    "reports.charts": ("axes", "data", "settings"),
}
EVERY = [(room, name) for room in plugins.VERBS for name in plugins.names(room)]


@pytest.mark.parametrize(("room", "name"), EVERY, ids=lambda value: value)
def test_every_plugin_keeps_the_contract(room: str, name: str) -> None:
    """A docstring for people, a frozen Settings dataclass, and the room's one verb."""
    module = plugins.load(room, name)

    assert module.__doc__
    assert dataclasses.is_dataclass(module.Settings)
    settings: Any = module.Settings
    assert settings.__dataclass_params__.frozen
    verb = getattr(module, plugins.VERBS[room])
    assert tuple(inspect.signature(verb).parameters) == PARAMETERS[room]


@pytest.mark.parametrize("room", plugins.VERBS)
def test_every_room_ships_something(room: str) -> None:
    """An empty room would make the contract test pass without testing."""
    assert plugins.names(room)


def test_a_wrong_name_answers_with_the_names_that_exist() -> None:
    """The operator must not have to look into the source for the spelling."""
    with pytest.raises(
        PluginError, match=r"^no file probes/flows/gest_checkout.py; there is: .*checkout"
    ):
        plugins.load("probes.flows", "gest_checkout")


def test_a_plugin_of_the_user_lies_outside_our_tree(tmp_path: Path) -> None:
    """`[paths] plugins` adds a folder with the same room names."""
    room = tmp_path / "probes" / "flows"
    room.mkdir(parents=True)
    (room / "mine_only.py").write_text(
        '"""Mine."""\nclass Settings: ...\ndef run(): ...\n', "utf-8"
    )

    plugins.add_folders([tmp_path])

    assert "mine_only" in plugins.names("probes.flows")
    assert plugins.load("probes.flows", "mine_only").__doc__ == "Mine."


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("x = 1\n", "a docstring and a Settings dataclass and a function run()"),
        ('"""Doc."""\nclass Settings: ...\n', "a function run()"),
    ],
)
def test_a_plugin_without_its_parts_says_what_it_lacks(
    tmp_path: Path, text: str, lacking: str
) -> None:
    """A half-written plugin is refused by name, before anything runs."""
    room = tmp_path / "probes" / "flows"
    room.mkdir(parents=True)
    name = f"half_{abs(hash(text)) % 10_000}"
    (room / f"{name}.py").write_text(text, "utf-8")
    plugins.add_folders([tmp_path])

    with pytest.raises(PluginError) as caught:
        plugins.load("probes.flows", name)

    assert str(caught.value) == f"probes/flows/{name}.py lacks {lacking}"


def test_a_plugin_folder_without_rooms_is_refused(tmp_path: Path) -> None:
    """A typo in the path must not pass as an empty folder."""
    with pytest.raises(PluginError, match="holds no room"):
        plugins.add_folders([tmp_path])

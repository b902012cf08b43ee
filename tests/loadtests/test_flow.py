"""A user file inside the generator: the pass before the run shows that it asks for something."""

from pathlib import Path

import pytest

from loadtests import users
from loadtests.generator.flow import Flow
from loadtests.generator.plan import Plan
from loadtests.generator.stage import Stage
from loadtests.generator.visitor import Door
from loadtests.session import FlowFailedError
from tests.loadtests.test_stage import Limit

SILENT = '''"""Silent: forgets to ask."""
from dataclasses import dataclass

ENDPOINTS = ("silent.page",)


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(session, row, settings):
    """Ask for nothing."""
    with session.step("page"):
        session.pause(0)
'''


def test_a_flow_that_asks_for_nothing_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every visit would be done at once, and any forecast held: ready, and nothing tested."""
    (tmp_path / "silent_flow.py").write_text(SILENT, "utf-8")
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    asked = Plan("r", "http://127.0.0.1:1", ("127.0.0.1",), {}, {}, 5.0, 8, "")
    door = Door(asked, lambda: None, lambda **_: None)

    with pytest.raises(FlowFailedError, match="silent_flow: a visit asks for nothing; mend load"):
        Flow("silent_flow", {}).prepare(door, 1)


TELLING = '''"""Telling: puts its row wherever a message may show it."""
from dataclasses import dataclass

ENDPOINTS = ("telling.card",)


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""

    odd: bool = False


def run(session, row, settings):
    """Ask for a card."""
    if settings.odd:
        int(row["code"])
    name = row["of"].replace(" ", "+")
    session.get("telling.card", f"/cards/{row['code']}?of={name}&n={row['n']}")
'''


@pytest.mark.parametrize("odd", [False, True])
def test_no_message_shows_what_stands_in_a_data_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: bool
) -> None:
    """A code is worth money, and what the pass before the run says is printed and stored."""
    (tmp_path / "telling_flow.py").write_text(TELLING, "utf-8")
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    row = {"code": "FERN-7KQ2-M4XT", "of": "Ada Example", "n": "1"}
    asked = Plan(
        "r",
        "http://127.0.0.1:1",
        ("127.0.0.1",),
        {"telling_flow": {"odd": odd}},
        {"telling_flow": 1},
        5.0,
        8,
        "",
        rows={"telling_flow": (row, row)},
    )

    class Refusing:
        """Stands for a client whose shop is not there."""

        def urlopen(self, *_: object, **__: object) -> None:
            """Refuse."""
            raise ConnectionRefusedError

    with pytest.raises(FlowFailedError) as raised:
        Stage(asked, Refusing, Limit).rehearse()

    said = str(raised.value)
    assert said.startswith("telling_flow: ")
    assert ("…" in said, "FERN" in said, "Ada" in said) == (True, False, False)
    assert "127.0.0.1" in said or odd

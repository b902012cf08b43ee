"""A user file inside the generator: the pass before the run shows that it asks for something."""

from pathlib import Path

import pytest

from loadtests import users
from loadtests.generator.flow import Flow
from loadtests.generator.plan import Plan
from loadtests.generator.visitor import Door
from loadtests.session import FlowFailedError

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

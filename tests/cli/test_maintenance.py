"""`forepost maintenance`: planned work by hand, beside a watch on the same store."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forepost.claim import claim
from forepost.cli import cli
from forepost.errors import ForepostError
from forepost.model import MaintenanceSwitch
from forepost.storage import open_store

CONFIG = """
[shop]
timezone = "Europe/Berlin"
[flows.browse]
[flows.payment]
[maintenance.nightly]
at = "daily 02:00"
lasts = "1h"
flows = ["payment"]
"""
Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Calls `forepost maintenance` in a folder of its own."""
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")

    def run(*arguments: str) -> Result:
        base = ["--config", str(tmp_path / "config.toml"), "maintenance"]
        return CliRunner().invoke(cli, [*base, *arguments])

    return run


def listed(call: Call) -> list[dict[str, object]]:
    """What `list --json` prints."""
    return [json.loads(line) for line in call("list", "--json").stdout.splitlines()]


def test_a_window_begins_now_and_stands_in_the_store(call: Call, tmp_path: Path) -> None:
    """Also while a watch holds its claim: SQLite lets both write."""
    with claim(tmp_path / "out" / "forepost.sqlite"):
        before = datetime.now(UTC)
        said = call("add", "move of the database", "--for", "30m", "--flow", "payment", "--pause")
    assert said.exit_code == 0, said.output
    assert said.stdout.endswith("Europe/Berlin; payment; pause, mute, exclude, show\n")
    store = open_store(tmp_path / "out" / "forepost.sqlite", read_only=True)
    (kept,) = store.maintenance()
    store.close()
    assert kept.name == "move of the database"
    assert kept.flows == ("payment",)
    assert before <= kept.starts_at <= datetime.now(UTC)
    assert kept.ends_at - kept.starts_at == timedelta(minutes=30)


def test_each_switch_can_be_left_out(call: Call) -> None:
    """Four switches, each on its own; pausing is never the default."""
    call("add", "plain", "--for", "1h")
    call("add", "bare", "--for", "1h", "--no-mute", "--no-exclude", "--no-show")
    found = {row["name"]: row["switches"] for row in listed(call) if row["lasts_now"]}
    assert found["plain"] == sorted(set(MaintenanceSwitch) - {MaintenanceSwitch.PAUSE})
    assert found["bare"] == []


def test_the_list_shows_what_lasts_and_what_comes(call: Call, tmp_path: Path) -> None:
    """Those of config.toml too, also before there is any store; listing makes none."""
    rows = listed(call)
    assert {row["name"] for row in rows} == {"nightly"}
    assert len(rows) in (7, 8)  # 7 nights, and one that lasts just now
    assert not (tmp_path / "out" / "forepost.sqlite").exists()
    call("add", "by hand", "--for", "1h")
    assert listed(call)[0]["name"] in ("by hand", "nightly")
    text = call("list").stdout
    assert "by hand: " in text
    assert "; payment; mute, exclude, show" in text


def test_a_window_is_ended_early(call: Call) -> None:
    """What lasted is over; to end it again is a mistake that names what there is."""
    call("add", "move", "--for", "1h")
    said = call("end", "move")
    assert said.exit_code == 0, said.output
    assert "move" not in {row["name"] for row in listed(call)}
    again = call("end", "move")
    assert isinstance(again.exception, ForepostError)
    assert str(again.exception).startswith("move: no such window lasts now; there is: ")


def test_two_windows_of_one_name_do_not_last_at_once(call: Call) -> None:
    """Whoever ends it would not know which."""
    call("add", "move", "--for", "1h")
    second = call("add", "move", "--for", "2h")
    assert isinstance(second.exception, ForepostError)
    assert "such a window lasts already" in str(second.exception)
    assert [row["name"] for row in listed(call)].count("move") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "x", "--for", "soon"], "a duration is text with a unit"),
        (["add", "x", "--for", "40d"], "longer than 31d"),
        (["add", "x"], "--for"),
        (["add", "x", "--for", "1h", "--flow", "gest"], "no such flow; there is: browse, payment"),
        (["add", " ", "--for", "1h"], "visible characters"),
        (["add", "a\nb", "--for", "1h"], "visible characters"),
        (["add", "n" * 61, "--for", "1h"], "1 to 60"),
    ],
)
def test_bad_input_writes_nothing(
    call: Call, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """What, the value and the remedy; exit code 2."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "out" / "forepost.sqlite").exists()


def test_a_folder_that_cannot_be_made_is_one_line(call: Call, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "out").write_text("", "utf-8")
    result = call("add", "x", "--for", "1h")
    assert isinstance(result.exception, ForepostError)
    assert "[store] path" in str(result.exception)

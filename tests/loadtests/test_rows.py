"""Data files: what they must have, and what a flow says that it reads."""

from pathlib import Path
from types import ModuleType

import pytest

from forepost import plugins
from loadtests import rows, user_file


def write(folder: Path, text: str) -> Path:
    """Write a CSV file and return its path."""
    path = folder / "cards.csv"
    path.write_text(text, "utf-8")
    return path


def test_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    """Quotes, commas and umlauts; an empty line is passed over, a byte order mark too."""
    path = write(tmp_path, '\ufeffcode,name\nA-1,"Müller, Ute"\n\nA-2,\n')

    assert rows.read(path, ["code"]) == (
        {"code": "A-1", "name": "Müller, Ute"},
        {"code": "A-2", "name": ""},
    )


@pytest.mark.parametrize("text", ["code;worth\nA-1;5,00\n", 'code\tworth\r\nA-1\t"5,00"\r\n'])
def test_a_spreadsheet_of_another_country_is_read_too(tmp_path: Path, text: str) -> None:
    """Where a comma parts the cents, semicolons or tabs part the fields."""
    assert rows.read(write(tmp_path, text), ["code"]) == ({"code": "A-1", "worth": "5,00"},)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 must name every column"),
        ("code,\nA,B\n", "line 1 must name every column"),
        ("code,code\nA,B\n", "each with a name of its own"),
        ("code,pin\nA,1\nB\n", "line 3 has 1 fields, the header 2"),
        ("pin\n1\n", r"cards\.csv has no column code; line 1 must name the"),
        ("FERN-77-WORTH\nFERN-78-WORTH\n", "has no column code; line 1 must name the columns"),
        ('code\n"A\n', "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_does_not_fit_names_line_and_remedy(
    tmp_path: Path, text: str, says: str
) -> None:
    """And never shows a value: a code may be worth money."""
    with pytest.raises(ValueError, match=says) as caught:
        rows.read(write(tmp_path, text), ["code"])
    assert "WORTH" not in str(caught.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """A spreadsheet's own format, say."""
    path = tmp_path / "cards.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00")

    with pytest.raises(ValueError, match="cannot be read as CSV in UTF-8"):
        rows.read(path, [])
    with pytest.raises(ValueError, match="no file"):
        rows.read(tmp_path / "none.csv", [])


@pytest.mark.parametrize(
    ("there", "arrivals", "reuse", "says"),
    [
        (11, 10, False, ""),
        (10, 10, False, "it has 10 rows for 10 arrivals and one pass before; add 1"),
        (1, 10, True, ""),
        (0, 10, True, "it has no rows; at least one is needed"),
    ],
)
def test_each_row_is_used_once_unless_said_otherwise(
    there: int, arrivals: int, reuse: bool, says: str
) -> None:
    """A code that was redeemed is spent."""
    told = rows.too_few(there, arrivals, reuse=reuse)

    assert told.startswith(says)
    assert bool(told) == bool(says)


def module(folder: Path, text: str) -> ModuleType:
    """Return a user file of its own, as the plugin loader would."""
    room = folder / "loadtests" / "users"
    room.mkdir(parents=True)
    name = f"own_{abs(hash(text)):x}"
    (room / f"{name}.py").write_text(text, "utf-8")
    plugins.add_folders([folder])
    return plugins.load("loadtests.users", name)


HEAD = """'''A flow.'''
from dataclasses import dataclass
@dataclass(frozen=True)
class Settings:
    '''None.'''
"""


def test_a_user_file_says_which_columns_and_steps_it_uses(tmp_path: Path) -> None:
    """Read from its text: nobody keeps a list."""
    said = user_file.read(
        module(
            tmp_path,
            HEAD + 'ENDPOINTS = ("a.b",)\n'
            "def run(session, card, settings):\n"
            '    with session.step("look"):\n'
            '        session.get("a.b", card["code"])\n'
            '    with session.step("redeem"):\n'
            '        session.get("a.b", card["pin"] + card["code"])\n',
        )
    )

    assert said == user_file.UserFile(("a.b",), ("look", "redeem"), ("code", "pin"))


def test_one_endpoint_without_its_comma_is_one_endpoint(tmp_path: Path) -> None:
    """Not as many as it has letters: each of them could stand in a threshold."""
    text = (
        HEAD
        + 'ENDPOINTS = ("a.b")\ndef run(session, row, settings):\n    session.get("a.b", "/")\n'
    )

    assert user_file.read(module(tmp_path, text)).endpoints == ("a.b",)


def test_names_that_are_made_up_while_it_runs_are_not_known(tmp_path: Path) -> None:
    """Then nothing is held against them."""
    said = user_file.read(
        module(
            tmp_path,
            HEAD + "def run(session, row, settings):\n"
            "    for name in row:\n"
            "        with session.step(name):\n"
            "            session.get(name, row[name])\n",
        )
    )

    assert said == user_file.UserFile((), None, None)


@pytest.mark.parametrize("name", plugins.names("loadtests.users"))
def test_every_user_file_that_ships_can_be_read(name: str) -> None:
    """Their steps and columns can be held against thresholds and data files."""
    said = user_file.read(plugins.load("loadtests.users", name))

    assert said.endpoints
    assert said.steps is not None
    assert said.columns is not None

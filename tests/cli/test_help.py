"""The command line's front: help at once, every command by its file's first line."""

import subprocess
import sys

from click.testing import CliRunner

from forepost.cli import cli


def test_help_lists_every_command_with_what_it_does() -> None:
    """The list is read from the files: a command without its line shows here."""
    text = CliRunner().invoke(cli, ["--help"]).output

    for name in ("browser", "complaints", "demo", "doctor", "load", "probe", "report", "watch"):
        line = next(row for row in text.splitlines() if row.strip().startswith(name))
        assert len(line.strip()) > len(name) + 10


def test_help_waits_for_no_room_and_no_library() -> None:
    """pydantic, rich, Playwright, Locust and matplotlib cost seconds; help needs none of them."""
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from forepost.cli import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0\n"
        "heavy = {'pydantic', 'rich', 'playwright', 'locust', 'matplotlib', 'sqlite_utils'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"


def test_an_unknown_command_is_one_line() -> None:
    """No traceback and no page of help for a slip of the pen."""
    result = CliRunner().invoke(cli, ["prob"])

    assert result.exit_code == 2
    assert "prob" in result.output

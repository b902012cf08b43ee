"""The set-up scripts on a little checkout: real sh, real venv, real pip, no network."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = (
    "basename",
    "cat",
    "cksum",
    "dirname",
    "grep",
    "id",
    "ls",
    "mkdir",
    "mv",
    "rm",
    "sh",
    "sleep",
)


def test_the_first_run_sets_itself_up(ready: Any) -> None:
    """A clone in a folder with spaces, called from elsewhere: its packages, then the command."""
    assert ready.call("run", "probe", "two words").stdout == "['probe', 'two words']\n"
    assert ready.has("small")
    assert not ready.has("tool"), "the test tools are no part of the product"


def test_a_second_run_is_quiet_and_changes_nothing(ready: Any) -> None:
    """What is set up starts at once: no word, no new stamp."""
    stamp = ready.venv / "forepost.stamp"
    before = stamp.stat().st_mtime_ns
    done = ready.call("run", "hello")

    assert (done.returncode, done.stdout, done.stderr) == (0, "['hello']\n", "")
    assert stamp.stat().st_mtime_ns == before


def test_no_arguments_show_the_help(ready: Any) -> None:
    """`./run` alone must not start anything."""
    assert ready.call("run").stdout == "['--help']\n"


def test_what_is_set_up_for_tests_serves_run_too(checkout: Any) -> None:
    """One environment for both; a changed lock must not take the test tools away."""
    tested = checkout.call("test", "tests/probes", "-k", "x y")
    told = "pytest ['-n', '3', '--dist', 'loadfile', 'tests/probes', '-k', 'x y']\n"
    assert tested.stdout == told, tested.stderr
    assert checkout.has("tool")
    assert checkout.call("run", "a").stderr == ""

    checkout.lock("requirements-test.lock", "small", "tool", "newer")
    done = checkout.call("run", "b")

    assert done.stdout == "['b']\n", done.stderr
    assert checkout.has("newer")
    assert checkout.has("tool")


def until(path: Path, process: "subprocess.Popen[str]") -> None:
    """Wait for a file that a set-up writes."""
    give_up_at = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < give_up_at:
        time.sleep(0.01)
    assert path.exists()


def test_a_killed_set_up_heals(checkout: Any) -> None:
    """SIGKILL in the middle leaves a lock, an installer and half an environment."""
    with checkout.start("run", "first") as first:
        until(checkout.venv / "pyvenv.cfg", first)
        os.kill(int((Path(f"{checkout.venv}.lock") / "pid").read_text()), signal.SIGKILL)
    assert not (checkout.venv / "forepost.stamp").exists()

    done = checkout.call("run", "second")

    assert (done.returncode, done.stdout) == (0, "['second']\n"), done.stderr
    assert "removing the unfinished environment" in done.stderr
    assert [path.name for path in checkout.folder.glob(".venv*")] == [".venv"]


def test_an_interrupted_set_up_leaves_no_lock(checkout: Any) -> None:
    """Ctrl-C goes to the whole group: all stop, the lock goes, the exit code says 130."""
    with subprocess.Popen(
        ["/bin/sh", str(checkout.folder / "run")],
        env=checkout.env(),
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        until(checkout.venv / "pyvenv.cfg", process)
        os.killpg(process.pid, signal.SIGINT)

    assert process.returncode in (130, -signal.SIGINT)
    assert not Path(f"{checkout.venv}.lock").exists()


def test_two_at_once_make_one_environment(checkout: Any) -> None:
    """The second waits for the first and installs nothing of its own."""
    with checkout.start("run", "one") as one, checkout.start("run", "two") as two:
        ends = [process.communicate(timeout=120) for process in (one, two)]

    assert [out for out, _ in ends] == ["['one']\n", "['two']\n"], ends
    assert "".join(err for _, err in ends).count("making the Python environment") == 1


def bare(folder: Path) -> str:
    """Return a PATH with the POSIX tools and nothing that can build an environment."""
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return str(folder)


def test_without_python_one_line_says_what_to_type(checkout: Any, tmp_path: Path) -> None:
    """Nothing helps: one line, exit 3, nothing left behind; a dead owner's lock is no obstacle."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    lock = Path(f"{checkout.venv}.lock")
    lock.mkdir()
    (lock / "pid").write_text(f"{dead.pid}\n")

    done = checkout.call("run", "demo", PATH=bare(tmp_path / "bin"), FOREPOST_PYTHON="")

    assert (done.returncode, done.stdout) == (3, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("forepost set-up: no Python 3.11 or newer with venv; type: ")
    assert not list(checkout.folder.glob(".venv*"))


def test_a_python_that_does_not_suit_is_named(checkout: Any) -> None:
    """FOREPOST_PYTHON is asked for by name, so its fault is told by name."""
    done = checkout.call("run", FOREPOST_PYTHON="/bin/false")

    assert done.returncode == 3
    assert "FOREPOST_PYTHON=/bin/false: not a Python 3.11" in done.stderr


def test_a_folder_of_somebody_else_is_not_touched(checkout: Any, tmp_path: Path) -> None:
    """A mistyped FOREPOST_VENV must not cost anybody their files."""
    precious = tmp_path / "home" / "letter.txt"
    precious.parent.mkdir()
    precious.write_text("dear")

    done = checkout.call("run", FOREPOST_VENV=str(precious.parent))

    assert done.returncode == 3
    assert "is not an environment of Forepost" in done.stderr
    assert precious.read_text() == "dear"


def test_uv_then_pip_then_one_line(checkout: Any, tmp_path: Path) -> None:
    """Where uv fails pip takes over; where both fail the last line says what to do; exit 3."""
    (tmp_path / "bin").mkdir()
    uv = tmp_path / "bin" / "uv"
    uv.write_text('#!/bin/sh\necho "no index" >&2\nexit 1\n')
    uv.chmod(0o755)
    path = f"{uv.parent}:{os.defpath}"

    done = checkout.call("run", "x", PATH=path)
    assert (done.returncode, done.stdout) == (0, "['x']\n"), done.stderr
    assert "trying with pip" in done.stderr

    checkout.lock("requirements.lock", "small", "rare")
    done = checkout.call("run", "x", PATH=path, PIP_FIND_LINKS=str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (3, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("forepost set-up: the packages could not be installed")
    assert "check network, proxy and free disk" in last


def test_no_browser_is_one_line_and_no_obstacle(ready: Any) -> None:
    """Commands that need no browser still run; the next start asks again."""
    browser = ready.folder / "probes" / "browser.py"
    browser.write_text('raise SystemExit("no Chromium found: type this and that")\n')
    (ready.venv / "forepost.browser").unlink()
    try:
        for _ in range(2):
            done = ready.call("run", "report")
            assert (done.returncode, done.stdout) == (0, "['report']\n")
            assert done.stderr.splitlines()[1:] == [
                "no Chromium found: type this and that",
                "forepost set-up: going on without a browser: what needs one will say so",
            ]
    finally:
        browser.write_text("")
        ready.call("run", "again")
    assert ready.call("run", "again").stderr == ""


@pytest.mark.parametrize("script", ["run", "test", ".ci/run", ".ci/setup.sh"])
def test_scripts_are_posix_sh(script: str) -> None:
    """/bin/sh reads every script, whatever it is here; no word of bash in them."""
    path = ROOT / script
    subprocess.run(["/bin/sh", "-n", str(path)], check=True)

    assert path.read_text().startswith("#!/bin/sh\n")
    assert "[[" not in path.read_text()

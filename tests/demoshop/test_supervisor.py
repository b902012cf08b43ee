"""Starting and ending: one line when all answer, nothing left behind, one line of excuse."""

import json
import random
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest
import requests

from tests.demoshop.customer import COMMAND, ROOT, Shop, start, stop, until


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the children that a started shop has."""
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 4, "shop, gateway, cdn, sink, and the town if wanted"
    return children


def farewell(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; return the exit code and what was said on stderr."""
    code = process.wait(60)
    assert process.stderr
    with process:  # closes our ends of the pipes
        return code, process.stderr.read()


def gone(children: list[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not any(child.is_running() and child.status() != "zombie" for child in children)


def test_the_line_names_every_door_and_all_answer(running: Shop) -> None:
    """A program reads one line of JSON and can start at once."""
    doors = {name: running.urls[name] for name in ("shop", "gateway", "cdn", "mail")}
    assert set(running.urls) == {*doors, "timeline", "town", "token"}
    assert running.urls["timeline"] is None
    for url in doors.values():
        assert requests.get(f"{url}/health", timeout=30).ok


def test_with_the_town_there_are_two_more_doors(tmp_path: Path) -> None:
    """The timeline of posts and the town's own truth; its process ends with the others."""
    process = start(tmp_path, "--seed", "5", town=True)
    assert process.stdout
    line = json.loads(process.stdout.readline())
    posts = requests.get(f"{line['timeline']}/api/v1/timelines/tag/fernhill", timeout=10)
    headers = {"Authorization": f"Bearer {line['token']}"}
    truth = requests.get(f"{line['town']}/truth", headers=headers, timeout=10)
    children = family(process)
    process.terminate()

    assert farewell(process) == (0, "")
    assert isinstance(posts.json(), list)
    assert "situations" in truth.json()
    assert len(children) == 5
    assert gone(children)


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "closed stdin", "kill -9"])
def test_however_it_ends_nothing_is_left_running(tmp_path: Path, end: str) -> None:
    """The children watch their pipe: they go even if the supervisor had no time to say so."""
    process = start(tmp_path)
    assert process.stdout
    assert json.loads(process.stdout.readline())
    children = family(process)

    if end == "closed stdin":
        assert process.stdin
        process.stdin.close()
    elif end == "kill -9":
        process.kill()
    else:
        process.send_signal(getattr(signal, end))

    code, said = farewell(process)
    assert code == (-signal.SIGKILL if end == "kill -9" else 0)
    assert not said, "a shop that is stopped has nothing to complain about"
    until(lambda: gone(children), "all children gone")


def test_a_child_that_dies_ends_the_shop_with_its_name(tmp_path: Path) -> None:
    """Half a shop would look like a broken shop."""
    process = start(tmp_path)
    assert process.stdout
    process.stdout.readline()
    children = family(process)
    next(child for child in children if "demoshop.cdn" in child.cmdline()).kill()

    code, said = farewell(process)
    assert code == 1
    assert said == "demoshop: cdn ended by itself with exit code -9\n"
    assert gone(children)


def excuse(*options: str) -> str:
    """Run the command where it cannot start; return its one line."""
    done = subprocess.run(
        [*COMMAND, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """Also if it is not the shop's own port but one of those that follow."""
    port = free_row() + 2
    with socket.create_server(("127.0.0.1", port)):
        said = excuse("--out", str(tmp_path), "--no-town", "--port", str(port - 2))
    assert said.startswith(f"demoshop: port {port} of 127.0.0.1: ")
    assert "--port" in said


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    said = excuse("--out", str(tmp_path / "file" / "out"), "--no-town")
    assert said.startswith(f"demoshop: --out {tmp_path / 'file' / 'out'}: ")


def test_a_second_shop_in_the_same_folder_is_refused(running: Shop) -> None:
    """Two shops would write over each other's books."""
    said = excuse("--out", str(running.out), "--no-town")
    assert said == f"demoshop: --out {running.out}: another demo shop runs there; choose another\n"


@pytest.mark.parametrize(
    ("option", "value"), [("--port", "x"), ("--port", "70000"), ("--ledger-pool", "0")]
)
def test_a_wrong_option_is_one_line(tmp_path: Path, option: str, value: str) -> None:
    """The value and the limits are in it."""
    said = excuse("--out", str(tmp_path), option, value)
    assert option in said
    assert f"'{value}' is not a whole number from" in said


def test_the_token_can_be_given_and_the_port_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a config file can name both."""
    monkeypatch.setenv("DEMOSHOP_TOKEN", "given-token")
    first = free_row()
    process = start(tmp_path, "--port", str(first))
    assert process.stdout
    line = json.loads(process.stdout.readline())
    stop(process)

    assert line["token"] == "given-token"
    names = ("shop", "gateway", "cdn", "mail")
    assert [line[name] for name in names] == [f"http://127.0.0.1:{first + n}" for n in range(4)]


def free_row() -> int:
    """Return the first of seven free ports in a row, below those that a system hands out.

    By chance, so that another run of the tests on this machine does not find the same row.
    """
    rows = range(21_000, 31_000, 7)
    for first in random.sample(rows, len(rows)):
        try:
            for step in range(7):
                socket.create_server(("127.0.0.1", first + step)).close()
        except OSError:
            continue
        return first
    pytest.fail("no seven free ports in a row")

"""`forepost doctor`: what is wrong, and how to mend it."""

import itertools
import socket
import sqlite3
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from forepost import doctor
from forepost.claim import claim
from forepost.doctor import Check
from forepost.errors import BrowserError, ConfigError
from forepost.storage.sqlite import SqliteStore


def test_a_sound_machine_passes(tmp_path: Path, httpserver: HTTPServer) -> None:
    """The machine that runs the tests is one; every check has a name and a detail."""
    checks = doctor.standard(tmp_path, tmp_path / "s.sqlite", {"shop": httpserver.url_for("/")})
    found = doctor.run_checks(checks)

    assert [check for check in found if not check.ok] == []
    assert [check.name for check in found] == list(checks)
    assert all(check.detail and not check.remedy for check in found)


def test_a_check_never_takes_the_others_with_it() -> None:
    """One raises ours, one raises anything, one hangs, one exits: all are told, in order."""
    let_go = threading.Event()

    def known() -> Check:
        raise BrowserError("no Chromium found")

    def unknown() -> Check:
        raise ZeroDivisionError

    def hangs() -> Check:
        let_go.wait(60)
        return Check("late", True, "")

    fine = Check("fine", True, "yes")
    checks = {"a": known, "b": unknown, "c": hangs, "d": lambda: fine}
    try:
        found = doctor.run_checks(checks, limit_s=2.0)
    finally:
        let_go.set()

    assert [check.ok for check in found] == [False, False, False, True]
    assert found[0].detail == "no Chromium found"
    assert "ZeroDivisionError" in found[1].detail
    assert found[2].detail.startswith("no answer within")
    assert all(check.remedy for check in found[:3])


def test_every_fault_of_a_config_is_told() -> None:
    """The doctor must not stop at the first."""

    def load() -> None:
        raise ConfigError(["config.toml:3: one", "config.toml:9: two"])

    check = doctor.config(load)
    assert not check.ok
    assert check.detail.splitlines() == ["config.toml:3: one", "config.toml:9: two"]
    assert doctor.config(dict).ok


def test_a_foreign_scheduler_is_named() -> None:
    """Another package's top-level name would silently stand in for ours."""
    check = doctor.name_ownership(lambda: {"scheduler": ["scheduler", "forepost"]})

    assert not check.ok
    assert check.detail == "scheduler belongs to scheduler too"
    assert "environment of its own" in check.remedy


def test_a_module_that_shadows_ours_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the working folder is enough: no package metadata would ever show it."""
    (tmp_path / "scheduler.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "scheduler", raising=False)
    check = doctor.name_ownership(dict)

    assert not check.ok
    assert f"scheduler is taken from {tmp_path}" in check.detail


def test_a_disk_without_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there yet counts by the one it will lie in."""
    assert str(tmp_path) in doctor.disk(tmp_path / "not" / "yet").detail
    assert not (tmp_path / "not").exists()

    monkeypatch.setattr(doctor, "FREE_RATIO", 1.1)
    check = doctor.disk(tmp_path)
    assert not check.ok
    assert "make room" in check.remedy


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where a folder should be: nobody, not even root, can write into it."""
    (tmp_path / "out").write_text("")
    check = doctor.disk(tmp_path / "out")

    assert not check.ok
    assert check.detail == f"{tmp_path / 'out'}: Not a directory"
    assert "[paths] out" in check.remedy


def test_a_clock_that_steps_is_told() -> None:
    """An hour forward while the machine's own time goes on evenly."""
    walls = iter([1_000.0] * doctor.CLOCK_LOOKS + [4_600.0] * doctor.CLOCK_LOOKS)
    check = doctor.clock(wall=lambda: next(walls), steady=lambda: 7.0, pause_s=0)

    assert not check.ok
    assert check.detail.startswith("stepped by +3600.0")
    assert "NTP" in check.remedy


def test_a_machine_that_stands_still_while_it_looks_has_a_sound_clock() -> None:
    """Two clocks cannot be read at once: what went by in between is no step of either."""
    now, told = itertools.count(1_000.0, 0.001), itertools.count()

    def wall() -> float:
        """Be read late every other time."""
        if next(told) % 2:
            for _ in range(3_000):
                next(now)
        return next(now) + 1e10

    assert doctor.clock(wall=wall, steady=lambda: next(now), pause_s=0).detail.startswith("even, ")


def test_a_clock_in_the_past_is_told() -> None:
    """A machine without a battery begins in 1970."""
    check = doctor.clock(wall=time.monotonic, pause_s=0)

    assert not check.ok
    assert "behind" in check.detail


def test_a_zone_that_is_not_there_is_told() -> None:
    """Slim containers come without the database."""
    assert doctor.time_zones("Europe/Berlin").ok
    check = doctor.time_zones("Europe/Nowhere")
    assert not check.ok
    assert "'Europe/Nowhere'" in check.detail


def test_a_sound_store_is_only_read(tmp_path: Path) -> None:
    """Looking must not disturb a watch that runs on it."""
    path = tmp_path / "forepost.sqlite"
    running = SqliteStore(path)
    with claim(path):
        check = doctor.store(path)
    running.close()

    assert check.ok
    assert "sound" in check.detail


@pytest.mark.parametrize("content", [b"not a database, " * 300, b"SQLite format 3\0" * 300])
def test_a_store_that_is_none_is_told_and_kept(tmp_path: Path, content: bytes) -> None:
    """The doctor mends nothing by deleting."""
    path = tmp_path / "forepost.sqlite"
    path.write_bytes(content)
    check = doctor.store(path)

    assert not check.ok
    assert str(path) in check.detail
    assert "restore a backup" in check.remedy
    assert path.read_bytes() == content


def test_a_store_with_a_hole_is_told(tmp_path: Path) -> None:
    """An incident without its opening: what the store itself calls a fault."""
    path = tmp_path / "forepost.sqlite"
    SqliteStore(path).close()
    raw = sqlite3.connect(path)
    row = {
        name: 0 if "INT" in kind else 0.0 if "REAL" in kind else "2026-03-01T12:00:00.000000+00:00"
        for _, name, kind, needed, *_ in raw.execute("PRAGMA table_info(incidents)").fetchall()
        if needed or name == "id"
    }
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    raw.execute("PRAGMA ignore_check_constraints = 1")
    raw.execute(f"INSERT INTO incidents ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 - names of the schema
    raw.commit()
    raw.close()
    check = doctor.store(path)

    assert not check.ok
    assert str(path) in check.detail


def test_a_store_of_an_older_version_is_brought_up(tmp_path: Path) -> None:
    """As the store itself advises; but never under a program that is at work on it."""
    path = tmp_path / "forepost.sqlite"
    path.touch()  # the oldest there can be: not one step of the schema taken
    with claim(path):
        busy = doctor.store(path)

    assert not busy.ok
    assert "older Forepost" in busy.detail
    assert doctor.store(path).ok
    SqliteStore(path, read_only=True).close()


def test_no_store_yet_is_no_fault(tmp_path: Path) -> None:
    """A fresh machine has none, and looking makes none."""
    assert doctor.store(tmp_path / "none.sqlite").ok
    assert not list(tmp_path.iterdir())


def test_a_closed_port_is_told() -> None:
    """The shop is down, or the port is mistyped."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        check = doctor.reachable("shop", f"http://127.0.0.1:{port}/")

    assert not check.ok
    assert check.detail.startswith(f"127.0.0.1:{port}: ")
    assert check.remedy


def test_a_host_that_does_not_exist_is_told() -> None:
    """RFC 6761 keeps .invalid from ever being one."""
    check = doctor.reachable("shop", "https://shop.invalid/")

    assert (check.ok, check.detail) == (False, "shop.invalid: no such host")


@pytest.fixture
def plain_server() -> Iterator[str]:
    """Return the https address of a server that does not speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            here, _ = server.accept()
            with here:
                here.recv(100)
                here.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)


def test_https_that_is_none_is_told(plain_server: str) -> None:
    """A port that connects is not yet a shop."""
    check = doctor.reachable("shop", plain_server, ssl.create_default_context())

    assert not check.ok
    assert check.remedy


def test_a_driver_that_does_not_start_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bare Debian says it; Playwright itself only says that the connection closed."""
    (tmp_path / "playwright" / "driver").mkdir(parents=True)
    (tmp_path / "playwright" / "__init__.py").write_text("")
    node = tmp_path / "playwright" / "driver" / "node"
    node.write_text("#!/bin/sh\necho 'libatomic.so.1: cannot open shared object' >&2\nexit 127\n")
    node.chmod(0o755)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "playwright"]:
        monkeypatch.delitem(sys.modules, name)
    check = doctor.driver()

    assert not check.ok
    assert "libatomic.so.1" in check.detail
    assert check.remedy == "type: sudo apt-get install -y libatomic1"

"""A full and a read-only disk: a real one of two megabytes, where root may mount it."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forepost.storage.sqlite import SqliteStore
from tests.system.home import FOREPOST, Home
from tests.system.watching import LIMIT_S, wait_for

CONFIG = """
[shop]
url = "{url}"
[flows.browse]
[complaints.file]
path = "posts.csv"
[store]
path = "{store}"
"""
POSTS = "id,posted_at,text\n1,2026-01-05T10:00:00Z,I cannot pay\n"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Home]:
    """Mount a small disk with a config and a sound store on it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "forepost-test", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"may not mount a disk here: {done.stderr.strip()}")
    try:
        home = Home(place)
        (place / "out").mkdir()
        (place / "posts.csv").write_text(POSTS, "utf-8")
        SqliteStore(place / "out" / "forepost.sqlite").close()
        configure(home)
        yield home
    finally:
        subprocess.run(["umount", str(place)], check=True, timeout=20)


def configure(
    home: Home, url: str = "http://127.0.0.1:1", store: str = "out/forepost.sqlite"
) -> None:
    """Write the config."""
    home.write(CONFIG.format(url=url, store=store))


def fill(home: Home) -> None:
    """Take the last free block."""
    try:
        with (home.folder / "fill").open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
    except OSError:
        return


def read_only(home: Home) -> None:
    """Forbid every write."""
    command = ["mount", "-o", "remount,ro", str(home.folder)]
    subprocess.run(command, check=True, timeout=20)


@pytest.mark.parametrize(
    ("command", "url"),
    [("watch", "bundled"), ("probe browse", "bundled"), ("probe browse", "http://127.0.0.1:1")],
)
def test_a_full_disk_is_one_line(disk: Home, command: str, url: str) -> None:
    """Before anything is started, and whoever is the first to write."""
    configure(disk, url)
    fill(disk)
    before = disk.files()
    said = disk.call(*command.split()).refusal()

    assert said.startswith(str(disk.folder / "out"))
    assert "No space left on device" in said
    assert ("[store] path" in said) or ("[paths] out" in said)
    assert set(disk.files()) - set(before) <= {"out/forepost.sqlite.lock", "out/demoshop"}


def test_a_report_on_a_full_disk_leaves_the_old_one(disk: Home) -> None:
    """All of it or nothing; the store is in use, so that reading it takes no further room."""
    old = disk.folder / "out" / "report.html"
    old.write_text("yesterday's", "utf-8")
    store = SqliteStore(disk.folder / "out" / "forepost.sqlite")
    store.salt()
    fill(disk)
    before = disk.files()
    said = disk.call("report").refusal()
    assert disk.files() == before
    store.close()

    assert said.startswith(f"{old}: the report cannot be written: No space left on device; ")
    assert old.read_text("utf-8") == "yesterday's"


def test_a_store_on_a_full_disk_is_one_line(disk: Home, tmp_path: Path) -> None:
    """The output folder has room, the store has not: the store's own line."""
    with (disk.folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f'[paths]\nout = "{tmp_path / "elsewhere"}"\n')
    fill(disk)
    said = disk.call("complaints", "poll").refusal()

    assert said.startswith(f"{disk.folder / 'out' / 'forepost.sqlite'}: ")
    assert "the disk is full" in said


@pytest.mark.parametrize("command", ["watch", "probe browse", "complaints poll"])
def test_a_read_only_disk_is_one_line(disk: Home, command: str) -> None:
    """The folder and the setting that names another."""
    read_only(disk)
    said = disk.call(*command.split()).refusal()

    assert said.startswith(str(disk.folder / "out"))
    assert "Read-only file system" in said
    assert ("[store] path" in said) or ("[paths] out" in said)


def test_a_report_on_a_read_only_disk_is_one_line(disk: Home) -> None:
    """Whether the store can be read there or not."""
    read_only(disk)
    said = disk.call("report").refusal()

    assert said.startswith(str(disk.folder / "out"))


@pytest.mark.browser
def test_a_disk_that_fills_while_watching_is_told_and_outlived(disk: Home) -> None:
    """No row can be kept, so that the log must speak; with room again the rows go on."""
    with (disk.folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write('[flows.checkout]\ninterval = "2s"\ninterval_failing = "1s"\n')
    (disk.folder / "posts.csv").unlink()
    log = disk.folder.parent / "watch.err"
    with log.open("wb") as err:
        # No browser: each run ends at once, as broken, which is a row like any other.
        watch = subprocess.Popen(
            [FOREPOST, "watch"],
            cwd=disk.folder,
            env=disk.variables(FOREPOST_BROWSER="/bin/false"),
            stdin=subprocess.DEVNULL,
            stderr=err,
        )

    def rows() -> int:
        return log.read_text("utf-8").count("broken    checkout: FOREPOST_BROWSER")

    try:
        wait_for(rows, "row")
        fill(disk)
        wait_for(lambda: "and no row of it" in log.read_text("utf-8"), "word")
        (disk.folder / "fill").unlink()
        before = rows()
        wait_for(lambda: rows() > before, "further row")
    finally:
        watch.send_signal(signal.SIGTERM)
        code = watch.wait(LIMIT_S)
    said = log.read_text("utf-8")

    assert code == 0
    assert "the disk is full" in said
    assert "Traceback" not in said

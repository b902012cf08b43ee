"""One load test a target, for all of a machine's checkouts and output folders."""

import multiprocessing
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from forepost.errors import LoadError
from loadtests.generator.lock import only_run

HERE = "http://127.0.0.1:1"


def folder_of(temporary: Path) -> Path:
    """Return where this user's locks lie."""
    return temporary / f"forepost-{os.geteuid()}"


@pytest.mark.parametrize("other", ["http://LOCALHOST:1", "http://[::1]:1", "http://127.0.0.1:1/x"])
def test_a_target_has_one_lock_however_it_is_written(tmp_path: Path, other: str) -> None:
    """Whoever comes second hears whom to wait for; another port is free; nothing stays behind."""
    with only_run(HERE, tmp_path):
        with (
            pytest.raises(LoadError, match=rf"against it \(process {os.getpid()}\); wait for"),
            only_run(other, tmp_path),
        ):
            pytest.fail("two at once")
        with only_run("http://localhost:2", tmp_path):
            pass
    with only_run(other, tmp_path):
        (file,) = folder_of(tmp_path).iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(folder_of(tmp_path).iterdir()) == []


def test_what_a_killed_run_left_is_taken_over(tmp_path: Path) -> None:
    """The file of a process that is gone is no lock."""
    with only_run(HERE, tmp_path):
        (file,) = folder_of(tmp_path).iterdir()
    file.write_text("1")

    with only_run(HERE, tmp_path):
        assert file.read_text() == str(os.getpid())


def test_a_fault_of_the_run_itself_goes_through_and_frees_the_target(tmp_path: Path) -> None:
    """A disk that is full during the run is no fault of the lock."""
    with pytest.raises(OSError, match="no space"), only_run(HERE, tmp_path):
        raise OSError(28, "no space")
    with only_run(HERE, tmp_path):
        pass


def take_turns(temporary: Path, book: Path, turns: int) -> None:
    """Hold the target again and again; note when somebody else was inside as well."""
    done = 0
    while done < turns:
        try:
            with only_run(HERE, temporary):
                inside = os.open(book / "inside", os.O_CREAT | os.O_EXCL)
                os.close(inside)
                (book / "inside").unlink()
                done += 1
        except LoadError:
            continue


def test_nobody_slips_in_while_the_lock_changes_hands(tmp_path: Path) -> None:
    """Three processes take and drop it 300 times each: never two inside.

    A file that only one process may create stands for the shop: a second one inside dies of it.
    """
    (tmp_path / "book").mkdir()
    spawn = multiprocessing.get_context("spawn")
    arguments = (tmp_path, tmp_path / "book", 300)
    racers = [spawn.Process(target=take_turns, args=arguments) for _ in range(3)]
    for one in racers:
        one.start()
    for one in racers:
        one.join(200)

    assert [one.exitcode for one in racers] == [0, 0, 0]


def a_link(folder: Path) -> None:
    """Lead to a folder that somebody else chose."""
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)


def a_file(folder: Path) -> None:
    """Put a file in its place."""
    folder.write_text("")


def open_to_all(folder: Path) -> None:
    """Let others put links into it."""
    folder.mkdir()
    folder.chmod(0o777)


def a_linked_lock(folder: Path) -> None:
    """Put a link where the lock should lie."""
    folder.mkdir(mode=0o700)
    (folder / "load-127.0.0.1%3A1.lock").symlink_to(folder.with_name("victim"))


@pytest.mark.parametrize("laid", [a_link, a_file, open_to_all, a_linked_lock])
def test_a_trap_in_the_place_of_the_lock_is_one_line(
    tmp_path: Path, laid: Callable[[Path], None]
) -> None:
    """The folder for all is writable for all: nothing is followed, nothing is written."""
    laid(folder_of(tmp_path))
    there = sorted(tmp_path.rglob("*"))

    with pytest.raises(LoadError) as caught, only_run(HERE, tmp_path):
        pytest.fail("locked nothing")

    assert str(caught.value).startswith(f"{folder_of(tmp_path)}: no lock for one load test a ")
    assert str(caught.value).endswith("or make it writable; nothing was sent")
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == there


def test_a_folder_of_somebody_else_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner could take the lock away under us."""
    somebody = os.geteuid() + 1
    (tmp_path / f"forepost-{somebody}").mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: somebody)

    with (
        pytest.raises(LoadError, match=r"not a folder of yours alone \(mode 0700\); remove"),
        only_run(HERE, tmp_path),
    ):
        pytest.fail("locked nothing")


def test_no_temporary_folder_is_one_line(tmp_path: Path) -> None:
    """It is not there, or cannot be written."""
    with (
        pytest.raises(LoadError, match="No such file or directory; remove what is there, or make"),
        only_run(HERE, tmp_path / "none"),
    ):
        pytest.fail("locked nothing")

"""What only a file can do: be missing, foreign, damaged, locked, full, read-only, newer."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from errno import ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from forepost.errors import StoreError
from forepost.storage import faults
from forepost.storage.connection import APPLICATION_ID, Connections
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import at, full_run, opening, passed_run, poll, post, told

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store may be."""
    return tmp_path / "forepost.sqlite"


def filled(path: Path, runs: int = 3) -> Path:
    """A closed store with some runs."""
    with closing(SqliteStore(path)) as store:
        for minute in range(runs):
            store.add_run(full_run(minute))
    return path


def refusal(path: Path, *, read_only: bool = False) -> str:
    """The one line that opening is refused with."""
    with pytest.raises(StoreError) as told:
        SqliteStore(path, read_only=read_only)
    line = str(told.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


@contextmanager
def sql(path: Path) -> Iterator[sqlite3.Connection]:
    """A door past the store."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def test_the_file_is_set_up_to_be_written_and_read_at_once(path: Path) -> None:
    """Write-ahead log, strict tables, space given back, our name in the header."""
    with closing(SqliteStore(path)) as store:
        store.add_run(full_run())
        with sql(path) as connection:

            def pragma(name: str) -> object:
                return connection.execute(f"PRAGMA {name}").fetchone()[0]

            assert pragma("journal_mode") == "wal"
            assert pragma("auto_vacuum") == 2  # incremental
            assert pragma("application_id") == APPLICATION_ID
            tables = connection.execute(
                "SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'"
                " AND name NOT LIKE '_sqlite_%'"
            ).fetchall()
        assert {strict for _, strict in tables} == {1}
        assert {"runs", "steps", "pages", "incidents", "outbox", "posts"} <= {t[0] for t in tables}


def test_each_connection_keeps_the_rules(path: Path) -> None:
    """synchronous=NORMAL, foreign keys and the busy timeout are of the connection."""
    file = Connections(path, read_only=False, busy_s=15.0)
    db = file.read()
    assert db.execute("PRAGMA synchronous").fetchone() == (1,)
    assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert db.execute("PRAGMA busy_timeout").fetchone() == (15_000,)
    file.close()


def test_connections_of_threads_that_ended_are_closed(path: Path) -> None:
    """A thread for every run must not keep a file handle for every run."""
    file = Connections(path, read_only=False, busy_s=15.0)
    for _ in range(5):
        thread = Thread(target=file.read)
        thread.start()
        thread.join()
    assert len(file._open) == 2  # this thread's, and the last that ended
    file.close()


def test_a_file_that_is_not_a_database(path: Path) -> None:
    """Something else lies there: said, and not touched."""
    path.write_bytes(b"these are not the pages you are looking for" * 100)
    before = path.read_bytes()
    assert refusal(path) == "file is not a database; move it away or restore a backup"
    assert path.read_bytes() == before


def test_a_database_of_another_program(path: Path) -> None:
    """It is not filled with our tables."""
    with sql(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    assert refusal(path) == "is the database of another program; change [store] path"
    with sql(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


@pytest.mark.parametrize("where", [4096, 4096 * 9])
def test_an_overwritten_page_is_found_at_opening(path: Path, where: int) -> None:
    """One bad page anywhere in a file of usual size."""
    filled(path, 40)
    with path.open("r+b") as file:
        file.seek(where)
        file.write(b"\xff" * 4096)
    assert refusal(path) == "the database is damaged; move it away or restore a backup"


def test_a_truncated_file_is_found_at_opening(path: Path) -> None:
    """A copy that broke off."""
    filled(path, 40)
    os.truncate(path, 4096 * 10)
    assert refusal(path) == "the database is damaged; move it away or restore a backup"


def test_a_large_truncated_file_is_found_without_reading_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the size that is read whole, the header's count of pages tells."""
    filled(path, 40)
    monkeypatch.setattr("forepost.storage.connection.CHECKED_WHOLE_BYTES", 0)
    with closing(SqliteStore(path)) as store:
        assert len(store.runs()) == 40
    os.truncate(path, 4096 * 10)
    assert "damaged" in refusal(path)


def test_damage_that_comes_later_is_one_line_too(path: Path) -> None:
    """A disk may fail at any time."""
    filled(path, 40)
    store = SqliteStore(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with ThreadPoolExecutor(1) as other_thread:  # this one still has the pages in memory
        told_there = other_thread.submit(store.runs).exception()
    assert isinstance(told_there, StoreError)
    assert str(told_there) == f"{path}: {faults.LINES[sqlite3.SQLITE_CORRUPT]}"
    store.close()


def test_a_newer_schema_is_not_written_to(path: Path) -> None:
    """An older program must not guess what a newer one has changed."""
    filled(path)
    with sql(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('forepost', '999_later', 'x')"
        )
    line = "written by a newer Forepost (schema step 999_later); "
    assert refusal(path) == line + "update Forepost or change [store] path"


def test_an_older_schema_is_brought_up_and_not_read_half(path: Path) -> None:
    """Read-only it is refused with the remedy; opened to write it has its missing steps."""
    filled(path)
    with sql(path) as connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = '006_salt'")
        connection.execute("DROP TABLE salt")
    assert refusal(path, read_only=True).startswith("written by an older Forepost; run")
    with closing(SqliteStore(path)) as store:
        assert len(store.salt()) == 32
        assert len(store.runs()) == 3


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The remedy names the folder."""
    path = tmp_path / "gone" / "forepost.sqlite"
    assert refusal(path) == (
        f"folder {path.parent} does not exist; create it or change [store] path"
    )


def test_a_folder_in_the_place_of_the_file(path: Path) -> None:
    """A path that names a folder."""
    path.mkdir()
    assert refusal(path) == "is a folder; [store] path must name a file"


def test_no_store_yet_to_read(path: Path) -> None:
    """Reading makes no file."""
    assert refusal(path, read_only=True) == 'there is no store yet; run "forepost watch" first'
    assert not path.exists()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere, so it steps aside; others are nobody special already."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may enter (pytest's own are for their owner only)."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder / "forepost.sqlite"
        folder.chmod(0o777)


def test_a_folder_that_may_not_be_written(shared: Path) -> None:
    """A read-only disk or a foreign folder."""
    shared.parent.chmod(0o555)
    with as_nobody():
        assert refusal(shared) == (
            f"cannot be created; allow writing in {shared.parent} or change [store] path"
        )


def test_a_file_that_may_not_be_written(shared: Path) -> None:
    """A store that another user keeps."""
    filled(shared)
    shared.chmod(0o444)
    shared.parent.chmod(0o555)
    with as_nobody():
        line = refusal(shared)
    assert line in (
        "read-only file or disk; allow writing or move [store] path",
        "cannot be opened; allow reading and writing, or change [store] path",
    )


def test_a_full_disk_is_one_line_and_nothing_is_half_written(path: Path) -> None:
    """SQLite's own limit of pages stands for the disk; afterwards the store goes on."""
    with closing(SqliteStore(path)) as store:
        store.add_run(full_run(0))
        db = store._file.read()
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        posts = [post(minute, f"author {minute}") for minute in range(5000)]
        with pytest.raises(StoreError, match=r"the disk is full; free some space or move"):
            store.add_posts(poll(0, 1), posts, "17")
        assert (store.posts(), store.polls(), store.cursor("town")) == ([], [], None)
        db.execute("PRAGMA max_page_count = 1000000").fetchall()
        assert store.add_posts(poll(0, 1), posts, "17") == 5000
        assert store.check() == []


def test_a_lock_that_lasts_is_one_line(path: Path) -> None:
    """Another program that writes for longer than we wait."""
    filled(path)
    with closing(SqliteStore(path, busy_s=0.2)) as store, sql(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked by another program for longer than 0\.2 s"):
            store.add_run(passed_run(9))
        assert len(store.runs()) == 3  # readers do not wait for writers
        other.rollback()
        assert store.add_run(passed_run(9)) is True


def test_a_store_opened_to_read_refuses_to_write(path: Path) -> None:
    """The dashboard can do no harm."""
    filled(path)
    with closing(SqliteStore(path, read_only=True)) as store:
        assert len(store.runs()) == 3
        assert store.check() == []
        with pytest.raises(StoreError, match="opened for reading only"):
            store.add_run(passed_run(9))


def test_a_reader_sees_what_is_written_meanwhile(path: Path) -> None:
    """The dashboard beside the scheduler."""
    with closing(SqliteStore(path)) as writer, closing(SqliteStore(path, read_only=True)) as reader:
        writer.add_run(full_run())
        assert len(reader.runs()) == 1


def test_an_error_in_the_middle_leaves_nothing(path: Path) -> None:
    """The run is stored with its transition and alerts, or not at all."""
    with closing(SqliteStore(path)) as store:
        with sql(path) as other:
            other.execute(
                "CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        with pytest.raises(StoreError, match=r"forepost\.sqlite: no; see"):
            store.add_run(full_run(), opening(), told(opening()))
        assert (store.runs(), store.incidents(), store.transitions()) == ([], [], [])


def test_check_names_what_is_wrong(path: Path) -> None:
    """A step that is gone, an incident without its opening: one line each."""
    filled(path, 1)
    with sql(path) as connection:
        connection.execute("DELETE FROM steps WHERE position = 1")
        connection.execute(
            "INSERT INTO incidents VALUES ('i1', 'probe', 'x', 'a', 'a', 'a', 'b', NULL, NULL, '')"
        )
        connection.execute(
            "INSERT INTO steps (run_id, position, name, outcome, duration_ms)"
            " VALUES ('nobody', 0, 'x', 'passed', 1.0)"
        )
    with closing(SqliteStore(path)) as store:
        lines = store.check()
    assert [line.removeprefix(f"{path}: ") for line in lines] == [
        "steps row 2 belongs to a row of runs that is not there",
        "run without all of its steps: payment-local-0",
        "incident without its opening: i1",
        "closed incident without its closing: i1",
    ]


def test_space_is_given_back_after_pruning(path: Path) -> None:
    """Incremental auto-vacuum: the file shrinks without a VACUUM."""
    with closing(SqliteStore(path)) as store:
        posts = [post(minute, f"author {minute}") for minute in range(5000)]
        store.add_posts(poll(0, 1), posts, None)
        before = store._file.read().execute("PRAGMA page_count").fetchone()[0]
        store.prune(at(500 * 1440))
        after = store._file.read().execute("PRAGMA page_count").fetchone()[0]
    assert after < before / 2


OPENS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from forepost.storage import open_store
store = open_store(Path(sys.argv[1]))
print(store.salt().hex())
store.close()
"""


def test_four_programs_make_the_same_new_store_together(path: Path) -> None:
    """Each finds a whole schema, and all the same salt."""
    command = [sys.executable, "-c", OPENS, str(path)]
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root, text=True
        )
        for _ in range(4)
    ]
    answers = [child.communicate(timeout=60) for child in children]
    assert [error for _, error in answers] == [""] * 4
    assert len({salt for salt, _ in answers}) == 1


def test_every_fault_of_the_disk_has_its_line() -> None:
    """Codes that need a broken disk to happen: said in one line with a remedy."""
    for code in faults.LINES:
        error = sqlite3.OperationalError("x")
        error.sqlite_errorcode = code
        assert "; " in faults.line(error, Path("x"), 15.0)
    line = r"^out/x: the disk is full; look after the disk$"
    with pytest.raises(StoreError, match=line), faults.told(Path("out/x"), 15.0):
        raise OSError(ENOSPC, "No space left on device")

"""A file that an older Forepost wrote is brought up with all that is in it."""

import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from forepost.errors import StoreError
from forepost.model import LoadCell
from forepost.storage.connection import APPLICATION_ID
from forepost.storage.migrations import schema
from forepost.storage.rows import stamp
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import PAGE, alert, at, entry, full_run, opening, post

# Written by the release whose last step was 006_salt: one run, its incident, a post.
OLD = Path(__file__).with_name("schema_006.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file with the old schema and data of its time."""
    path = tmp_path / "forepost.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(OLD.read_text("utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return path


def test_an_old_file_keeps_its_data(old: Path) -> None:
    """What was not measured then is None now, a run was on a desktop, in no window."""
    with closing(SqliteStore(old)) as store:
        page = replace(
            PAGE,
            lcp_url=None,
            lcp_delay_ms=None,
            lcp_load_ms=None,
            lcp_render_ms=None,
            inp_ms=None,
            hosts=(),
        )
        first, second = full_run().steps
        run = replace(
            full_run(),
            steps=(replace(first, pages=(page, page)), second),
            device="desktop",
            maintenance=None,
            cleanup=None,
        )
        assert store.runs() == [run]
        assert store.transitions() == [opening()]
        assert [row.alert for row in store.due_alerts(at(0))] == [alert(opening())]
        assert store.posts() == [post(1)]
        assert store.salt().hex().startswith("38e6ecb8217bb311")
        assert len(store.hourly("payment", at(0), at(60))) == 3
        assert (store.ledger(), store.maintenance(), store.paying_stopped()) == ([], [], None)
        assert store.check() == []


def test_an_upgraded_file_goes_on(old: Path) -> None:
    """New runs beside old ones, also after opening anew."""
    with closing(SqliteStore(old)) as store:
        assert store.add_run(full_run(5)) is True
    with closing(SqliteStore(old)) as store:
        assert store.runs()[-1] == full_run(5)


def test_an_old_file_is_not_read_half(old: Path) -> None:
    """Read-only it is refused with the remedy, and left as it was."""
    with pytest.raises(StoreError, match="written by an older Forepost; run"):
        SqliteStore(old, read_only=True)


def test_old_load_cells_belong_to_no_step(old: Path) -> None:
    """A test of that time is read as it was; the same second may now have a step as well."""
    before = LoadCell("load-1", 3, "gift_card", "giftcard.redeem", started=5, done=5)
    row = ("load-1", 3, "gift_card", "giftcard.redeem", 5, 5, 0, 0, 0, 0, "{}", "{}")
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute(f"INSERT INTO load_cells VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - places only

    with closing(SqliteStore(old)) as store:
        assert store.load_cells("load-1") == [before]
        store.add_load_cells([replace(before, step="redeem")])
        assert store.load_cells("load-1") == [before, replace(before, step="redeem")]


def test_an_old_ledger_has_nobodys_word(old: Path) -> None:
    """What was left before is left, and may now be said to be gone."""
    with closing(sqlite3.connect(old)) as connection:
        schema.apply(Database(connection), stop_before="012_ledger_gone")
        row = {"note": "", **asdict(entry())}
        row = {key: row[key] for key in row if not key.startswith("gone")}
        row |= {"asked_at": stamp(entry().asked_at), "kind": "order"}
        Database(connection).table("ledger").insert(row)

    with closing(SqliteStore(old)) as store:
        assert store.ledger(unsettled_only=True) == [entry()]
        assert store.ledger_gone(["e0"], at=at(9), by="ann", said="voided") == []
        assert store.ledger(unsettled_only=True) == []


def test_old_figures_are_told_apart_as_far_as_their_steps_are_kept(old: Path) -> None:
    """NULL says that a journey without leave to pay would stand among those that worked."""
    with closing(sqlite3.connect(old)) as connection, connection:
        gone = ("2026-10-01T12:00:00.000000Z", "payment", "", 5, 5, 500.0, 100.0)
        connection.execute(
            "INSERT INTO rollup_hour (hour_at, flow, step, n, ok, sum_ms, max_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            gone,
        )

    with closing(SqliteStore(old)) as store:
        before = store.hourly("payment", at(-60 * 24 * 40), at(60))
        assert {row["capped"] for row in before} == {None}
        store.refresh_rollups(at(60 * 24 * 7))
        after = store.hourly("payment", at(-60 * 24 * 40), at(60))
        assert [row["capped"] for row in after] == [None, 0, 0, 0]
        assert [row["n"] for row in after] == [row["n"] for row in before]

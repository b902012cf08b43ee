"""Load tests that nobody ended: what their folder says, and what is ended with them.

That a killed watch notices them is in tests/system/test_kill_load.py.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forepost.campaigns import Left
from forepost.errors import LoadError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests.generator import register
from loadtests.generator.lock import only_run
from loadtests.generator.register import Begun
from loadtests.interrupted import interrupted

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
TARGET = f"http://shop-{os.getpid()}.example"  # locks are of the whole machine
READY = {"event": "ready", "first_at": AT.timestamp() + 5}
HEALTH = {"event": "health", "worker": 0, "second": 11}
CLEANED = {"event": "cleaned", "flow": "pages", "made": 3, "undone": 2, "left": 1, "error": ""}
END = {"event": "end", "reason": "whoever started it is gone"}


def begun(out: Path, *events: Mapping[str, object], cleanup_s: float = 60.0) -> Path:
    """Leave the folder of a run behind, as if whoever ran it had been killed."""
    folder = out / "loads" / "r1"
    folder.mkdir(parents=True)
    note = Begun("r1", "pages", TARGET, AT.isoformat(), "nightly", cleanup_s)
    with register.noted(folder, note):
        text = (folder / register.FILE).read_text("utf-8")
    (folder / register.FILE).write_text(text, "utf-8")
    told = [json.dumps(one, separators=(",", ":")) for one in events]
    torn = '{"event":"cell","sec'  # the power went in the middle of a line
    (folder / "cells.jsonl").write_text("\n".join([*told, torn]), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("events", "cleanup_s", "after", "says", "cleanup"),
    [
        ((), 60.0, "before its first visit", "may still be in the shop", None),
        ((READY, HEALTH), 60.0, "after 12 s", "may still be in the shop", None),
        ((READY, HEALTH), 0.0, "after 12 s", "the campaign asks for no clean-up", 0),
        ((READY, HEALTH, CLEANED, END), 60.0, "after 12 s", "1 left in the shop: pages 1", 1),
        ((READY, CLEANED), 60.0, "after 0 s", "its clean-up did not come to its end", 1),
        (
            ({"event": "refused", "reason": "it is gone; 3 of 3 made things undone"},),
            60.0,
            "before its first visit",
            "3 of 3 made things undone",
            None,
        ),
    ],
)
def test_a_run_is_settled_as_its_folder_tells(
    store: Store,
    tmp_path: Path,
    events: tuple[Mapping[str, object], ...],
    cleanup_s: float,
    after: str,
    says: str,
    cleanup: int | None,
) -> None:
    """When it ended and what is left: never passed, never missing, never undone unless proved."""
    begun(tmp_path, *events, cleanup_s=cleanup_s)
    (one,) = interrupted(store, tmp_path, datetime.now(UTC)).found

    assert (one.planned, one.run.campaign, one.run.verdict) == ("nightly", "pages", "interrupted")
    lines, told = one.run.detail["lines"], one.run.detail.get("cleanup")
    assert isinstance(lines, list)
    assert f"whoever ran it ended {after}, at" in lines[0]
    assert says in lines[1]
    assert told is None or isinstance(told, dict)
    assert (None if told is None else len(told)) == cleanup
    if READY in events:
        assert one.run.started_at == AT + timedelta(seconds=5)
        assert one.run.finished_at == one.run.started_at + timedelta(
            seconds=12 * (HEALTH in events)
        )


def test_what_is_stored_is_not_found_again(store: Store, tmp_path: Path) -> None:
    """The row is the memory: the note goes once it stands there, and not before."""
    folder = begun(tmp_path, READY, HEALTH)
    for _ in range(2):
        (one,) = interrupted(store, tmp_path, datetime.now(UTC)).found
        assert (folder / register.FILE).exists()
    store.add_load_run(one.run)

    assert interrupted(store, tmp_path, datetime.now(UTC)) == Left()
    assert not (folder / register.FILE).exists()
    assert store.load_runs() == [one.run]


def test_a_run_under_way_is_nobodys_to_settle(store: Store, tmp_path: Path) -> None:
    """Its note is held; it goes with the run, and a folder that went first is no fault."""
    folder = tmp_path / "loads" / "r2"
    folder.mkdir(parents=True)
    note = Begun("r2", "pages", TARGET, AT.isoformat())
    detail = {"planned_end_at": (AT + timedelta(minutes=1)).isoformat()}
    store.add_load_run(LoadRun("r2", "pages", TARGET, AT, detail=detail))
    with register.noted(folder, note):
        assert interrupted(store, tmp_path, datetime.now(UTC)) == Left()
    assert list(folder.iterdir()) == []
    with (
        pytest.raises(LoadError, match=r"begun\.json: cannot be written: No such file"),
        register.noted(tmp_path / "nowhere", note),
    ):
        pytest.fail("it began")


@pytest.mark.parametrize(("busy", "found"), [(False, 1), (True, 0)])
def test_a_row_without_a_folder_is_settled_when_nobody_loads_its_target(
    store: Store, tmp_path: Path, *, busy: bool, found: int
) -> None:
    """One of an older version, or with another output folder, which may still go on."""
    detail = {"planned_end_at": (AT + timedelta(minutes=1)).isoformat()}
    store.add_load_run(LoadRun("r3", "pages", TARGET, AT, detail=detail))
    early = AT + timedelta(seconds=59)
    assert interrupted(store, tmp_path, early) == Left()
    with only_run(TARGET) if busy else nullcontext():
        left = interrupted(store, tmp_path, datetime.now(UTC))

    assert len(left.found) == found
    assert all((one.planned, one.run.verdict) == ("", "interrupted") for one in left.found)


def test_processes_that_hang_are_ended_once_their_time_is_over(
    store: Store, tmp_path: Path
) -> None:
    """Ours by user, program and folder; whatever works in another folder is left alone."""
    folder, other = begun(tmp_path, READY, HEALTH), tmp_path / "other"
    other.mkdir()
    stands = [sys.executable, "-c", "import time; time.sleep(600)", "loadtests.locustfile"]
    both = [
        subprocess.Popen(stands, cwd=place, start_new_session=True) for place in (folder, other)
    ]
    try:
        now = datetime.now(UTC)
        assert interrupted(store, tmp_path, now) == Left(waiting=True)
        assert both[0].poll() is None
        os.utime(folder / "cells.jsonl", (now.timestamp() - 91, now.timestamp() - 91))
        left = interrupted(store, tmp_path, now)
        assert both[0].wait(30) == -9
        assert len(left.found) == 1
        assert both[1].poll() is None
    finally:
        for one in both:
            one.kill()
            one.wait()

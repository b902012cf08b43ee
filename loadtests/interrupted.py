"""Load tests that began and never ended: killed with whoever ran them, or by the power.

Their processes end by themselves and undo what was made, where the campaign asks for it (see
`loadtests.generator.master`); one that hangs is ended. What they wrote says what came of it.
"""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from forepost.campaigns import Interrupted, Left
from forepost.errors import LoadError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests.generator import register, undone
from loadtests.generator.lock import only_run
from loadtests.generator.register import Begun

VERDICT = "interrupted"
CELLS = "cells.jsonl"
LOOK_BACK = timedelta(days=70)  # as long as `forepost.spell` remembers
_WIND_UP = timedelta(seconds=30)  # for a generator that lost its parent to close its books
_MODULE = "loadtests.locustfile"
_CELL = '"event":"cell"'

Events = Mapping[str, list[Mapping[str, Any]]]


def interrupted(store: Store, out: Path, now: datetime) -> Left:
    """Return the runs that nobody ended, as they are to be stored; nothing is stored here.

    Shape:   call it again when they are stored, until it finds none. It is `waiting` while
             processes of such a run still close their books or undo what it made; when that takes
             longer than it may, they are ended.
    Raises:  StoreError.
    """
    found: list[Interrupted] = []
    waiting = False
    rows = {run.id: run for run in store.load_runs(since=now - LOOK_BACK)}
    with register.unended(out) as begun:
        for folder, one in begun:
            row = rows.pop(one.load_run, None)
            if row is not None and row.finished_at is not None:
                register.ended(folder)
            elif _still_there(folder, one, now):
                waiting = True
            else:
                found.append(Interrupted(_settled(folder, one, row), one.planned))
                _free(one.target)
    noted = {path.parent.name for path in (out / "loads").glob(f"*/{register.FILE}")}
    forgotten = {key for key, run in rows.items() if key not in noted and _given_up(run, now)}
    # Read again: one that has just come to its end has its last word in the store by now.
    again = store.load_runs(since=now - LOOK_BACK) if forgotten else []
    open_ = [run for run in again if run.id in forgotten and run.finished_at is None]
    return Left((*found, *(Interrupted(_closed(run)) for run in open_)), waiting)


def _free(target: str) -> None:
    """Take away the file of a lock that nobody holds any more."""
    with suppress(LoadError), only_run(target):
        pass


def _still_there(folder: Path, begun: Begun, now: datetime) -> bool:
    """Whether processes of a run still wind up; those that had their time are ended."""
    there = list(_processes(folder))
    late = now - _last_sign(folder) > _WIND_UP + timedelta(seconds=begun.cleanup_s)
    if there and late:
        for one in there:
            with suppress(psutil.Error, ProcessLookupError, PermissionError):
                _end(one)
        return False
    return bool(there)


def _processes(folder: Path) -> Iterator[psutil.Process]:
    """Yield the generator's processes of a run: ours by user and program, its by their folder."""
    for one in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            ours = one.uids().effective == os.geteuid() and _MODULE in one.cmdline()
            if ours and Path(one.cwd()) == folder and one.status() != psutil.STATUS_ZOMBIE:
                yield one


def _end(one: psutil.Process) -> None:
    """End a process and what it started: it leads a session of its own."""
    if one.is_running() and os.getpgid(one.pid) == os.getsid(one.pid) == one.pid:
        os.killpg(one.pid, signal.SIGKILL)


def _last_sign(folder: Path) -> datetime:
    """Return when the run was last heard of: it was still there then."""
    for name in (CELLS, register.FILE):
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
    return datetime.now(UTC)


def _settled(folder: Path, begun: Begun, row: LoadRun | None) -> LoadRun:
    """Return a run as its folder tells of it; `row` is what the store has, None for nothing."""
    events = _events(folder / CELLS)
    began_at = datetime.fromisoformat(begun.started_at)
    if "ready" in events:
        began_at = datetime.fromtimestamp(float(events["ready"][0]["first_at"]), UTC)
    run = row or LoadRun(begun.load_run, begun.campaign, begun.target, began_at)
    seconds = [one["second"] for one in events.get("health", ())]
    at, after = max(_last_sign(folder), run.started_at), "before its first visit"
    if row is not None or "ready" in events:
        at = run.started_at + timedelta(seconds=max(seconds, default=-1) + 1)
        after = f"after {max(seconds, default=-1) + 1} s"
    short = f"whoever ran it ended {after}, at {at:%Y-%m-%d %H:%M:%S} UTC, by a kill or the power"
    detail: dict[str, object] = {
        **run.detail,
        "cut_short": short,
        "lines": [short, *_undone(begun, events)],
        "summary": f"{VERDICT}: {short}",
    }
    cleaned = events.get("cleaned", ())
    if cleaned or not begun.cleanup_s:
        names = ("made", "undone", "left", "error")
        detail["cleanup"] = {
            str(one["flow"]): {name: one.get(name) for name in names} for one in cleaned
        }
    return replace(run, finished_at=at, verdict=VERDICT, detail=detail)


def _undone(begun: Begun, events: Events) -> list[str]:
    """Say what came of the clean-up: what nobody knows is never counted as undone."""
    if refused := events.get("refused"):  # it tells of its clean-up as well
        return [str(refused[-1].get("reason"))]
    if not begun.cleanup_s:
        return ["the campaign asks for no clean-up: what it made is still in the shop"]
    cleaned = events.get("cleaned")
    if not cleaned:
        return ["nothing is known of its clean-up: what it made may still be in the shop"]
    said = undone.words(cleaned)
    return [said if "end" in events else f"{said}; its clean-up did not come to its end"]


def _events(cells: Path) -> Events:
    """Return what the generator wrote beside its cells, by kind; the last line may be torn."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    with suppress(FileNotFoundError), cells.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if _CELL not in line:
                with suppress(ValueError, KeyError, TypeError):
                    told = json.loads(line)
                    found.setdefault(str(told["event"]), []).append(told)
    return found


def _given_up(run: LoadRun, now: datetime) -> bool:
    """Whether a row that never ended is of a run that no longer is: it has no folder here."""
    planned = run.detail.get("planned_end_at")
    if run.finished_at is not None or not isinstance(planned, str):
        return False
    try:
        with only_run(run.target):
            return datetime.fromisoformat(planned) < now
    except LoadError:
        return False


def _closed(run: LoadRun) -> LoadRun:
    """Return a run of which nothing is known but that it is over."""
    planned = str(run.detail["planned_end_at"])
    short = "whoever ran it ended before it did, and wrote nothing of it"
    detail = {**run.detail, "cut_short": short, "lines": [short], "summary": f"{VERDICT}: {short}"}
    return replace(run, finished_at=datetime.fromisoformat(planned), verdict=VERDICT, detail=detail)

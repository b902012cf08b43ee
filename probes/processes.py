"""Processes below us: found by parentage and by their temporary folder, and ended.

Chromium is started by Playwright's driver in a process group of its own, and outlives
both when they are killed: only its environment still says whose it was.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

END_LIMIT_S = 3.0
PROFILE = "--user-data-dir="


def tree(pid: int) -> list[psutil.Process]:
    """Return a process with all its descendants; empty when it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def under(folder: Path) -> list[psutil.Process]:
    """Return the processes whose temporary folder or profile lies in `folder`."""
    return [process for process in psutil.process_iter() if _lives_in(process, folder)]


def end(processes: Iterable[psutil.Process], limit_s: float = END_LIMIT_S) -> int:
    """Kill processes (SIGKILL: a stopped or hung one hears nothing else); return survivors."""
    doomed = [process for process in processes if process.pid != os.getpid()]
    for process in doomed:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _, alive = psutil.wait_procs(doomed, timeout=limit_s)
    return len([process for process in alive if running(process)])


def end_all(pid: int | None, folder: Path) -> int:
    """Kill the tree of `pid` and all that lives in `folder`, until none is left.

    A browser may fork while it is being killed: looked at again until quiet.
    Returns: the number of those that survived the limit.
    """
    stop = time.monotonic() + END_LIMIT_S
    if pid is not None:
        end(tree(pid))
    while left := under(folder):
        survivors = end(left, 1.0)
        if survivors and time.monotonic() > stop:
            return survivors
    return 0


def running(process: psutil.Process) -> bool:
    """Whether a process still runs; a zombie only waits for its parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _lives_in(process: psutil.Process, folder: Path) -> bool:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        places = [process.environ().get("TMPDIR", "")]
        places += [w.partition("=")[2] for w in process.cmdline() if w.startswith(PROFILE)]
    except (psutil.Error, OSError):
        return False  # another user's, or gone: not ours
    return any(place and Path(place).is_relative_to(folder) for place in places)

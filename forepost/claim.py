"""One Forepost a store: the claim goes with the process, however it ends."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from forepost.errors import StoreBusyError, StoreError


def claim(store_path: Path) -> TextIO:
    """Take the store for this process; keep the answer open for as long.

    Raises: StoreBusyError if another Forepost holds it; StoreError if no file can lie there.
    """
    try:
        store_path.parent.mkdir(parents=True, exist_ok=True)
        lock = store_path.with_name(store_path.name + ".lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise _unwritable(store_path, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read(20).strip() or "unknown"
        lock.close()
        raise StoreBusyError(
            f"{store_path}: another Forepost (process {holder}) runs on this store; "
            "stop it, or set [store] path to another file"
        ) from None
    try:
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
    except OSError as error:
        with suppress(OSError):  # closing tries to write once more
            lock.close()
        raise _unwritable(store_path, error) from None
    return lock


def _unwritable(store_path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{store_path}: {error.strerror}; choose a folder that may be written, [store] path"
    )

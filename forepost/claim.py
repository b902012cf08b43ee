"""One Forepost a store: the claim goes with the process, however it ends."""

import fcntl
import os
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
        raise StoreError(
            f"{store_path}: {error.strerror}; choose a folder that may be written, [store] path"
        ) from None
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
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock

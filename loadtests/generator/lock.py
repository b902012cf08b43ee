"""One load test a target: a lock that holds for all checkouts and output folders of a machine.

It is a file in a folder of this user alone, named by the place that is loaded. The system lets
go of it when the process ends, however it ends; what a killed one left is taken over.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from forepost.errors import LoadError
from forepost.place import place_of

# Not tempfile.gettempdir(): TMPDIR may differ from shell to shell, and the lock would with it.
TEMPORARY = Path("/tmp")  # noqa: S108 - the folder in it is made and checked as ours alone
_TRIES = 20  # each is lost to a run that ended at just that moment
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def only_run(target: str, temporary: Path = TEMPORARY) -> Iterator[None]:
    """Hold the place of a target for as long as the block lasts.

    Shape:  however the target is written: see `forepost.place`. It holds for this user's runs on
            this machine; nothing stays behind but the empty folder.
    Raises: LoadError, one line, if another load test runs against it, or if there is no folder
            that only this user can enter.
    """
    path = temporary / f"forepost-{os.geteuid()}"
    name = f"load-{quote(place_of(target) or target, safe='')}.lock"
    folder = _opened(path)
    try:
        try:
            held = _held(folder, name, target)
        except OSError as error:
            raise _unusable(path, error.strerror or repr(error)) from None
        try:
            yield
        finally:
            with suppress(OSError):  # gone already: somebody tidied the folder
                os.unlink(name, dir_fd=folder)
            os.close(held)
    finally:
        os.close(folder)


def _opened(folder: Path) -> int:
    """Return the folder of our locks, opened: what it is called later does not matter."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        opened = os.open(folder, _FOLDER)
    except OSError as error:
        raise _unusable(folder, error.strerror or repr(error)) from None
    seen = os.fstat(opened)
    if seen.st_uid != os.geteuid() or stat.S_IMODE(seen.st_mode) & 0o077:
        os.close(opened)
        raise _unusable(folder, "it is not a folder of yours alone (mode 0700)")
    return opened


def _held(folder: int, name: str, target: str) -> int:
    """Return the lock's file, locked and still the one of that name."""
    for _ in range(_TRIES):
        file = os.open(name, _FILE, 0o600, dir_fd=folder)
        try:
            _take(file, target)
            if _still_there(file, folder, name):
                with suppress(OSError):  # a full disk: nobody hears who holds it
                    os.ftruncate(file, 0)
                    os.pwrite(file, str(os.getpid()).encode(), 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # its holder ended and took the name away meanwhile
    raise _busy(target, "")


def _take(file: int, target: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _busy(target, os.pread(file, 20, 0).decode("ascii", "replace")) from None


def _still_there(file: int, folder: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), os.stat(name, dir_fd=folder, follow_symlinks=False))
    return False


def _busy(target: str, holder: str) -> LoadError:
    who = f" (process {holder})" if holder.isdecimal() else ""
    return LoadError(
        f"load target {target}: another load test runs against it{who}; "
        "wait for its end, or stop it; nothing was sent"
    )


def _unusable(folder: Path, why: str) -> LoadError:
    return LoadError(
        f"{folder}: no lock for one load test a target can lie there: {why}; "
        "remove what is there, or make it writable; nothing was sent"
    )

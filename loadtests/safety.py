"""What a load test may never do: ask a host that is not named, or go on against a wreck."""

import fcntl
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from forepost.errors import LoadError
from loadtests.cells import Tally, whole

ABORT_ERROR_RATIO = 0.95
ABORT_WINDOW_S = 10
_ABORT_FEWEST = 20  # visits in the window; fewer say nothing


def check_target(target: str, allow_hosts: Collection[str], own_target: str | None) -> str:
    """Return the target's host if a load test may be sent there.

    Raises: LoadError if it is no http(s) URL, if its host is not among `allow_hosts`, or if
            it is not this machine and `own_target` does not name it.
    """
    parts = urlsplit(target)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise LoadError(f'load target "{target}": needs a URL like https://staging.shop.example')
    if host not in allow_hosts:
        allowed = ", ".join(sorted(allow_hosts)) or "none"
        raise LoadError(
            f"load target {target}: host {host} is not among allow_hosts ({allowed}); "
            "if you may load it, add it to the campaign's and to [loadtests] of config.toml; "
            "nothing was sent"
        )
    if not is_loopback(host) and own_target != host:
        raise LoadError(
            f"load target {target}: {host} is not this machine; "
            f"say that it is yours with --i-own-this-target {host}; nothing was sent"
        )
    return host


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def only_run(target: str, folder: Path) -> Iterator[None]:
    """Hold the lock of a target; the system lets go of it when this process ends.

    Raises: LoadError if another load test runs against the same target.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = re.sub(r"[^A-Za-z0-9.-]+", "_", urlsplit(target).netloc)
    with (folder / f"{place}.lock").open("a", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LoadError(
                f"load target {target}: another load test runs against it; "
                "wait for its end, or stop it"
            ) from None
        yield


def wrecked(tallies: Sequence[Tally], second: int) -> bool:
    """Return whether nearly every visit of the last ten seconds failed: leave the shop alone."""
    if second + 1 < ABORT_WINDOW_S:
        return False
    recent = [
        tally.cell
        for tally in whole(tallies)
        if second - ABORT_WINDOW_S < tally.cell.second <= second
    ]
    ended = sum(cell.done + cell.failed for cell in recent)
    failed = sum(cell.failed for cell in recent)
    return ended >= _ABORT_FEWEST and failed >= ABORT_ERROR_RATIO * ended

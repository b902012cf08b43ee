"""What a load test may never do: ask a host that is not named, or go on against a wreck."""

import math
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from forepost.errors import LoadError
from forepost.model import LoadCell
from loadtests.cells import Tally, whole

ABORT_ERROR_RATIO = 0.95
ABORT_WINDOW_S = 10
_ABORT_FEWEST = 20  # visits in the window; fewer say nothing


def check_target(target: str, allow_hosts: Collection[str], own_target: str | None) -> str:
    """Return the target's host if a load test may be sent there.

    Raises: LoadError if it is no http(s) URL, if it holds a user's name or password (it would
            stand in reports) or a path (nobody would ask for it), if its host is not among
            `allow_hosts`, or if it is not this machine and `own_target` does not name it.
    """
    parts = _parts(target)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise LoadError(
            f"load target on {host}: a name or password before the host would stand in every "
            "report; leave it out; nothing was sent"
        )
    if parts.path.strip("/"):
        raise LoadError(
            f"load target {target}: {parts.path} would be left out, since user files name whole "
            "paths; write scheme, host and port only; nothing was sent"
        )
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


def _parts(target: str) -> SplitResult:
    with suppress(ValueError):  # "http://[::1", a port of 99999
        parts = urlsplit(target)
        whole = not (parts.query or parts.fragment)  # nobody asks for those: paths follow it
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and whole:
            return parts
    told = target.rpartition("@")[2]  # whatever stands before it may be a password
    raise LoadError(f'load target "{told}": needs a URL like https://staging.shop.example')


def reachable(target: str, allow_hosts: Collection[str]) -> tuple[str, ...]:
    """Return the hosts that a run may ask, redirects and scripts' calls included.

    A run against this machine stays on it: nobody has said that the others are theirs.
    """
    here = is_loopback(_parts(target).hostname or "")
    return tuple(host for host in allow_hosts if is_loopback(host) or not here)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def wrecked(tallies: Iterable[Tally], second: int, patience_s: float = 0.0) -> bool:
    """Return whether nearly every visit of ten seconds on end failed: leave the shop alone.

    A shop that answers nobody lets visits fail only when their patience is over: so the ten
    seconds before that count too, unless somebody was served since.
    """
    visits = [tally.cell for tally in whole(tallies)]
    earlier = second - math.ceil(patience_s)
    return _failed(visits, second - ABORT_WINDOW_S, second) or (
        _failed(visits, earlier - ABORT_WINDOW_S, earlier)
        and _failed(visits, earlier - ABORT_WINDOW_S, second)
    )


def back_s(patience_s: float) -> int:
    """Return how many seconds before the last one `wrecked` looks at."""
    return math.ceil(patience_s) + ABORT_WINDOW_S


def _failed(visits: Sequence[LoadCell], after: int, last: int) -> bool:
    """Return whether nearly every visit that came after a second, up to another, failed."""
    if after < -1:
        return False
    ended = failed = 0
    for cell in visits:
        if after < cell.second <= last:
            ended += cell.done + cell.failed
            failed += cell.failed
    return ended >= _ABORT_FEWEST and failed >= ABORT_ERROR_RATIO * ended

"""Where workers run, and the one command a host that makes them join.

The master listens on this machine's loopback only. A worker elsewhere reaches it through a
tunnel of its own, whose far end is loopback there too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from forepost.errors import LoadError

HERE = "127.0.0.1"
_HERE = (HERE, "localhost")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,200}")
_MOST = 64
_CODE = re.compile(r"[A-Za-z0-9]{1,64}")
_LONGEST = 200  # characters of its line; more is no code


def is_here(host: str) -> bool:
    """Whether workers of that host are started by us."""
    return host in _HERE


def parse(text: str) -> tuple[str, ...]:
    """Return the hosts of "a,b", or of a file with one a line (# begins a comment).

    Shape:  one worker each; a host that is named twice runs two.
    Raises: LoadError, one line, for a file or a name that cannot be used.
    """
    found = text.split(",")
    if len(found) == 1 and ("/" in text or _is_file(text)):
        try:
            lines = Path(text).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise LoadError(f"--workers-from {text}: cannot be read: {error}") from None
        found = [line.partition("#")[0] for line in lines]
    names = [name for one in found if (name := one.strip())]
    for name in names:
        if not _HOST.fullmatch(name):
            raise LoadError(
                f'--workers-from: "{name[:60]}" is no host; name them like "gen-1,gen-2"'
            )
    if not 0 < len(names) <= _MOST:
        raise LoadError(f"--workers-from names {len(names)} workers; 1 to {_MOST} are possible")
    return tuple(names)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # longer than a name can be
        return False


def read_code(given: TextIO) -> str:
    """Return the code of a run, the first line of what is given.

    Raises: LoadError, one line that does not repeat what was read, if it is none.
    """
    try:
        code = given.readline(_LONGEST).strip()
    except UnicodeDecodeError:
        code = ""
    if not _CODE.fullmatch(code):
        raise LoadError(
            "load worker: no code of a run on standard input; type the whole command that the "
            'waiting load test printed, from "echo" on'
        )
    return code


def commands(hosts: Sequence[str], port: int, join: str) -> list[str]:
    """Return one command for each host that is not this machine, to be typed here.

    `join` is the code of this run: whoever does not have it gets no plan from the master. It
    goes over standard input, as command lines stand in lists of processes, here and there;
    `echo` is a part of the shell and no process.
    """
    return [
        f"echo {join} | ssh -o ExitOnForwardFailure=yes -R {port}:{HERE}:{port} {host} "
        f"forepost load worker --port {port} --name {host}"
        + (f" --count {number}" if number > 1 else "")
        for host, number in Counter(hosts).items()
        if not is_here(host)
    ]

"""Toy shops as processes of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TOY = Path(__file__).with_name("toy.py")
END_S = 20


@contextmanager
def running(settings: Mapping[str, float], *, quiet: bool = False) -> Iterator[str]:
    """Run a toy shop with these limits for as long as the block lasts; yield its address.

    `quiet` leaves out what it says of connections that were cut.
    """
    process = subprocess.Popen(
        [sys.executable, str(TOY), json.dumps(dict(settings))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.communicate(timeout=END_S)

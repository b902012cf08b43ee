"""The kiosk of json_shop.py as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def kiosk() -> Iterator[str]:
    """Run it for as long as the block lasts; yield its address."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "json_shop.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.communicate(timeout=20)

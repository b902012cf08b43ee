"""The kiosk of json_shop, or another shop of the tests, as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def kiosk(shop: str = "json_shop") -> Iterator[str]:
    """Run it for as long as the block lasts; yield its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.loadtests.{shop}"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.communicate(timeout=20)

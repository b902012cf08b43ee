"""A toy shop in a process of its own, and a store on disk."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forepost.storage import Store, open_store

TOY = Path(__file__).parent / "toy.py"

StartToy = Callable[..., str]


@pytest.fixture
def toy() -> Iterator[StartToy]:
    """Return a function that starts a toy shop with the given limits and returns its address."""
    started: list[subprocess.Popen[str]] = []

    def start(**settings: float) -> str:
        process = subprocess.Popen(
            [sys.executable, str(TOY), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return str(json.loads(process.stdout.readline())["url"])

    yield start
    for process in started:
        process.communicate(timeout=20)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    opened = open_store(tmp_path / "store.sqlite")
    yield opened
    opened.close()

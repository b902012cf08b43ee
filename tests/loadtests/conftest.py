"""A toy shop in a process of its own, and a store on disk."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from forepost.storage import Store, open_store
from tests.loadtests.toys import running

StartToy = Callable[..., str]


@pytest.fixture
def toy() -> Iterator[StartToy]:
    """Return a function that starts a toy shop with the given limits and returns its address."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(settings))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store."""
    opened = open_store(tmp_path / "store.sqlite")
    yield opened
    opened.close()

"""What the tests of stores share: one parameter a kind of store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forepost.storage import Store, open_store

Opener = Callable[[], Store]

# A second kind of store joins the whole suite by a line here: a name and what opens it anew
# on the same data for the folder of one test.
KINDS: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: open_store(folder / "forepost.sqlite"),
}


@pytest.fixture(params=sorted(KINDS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same store again and again; everything is closed at the end."""
    opened: list[Store] = []

    def reopen() -> Store:
        opened.append(KINDS[request.param](tmp_path))
        return opened[-1]

    yield reopen
    for one in opened:
        one.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    """An empty store."""
    return opener()

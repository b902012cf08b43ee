"""A folder of its own for every test."""

from pathlib import Path

import pytest

from tests.system.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty folder to call the program in."""
    return Home(tmp_path)

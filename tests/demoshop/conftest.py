"""The real demo shop, started once for each test process on free ports."""

import json
from collections.abc import Iterator

import pytest

from tests.demoshop.customer import Shop, start, stop


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all tests of this process."""
    out = tmp_path_factory.mktemp("demoshop")
    process = start(out)
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    yield Shop(process, json.loads(line), out)
    stop(process)


@pytest.fixture
def shop(running: Shop) -> Iterator[Shop]:
    """The running shop with every fault off, before and after."""
    running.api("DELETE", "/api/faults")
    yield running
    running.api("DELETE", "/api/faults")

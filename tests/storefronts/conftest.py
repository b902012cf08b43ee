"""One warm browser for each file of walks."""

from collections.abc import Iterator

import pytest

from probes.pool import ProbePool


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Keep one warm browser."""
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()

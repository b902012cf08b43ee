"""A demo shop without its town, a warm browser, and one way to walk a flow."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from forepost.bundled import Bundled, running
from forepost.config import Shop
from forepost.model import FlowRun
from probes.pool import ProbePool
from tests.walking import walk_once

Walk = Callable[..., FlowRun]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """Run the demo shop without its town."""
    with running(tmp_path_factory.mktemp("shop"), town=False) as started:
        yield started


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Keep one warm browser."""
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def healthy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    if "shop" in request.fixturenames:
        shop: Bundled = request.getfixturevalue("shop")
        shop.call("DELETE", f"{shop.shop}/api/faults")


@pytest.fixture
def walk(shop: Bundled, pool: ProbePool) -> Walk:
    """Walk a flow once, without a retry."""

    def once(
        flow: str,
        *,
        at: Bundled = shop,
        environment: str = "sandbox",
        mutation: str = "",
        **settings: Any,
    ) -> FlowRun:
        table = replace(at.settings(Shop()), environment=environment)  # type: ignore[arg-type]
        return walk_once(pool, flow, table, settings, mutation=mutation, deadline_s=90)

    return once

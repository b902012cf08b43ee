"""A small real site over HTTP, and a real pool with a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from forepost import plugins
from forepost.model import Outcome
from forepost.storage import open_store
from probes.job import ProbeJob
from probes.pool import ROOMS, ProbePool
from tests.probes.hostile import PASSING
from tests.probes.kept import Kept
from tests.probes.site import HELLO, Answer, Ask, Site


@pytest.fixture
def site() -> Iterator[Site]:
    """Yield the shop's site, with a page `/` that says hello and links to `/next`."""
    made = Site()
    made.pages["/"] = Answer(HELLO.format("<a href='/next'>next</a>"))
    made.pages["/next"] = Answer(HELLO.format("<p>goodbye</p>"))
    made.pages["/favicon.ico"] = Answer("", status=204)
    yield made
    made.close()


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """Yield a second site: another party."""
    made = Site()
    yield made
    made.close()


@pytest.fixture(scope="session")
def mine() -> Iterator[Path]:
    """Make the tests' own flow and storefront known, for as long as these tests last."""
    folder = Path(__file__).parent / "mine"
    before = {room: list(import_module(room).__path__) for room in ROOMS}
    plugins.add_folders([folder])
    yield folder
    for room, places in before.items():
        import_module(room).__path__[:] = places


@pytest.fixture(scope="session")
def pool(mine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Yield a pool of one worker, as warm as a test before left it."""
    del mine
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()
    assert made.leftovers() == 0


@pytest.fixture
def out(pool: ProbePool) -> Path:
    """Return the pool's output folder."""
    return pool._out


@pytest.fixture
def ask(site: Site) -> Ask:
    """Return what makes a job of acts."""

    def make(*acts: tuple[str, str], **changes: Any) -> ProbeJob:
        settings = {"acts": acts, **changes.pop("settings", {})}
        shop = {"url": site.url, "storefront": "bare", "environment": "sandbox"}
        job = ProbeJob(
            flow="told",
            location="test",
            slot_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            settings=settings,
            shop={**shop, **changes.pop("shop", {})},
            deadline_s=60.0,
            step_deadline_s=20.0,
            retry=False,
        )
        return replace(job, **changes)

    return make


@pytest.fixture
def sound(pool: ProbePool, ask: Ask) -> Iterator[ProbePool]:
    """Yield the pool; afterwards the next run must work, and nothing be left running."""
    yield pool
    after = pool.run(ask(*PASSING))
    assert after.outcome is Outcome.PASSED, after.message
    assert pool.leftovers() == 0


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Yield a ledger on a file of its own."""
    store = open_store(tmp_path_factory.mktemp("store") / "forepost.sqlite")
    yield Kept(store)
    store.close()


@pytest.fixture(scope="module")
def paying(
    mine: Path, ledger: Kept, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProbePool]:
    """Yield a pool that asks that ledger."""
    del mine
    made = ProbePool(1, tmp_path_factory.mktemp("out"), ledger=ledger)
    yield made
    made.close()


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Return the shop's books."""
    return tmp_path / "books.json"


@pytest.fixture
def buy(ask: Ask, books: Path) -> Callable[..., ProbeJob]:
    """Return what makes a job on the shop with books."""

    def make(*acts: tuple[str, str], trouble: str = "", door: str = "", **changes: Any) -> ProbeJob:
        services = {"books": str(books), "trouble": trouble, "door": door}
        shop = {"storefront": "booked", "services": services, **changes.pop("shop", {})}
        return ask(*acts, shop=shop, **changes)

    return make

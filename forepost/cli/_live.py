"""What several commands share: the bundled shop, the store, the tables they print."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from forepost.bundled import Bundled, room_in, running, with_shop
from forepost.config import Config
from forepost.config.tables import BUNDLED
from forepost.errors import StoreError
from forepost.storage import Store, open_store

WIDTH = 200  # of a line where there is no terminal


def wide_console() -> Console:
    """Return the console for a table of many columns.

    In a file or a pipe nothing is cut: there is no edge, and a search looks for whole words.
    """
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if told else WIDTH)


@contextmanager
def shop_of(
    config: Config, *, seed: int = 1, town: bool = False
) -> Iterator[tuple[Config, Bundled | None]]:
    """Start the bundled shop if the config watches it; return the config with its addresses.

    Raises: ForepostError, one line, also where the output folder cannot be written.
    """
    room_in(config.paths.out)
    listens = any(
        getattr(item, "instance", None) == BUNDLED for item in config.complaints.sources.values()
    )
    if not config.shop.bundled and not (town and listens):
        yield config, None
        return
    with running(config.paths.out / "demoshop", seed=seed, town=town) as shop:
        yield with_shop(config, shop), shop


@contextmanager
def store_of(config: Config) -> Iterator[Store]:
    """Open the store, its folder and file made first if need be.

    Raises: StoreError, one line, if none can be there.
    """
    path = config.store.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path.parent}: {error.strerror}; set [store] path to a folder that may be written"
        ) from error
    store = open_store(path)
    try:
        yield store
    finally:
        store.close()

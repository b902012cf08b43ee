"""How many pieces of each product there are: a sale takes them, a void gives them back."""

import sqlite3
from collections.abc import Iterable

from demoshop.catalog import BY_SKU, PRODUCTS
from demoshop.store import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS stock (
  sku TEXT PRIMARY KEY, pieces INTEGER NOT NULL CHECK (pieces >= 0));
"""
AT_FIRST = 100_000  # more than the longest load test buys

Pieces = Iterable[tuple[str, int]]  # (sku, how many)


class SoldOutError(Exception):
    """Fewer pieces are left than are wanted; `name` is the product's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Stock:
    """The shelves. What is sold out in the catalogue has none."""

    def __init__(self, db: Database) -> None:
        self._db = db
        with db.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO stock VALUES (?, ?)",
                [(each.sku, AT_FIRST if each.in_stock else 0) for each in PRODUCTS],
            )

    def pieces(self, sku: str | None = None) -> dict[str, int]:
        """Return how many pieces there are, by product; of one product if `sku` is given."""
        rows = self._db.rows("SELECT * FROM stock WHERE ?1 IS NULL OR sku = ?1 ORDER BY sku", sku)
        return {row["sku"]: row["pieces"] for row in rows}

    def take(self, wanted: Pieces) -> None:
        """Take all that is wanted, or nothing. Raises: SoldOutError."""
        with self._db.transaction() as connection:
            for sku, qty in wanted:
                taken = connection.execute(
                    "UPDATE stock SET pieces = pieces - ?1 WHERE sku = ?2 AND pieces >= ?1",
                    (qty, sku),
                )
                if taken.rowcount != 1:
                    raise SoldOutError(BY_SKU[sku].name)


def give(connection: sqlite3.Connection, back: Pieces) -> None:
    """Put pieces back on the shelf inside the caller's transaction."""
    connection.executemany(
        "UPDATE stock SET pieces = pieces + ? WHERE sku = ?", [(qty, sku) for sku, qty in back]
    )

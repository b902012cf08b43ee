"""A ledger for tests of paying: on a real store, with caps, and broken where a test says so."""

from datetime import timedelta
from typing import Any

from forepost.errors import StoreError
from forepost.model import Caps, FlowRun, LedgerEntry
from forepost.storage import Store

BUY = (("buyer", "a@probe.invalid"), ("pay step", "pay"), ("make", "N1"))


class Kept:
    """A ledger on a real store, with caps."""

    def __init__(self, store: Store, orders: int | None = None) -> None:
        self.store = store
        self.orders = orders
        self.broken = False

    def ask(self, entry: LedgerEntry) -> str:
        """Ask the store."""
        if self.broken:
            raise StoreError("out/forepost.sqlite: the disk is full")
        since = entry.asked_at - timedelta(days=1)
        return self.store.ledger_ask(entry, Caps(since, self.orders))

    def note(self, entries: Any) -> None:
        """Tell the store."""
        self.store.ledger_note(entries)


def of_run(ledger: Kept, run: FlowRun) -> list[LedgerEntry]:
    """Return the ledger's rows of a run."""
    return ledger.store.ledger(run_id=run.id)

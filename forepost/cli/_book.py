"""All runs that can be shown: those of the store, and those walked by hand (`run.json`)."""

import os
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from forepost.cli._compare import WINDOW, Row, compare
from forepost.config import Config
from forepost.errors import ProbeError
from forepost.model import FlowRun
from forepost.storage import Store, open_store

FILE = "run.json"
RECENT = 500  # runs among which "last-failed" and a near id are looked for
_RUN = TypeAdapter(FlowRun)


def write_run(out: Path, run: FlowRun) -> None:
    """Keep a run that no store holds beside its evidence; a full disk costs only that."""
    target = out / "runs" / run.id / FILE
    draft = target.with_name(f".{FILE}.{os.getpid()}")
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(_RUN.dump_json(run))
        draft.replace(target)


class Book:
    """Reads both; a store that is not there yet has no runs."""

    def __init__(self, config: Config) -> None:
        self._out = config.paths.out
        there = config.store.path.exists()
        self._store: Store | None = open_store(config.store.path, read_only=True) if there else None

    @property
    def store(self) -> Store | None:
        """The store, if there is one."""
        return self._store

    def runs(
        self, *, flow: str | None = None, since: datetime | None = None, limit: int | None = None
    ) -> list[FlowRun]:
        """Return runs by start, the newest last; with `limit` the latest ones."""
        stored = self._store.runs(flow=flow, since=since, limit=limit) if self._store else []
        found = {run.id: run for run in [*self._by_hand(since), *stored]}
        chosen = [run for run in found.values() if flow is None or run.flow == flow]
        chosen = [run for run in chosen if since is None or run.started_at >= since]
        chosen.sort(key=lambda run: (run.started_at, run.id))
        return chosen if limit is None else chosen[-limit:]

    def find(self, wanted: str) -> FlowRun:
        """Return the run of an id, of the beginning of one, "last" or "last-failed".

        Raises: ProbeError, one line, with what is nearest.
        """
        recent = self.runs(limit=RECENT)
        if wanted in ("last", "last-failed"):
            fits = [run for run in recent if wanted == "last" or not run.outcome.worked]
            if not fits:
                raise ProbeError(f"{wanted}: no such run yet; walk one: forepost probe checkout")
            return fits[-1]
        whole = self._store.run(wanted) if self._store else None
        if whole is not None:
            return whole
        fits = [run for run in recent if wanted and run.id.startswith(wanted)]
        if len(fits) == 1:
            return fits[0]
        if fits:
            ids = ", ".join(run.id for run in fits[-3:])
            raise ProbeError(f"{wanted}: {len(fits)} runs begin like this; the latest: {ids}")
        near = get_close_matches(wanted, [run.id for run in recent], n=3, cutoff=0.3)
        remedy = f"the nearest: {', '.join(near)}" if near else "see forepost runs"
        raise ProbeError(f"{wanted}: no such run; {remedy}")

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()

    def _by_hand(self, since: datetime | None) -> list[FlowRun]:
        """Return the runs that lie beside their evidence; one that cannot be read is left out."""
        earliest = f"{int(since.timestamp() * 1000):012x}" if since is not None else ""
        found = []
        for file in sorted((self._out / "runs").glob(f"*/{FILE}"))[-RECENT:]:
            if file.parent.name >= earliest:
                with suppress(OSError, ValidationError):
                    found.append(_RUN.validate_json(file.read_bytes()))
        return found


def compared(config: Config, run: FlowRun) -> list[Row]:
    """Return a run's steps beside earlier ones; the last good run may be older than a day."""
    book = Book(config)
    try:
        day = book.runs(flow=run.flow, since=run.started_at - WINDOW)
        latest = book.runs(flow=run.flow, limit=RECENT)
    finally:
        book.close()
    return compare(run, list({one.id: one for one in [*latest, *day]}.values()))

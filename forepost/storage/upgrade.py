"""Bringing a file up to the schema of this program, or refusing it: the steps are `migrations`."""

from pathlib import Path

from sqlite_utils import Database

from forepost.errors import StoreError
from forepost.storage.migrations import schema


def behind(db: Database) -> bool:
    """Whether steps are missing in this file."""
    return bool(schema.pending(db))


def apply(db: Database) -> None:
    """Take the missing steps; the caller holds the write lock.

    Four programs that open a new file together fail without that lock (measured): each
    finds nothing applied, and all but one meet tables that are there already.
    """
    schema.apply(db)


def refuse_newer(db: Database, path: Path) -> None:
    """Raise StoreError if the file has steps that this program does not know."""
    ours = {step.name for step in schema.pending(db)} | {one.name for one in schema.applied(db)}
    known = {step.name for step in schema._migrations}  # noqa: SLF001 - no public list of all steps
    unknown = sorted(ours - known)
    if unknown:
        raise StoreError(
            f"{path}: written by a newer Forepost (schema step {unknown[-1]}); "
            "update Forepost or change [store] path"
        )


def refuse_older(db: Database, path: Path) -> None:
    """Raise StoreError if the file lacks steps and may not be written."""
    if behind(db):
        raise StoreError(
            f'{path}: written by an older Forepost; run "forepost doctor" once, it brings it up'
        )

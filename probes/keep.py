"""How long evidence stays on disk: a run's folder goes as a whole, by the age in its name."""

import shutil
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path


def forget(
    out: Path,
    now: datetime,
    *,
    keep: timedelta,
    keep_incidents: timedelta,
    incident_runs: Collection[str],
) -> int:
    """Delete the evidence of runs older than `keep`; that of incidents, than `keep_incidents`.

    Shape:   run ids begin with 12 hex digits of milliseconds since 1970 (`model.new_id`);
             a folder of any other name is not ours and stays.
    Returns: the number of folders deleted. One that cannot be deleted stays for the next time.
    """
    gone = 0
    for folder in sorted((out / "runs").glob("*")):
        made = _made_at(folder.name)
        limit = keep_incidents if folder.name in incident_runs else keep
        if made is not None and folder.is_dir() and now - made > limit:
            shutil.rmtree(folder, ignore_errors=True)
            gone += not folder.exists()
    return gone


def _made_at(run_id: str) -> datetime | None:
    """Return when a run began, by its id."""
    try:
        return datetime.fromtimestamp(int(run_id[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None

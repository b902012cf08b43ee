"""How long evidence stays on disk: a run's folder goes as a whole, by the age in its name."""

import shutil
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path


def forget(
    out: Path,
    now: datetime,
    *,
    keep: timedelta,
    keep_incidents: timedelta,
    incident_runs: Collection[str],
    keep_passed: timedelta | None = None,
    passed: Callable[[str], bool] = lambda _: False,
) -> int:
    """Delete the evidence of runs older than `keep`; that of incidents, than `keep_incidents`.

    Shape:   run ids begin with 12 hex digits of milliseconds since 1970 (`model.new_id`);
             a folder of any other name is not ours and stays. `passed` says whether a run
             is known to have worked at once: its pictures go after `keep_passed`. It is
             asked only of runs between the two ages.
    Returns: the number of folders deleted. One that cannot be deleted stays for the next time.
    """
    gone = 0
    for folder in sorted((out / "runs").glob("*")):
        made = _made_at(folder.name)
        if made is None or not folder.is_dir():
            continue
        limit = keep_incidents if folder.name in incident_runs else keep
        if keep_passed is not None and folder.name not in incident_runs:
            soon = min(keep_passed, limit)
            limit = soon if soon < now - made <= limit and passed(folder.name) else limit
        if now - made > limit:
            shutil.rmtree(folder, ignore_errors=True)
            gone += not folder.exists()
    return gone


def _made_at(run_id: str) -> datetime | None:
    """Return when a run began, by its id."""
    try:
        return datetime.fromtimestamp(int(run_id[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None

"""When a channel that did not take an alert is asked again."""

from datetime import datetime, timedelta
from zlib import crc32

from forepost.model import OutboxRow

FIRST_S = 5.0
LONGEST_S = 900.0
GIVE_UP_AFTER = timedelta(hours=24)
JITTER_RATIO = 0.25


def retry_at(row: OutboxRow, now: datetime) -> datetime | None:
    """Return when to try again after a try that failed at `now`; None gives up.

    Units:  5 s after the first try, twice as long after each further one, 15 min at most;
            up to 25 % less by a jitter that is the same for the same row and try, so that
            alerts that failed together do not all come back together.
    """
    if now - row.alert.at >= GIVE_UP_AFTER:
        return None
    pause_s = min(LONGEST_S, FIRST_S * 2.0 ** min(row.tries, 16))
    share = crc32(f"{row.id}:{row.tries}".encode()) / 2**32
    return now + timedelta(seconds=pause_s * (1 - JITTER_RATIO * share))

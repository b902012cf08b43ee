"""Planned load tests on end that proved nothing: people hear of the spell, not of each test.

The outbox is its memory: the keys of the alerts say when a spell began, and whether it is over. So
a restart neither repeats nor forgets it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from forepost.rhythm import Rhythm

AGAIN = timedelta(days=7)  # one that goes on is told again then
LATE = timedelta(hours=2)  # from night to night, but for a late start or a shift of the clock
FORGOTTEN = timedelta(days=70)  # twice a monthly test; told of no later, watch or plan had a rest
_STAMP = "%Y%m%dT%H%M%SZ"
_KEY = re.compile(r"(\d{8}T\d{6}Z):(begin|\d{8}|end)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Spell:
    """Tests of one plan since the last one that proved something."""

    name: str  # of the table [campaigns.x]
    since: datetime  # when the first of them was to run
    planned: int = 1  # times of the plan since then, also those at which nobody was there to run it
    told_at: datetime | None = None  # None: nobody was told yet
    over: bool = False  # a test has proved something again

    def due(self, now: datetime) -> bool:
        """Whether it is time to tell of it, for the first time or again."""
        return self.told_at is None or now - self.told_at >= AGAIN - LATE

    def key(self, now: datetime) -> str:
        """Return the key of an alert that is made now."""
        which = "begin" if self.told_at is None else f"{now.astimezone(UTC):%Y%m%d}"
        since = self.since.astimezone(UTC)
        return f"{_head(self.name)}{since:{_STAMP}}:{'end' if self.over else which}"


def spell_of(
    name: str, rows: Sequence[Mapping[str, object]], rhythm: Rhythm, now: datetime, zone: tzinfo
) -> Spell | None:
    """Return the spell of a plan that goes on, as its alerts tell; None if there is none.

    Shape: `rows` of the outbox, oldest first, of the time that is not FORGOTTEN.
    """
    told = [
        (key[1], key[2], row["at"])
        for row in rows
        if (key := _KEY.fullmatch(str(row["key"]).removeprefix(_head(name))))
    ]
    if not told or told[-1][1] == "end":
        return None
    began, _, at = told[-1]
    since = datetime.strptime(began, _STAMP).replace(tzinfo=UTC)
    told_at = at if isinstance(at, datetime) else since
    return Spell(name, since, 1 + times(rhythm, since, now, zone), told_at)


def times(rhythm: Rhythm, since: datetime, until: datetime, zone: tzinfo) -> int:
    """Return how many times of a plan lie later than `since`, up to `until`."""
    at, number = rhythm.after(since, zone), 0
    while at <= until:
        at, number = rhythm.after(at, zone), number + 1
    return number


def _head(name: str) -> str:
    return f"campaign:{name}:"

"""Cleaning up after runs that are over: what they left is settled, or told of."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forepost.config import FlowPlan
from forepost.errors import ForepostError
from forepost.model import LedgerEntry
from forepost.watcher import Watcher

LOG = logging.getLogger("forepost.scheduler")
AGAIN_MAX = timedelta(hours=1)
DAY = timedelta(days=1)

# Cleans up what runs that are over left in the shop; returns what is known then.
Settle = Callable[[Sequence[LedgerEntry]], Sequence[LedgerEntry]]


def unsettled(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
    """Settle nothing: for who has no door to the shop's books."""
    return entries


def old_enough(entry: LedgerEntry, flows: Mapping[str, FlowPlan], now: datetime) -> bool:
    """Whether the run of an entry must be over: two deadlines after it was asked for."""
    deadline_s = flows.get(entry.flow, FlowPlan()).deadline
    return now - entry.asked_at > timedelta(seconds=2 * deadline_s)


@dataclass(slots=True)
class Settling:
    """Looks after entries whose run must be over: two deadlines after they were asked for.

    An entry is tried again when half as much time has gone by as it is old, at most an
    hour: a shop that does not answer is not hammered.
    """

    watcher: Watcher
    flows: Mapping[str, FlowPlan]
    door: Settle
    _tried_at: dict[str, datetime] = field(default_factory=dict)

    def settle(self, now: datetime, running: Mapping[str, datetime]) -> int:
        """Try what is due, and put one alert an entry that is left into the outbox, once.

        Shape:   `running` holds the flows that are under way, and since when.
        Returns: the number of alerts that are new. Planned work silences none of them:
                 what lies in the shop's books does not go away by itself.
        """
        store = self.watcher.store
        due = [one for one in store.ledger(unsettled_only=True) if self._due(one, now, running)]
        asked = {one.id for one in due}
        self._tried_at = {key: at for key, at in self._tried_at.items() if now - at < DAY}
        self._tried_at |= dict.fromkeys(asked, now)
        for flow in dict.fromkeys(one.flow for one in due):  # a fault of one is not that of all
            try:
                known = self.door([one for one in due if one.flow == flow])
            except ForepostError as error:
                LOG.warning("settle %s: %s", flow, error)
            else:
                store.ledger_note(known)
        left = store.ledger(unsettled_only=True) if due else []
        return self._tell([one for one in left if one.id in asked], now)

    def _due(self, entry: LedgerEntry, now: datetime, running: Mapping[str, datetime]) -> bool:
        """Whether the run of an entry is over, and it was not tried a short while ago."""
        if not old_enough(entry, self.flows, now):
            return False
        began = running.get(entry.flow)
        if began is not None and entry.asked_at >= began:
            return False
        tried = self._tried_at.get(entry.id)
        return tried is None or now - tried >= min(AGAIN_MAX, (now - entry.asked_at) / 2)

    def _tell(self, left: Sequence[LedgerEntry], now: datetime) -> int:
        if self.watcher.orphan is None:
            return 0
        alerts = [self.watcher.orphan(entry, now) for entry in left]
        channels = self.watcher.channels
        return sum(self.watcher.store.add_alerts(dict.fromkeys(channels, one)) for one in alerts)

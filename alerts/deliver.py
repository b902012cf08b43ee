"""One loop over the outbox: what is due goes to its channel, once.

The outbox row is written in the transaction of what caused it, and noted as sent after the
channel took it. A crash between the two sends it again: the alert's key goes along
(a header, a field or a line, see each channel) so that a receiver can drop the second.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from alerts.backoff import GIVE_UP_AFTER, retry_at
from alerts.desk import Desk, desks_of
from alerts.plain import plain
from alerts.redact import redact
from forepost import plugins
from forepost.errors import DeliveryError, PluginError, StoreError
from forepost.model import OutboxRow
from forepost.storage import Store

LOG = logging.getLogger("forepost.alerts")
WAIT_S = 20.0


def deliver(
    store: Store,
    channels: Mapping[str, Any],
    http: requests.Session,
    now: datetime,
    *,
    wait_s: float = WAIT_S,
) -> int:
    """Send what is due; return how many alerts were taken meanwhile.

    Shape:   `channels` maps the name of a file in alerts/channels/ to its Settings.
    Units:   waits `wait_s` at most for the channels. Each has a thread of its own, so one
             that hangs delays neither another nor the caller; it is left alone until it
             answers, and its rows say so.
    Returns: alerts taken. A channel that fails is no error here: the row is tried again,
             5 s to 15 min apart, for 24 h. After a failure the channel rests until the
             next call.
    Raises:  StoreError if the outbox cannot be read. Thread-safe: calls at the same time
             share the work, and no row is sent twice.
    """
    due = store.due_alerts(now)
    desks = desks_of(store)
    busy = []
    for channel in sorted({row.channel for row in due}):
        desk = desks.setdefault(channel, Desk(channel))
        if desk.take(now):
            work = _Work(store, channels, http, desk)
            threading.Thread(target=work.run, name=f"alerts-{channel}", daemon=True).start()
            busy.append(desk)
        else:
            _note_silence(store, desk, [row for row in due if row.channel == channel], now, wait_s)
    ends_at = time.monotonic() + wait_s
    for desk in busy:
        desk.idle.wait(max(0.0, ends_at - time.monotonic()))
    return sum(desk.count() for desk in busy)


@dataclass(frozen=True, slots=True)
class _Work:
    """A channel's due rows, one after the other, in a thread."""

    store: Store
    channels: Mapping[str, Any]
    http: requests.Session
    desk: Desk

    def run(self) -> None:
        """Send until nothing is due or something fails."""
        left = False
        try:
            while not left and self._pass():
                left = self.desk.leave()
        except StoreError as error:
            LOG.warning("%s: alerts wait: %s", self.desk.channel, plain(str(error)))
        finally:
            if not left:  # else somebody else may work here by now
                self.desk.drop()

    def _pass(self) -> bool:
        """Send what is due now; False after a failure, so that a dead channel is not hammered."""
        now = self.desk.asked_at
        if now is None:
            return False
        for row_id, at in list(self.desk.unnoted.items()):
            self.store.alert_sent(row_id, at)
            del self.desk.unnoted[row_id]
        rows = [row for row in self.store.due_alerts(now) if row.channel == self.desk.channel]
        return all(self._one(row, now) for row in rows)

    def _one(self, row: OutboxRow, now: datetime) -> bool:
        """Send one row and note how it went."""
        self.desk.since_s, self.desk.sending = time.monotonic(), row.id
        error = self._send(row)
        if error:
            _note_failure(self.store, row, now, error)
            return False
        self.desk.unnoted[row.id] = now
        self.desk.sent += 1
        self.store.alert_sent(row.id, now)
        del self.desk.unnoted[row.id]
        return True

    def _send(self, row: OutboxRow) -> str:
        """Hand an alert to its channel; return what went wrong, empty if nothing did."""
        if row.channel not in self.channels:
            return f"config.toml: there is no [alerts.{row.channel}] any more"
        settings = self.channels[row.channel]
        try:
            plugins.load("alerts.channels", row.channel).send(self.http, row.alert, settings)
        except (DeliveryError, PluginError) as error:
            return redact(str(error), settings)
        except Exception as error:  # noqa: BLE001 - users' channels; and its text may hold secrets
            return (
                f"{row.channel}: fault in alerts/channels/{row.channel}.py: {type(error).__name__}"
            )
        return ""


def _note_failure(store: Store, row: OutboxRow, now: datetime, error: str) -> None:
    """Write down a failed try, and say so."""
    again_at = retry_at(row, now)
    line = plain(error)
    if again_at is None:
        hours = GIVE_UP_AFTER.total_seconds() / 3600
        line = f"{line}; given up after {hours:.0f} h and {row.tries + 1} tries"
        LOG.error("%s; not delivered: %s", line, plain(row.alert.title))
    else:
        LOG.warning("%s; alert %s is tried again", line, plain(row.alert.key))
    store.alert_failed(row.id, now, line, again_at)


def _note_silence(
    store: Store, desk: Desk, rows: list[OutboxRow], now: datetime, wait_s: float
) -> None:
    """Give the row that hangs in its channel a reason for waiting; sent late it still counts."""
    silent_s = time.monotonic() - desk.since_s
    for row in rows:
        if row.id == desk.sending and silent_s > wait_s:
            _note_failure(store, row, now, f"{row.channel}: no answer for {silent_s:.0f} s")

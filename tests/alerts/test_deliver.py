"""The loop over the outbox, on a real store, with real receivers."""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.channels import terminal, webhook
from alerts.deliver import deliver
from alerts.words import alert_of
from forepost import plugins
from forepost.config import Secret
from forepost.errors import DeliveryError, StoreError
from forepost.model import Transition
from forepost.storage.sqlite import SqliteStore

CANARY = "c4n4ry-do-not-tell"


@dataclass(frozen=True)
class Box:
    """An outbox on a real store, and one call of the loop."""

    store: SqliteStore
    http: requests.Session
    transition: Transition
    now: datetime

    def put(self, *channels: str) -> None:
        """Store the transition with one outbox row a channel, as the watcher does."""
        self._put(self.transition, channels)

    def put_many(self, number: int, *channels: str) -> None:
        """Store transitions of as many incidents, each of a flow of its own."""
        for one in range(number):
            incident = self.transition.incident
            incident = replace(incident, id=f"{one:020x}", subject=f"flow{one}")
            self._put(replace(self.transition, incident=incident), channels)

    def _put(self, transition: Transition, channels: tuple[str, ...]) -> None:
        alerts = dict.fromkeys(channels, alert_of(transition))
        assert self.store.add_transition(transition, alerts)

    def deliver(
        self, channels: Mapping[str, object], *, after_s: float = 0, wait_s: float = 20
    ) -> int:
        """Go through the outbox once, some seconds after the transition."""
        now = self.now + timedelta(seconds=after_s)
        return deliver(self.store, channels, self.http, now, wait_s=wait_s)

    def states(self) -> dict[str, object]:
        """Return channel → (state, tries)."""
        return {str(row["channel"]): (row["state"], row["tries"]) for row in self.store.alerts()}

    def errors(self) -> dict[str, str]:
        """Return channel → the last error."""
        return {str(row["channel"]): str(row["error"]) for row in self.store.alerts()}


@pytest.fixture
def box(store: SqliteStore, transition: Transition, now: datetime) -> Iterator[Box]:
    """Return an empty outbox."""
    with requests.Session() as session:
        yield Box(store, session, transition, now)


@dataclass(frozen=True)
class Hook:
    """A receiver that keeps what it was posted, and says what it is told to say."""

    taken: list[str]
    settings: webhook.Settings
    status: list[int]


@pytest.fixture
def hook(httpserver: HTTPServer) -> Hook:
    """Return a webhook's receiver that says 200."""
    made = Hook([], webhook.Settings(url=httpserver.url_for("/in")), [200])

    def take(request: Request) -> Response:
        if made.status[0] == 200:
            made.taken.append(json.loads(request.data)["key"])
        return Response(status=made.status[0])

    httpserver.expect_request("/in").respond_with_handler(take)
    return made


def test_each_transition_reaches_each_channel_once(
    box: Box,
    hook: Hook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asked again and again: one alert a transition and channel, whatever was stored twice."""
    channels = {"terminal": terminal.Settings(), "webhook": hook.settings}
    box.put(*channels)
    told = dict.fromkeys(channels, alert_of(box.transition))
    assert not box.store.add_transition(box.transition, told)

    sent = [box.deliver(channels, after_s=step) for step in range(3)]

    assert sent == [2, 0, 0]
    assert hook.taken == [f"{box.transition.incident.id}:opened"]
    assert capsys.readouterr().err.count("checkout fails") == 1
    assert box.states() == {"terminal": ("sent", 1), "webhook": ("sent", 1)}


def test_calls_at_the_same_time_send_nothing_twice(box: Box, hook: Hook) -> None:
    """Every flow's thread delivers what it caused: they share the work."""
    box.put_many(20, "webhook")
    channels = {"webhook": hook.settings}

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _: box.deliver(channels), range(8)))

    assert sum(sent) == 20
    assert len(hook.taken) == 20
    assert set(Counter(hook.taken).values()) == {1}


def test_a_failed_try_is_repeated_with_growing_pauses_until_it_works(
    box: Box,
    hook: Hook,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not before its time; the reason stands in the outbox; then it is sent, once."""
    channels = {"webhook": hook.settings}
    box.put("webhook")
    hook.status[0] = 503

    assert box.deliver(channels) == 0
    assert box.deliver(channels, after_s=1) == 0
    assert box.states() == {"webhook": ("waiting", 1)}
    assert "answered 503" in box.errors()["webhook"]
    assert "is tried again" in caplog.text

    assert box.deliver(channels, after_s=6) == 0
    assert box.states() == {"webhook": ("waiting", 2)}

    hook.status[0] = 200
    assert box.deliver(channels, after_s=17) == 1
    assert hook.taken == [f"{box.transition.incident.id}:opened"]
    assert box.states() == {"webhook": ("sent", 3)}


def test_after_24_h_it_is_given_up_and_said(
    box: Box,
    hook: Hook,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The row stays as failed, with its reason; the log names the alert that nobody got."""
    box.put("webhook")
    hook.status[0] = 500

    box.deliver({"webhook": hook.settings}, after_s=25 * 3600)

    assert box.states() == {"webhook": ("failed", 1)}
    assert "given up after 24 h and 1 tries" in box.errors()["webhook"]
    [told] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "checkout fails" in told.getMessage()


def channel(monkeypatch: pytest.MonkeyPatch, name: str, send: Callable[..., None]) -> None:
    """Put a channel in place that a user might have written."""
    load = plugins.load
    monkeypatch.setattr(
        plugins,
        "load",
        lambda room, asked: SimpleNamespace(send=send) if asked == name else load(room, asked),
    )


def test_a_channel_that_hangs_delays_nobody(
    box: Box,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others send meanwhile; its row says why it waits; what it takes late is not repeated."""
    let_go, calls = threading.Event(), []

    def hang(*_: object) -> None:
        calls.append(1)
        let_go.wait(60)

    channel(monkeypatch, "mine", hang)
    channels = {"mine": None, "webhook": hook.settings}
    box.put_many(2, *channels)
    began_s, counts = time.monotonic(), list[int]()

    def both_taken() -> bool:
        counts.append(box.deliver(channels, wait_s=0.0))
        return sum(counts) == 2

    try:
        counts.append(box.deliver(channels, wait_s=0.5))
        until(both_taken)  # maybe after that wait, on a busy machine
        assert time.monotonic() - began_s < 50
        assert len(hook.taken) == 2
        assert len(calls) == 1
        assert any("mine: no answer for" in str(row["error"]) for row in box.store.alerts())
    finally:
        let_go.set()
    until(lambda: box.deliver(channels, after_s=5) >= 0 and all_sent(box.store))
    assert len(calls) == 2


def all_sent(store: SqliteStore) -> bool:
    """Whether nothing waits any more."""
    return {row["state"] for row in store.alerts()} == {"sent"}


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    give_up_at = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (DeliveryError(f"mine: {CANARY} refused"), "mine: *** refused"),
        (KeyError(CANARY), "mine: fault in alerts/channels/mine.py: KeyError"),
        (RuntimeError("x\n\x1b[2Jforged log line"), "fault in alerts/channels/mine.py"),
    ],
    ids=["said", "bug", "hostile"],
)
def test_a_channels_fault_is_a_line_without_secrets(
    box: Box,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Exception,
    line: str,
) -> None:
    """Whatever a channel raises: noted, tried again, never raised, never the secret's text."""

    def fail(*_: object) -> None:
        raise fault

    channel(monkeypatch, "mine", fail)
    box.put("mine")
    settings = webhook.Settings(url="http://localhost", token=Secret(CANARY))

    assert box.deliver({"mine": settings}) == 0
    error = box.errors()["mine"]
    assert line in error
    assert CANARY not in error + caplog.text
    assert len(error.splitlines()) == 1


def test_a_channel_that_is_no_longer_there_says_so(box: Box) -> None:
    """Its table was removed, or its file: the row says which, and comes back if they do."""
    box.put("pager", "webhook")
    box.deliver({"pager": None})

    errors = box.errors()
    assert "there is no [alerts.webhook] any more" in errors["webhook"]
    assert "no file alerts/channels/pager.py; there is: chat, email" in errors["pager"]


def test_a_store_that_cannot_note_it_does_not_send_again(
    box: Box,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk for a while: the alert went out once, and is noted when there is room."""
    box.put("webhook")
    note, channels = box.store.alert_sent, {"webhook": hook.settings}

    def full(row_id: int, at: datetime) -> None:
        del row_id, at
        raise StoreError("the disk is full")

    monkeypatch.setattr(box.store, "alert_sent", full)
    for _ in range(3):
        box.deliver(channels)
    assert box.states() == {"webhook": ("waiting", 0)}

    monkeypatch.setattr(box.store, "alert_sent", note)
    box.deliver(channels)

    assert len(hook.taken) == 1
    assert box.states() == {"webhook": ("sent", 1)}


def test_one_row_that_is_refused_does_not_block_those_behind_it(box: Box, hook: Hook) -> None:
    """The channel rests after a failure; the next call goes on with the others."""
    box.put_many(3, "webhook")
    channels = {"webhook": hook.settings}
    hook.status[0] = 400
    box.deliver(channels)
    hook.status[0] = 200

    assert box.deliver(channels, after_s=1) == 2
    assert box.deliver(channels, after_s=6) == 1

"""A store on disk, an alert, and a mail server that keeps what it gets."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from forepost.model import Alert, Incident, IncidentKind, Transition, TransitionKind
from forepost.storage.sqlite import SqliteStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Return a real store in an empty folder."""
    opened = SqliteStore(tmp_path / "forepost.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    """Return the moment at which the tests' incident is raised."""
    return NOW


@pytest.fixture
def transition() -> Transition:
    """Return the opening of an incident of the checkout."""
    incident = Incident(
        id="019c0000000012345678",
        kind=IncidentKind.PROBE,
        subject="checkout",
        onset_at=NOW - timedelta(minutes=6),
        first_failed_at=NOW - timedelta(minutes=1),
        opened_at=NOW,
        run_id="019bffffffff00000001",
        step="pay",
        message='checkout, step "pay": no order number after 8.0 s',
    )
    return Transition(TransitionKind.OPENED, NOW, incident, "failed 2 of the last 2 attempts")


@pytest.fixture
def alert() -> Alert:
    """Return an alert as a channel gets it."""
    return Alert(
        key="019c0000000012345678:opened",
        at=NOW,
        severity="critical",
        title='checkout fails, step "pay"',
        lines=("the probe failed 2 of the last 2 attempts", "evidence: out/runs/1/"),
        incident_id="019c0000000012345678",
    )


@dataclass
class Mailbox:
    """An SMTP server that keeps what it gets, or refuses it."""

    refuse: str = ""
    messages: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail."""
        del server, session
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.messages.append(made)
        return "250 taken"

    def url(self) -> str:
        """Return its address as Apprise writes it."""
        return (
            f"mailto://127.0.0.1:{self.port}/?mode=insecure"
            "&from=forepost@shop.example&to=oncall@shop.example"
        )


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Return a running mail server on a free port."""
    box = Mailbox()
    with socket.socket() as held:  # free now; the server takes it a moment later
        held.bind(("127.0.0.1", 0))
        box.port = held.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()

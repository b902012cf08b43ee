"""The mailbox of every customer: takes any mail by SMTP and shows it over HTTP."""

import asyncio
import socket
from collections import deque
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock, Thread
from typing import Any

from aiosmtpd.smtp import SMTP
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from demoshop import child

KEEP = 50_000  # letters; the oldest go first


class Mailbox:
    """Letters as they came in; thread-safe."""

    def __init__(self) -> None:
        self._letters: deque[dict[str, str]] = deque(maxlen=KEEP)
        self._lock = Lock()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Take one letter."""
        letter = message_from_bytes(envelope.content, policy=policy.default)
        text = letter.get_body(("plain",)) if isinstance(letter, EmailMessage) else None
        with self._lock:
            for to in envelope.rcpt_tos:
                self._letters.append({
                    "from": str(envelope.mail_from),
                    "to": to,
                    "subject": str(letter["Subject"] or ""),
                    "text": text.get_content().replace("\r\n", "\n") if text else "",
                    "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                })  # fmt: skip
        return "250 taken"

    def to(self, address: str | None) -> list[dict[str, str]]:
        """Return the letters to one address, oldest first; all for None."""
        with self._lock:
            return [each for each in self._letters if address is None or each["to"] == address]


def listen(mailbox: Mailbox, door: socket.socket) -> None:
    """Take mail at `door` in a thread of its own."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True), sock=door)
        await server.serve_forever()

    Thread(target=lambda: asyncio.run(run()), name="smtp", daemon=True).start()


def create_app(mailbox: Mailbox, token: str) -> Flask:
    """Build the API that tests and probes read."""
    app = Flask("demoshop", static_folder=None)

    @app.get("/messages")
    def messages() -> ResponseReturnValue:
        return child.refuse(token) or jsonify(mailbox.to(request.args.get("to")))

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(ok=True)

    return app


def main() -> None:
    """Serve until the supervisor goes away."""
    setup = child.setup()
    mailbox = Mailbox()
    listen(mailbox, socket.socket(fileno=setup["smtp_fd"]))
    child.serve(create_app(mailbox, setup["token"]), setup["fd"], threads=16)


if __name__ == "__main__":
    main()

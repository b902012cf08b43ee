"""Letters to customers: written at once, sent by a thread over SMTP."""

import smtplib
import sys
from collections.abc import Callable
from email.message import EmailMessage
from queue import Queue
from threading import Thread
from time import sleep

SENDER = "Fernhill Outfitters <orders@fernhill.example>"
TRIES = 5


class Mailer:
    """Sends mail in the background, in order."""

    def __init__(self, host: str, port: int, lost: Callable[[], bool]) -> None:
        self._address = (host, port)
        self._lost = lost
        self._queue: Queue[EmailMessage] = Queue()
        self.sent = 0
        Thread(target=self._run, name="mailer", daemon=True).start()

    def send(self, to: str, subject: str, text: str) -> None:
        """Queue one letter; a lost one leaves no trace, as in life."""
        if self._lost():
            return
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = SENDER, to, subject
        letter.set_content(text)
        self._queue.put(letter)

    def _run(self) -> None:
        while True:
            letter = self._queue.get()
            for attempt in range(TRIES):
                try:
                    self._deliver(letter)
                    break
                except (OSError, smtplib.SMTPException) as error:
                    print(f"mail to {letter['To']}: {error!r}", file=sys.stderr)  # noqa: T201 - the shop's log
                    sleep(0.2 * (attempt + 1))

    # With a name given, smtplib does not ask DNS for this machine's own at each letter.
    def _deliver(self, letter: EmailMessage) -> None:
        with smtplib.SMTP(*self._address, "shop.fernhill.example", timeout=10) as smtp:
            smtp.send_message(letter)
        self.sent += 1

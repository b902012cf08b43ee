"""Letters to customers: written at once, sent by a thread over SMTP."""

import smtplib
import sys
from datetime import datetime
from email.message import EmailMessage
from queue import Queue
from threading import Thread, Timer
from time import sleep

from demoshop.clock import now
from demoshop.faults import Faults

SENDER = "Fernhill Outfitters <orders@fernhill.example>"
TRIES = 5


class Mailer:
    """Sends mail in the background, in order."""

    def __init__(self, host: str, port: int, faults: Faults) -> None:
        self._address = (host, port)
        self._faults = faults
        self._queue: Queue[tuple[EmailMessage, str]] = Queue()
        self._sent_at: dict[str, datetime] = {}
        self.sent = 0
        Thread(target=self._run, name="mailer", daemon=True).start()

    def send(self, to: str, subject: str, text: str, *, about: str = "") -> None:
        """Queue one letter; a lost one leaves no trace, as in life.

        `about` is the order, gift card sale or membership that it belongs to.
        """
        if self._faults.hits("lost_mail"):
            return
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = SENDER, to, subject
        letter.set_content(text)
        late_ms = self._faults.amount("late_mail", "delay_ms")
        if not late_ms:
            self._queue.put((letter, about))
            return
        later = Timer(late_ms / 1000, self._queue.put, [(letter, about)])
        later.daemon = True
        later.start()

    def sent_at(self, about: str) -> datetime | None:
        """Return when the first letter about something left, or None."""
        return self._sent_at.get(about)

    def _run(self) -> None:
        while True:
            letter, about = self._queue.get()
            for attempt in range(TRIES):
                try:
                    self._deliver(letter)
                    self._sent_at.setdefault(about, now())
                    break
                except (OSError, smtplib.SMTPException) as error:
                    print(f"mail to {letter['To']}: {error!r}", file=sys.stderr)  # noqa: T201 - the shop's log
                    sleep(0.2 * (attempt + 1))

    # With a name given, smtplib does not ask DNS for this machine's own at each letter.
    def _deliver(self, letter: EmailMessage) -> None:
        with smtplib.SMTP(*self._address, "shop.fernhill.example", timeout=10) as smtp:
            smtp.send_message(letter)
        self.sent += 1

"""Messages to support: each gets a reference and a promise."""

import sqlite3

from demoshop.clock import now, stamp
from demoshop.letters import ticket
from demoshop.mailer import Mailer
from demoshop.store import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, topic TEXT NOT NULL,
  message TEXT NOT NULL, at TEXT NOT NULL);
"""
TOPICS = {
    "order": "An order or a delivery",
    "payment": "A payment",
    "gift_card": "A gift card",
    "membership": "My membership",
    "other": "Something else",
}
ANSWER_WITHIN_H = 24
FIRST = 5000


class Support:
    """The inbox of the support team."""

    def __init__(self, db: Database, mailer: Mailer) -> None:
        self._db, self._mailer = db, mailer

    def take(self, email: str, topic: str, message: str) -> str:
        """Keep a message and return its reference."""
        with self._db.transaction() as connection:
            row = connection.execute(
                "INSERT INTO tickets (email, topic, message, at) VALUES (?, ?, ?, ?)",
                (email, topic, message, stamp(now())),
            )
        reference = f"SUP-{FIRST + (row.lastrowid or 0)}"
        self._mailer.send(email, *ticket(reference, ANSWER_WITHIN_H))
        return reference

    def get(self, reference: str) -> sqlite3.Row | None:
        """Return a message by its reference, or None."""
        digits = reference.removeprefix("SUP-")
        if not digits.isdecimal() or len(digits) > 12:  # noqa: PLR2004 - beyond any counter
            return None
        return self._db.row("SELECT * FROM tickets WHERE id = ?", int(digits) - FIRST)

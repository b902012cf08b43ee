"""Reading what customers type; each reader notes what is wrong, by field."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from werkzeug.datastructures import MultiDict

from demoshop.clock import now, parse

LIMIT = 200  # characters in a line of a form
LONG_LIMIT = 4000
MOST_CENTS = 100_000_000

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+|[^@\s<>,;\"]+@localhost")


@dataclass
class Form:
    """A submitted form and the faults found in it so far."""

    values: MultiDict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, what: str, *, limit: int = LIMIT) -> str:
        """Return a line that must be filled in."""
        value = self.values.get(name, "").strip()
        if not value:
            self.errors[name] = f"Please fill in {what}."
        elif len(value) > limit:
            self.errors[name] = f"Please shorten {what} to {limit} characters."
        return value

    def email(self, name: str = "email") -> str:
        """Return an e-mail address."""
        value = self.text(name, "your e-mail address")
        if value and not _EMAIL.fullmatch(value):
            self.errors.setdefault(
                name, "This does not look like an e-mail address: name@example.com"
            )
        return value

    def cents(self, name: str, least: int, most: int = MOST_CENTS) -> int:
        """Return an amount in cents within limits."""
        value = self.values.get(name, "").strip()
        if not value.isascii() or not value.isdecimal() or not least <= int(value[:12]) <= most:
            self.errors[name] = f"Please give an amount in cents from {least} to {most}."
            return 0
        return int(value)

    def choice(self, name: str, among: dict[str, str], what: str) -> str:
        """Return one of the offered values."""
        value = self.values.get(name, "")
        if value not in among:
            self.errors[name] = f"Please choose {what}."
        return value

    def moment(self, name: str) -> datetime | None:
        """Return a moment, or None if left empty."""
        value = self.values.get(name, "").strip()
        if not value:
            return None
        try:
            return parse(value)
        except ValueError:
            self.errors[name] = "Please give a time with its zone: 2026-01-31T09:00:00+00:00"
            return None

    def card(self, *, optional: bool = False) -> dict[str, str]:
        """Return the card: its number, name and expiry. The security code is not kept."""
        number = re.sub(r"[\s-]", "", self.values.get("cc_number", ""))
        if not number and optional:
            return {"number": ""}
        name = self.text("cc_name", "the name on the card")
        if not re.fullmatch(r"[0-9]{12,19}", number):
            self.errors["cc_number"] = "Please check the card number: 12 to 19 digits."
        if not re.fullmatch(r"[0-9]{3,4}", self.values.get("cc_csc", "").strip()):
            self.errors["cc_csc"] = "Please check the security code: 3 or 4 digits."
        return {"number": number, "name": name, "expiry": self._expiry()}

    def _expiry(self) -> str:
        value = self.values.get("cc_exp", "").strip()
        found = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})", value)
        if not found:
            self.errors["cc_exp"] = "Please give the expiry date as MM/YY."
            return ""
        month, year = int(found[1]), 2000 + int(found[2])
        if (year, month) < (now().year, now().month):
            self.errors["cc_exp"] = "This card has expired. Please use another one."
        return f"{month:02d}/{year % 100:02d}"

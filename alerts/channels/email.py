"""Sends alerts as e-mail, through Apprise.

The header `X-Forepost-Key` is the same for the same alert, so that a mail rule can drop a
repetition; the last line says it too.
"""

from dataclasses import dataclass, replace

import requests

from alerts.notify import notify
from alerts.plain import plain
from forepost.config import Secret
from forepost.model import Alert

SCHEMES = ("mailto", "mailtos")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[alerts.email]`, key for key."""

    url: Secret  # Apprise: mailtos://user:password@smtp.example?to=oncall@shop.example

    def __post_init__(self) -> None:
        """See that it is a mail address of Apprise; its value never stands in the error."""
        if self.url.reveal().partition("://")[0].lower() not in SCHEMES:
            raise ValueError(
                'url names a secret that is no mail address of Apprise: "mailtos://…", "mailto://…"'
            )


def send(http: requests.Session, alert: Alert, settings: Settings) -> None:
    """Send one mail; DeliveryError if the server does not take it."""
    del http  # mail has a door of its own
    key = plain(alert.key)
    # A line end in a subject would begin a header of somebody else's choice.
    safe = replace(alert, title=f"[Forepost] {plain(alert.title)}")
    text = "\n".join([*map(plain, alert.lines), "", f"key: {key}"])
    notify("email", settings.url, safe, text=text, headers={"X-Forepost-Key": key})

"""Sends alerts to a chat service, through Apprise: Slack, Teams, Matrix and many more.

The last line is the same for the same alert, so that a repetition is recognised.
"""

from dataclasses import dataclass, replace

import requests

from alerts.notify import notify
from alerts.plain import plain
from forepost.config import Secret
from forepost.model import Alert

# Text from a shop's page must not call everybody: "@everyone", "<!channel>", "<@U123>".
_QUIET = str.maketrans({"@": "@\u2060", "<": "<\u2060"})  # U+2060: a joiner that does not show


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[alerts.chat]`, key for key."""

    url: Secret  # Apprise: slack://…, msteams://…, matrixs://…

    def __post_init__(self) -> None:
        """See that it is an address; its value never stands in the error."""
        scheme, found, rest = self.url.reveal().partition("://")
        if not (found and scheme and rest):
            raise ValueError('url names a secret that is no address of Apprise: "slack://…"')


def send(http: requests.Session, alert: Alert, settings: Settings) -> None:
    """Send one message; DeliveryError if the service does not take it."""
    del http  # each service has a door of its own in Apprise
    safe = replace(alert, title=quiet(alert.title))
    text = "\n".join([*map(quiet, alert.lines), f"key: {plain(alert.key)}"])
    notify("chat", settings.url, safe, text=text)


def quiet(text: str) -> str:
    """Return one line in which nobody is called by name."""
    return plain(text).translate(_QUIET)

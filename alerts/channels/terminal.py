"""Prints alerts on stderr, where the log goes too."""

import os
import sys
from dataclasses import dataclass

import requests

from alerts.plain import plain
from forepost.errors import DeliveryError
from forepost.model import Alert

MARKS = {"critical": ("ALERT", "1;31"), "resolved": ("RESOLVED", "1;32")}  # ECMA-48 colours
OTHER = ("NOTICE", "1;33")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[alerts.terminal]`: it has no keys."""


def send(http: requests.Session, alert: Alert, settings: Settings) -> None:
    """Print title and lines; DeliveryError if nobody can read stderr any more."""
    del http, settings
    mark, colour = MARKS.get(alert.severity, OTHER)
    try:
        if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
            mark = f"\x1b[{colour}m{mark}\x1b[0m"
        lines = [f"{mark}  {alert.at:%H:%M:%S} UTC  {plain(alert.title)}"]
        lines += [f"    {plain(line)}" for line in alert.lines]
        # One write: lines of other threads must not come between.
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError) as error:  # broken pipe, closed, or None
        raise DeliveryError(f"terminal: stderr cannot be written: {error}") from None

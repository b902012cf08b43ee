"""Takes secrets out of a line that is about to be stored or logged."""

import dataclasses
from typing import Any

from forepost.config import Secret

SHORTEST = 4  # shorter ones would turn every line into stars


def redact(line: str, settings: Any) -> str:
    """Return `line` with every secret of a channel's Settings replaced by ***.

    The second of two nets: channels write their errors without secrets in the first place.
    """
    if not dataclasses.is_dataclass(settings):
        return line
    values = [getattr(settings, field.name) for field in dataclasses.fields(settings)]
    for secret in (value.reveal() for value in values if isinstance(value, Secret)):
        if len(secret) >= SHORTEST:
            line = line.replace(secret, "***")
    return line

"""Kinds of settings that several flows have: what cannot be meant is refused with the config."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.IGNORECASE)


def _words(value: str) -> str:
    """Accept what somebody could have meant: a search for blanks finds everything."""
    if not value.strip():
        raise ValueError("this is blank; write what is meant, or leave the key out")
    return value


def _domain(value: str) -> str:
    """Accept the part of an address behind the @: a form refuses any other, and is right."""
    if not _DOMAIN.fullmatch(value):
        raise ValueError('not a domain; write it without "@", like "probe.invalid"')
    return value


Budget = Annotated[float, Field(gt=0, allow_inf_nan=False)]  # ms
Within = Annotated[float, Field(gt=0, le=3_600)]  # s
Settle = Annotated[int, Field(ge=0, le=60_000)]  # ms
Cents = Annotated[int, Field(gt=0)]
Words = Annotated[str, Field(max_length=500), AfterValidator(_words)]
Domain = Annotated[str, AfterValidator(_domain)]

"""What each visit makes up anew: addresses, ids, nonces. For user files."""

import time
from datetime import UTC, datetime
from secrets import choice, token_hex
from uuid import uuid4

_DIGITS = "0123456789"


def email(base: str) -> str:
    """Return an address of one visit by plus addressing: load+3f9a0c1d2e4b5a69@example.com."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{token_hex(8)}@{domain}"


def new_id(length: int = 16) -> str:
    """Return `length` hex digits that no other visit has."""
    return token_hex((length + 1) // 2)[:length]


def uuid() -> str:
    """Return a random UUID (RFC 9562, version 4)."""
    return str(uuid4())


def digits(length: int) -> str:
    """Return that many digits, the first of them no zero."""
    return choice(_DIGITS[1:]) + "".join(choice(_DIGITS) for _ in range(length - 1))


def now_ms() -> str:
    """Return the time as scripts of a page write it: milliseconds since 1970."""
    return str(time.time_ns() // 1_000_000)


def now_s() -> str:
    """Return the time in seconds since 1970."""
    return str(int(time.time()))


def now_iso() -> str:
    """Return the time as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")

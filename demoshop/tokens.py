"""Names and keys that the shop gives out."""

import hmac
import secrets

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0 O 1 I: codes are read aloud and typed


def new_key() -> str:
    """Return a secret that nobody can guess, fit for a link."""
    return secrets.token_urlsafe(18)


def new_id(prefix: str) -> str:
    """Return a fresh id such as `sub-3f9a0c1d2e4b`."""
    return f"{prefix}-{secrets.token_hex(6)}"


def gift_code() -> str:
    """Return a fresh gift card code such as `FERN-7KQ2-M4XT-9WAB`."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)]
    return "-".join(["FERN", *groups])


def csrf(secret: str, session_id: str) -> str:
    """Return the token that proves a form came from this session."""
    return hmac.new(secret.encode(), session_id.encode(), "sha256").hexdigest()[:32]


def same(given: str, right: str) -> bool:
    """Compare two secrets without telling by time how far they agree."""
    return hmac.compare_digest(given.encode(), right.encode())

"""Whether this machine's clock is right: asked when a shop's certificate is not valid today.

Nobody new is asked: the shop's own server tells its time in each answer (RFC 9110, 6.6.1),
also over a connection whose certificate nobody has checked.
"""

import re
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

LIMIT_S = 3.0  # for name, connection, handshake and answer together
OFF = timedelta(days=1)  # less is no reason why a certificate should not be valid
DATE_INVALID = re.compile(r"ERR_CERT_DATE_INVALID")
HTTPS = 443
# What stands before the validity of a certificate (RFC 5280, 4.1): its tags in DER.
_VERSION, _SEQUENCE, _UTC_TIME = 0xA0, 0x30, 0x17
_LONG = 0x80  # a length of more than one byte follows


@dataclass(frozen=True, slots=True)
class Certificate:
    """From when to when a certificate holds, and what the clock behind it said then."""

    begins_at: datetime
    ends_at: datetime
    server_at: datetime | None  # None: its answer had no date


def certificate_of(url: str) -> Certificate | None:
    """Return what the server of a URL shows, without trusting it; None if it cannot be had."""
    found: list[Certificate] = []

    def ask() -> None:
        with suppress(OSError, ValueError, IndexError, HTTPException):
            found.append(_ask(url))

    # A resolver may hang, and cannot be interrupted.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    return found[0] if found else None


def own_clock(shown: Certificate, now: datetime) -> str:
    """Say that our clock is off; empty if it is not, or if nobody can know.

    The server's word alone would not do: its clock may be the wrong one. A certificate that is
    not valid now, and is valid at the time that the server tells, speaks for the server.
    """
    if shown.server_at is None or abs(now - shown.server_at) <= OFF:
        return ""
    if not shown.begins_at <= shown.server_at <= shown.ends_at:
        return ""
    days = round(abs(now - shown.server_at) / timedelta(days=1))
    return f"our clock is {days} days off (the shop's server says {shown.server_at:%Y-%m-%d})"


def validity(der: bytes) -> tuple[datetime, datetime]:
    """Return from when to when a certificate (DER) is valid.

    Raises: ValueError or IndexError for anything else: it is hostile until it is read.
    """
    _, whole, _ = _part(der, 0)
    _, signed, _ = _part(whole, 0)
    at = 0
    tag, _, after = _part(signed, at)
    if tag == _VERSION:
        at = after
    for _ in ("serial number", "signature", "issuer"):
        _, _, at = _part(signed, at)
    tag, dates, _ = _part(signed, at)
    if tag != _SEQUENCE:
        raise ValueError("no validity")
    kind, begins, after = _part(dates, 0)
    other, ends, _ = _part(dates, after)
    return _instant(kind, begins), _instant(other, ends)


def _ask(url: str) -> Certificate:
    parts = urlsplit(url)
    port = parts.port if parts.scheme == "https" else None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # its dates are all that is read, and no secret is sent
    line = HTTPSConnection(parts.hostname or "", port or HTTPS, timeout=LIMIT_S, context=context)
    try:
        line.connect()
        begins_at, ends_at = validity(line.sock.getpeercert(binary_form=True) or b"")
        line.request("HEAD", "/", headers={"X-Synthetic-Probe": "forepost/clock"})
        told = line.getresponse().getheader("Date")
    finally:
        line.close()
    return Certificate(begins_at, ends_at, _told(told))


def _told(text: str | None) -> datetime | None:
    """Return what a Date header says; None if there is none, or one that nobody can read."""
    with suppress(ValueError):
        made = parsedate_to_datetime(text or "")
        return made if made.tzinfo else made.replace(tzinfo=UTC)
    return None


def _part(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Return tag and content of the DER element at a place, and where the next one begins."""
    tag, length, begins = data[at], data[at + 1], at + 2
    if length & _LONG:
        begins += length & ~_LONG
        length = int.from_bytes(data[at + 2 : begins])
    if begins + length > len(data):
        raise ValueError("cut off")
    return tag, data[begins : begins + length], begins + length


def _instant(tag: int, text: bytes) -> datetime:
    """Return an instant as certificates write it; two digits of a year are 1950 to 2049."""
    said = text.decode("ascii")
    if tag == _UTC_TIME:
        said = f"{'19' if said >= '50' else '20'}{said}"
    return datetime.strptime(said, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)

"""What stands in bytes in another form: base64, percent signs, entities, escapes, UTF-16, gzip.

Each form is found in one pass; nothing is unfolded beyond `LARGEST` bytes.
"""

import binascii
import html
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

LARGEST = 20_000_000
SHIFTED_BELOW = 100_000  # a longer run of base64 is not tried with other beginnings
_ZLIB_OR_GZIP = 47  # zlib's own number for "either header"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{18,}={0,2}")
_PERCENT = re.compile(rb"(?:%[0-9A-Fa-f]{2}|[\w.+~*@-])+")
_ENTITY = re.compile(rb"(?:&#?\w{1,8};|[\w.@ +-])+")
_ESCAPE = re.compile(rb"(?:\\{1,4}u[0-9a-fA-F]{4}|\\{1,4}x[0-9a-fA-F]{2}|[\w.@ +-])+")
_READABLE = re.compile(rb"[\x00\x20-\x7e]{6}")
PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")  # gzip, and zlib's levels
_ONE_ESCAPE = re.compile(rb"\\{1,4}(?:u00|x)([0-9a-fA-F]{2})")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){6,}|(?:\x00[\x20-\x7e]){6,}")


def disguised(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (begin, end, what it says) of each part that says something in another form."""
    if data.startswith(PACKED):
        plain = inflated(data)
        if plain:
            yield 0, len(data), plain
        return
    for run in _BASE64.finditer(data):
        yield from ((*run.span(), plain) for plain in _unbase64(run[0]))
    for sign, pattern, unfold in _FORMS:
        if sign in data:
            for run in pattern.finditer(data):
                if sign in run[0]:
                    yield *run.span(), unfold(run[0])


def inflated(data: bytes) -> bytes:
    """Return what was packed by gzip or zlib, as far as it can be read; empty if it was not."""
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(data, LARGEST)
    except zlib.error:
        return b""


def _unbase64(run: bytes) -> Iterator[bytes]:
    """Yield what a run of base64 may say; behind a path's slash its beginning is not known."""
    run = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    for begin in range(4 if b"/" in run and len(run) < SHIFTED_BELOW else 1):
        part = run[begin:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        plain = binascii.a2b_base64(part + b"=" * (-len(part) % 4))
        # Names and paths look like base64 too, and say nothing that could be read.
        if _READABLE.search(plain) or plain.startswith(PACKED):
            yield plain


def _unpercent(run: bytes) -> bytes:
    return unquote_to_bytes(run.replace(b"+", b" "))


def _unentity(run: bytes) -> bytes:
    return html.unescape(run.decode("utf-8", "replace")).encode("utf-8", "replace")


def _unescape(run: bytes) -> bytes:
    return _ONE_ESCAPE.sub(lambda hit: bytes([int(hit[1], 16)]), run)


def _narrow(run: bytes) -> bytes:
    return run.replace(b"\0", b"")


_FORMS = (
    (b"%", _PERCENT, _unpercent),
    (b"&", _ENTITY, _unentity),
    (b"\\", _ESCAPE, _unescape),
    (b"\0", _WIDE, _narrow),
)

"""A body as a page's text needs it: unpacked, and never larger than a page can be.

A shop that sends without end, or a megabyte that unpacks to a thousand, would fill the memory of
the machine that measures it.
"""

import zlib
from collections.abc import Callable

import brotli

MOST_BYTES = 16 << 20
_PIECE_BYTES = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


class TooLargeError(Exception):
    """A body above MOST_BYTES, packed or unpacked."""


class UnreadableError(Exception):
    """A body that is not packed as its headers say, or in a way that nobody asked for."""


def read(piece: Callable[[int], bytes]) -> bytes:
    """Return all that `piece(most bytes)` gives until it gives less than it was asked for.

    Raises: TooLargeError; what is left is not read.
    """
    first = piece(_PIECE_BYTES)
    if len(first) < _PIECE_BYTES:
        return first
    made = bytearray(first)
    while more := piece(_PIECE_BYTES):
        made += more
        if len(made) > MOST_BYTES:
            raise TooLargeError
    return bytes(made)


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return a body as it was before `Content-Encoding`.

    Raises: TooLargeError, UnreadableError.
    """
    said = encoding.strip().lower()
    if not body or said in ("", "identity"):
        return body  # a redirect may name an encoding and have no body
    unpack = {"gzip": _gunzipped, "x-gzip": _gunzipped, "deflate": _deflated, "br": _unbrotlied}
    if said not in unpack:
        raise UnreadableError(said)
    try:
        return unpack[said](body)
    except (zlib.error, brotli.error) as error:
        raise UnreadableError(said) from error


def _gunzipped(body: bytes) -> bytes:
    return _inflated(body, _GZIP)


def _unbrotlied(body: bytes) -> bytes:
    unpack = brotli.Decompressor()
    made = _bounded(unpack.process(body, output_buffer_limit=MOST_BYTES + 1))
    if not unpack.is_finished():
        raise UnreadableError("br")
    return made


def _deflated(body: bytes) -> bytes:
    """Unpack what RFC 9110 (sec. 8.4.1.2) means, or the bare form that some send."""
    try:
        return _inflated(body, -zlib.MAX_WBITS)
    except zlib.error:
        return _inflated(body, zlib.MAX_WBITS)


def _inflated(body: bytes, form: int) -> bytes:
    inflate = zlib.decompressobj(form)
    made = _bounded(inflate.decompress(body, MOST_BYTES + 1))
    if not inflate.eof:
        raise UnreadableError("incomplete")
    return made


def _bounded(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise TooLargeError
    return body

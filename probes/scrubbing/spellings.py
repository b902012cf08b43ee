"""The ways in which one secret value is written down: escaped, encoded, in pieces."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# Digits of one number, set apart by at most one blank, dash or their encodings.
GAP = rb"(?:[ -]|%20|\+|\\u00a0|&nbsp;|\xc2\xa0)?"
SHORTEST_CARD = 12
_SHORTEST_PIECE = 8  # of base64: a shorter one would hit half of a page


def spellings(value: str) -> Iterator[bytes]:
    """Yield regular expressions for a value: plain, escaped, form-coded, base64, UTF-16."""
    texts = {quote(value, safe=""), quote_plus(value), quote(value)}
    texts |= {re.sub("%[0-9A-F]{2}", lambda hit: hit[0].lower(), text) for text in set(texts)}
    # As it stands and in a document; each of them in JSON, and in JSON inside JSON.
    for plain in (value, html.escape(value), html.escape(value, quote=False)):
        texts |= {plain, plain.replace("\\", "\\\\").replace('"', '\\"')}
        for escaped in (json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]):
            texts |= {escaped, json.dumps(escaped)[1:-1]}
    for text in sorted(texts):
        yield re.escape(text.encode("utf-8", "replace"))
    raw = value.encode("utf-8", "replace")
    yield re.escape(value.encode("utf-16-le", "replace"))
    yield re.escape(value.encode("utf-16-be", "replace"))
    yield from (re.escape(piece) for piece in _in_base64(raw))
    digits = re.sub(r"\D", "", value)
    if len(digits) >= SHORTEST_CARD and not re.search(r"[^\d -]", value):
        yield GAP.join(digit.encode() for digit in digits)


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """Yield what stays the same of a value within a longer text, for each way it may lie."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        first = (0, 2, 3)[shift]  # characters that also hold bits of what stands before
        last = (0, 3, 2)[(shift + len(raw)) % 3]  # the same behind it, and the padding
        piece = coded[first : len(coded) - last]
        if len(piece) >= _SHORTEST_PIECE:
            yield piece
            if any(sign in piece for sign in b"+/"):
                yield piece.translate(bytes.maketrans(b"+/", b"-_"))

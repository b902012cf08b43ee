"""A form as multipart/form-data, with made-up files: how a browser sends one that has uploads.

Source: RFC 7578, and the encoding of names in the HTML standard, "Multipart form data".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

MOST_BYTES = 64 << 10
"""Of one made-up file. What is larger would measure the line to the shop, not its checkout."""

# What tells a kind of file by its first bytes, for shops that look at those.
_BEGINS = {
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "image/gif": b"GIF89a",
    "application/pdf": b"%PDF-1.7\n",
    "application/zip": b"PK\x03\x04",
}
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form. `text` is what stands in it; without that it is filled up to its size.

    Nothing of anybody's file is in it, so a shop that opens pictures will not like it.
    """

    name: str  # as the browser told it; empty: none was chosen
    kind: str  # image/png
    size_bytes: int = 0  # at most MOST_BYTES are sent
    text: str = ""

    def body(self) -> bytes:
        """Return what is sent for the file."""
        if self.text:
            return self.text.encode()
        size = min(self.size_bytes, MOST_BYTES)
        begin = _BEGINS.get(self.kind, b"")[:size]
        return begin + b"x" * (size - len(begin))


Parts = Mapping[str, str | Upload] | Sequence[tuple[str, str | Upload]]
"""What such a form sends: pairs, in their order, where a name is sent several times."""


def encoded(parts: Parts) -> tuple[bytes, str]:
    """Return the body, and the content type that belongs to it: its boundary is drawn anew."""
    boundary = f"----forepost{token_hex(12)}"
    pairs = parts.items() if isinstance(parts, Mapping) else parts
    body = b"".join(_part(boundary, name, value) for name, value in pairs)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def texts(body: bytes) -> list[str]:
    """Return the fields of an encoded body that are no files."""
    boundary = body.partition(b"\r\n")[0]
    found = (part.partition(b"\r\n\r\n") for part in body.split(boundary)[1:-1])
    return [
        value.removesuffix(b"\r\n").decode("utf-8", "replace")
        for head, _, value in found
        if b'; filename="' not in head
    ]


def _part(boundary: str, name: str, value: str | Upload) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(_ESCAPES)}"'
    if isinstance(value, str):
        lines = "\r\n".join(value.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
        return f"{head}\r\n\r\n{lines}\r\n".encode()
    kind = value.kind if value.kind.isprintable() and value.kind else "application/octet-stream"
    head += f'; filename="{value.name.translate(_ESCAPES)}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + value.body() + b"\r\n"

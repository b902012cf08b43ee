"""A form with files, as a browser sends it: read back by Python's own parser of mail."""

from email import message_from_bytes
from email.message import Message

import pytest

from loadtests.multipart import MOST_BYTES, Parts, Upload, encoded, texts

FIELDS: Parts = [
    ("tags[]", "a"),
    ("tags[]", "Größe\nXL"),
    ('na"me', ""),
    ("photo", Upload("lamp.png", "image/png", 300)),
    ("more", Upload("", "application/octet-stream")),
    ("cart", Upload("blob", "application/json", text='{"é": 1}')),
]


def read(body: bytes, kind: str) -> list[Message]:
    """Return the parts."""
    whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    assert whole.is_multipart()
    assert whole.defects == []
    return [part for part in whole.walk() if part is not whole]


def test_fields_and_files_are_read_back_as_they_were_sent() -> None:
    """Names several times and in their order; newlines and quotes as HTML wants them."""
    body, kind = encoded(FIELDS)
    parts = read(body, kind)

    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == ["tags[]", "tags[]", "na%22me", "photo", "more", "cart"]
    held = [part.get_payload(decode=True) for part in parts]
    assert held[:3] == [b"a", "Größe\r\nXL".encode(), b""]
    assert [part.get_filename() for part in parts[3:]] == ["lamp.png", "", "blob"]
    assert [part.get_content_type() for part in parts[3:5]] == [
        "image/png",
        "application/octet-stream",
    ]
    assert isinstance(held[3], bytes)
    assert (len(held[3]), held[3][:8]) == (300, b"\x89PNG\r\n\x1a\n")
    assert held[4:] == [b"", '{"é": 1}'.encode()]
    assert texts(body) == ["a", "Größe\r\nXL", ""]
    assert encoded(FIELDS)[1] != kind, "a boundary is drawn for each body"


@pytest.mark.parametrize("size_bytes", [0, 3, MOST_BYTES, MOST_BYTES + 1, 10**9])
def test_a_file_is_never_larger_than_it_has_to_be(size_bytes: int) -> None:
    """A film of a gigabyte is not made up for each visit."""
    assert len(Upload("a.png", "image/png", size_bytes).body()) == min(size_bytes, MOST_BYTES)


def test_a_name_ends_no_line_of_a_part() -> None:
    """A page may call its field or a file what it likes."""
    evil = 'x"\r\nX-Evil: 1'
    body, kind = encoded({evil: "1", "f": Upload(evil, "text/plain\r\nX-Evil: 1", 1)})
    assert all(part["X-Evil"] is None for part in read(body, kind))

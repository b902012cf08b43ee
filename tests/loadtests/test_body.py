"""Bodies of answers: unpacked like a browser's, and never larger than a page can be."""

import gzip
import zlib
from io import BytesIO

import brotli
import pytest

from loadtests.generator import body, kinds
from loadtests.generator.body import MOST_BYTES, TooLargeError, UnreadableError

PAGE = b"<p>a page</p>" * 500


def bare(page: bytes) -> bytes:
    """Return what some send for "deflate": without the header of zlib."""
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(page) + squeeze.flush()


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (PAGE, ""),
        (PAGE, "identity"),
        (gzip.compress(PAGE, mtime=0), "gzip"),
        (gzip.compress(PAGE, mtime=0), " GZIP "),
        (zlib.compress(PAGE), "deflate"),
        (bare(PAGE), "deflate"),
        (brotli.compress(PAGE), "br"),
    ],
)
def test_what_was_packed_comes_out_as_it_went_in(packed: bytes, encoding: str) -> None:
    """Whatever the visitor said that it takes."""
    assert body.unpacked(packed, encoding) == PAGE


def test_a_redirect_that_names_an_encoding_and_has_no_body_is_fine() -> None:
    """Nothing is packed, so nothing is broken."""
    assert body.unpacked(b"", "gzip") == b""


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (b"not packed", "gzip"),
        (gzip.compress(PAGE, mtime=0)[:-9], "gzip"),
        (b"not packed", "deflate"),
        (b"not packed", "br"),
        (brotli.compress(PAGE)[:-3], "br"),
        (PAGE, "zstd"),
        (PAGE, "gzip, br"),
    ],
)
def test_what_is_not_packed_as_it_says_is_told_by_one_kind(packed: bytes, encoding: str) -> None:
    """The shop's answer cannot be read: its fault, under one name."""
    with pytest.raises(UnreadableError) as caught:
        body.unpacked(packed, encoding)
    assert kinds.of_request(caught.value) == "not readable"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(encoding: str) -> None:
    """Twenty kilobytes would fill the memory of the machine that measures."""
    large = bytes(MOST_BYTES + 1)
    squeezed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}
    packed = squeezed[encoding](large)
    assert len(packed) < MOST_BYTES / 100

    with pytest.raises(TooLargeError) as caught:
        body.unpacked(packed, encoding)
    assert kinds.of_request(caught.value) == "too large"
    assert len(body.unpacked(squeezed[encoding](large[:-1]), encoding)) == MOST_BYTES


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 1_000_000])
def test_a_body_is_read_to_its_end(size: int) -> None:
    """Also where a piece ends just there."""
    sent = bytes(range(256)) * (size // 256 + 1)
    assert body.read(BytesIO(sent[:size]).read) == sent[:size]


def test_a_body_without_an_end_is_not_read_on() -> None:
    """It stops where no page is larger."""
    taken = 0

    def endless(most: int) -> bytes:
        nonlocal taken
        taken += most
        return b"x" * most

    with pytest.raises(TooLargeError):
        body.read(endless)
    assert taken < MOST_BYTES * 1.1

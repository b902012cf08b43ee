"""Where a URL leads: the lock of load tests and the tagging of walks go by it."""

import socket

import pytest

from forepost.place import place_of, same_place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://localhost", "http://127.0.0.1:80/cart?a=b"),
        ("http://[::1]:8080", "http://LOCALHOST:8080"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::ffff:127.0.0.1]"),
        ("http://0.0.0.0:9", "http://localhost.:9"),
        ("https://shop.example", "HTTPS://me@Shop.Example.:443/#top"),
        ("https://läden.example", "https://xn--lden-loa.example"),
        ("http://[2001:db8:0::1]", "http://[2001:db8::1]:80"),
    ],
)
def test_spellings_of_one_place_are_one(one: str, other: str) -> None:
    """The same host and the same port, whatever else the address says."""
    assert same_place(one, other)
    assert place_of(one) == place_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://shop.example", "https://shop.example"),
        ("http://localhost:1", "http://localhost:2"),
        ("http://127.0.0.1", "http://127.0.0.2"),
        ("http://127.0.0.1", "http://127.0.0.1.shop.example"),
        ("https://shop.example", "https://staging.shop.example"),
        ("bundled", "bundled"),
        ("", ""),
        ("http://[::1", "http://[::1"),
        ("http://localhost:99999", "http://localhost:99999"),
    ],
)
def test_other_places_are_kept_apart(one: str, other: str) -> None:
    """Another port is another shop; what is no URL leads nowhere, not even to itself."""
    assert not same_place(one, other)


def test_a_server_answers_under_every_spelling_that_counts_as_its_place() -> None:
    """The system's own resolver agrees: each name reaches the one socket that listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0"):  # noqa: S104 - asked, not bound
            socket.create_connection((host, port), 5).close()
            written = f"[{host}]" if ":" in host else host
            assert place_of(f"http://{written}:{port}") == f"127.0.0.1:{port}"

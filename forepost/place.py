"""Where a URL leads: one name for all the ways to write a host and its port."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

HERE = "127.0.0.1"
_PORTS = {"http": 80, "https": 443}


def place_of(url: str) -> str | None:
    """Return the "host:port" that an http(s) URL leads to; None if it is no such URL.

    Shape: `localhost`, `127.0.0.1`, `[::1]` and the unspecified addresses, which lead to this
           machine too, are all "127.0.0.1". Another address of the loopback net can have a
           server of its own. Path, user and letter case do not count.
    """
    with suppress(ValueError):  # "http://[::1", a port of 99999
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme)
        if parts.scheme in _PORTS and parts.hostname:
            return f"{_host(parts.hostname)}:{port}"
    return None


def same_place(one: str, other: str) -> bool:
    """Return whether two URLs lead to the same host and port; what is no URL leads nowhere."""
    place = place_of(one)
    return place is not None and place == place_of(other)


def _host(name: str) -> str:
    """Return a host as all its spellings are told: ASCII, no final dot, addresses in short."""
    host = name.rstrip(".")
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    if host == "localhost":
        return HERE
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    here = address.is_unspecified or address in (ip_address(HERE), ip_address("::1"))
    return HERE if here else str(address)

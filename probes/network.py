"""Whether this machine's own network works: asked before the shop is blamed for silence."""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

LIMIT_S = 2.0
# Addresses that need a default route (RFC 5737, RFC 3849): nothing is ever sent to them.
ROUTED = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
# Asked only when the shop's own name does not resolve.
CONTROL_NAMES = ("example.com", "iana.org")
# What a browser says when it got no route to a server, as against an answer of its own.
NO_ROUTE = re.compile(
    r"ERR_(?:CONNECTION_REFUSED|CONNECTION_TIMED_OUT|TIMED_OUT|NAME_NOT_RESOLVED|"
    r"NAME_RESOLUTION_FAILED|ADDRESS_UNREACHABLE|INTERNET_DISCONNECTED|NETWORK_CHANGED|"
    r"NETWORK_ACCESS_DENIED|PROXY_CONNECTION_FAILED|DNS_[A-Z_]+)"
    r"|NS_ERROR_(?:CONNECTION_REFUSED|UNKNOWN_HOST|NET_TIMEOUT|OFFLINE)"
)
_NAME = re.compile(r"NAME_NOT_RESOLVED|NAME_RESOLUTION|DNS_|UNKNOWN_HOST")


def own_fault(reason: str, url: str) -> str:
    """Say what is wrong on our side, or nothing if our side works and the shop is silent.

    `reason` is the browser's error, `url` what it wanted.
    """
    host = urlsplit(url).hostname or ""
    if _loopback(host):
        return "" if _loopback_answers() else "this machine's loopback does not answer"
    if not _has_route():
        return "this machine has no route to any network"
    if _NAME.search(reason) and not any(_resolves(name) for name in CONTROL_NAMES):
        return f"this machine resolves no names (tried {', '.join(CONTROL_NAMES)})"
    return ""


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _loopback_answers() -> bool:
    """Open a listener of our own and reach it."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as door:
            door.settimeout(LIMIT_S)
            with socket.create_connection(door.getsockname()[:2], timeout=LIMIT_S):
                door.accept()[0].close()
    except OSError:
        return False
    return True


def _has_route() -> bool:
    """Connect a datagram socket: it sends nothing, and fails where there is no route."""
    for family, address in ROUTED:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
        except OSError:
            continue
        return True
    return False


def _resolves(name: str) -> bool:
    try:
        socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return True

"""Whether this machine's own network works: asked before the shop is blamed for silence.

And, of a request that has no answer: whether it has a connection at all. A server whose
workers are all held accepts the connection and says nothing; one that is down, or behind a
wall, does not even accept. The system's own table of sockets tells the two apart, and is
asked only after a failure.
"""

import ipaddress
import os
import re
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import psutil

LIMIT_S = 2.0
NAME_LIMIT_S = 4.0  # of a control name: its word makes a failure ours
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
    if on_loopback(host):
        return "" if _loopback_answers() else "this machine's loopback does not answer"
    if not _has_route():
        return "this machine has no route to any network"
    if _NAME.search(reason) and not any(_resolves(name) for name in CONTROL_NAMES):
        return f"this machine resolves no names (tried {', '.join(CONTROL_NAMES)})"
    return ""


def silence(url: str, waited_s: float) -> str:
    """Say what is known of a request that has no answer; nothing if nothing is known.

    Looks at the TCP connections of this process and all below it (the browser's). A request
    over QUIC or through a proxy has none to that address: then nothing is known.
    """
    states = states_to(addresses(url), _connections())
    if psutil.CONN_SYN_SENT in states:
        return f"no connection within {waited_s:.0f} s"
    if psutil.CONN_ESTABLISHED in states:
        return f"connected, no byte came in {waited_s:.0f} s"
    return ""


def addresses(url: str) -> set[tuple[str, int]]:
    """Return the addresses and the port that a URL means; empty if its name does not resolve."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
    except ValueError:
        return set()
    return {(ip, port) for ip in _resolved(parts.hostname or "", port, LIMIT_S)}


def states_to(
    places: set[tuple[str, int]], connections: Iterable[tuple[str, int, str]]
) -> set[str]:
    """Return the states of the connections (address, port, state) to some places."""
    return {
        state for ip, port, state in connections if (ip.removeprefix("::ffff:"), port) in places
    }


def _connections() -> list[tuple[str, int, str]]:
    """Return address, port and state of each TCP connection of this process and those below."""
    found = []
    me = psutil.Process(os.getpid())
    for process in (me, *me.children(recursive=True)):
        try:
            connections = process.net_connections(kind="tcp")
        except (psutil.Error, OSError):
            continue
        found += [(one.raddr.ip, one.raddr.port, one.status) for one in connections if one.raddr]
    return found


def on_loopback(host: str) -> bool:
    """Whether a host is this machine by its address or name."""
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
    return bool(_resolved(name, 443, NAME_LIMIT_S))


def _resolved(name: str, port: int, within_s: float) -> set[str]:
    """Return the addresses of a name; none if it has none, or nobody answers in time."""
    found: set[str] = set()

    def resolve() -> None:
        with suppress(OSError, UnicodeError):  # the latter: a label that is too long
            for answer in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
                found.add(str(answer[4][0]))

    # A resolver may hang for half a minute, and no alarm interrupts it.
    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(within_s)
    return set(found)

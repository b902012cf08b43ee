"""Doors of the processes: sockets opened before anything is started.

A taken port is found at once, and no other program can take one between choice and use.
"""

import socket

HOST = "127.0.0.1"


class PortTakenError(Exception):
    """A port that somebody else listens on."""


def door(port: int) -> socket.socket:
    """Return a socket that listens on `port` (0: a free one). Raises: PortTakenError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(1024)
    except (OSError, OverflowError) as error:
        made.close()
        raise PortTakenError(
            f"port {port} of {HOST}: {error}; choose another with --port"
        ) from error
    return made


def number(sock: socket.socket) -> int:
    """Return the port of a door."""
    return int(sock.getsockname()[1])


def free(port: int) -> int:
    """Return `port` if it is free (0: any free one), for a program that opens it itself."""
    with door(port) as sock:
        return number(sock)

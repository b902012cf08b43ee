"""What a failure is called, and whose it is: the shop's, a user file's, or this machine's."""

import errno
import socket

from loadtests.session import FlowFailedError

OUR_FAULT = "flow file: "
"""Begins the kind of a failure that a user file made, not the shop."""

OUR_LIMIT = "this machine: "
"""Begins the kind of a failure that the generator's own machine made, not the shop."""

NO_LOOKUP = "its look-up of names gave no answer"

_KINDS = {
    "Timeout": "timeout",
    "timeout": "timeout",
    "TimeoutError": "timeout",
    "ConnectionRefusedError": "refused",
    **dict.fromkeys(("ConnectionResetError", "HTTPConnectionClosed", "BrokenPipeError"), "closed"),
    "gaierror": "name not found",
    "HTTPParseError": "not HTTP",
    "UnreadableError": "not readable",
    "TooLargeError": "too large",
}
"""By the names of their classes: Locust's own need its import."""

# Whoever gets no answer for a name has not met the shop; that there is no such name is an answer.
_UNANSWERED = (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY, socket.EAI_SYSTEM)

_LIMITS = {
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.EADDRNOTAVAIL: "no free port",
    errno.ENOBUFS: "no memory",
    errno.ENOMEM: "no memory",
}


def of_request(error: Exception) -> str:
    """Return the kind of a failure of the HTTP client."""
    inner = getattr(error, "original", None) or error  # what the client wrapped
    limit = "no memory" if isinstance(inner, MemoryError) else _limit(inner)
    return f"{OUR_LIMIT}{limit}" if limit else _named(inner) or type(inner).__name__


def of_visit(error: BaseException) -> str:
    """Return the kind of failure of an exception out of a flow."""
    if isinstance(error, FlowFailedError):
        return error.kind
    return _named(error) or f"{OUR_FAULT}{type(error).__name__}"


def _limit(error: object) -> str:
    if isinstance(error, socket.gaierror):  # its numbers are none of errno's
        return NO_LOOKUP if error.errno in _UNANSWERED else ""
    return _LIMITS.get(error.errno or 0, "") if isinstance(error, OSError) else ""


def _named(error: object) -> str | None:
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((_KINDS[name] for name in names if name in _KINDS), None)

"""What every process of the demo shop does: read its setup, serve, and end with its parent."""

import json
import logging
import os
import signal
import socket
import sys
from threading import Thread
from typing import Any

import waitress
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from demoshop.tokens import same

CONNECTIONS = 4000  # idle spare connections of browsers cost a socket each, never a thread


def setup() -> dict[str, Any]:
    """Return the line of JSON that the supervisor sends first, then watch its pipe.

    The end of the pipe is the end of the supervisor, even if it was killed: so is ours.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = sys.stdin.buffer.readline()
    if not line:  # the supervisor was gone before it could say anything
        sys.exit(0)
    first: dict[str, Any] = json.loads(line)
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    return first


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def serve(app: Flask, fd: int, threads: int) -> None:
    """Serve `app` on the listening socket `fd` until the process is told to end."""
    for chatty in ("waitress", "urllib3", "mail.log"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    waitress.serve(
        app,
        sockets=[socket.socket(fileno=fd)],
        threads=threads,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


def refuse(token: str) -> ResponseReturnValue | None:
    """Return a 401 for a request without the right bearer token, else None."""
    if same(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return None
    return jsonify(
        error="send the header: Authorization: Bearer <the token of the start line>"
    ), 401

"""Workers of this machine for a load test that another one runs."""

import socket
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from forepost.errors import LoadError
from loadtests.generator import child
from loadtests.generator import plan as plans
from loadtests.generator.joining import HERE

_LOOK_S = 0.2
_CONNECT_S = 5.0


def lend(port: int, join: str, *, name: str, count: int, stop: threading.Event) -> None:
    """Start `count` workers that join the master behind a port of this machine's loopback.

    Shape:  returns when the run is over, or soon after `stop` is set.
    Raises: LoadError, one line, if nobody listens there or the master does not take a worker.
    """
    _see_listener(port)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forepost-load-")))
        workers = [child.start(["--worker"], folder, f"worker-{one}.log") for one in range(count)]
        for one in workers:
            stack.callback(one.stop)
            stack.callback(one.let_go)
            one.say(plans.to_line({"port": port, "join": join, "name": name}))
        while not all(one.ended for one in workers) and not stop.wait(_LOOK_S):
            pass
        failed = [one for one in workers if one.ended and one.process.returncode]
        if failed:
            words = failed[0].last_words() or failed[0].how
            raise LoadError(f"load worker on port {port}: {words}")


def _see_listener(port: int) -> None:
    try:
        socket.create_connection((HERE, port), _CONNECT_S).close()
    except OSError:
        raise LoadError(
            f"load worker: nobody listens on port {port} of this machine; start it by the command "
            "that the waiting load test printed, tunnel included"
        ) from None

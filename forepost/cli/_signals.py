"""Ctrl-C and SIGTERM as an event, for commands that end what they started first."""

import os
import signal
import threading
from contextlib import suppress
from types import FrameType

_STDERR = 2


def stop_on_signals(said: str = "") -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set; the first of them says a line on stderr."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        if said and not stop.is_set():
            # Not through sys.stderr: the signal may have come in the middle of a line of ours.
            with suppress(OSError):
                os.write(_STDERR, f"{said}\n".encode())
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop

"""Time limits that end a call in mid-air: in a hung page, in a socket, in a loop.

Only for the main thread of a worker. The alarm is raised where the main thread waits;
Playwright aborts the call under way and stays usable, so that evidence can be taken.
"""

import signal
import time
from asyncio import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

PATIENCE_S = 1.0  # of a limit with callbacks of the event loop; then it rings wherever that is
SOON_S = 0.001


class DeadlinePassed(BaseException):
    """A limit was reached; `str()` is its name. No `except Exception` of a flow may catch it."""


@dataclass(slots=True)
class _Limit:
    ends: float  # on the monotonic clock
    name: str
    rung: bool = False


_limits: list[_Limit] = []  # the innermost last


@contextmanager
def limit(seconds: float, name: str) -> Iterator[None]:
    """End the block with DeadlinePassed(name) after `seconds`; outer limits stay in force.

    Each limit rings once: what is done after it (evidence) is bounded by limits of its own.
    """
    mine = _Limit(time.monotonic() + max(seconds, 0.001), name)
    _limits.append(mine)
    try:
        _arm()
        yield
    finally:
        _limits.remove(mine)
        _arm()


def forget() -> None:
    """Drop every limit: between two orders none is in force.

    An alarm that rings while a block is being left may leave its limit behind, to ring in
    a later run.
    """
    _limits.clear()
    _arm()


def left_s() -> float:
    """Return the seconds until the next limit that has not rung; infinite without one."""
    ends = min((known.ends for known in _limits if not known.rung), default=float("inf"))
    return ends - time.monotonic()


def install() -> None:
    """Take the alarm signal of this process."""
    signal.signal(signal.SIGALRM, _ring)


def _in_callback(frame: FrameType | None) -> bool:
    """Whether the event loop is in a callback: it swallows what is raised there.

    If that is the one that reads from the driver, the connection is lost with it (seen with a
    page of 800 calls a second: each is an event, so that the loop hardly ever waits).
    """
    while frame is not None:
        if frame.f_code is Handle._run.__code__:  # noqa: SLF001 - there is no public sign of it
            return True
        frame = frame.f_back
    return False


def _arm() -> None:
    seconds = left_s()
    signal.setitimer(signal.ITIMER_REAL, 0 if seconds == float("inf") else max(seconds, 0.001))


def _ring(_number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    for known in _limits:  # the outermost first: it ends more
        if known.ends <= now and not known.rung:
            if now - known.ends < PATIENCE_S and _in_callback(frame):
                signal.setitimer(signal.ITIMER_REAL, SOON_S)
                return
            known.rung = True
            raise DeadlinePassed(known.name)
    _arm()

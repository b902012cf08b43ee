"""Time limits that end a call in mid-air: in a hung page, in a socket, in a loop.

Only for the main thread of a worker. The alarm is raised where the main thread waits;
Playwright aborts the call under way and stays usable, so that evidence can be taken.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_limits: list[tuple[float, str]] = []  # (monotonic end, name), the innermost last


class DeadlinePassed(BaseException):  # noqa: N818 - not an error: no `except Exception` may catch it
    """A limit was reached; `str()` is the limit's name."""


@contextmanager
def limit(seconds: float, name: str) -> Iterator[None]:
    """End the block with DeadlinePassed(name) after `seconds`; an outer limit stays in force."""
    _limits.append((time.monotonic() + max(seconds, 0.001), name))
    try:
        _arm()
        yield
    finally:
        _limits.pop()
        _arm()


def left_s() -> float:
    """Return the seconds until the nearest limit; infinite without one."""
    return min((end for end, _ in _limits), default=float("inf")) - time.monotonic()


def _arm() -> None:
    if not _limits:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return
    # The alarm repeats: a limit that a bare `except` swallowed comes again.
    signal.setitimer(signal.ITIMER_REAL, max(left_s(), 0.001), 0.5)


def _ring(_number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    over = [name for end, name in _limits if end <= now]
    if over:
        raise DeadlinePassed(over[0])


def install() -> None:
    """Take the alarm signal of this process."""
    signal.signal(signal.SIGALRM, _ring)

"""A page that calls its server without end: when to stop listening to its calls.

Each call that is heard or held up costs this process a millisecond and more. A page of 800 a
second brings them faster than they are taken in: the answer to whatever is asked of the browser
stands behind them in the queue, and the browser seems to hang (seen). No customer waits for so
many calls, and what the first ones tell is kept.
"""

import time
from collections import deque
from collections.abc import Callable

CALLS = ("xhr", "fetch", "ping")
MOST = 150  # a checkout of twenty pages makes some hundred in all
WITHIN_S = 3.0
SAID = f"more than {MOST} calls in {WITHIN_S:g} s; later ones are not listened to"


class Flood:
    """Counts calls as they are heard; once there are too many at a time, it stays a flood."""

    def __init__(
        self,
        most: int = MOST,
        within_s: float = WITHIN_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on = False
        self._within_s = within_s
        self._now = now
        self._lately: deque[float] = deque(maxlen=most)

    def count(self) -> bool:
        """Count a call; whether it is the one that makes a flood of them."""
        if self.on:
            return False
        at = self._now()
        full = len(self._lately) == self._lately.maxlen
        self.on = full and at - self._lately[0] < self._within_s
        self._lately.append(at)
        return self.on

"""Whether the generator is the limit of a search under way: each second looks at what is new."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from loadtests.generator import books
from loadtests.generator.watching import Watching


class Strain:
    """The last lines of health of each worker."""

    def __init__(self, max_lateness_s: float) -> None:
        self._max_lateness_s = max_lateness_s
        self._read = 0  # lines
        self._lately: dict[int, deque[Mapping[str, Any]]] = {}

    def words(self, watching: Watching) -> str:
        """Return why the generator is the limit, by what it told since the last call; or nothing.

        All calls together say what `books.unsound` says of lateness and of busy cores.
        """
        late, busy = [], []
        for one in sorted(watching.health[self._read :], key=_worker):
            worker = _worker(one)
            lately = self._lately.setdefault(worker, deque(maxlen=books.LOOK_BACK_S))
            lately.append(one)
            told = list(lately)
            late.append(books.late_words(worker, told, self._max_lateness_s))
            busy.append(books.busy_words(worker, told))
        self._read = len(watching.health)
        return next(filter(None, [*late, *busy]), "")


def _worker(one: Mapping[str, Any]) -> int:
    return int(one["worker"])

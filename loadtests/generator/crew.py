"""The workers of a run as the master knows them: joined, going, drained or lost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class Crew:
    """Workers by their index, in the order in which they joined."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.clients: list[str] = []  # Locust's ids
        self.who: list[Mapping[str, Any]] = []  # name, host, pid
        self.missed: list[int] = []  # beats without a word
        self.drained: dict[int, Mapping[str, Any]] = {}  # their books, once closed
        self.lost: dict[int, str] = {}  # and how
        self._turn: Counter[str] = Counter()  # arrivals of each flow so far

    def join(self, client: str, who: Mapping[str, Any]) -> int:
        """Take a worker in; return its index."""
        self.clients.append(client)
        self.who.append(who)
        self.missed.append(0)
        return len(self.clients) - 1

    @property
    def full(self) -> bool:
        """Whether all have joined."""
        return len(self.clients) == self.size

    @property
    def going(self) -> list[int]:
        """Those who have neither closed their books nor are lost."""
        every = range(len(self.clients))
        return [one for one in every if one not in self.drained and one not in self.lost]

    def index(self, client: str) -> int | None:
        """Return who sent a message; None if it is nobody of ours, or one given up."""
        if client not in self.clients:
            return None
        index = self.clients.index(client)
        return None if index in self.lost else index

    def of_process(self, host: str, pid: int) -> int | None:
        """Return the worker that is a process of a machine."""
        for index, who in enumerate(self.who):
            if (who["host"], who["pid"]) == (host, pid):
                return index
        return None

    def split(
        self, arrivals: Iterable[tuple[float, str]]
    ) -> Iterator[tuple[str, list[tuple[float, str]]]]:
        """Yield each worker that gets any with its arrivals, in order.

        The n-th arrival of a flow is for worker n mod N, which has row n.
        """
        shares: list[list[tuple[float, str]]] = [[] for _ in range(self.size)]
        for at_s, flow in arrivals:
            shares[self._turn[flow] % self.size].append((at_s, flow))
            self._turn[flow] += 1
        for client, share in zip(self.clients, shares, strict=True):
            if share:
                yield client, share

    def names(self) -> str:
        """Return where those who are here came from, for people."""
        return ", ".join(str(who["name"]) for who in self.who) or "none"

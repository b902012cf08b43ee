"""The books of every flow's whole visits, carried on from second to second."""

from collections.abc import Iterable

from loadtests.cells import Key, Tally, whole
from loadtests.limit.overload import Count


class Totals:
    """What became of all visits of each flow so far."""

    def __init__(self, flows: Iterable[str]) -> None:
        self.counts = dict.fromkeys(flows, Count())
        self._known: dict[Key, Count] = {}

    def feed(self, tallies: Iterable[Tally]) -> None:
        """Take in cells that are new or have changed, each as a whole as it stands now."""
        for tally in whole(tallies):
            cell = tally.cell
            bad = cell.failed + cell.censored
            now = Count(cell.started + cell.dropped, cell.done, bad, cell.dropped)
            before = self._known.get(tally.key, Count())
            self.counts[cell.flow] += now - before
            self._known[tally.key] = now

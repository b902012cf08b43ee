"""An outage: for a while every connection was refused. Nobody listened; nothing was full.

A door that is too narrow still lets some in, and a full backlog makes callers wait. Where all are
refused the process is gone, whatever made it go: no resource is named for that.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from loadtests.cells import Tally, parts

_REFUSED = "refused"
_FEWEST = 3  # requests
_SHARE = 0.8  # of all that was lost in the run


def outage(tallies: Sequence[Tally]) -> tuple[int, int] | None:
    """Return the longest stretch (first, last second) in which everybody was refused.

    None where there was none, or where most requests were lost otherwise.
    """
    done: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    refused: Counter[int] = Counter()
    for tally in parts(tallies):
        at = tally.cell.second
        done[at] += tally.cell.done
        lost[at] += tally.cell.failed + tally.cell.censored
        refused[at] += tally.kinds.get(_REFUSED, 0)
    dead = sorted(at for at, number in refused.items() if 0 < number == lost[at] and not done[at])
    if sum(refused[at] for at in dead) < max(_FEWEST, _SHARE * lost.total()):
        return None
    return max(_rows(dead), key=lambda row: row[1] - row[0])


def words(stretch: tuple[int, int]) -> str:
    """Return one sentence for people."""
    first, last = stretch
    when = f"in second {first}" if first == last else f"in seconds {first} to {last}"
    return f"{when} every connection was refused: nobody listened, the shop was down"


def _rows(seconds: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of seconds that follow each other, each (first, last)."""
    made = []
    for _, group in groupby(enumerate(seconds), key=lambda one: one[1] - one[0]):
        row = [at for _, at in group]
        made.append((row[0], row[-1]))
    return made

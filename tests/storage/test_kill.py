"""A kill at any moment loses at most the run in flight."""

import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from forepost.model import TransitionKind
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import at

ROOT = Path(__file__).parents[2]
POINTS = 24
# For each line, a process that writes without end from that number on: a run of two steps, with
# a transition and two alerts each time. It says its pid, and after each write which one it has
# finished. Forked, since a start of Python takes a hundred times as long as what is killed. It
# tells by one write each: an unbuffered `print` makes two, and a kill in between leaves "17"
# without its end of line, which then runs into what the next process says.
WRITERS = """
import itertools, os, sys
from pathlib import Path
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import alert, closing, full_run, opening, poll, post, told

def tell(what):
    os.write(1, f"{what}\\n".encode())

def write(first):
    store = SqliteStore(Path(sys.argv[1]))
    tell(os.getpid())
    for n in itertools.count(first):
        even = n - n % 2
        change = opening(even) if n % 2 == 0 else closing(even, n)
        store.add_run(full_run(n), change, told(change, "terminal", "webhook"))
        store.add_posts(poll(n, n + 1), [post(n), post(n, "bob")], str(n))
        tell(n)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        write(int(line))
    os.waitpid(child, 0)
    tell("killed")
"""


@pytest.mark.slow
def test_kill_9_loses_at_most_the_write_in_flight(tmp_path: Path) -> None:
    """Killed at random points, reopened each time: whole, and all that was told is there."""
    path = tmp_path / "forepost.sqlite"
    SqliteStore(path).close()
    dice = random.Random(20261103)
    next_n = 0
    with writers(path) as nursery:
        for _ in range(POINTS):
            said = killed_after(nursery, next_n, writes=dice.randint(1, 12), delay=dice.random())
            with closing(SqliteStore(path)) as store:
                assert store.check() == []
                numbers = [int(run.id.rpartition("-")[2]) for run in store.runs()]
                assert numbers == list(range(len(numbers)))
                assert numbers[-1] >= said
                halves(store, len(numbers))
            next_n = len(numbers)


def writers(path: Path) -> "subprocess.Popen[str]":
    """Start the process that forks writers; it ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


def killed_after(nursery: "subprocess.Popen[str]", first: int, *, writes: int, delay: float) -> int:
    """Kill a writer after so many writes, part of the way into the next; the last one told."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{first}\n")
    nursery.stdin.flush()
    pid, said = int(nursery.stdout.readline()), first - 1
    for _ in range(writes):
        said = int(nursery.stdout.readline())
    # A write takes about 2 ms here: the kill falls somewhere inside one. No promise of
    # the product hangs on this wait; whatever the moment, the store must be whole.
    signal.sigtimedwait([], delay * 0.004)
    os.kill(pid, signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "killed\n":
        said = int(line)
    return said


def halves(store: SqliteStore, runs: int) -> None:
    """No run without its transition, no transition without its two alerts."""
    transitions = store.transitions()
    assert len(transitions) == runs
    assert len(store.alerts()) == 2 * runs
    assert len(store.incidents()) == sum(t.kind is TransitionKind.OPENED for t in transitions)
    polls = store.polls()  # those of a number whose run was the last thing written are missing
    assert len(store.posts()) == 2 * len(polls)
    minutes = (polls[-1].at - at(0)).total_seconds() / 60
    assert store.cursor("town") == f"{minutes - 1:g}"

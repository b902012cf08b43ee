"""Two programs ask for the last leave under a cap at the same moment: one gets it."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

from forepost.model import Caps
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import at, entry

ROOT = Path(__file__).parents[2]
ROUNDS = 25
# Asks once for every line it hears, so that both ask as nearly together as can be.
ASKER = """
import sys
from pathlib import Path
from forepost.model import Caps
from forepost.storage.sqlite import SqliteStore
from tests.storage.nouns import at, entry

store = SqliteStore(Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    n = int(line)
    caps = Caps(since=at(n * 10), orders=1)
    answer = store.ledger_ask(entry(n * 10 + 1, sys.argv[2]), caps)
    print(answer or "leave", flush=True)
"""


def heard(child: subprocess.Popen[str]) -> str:
    """One line of a child."""
    assert child.stdout is not None
    return child.stdout.readline()


def tell(child: subprocess.Popen[str], n: int) -> None:
    """Let a child ask in round n."""
    assert child.stdin is not None
    child.stdin.write(f"{n}\n")
    child.stdin.flush()


def test_exactly_one_of_two_programs_gets_the_last_leave(tmp_path: Path) -> None:
    """Real processes, a fresh cap of one order each round: never two, never none."""
    path = tmp_path / "forepost.sqlite"
    SqliteStore(path).close()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        for name in ("a", "b")
    ]
    with children[0] as one, children[1] as two:
        assert {heard(one), heard(two)} == {"ready\n"}
        for n in range(ROUNDS):
            tell(one, n)
            tell(two, n)
            answers = sorted((heard(one), heard(two)))
            assert answers[1] == "leave\n", answers
            assert answers[0].startswith("1 of 1 orders"), answers
        for child in children:
            assert child.stdin is not None
            child.stdin.close()
    with closing(SqliteStore(path)) as store:
        entries = store.ledger()
        assert len(entries) == 2 * ROUNDS
        assert sum(not kept.refused for kept in entries) == ROUNDS
        late = at(ROUNDS * 10)
        assert store.ledger_ask(entry(ROUNDS * 10 + 5), Caps(late, orders=1)) == ""

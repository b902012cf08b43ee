"""Master and workers as processes: killed, stalled, orphaned, lent by another machine."""

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import requests

from forepost.errors import LoadError
from forepost.storage import Store
from loadtests import campaign, cells
from loadtests.breakpoint import run_breakpoint
from loadtests.campaign import Campaign
from loadtests.generator import engine
from loadtests.generator.lending import lend
from loadtests.generator.lock import only_run
from loadtests.generator.watching import LoadProgress
from loadtests.interrupted import interrupted
from loadtests.run import run_load

StartToy = Callable[..., str]
ROOT = Path(campaign.__file__).parents[1]
CAMPAIGN = """
[campaign]
title = "Toy"
owner = "Tests"
mocked = []
arrivals = "uniform"
workers = 2
max_lateness = "{lateness}"
[shape]
kind = "hold"
rate = "{rate}/s"
over = "{over}s"
[flows.browse]
share = 1.0
"""


def asked(rate: int, over: int, lateness: str = "5s") -> Campaign:
    """Return a campaign of visits to a page, on two workers."""
    text = CAMPAIGN.format(rate=rate, over=over, lateness=lateness)
    return campaign.parse(text, name="toy", origin="toy.toml")


def generators(parent: int, kind: str) -> list[psutil.Process]:
    """Return the masters or workers that a process has started."""
    found = []
    for child in psutil.Process(parent).children(recursive=True):
        with suppress(psutil.Error):  # others of this process's children may just end
            if child.cmdline()[-1:] == [kind]:
                found.append(child)
    return found


def test_a_killed_worker_makes_the_run_invalid_and_the_books_stay_exact(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """The run ends soon and says who died when; what its worker had open is censored."""
    killed: list[int] = []

    def kill(now: LoadProgress) -> None:
        if now.second >= 1 and not killed:
            victim = generators(os.getpid(), "--worker")[0]
            killed.append(victim.pid)
            victim.kill()

    started_at = time.monotonic()
    run = run_load(
        asked(40, 60), target=toy(catalog_s=0.4), store=store, out=tmp_path, progress=kill
    )

    assert time.monotonic() - started_at < 60, "the load alone would have taken that"
    assert (run.verdict, run.bottleneck) == ("invalid", None)
    told = run.detail
    assert f"process {killed[0]}) died (signal 9) after" in str(told["summary"])
    assert told["planned"] == 2400
    whole = [cell for cell in store.load_cells(run.id) if cell.endpoint == cells.WHOLE]
    for cell in whole:
        assert cell.started == cell.done + cell.failed + cell.censored
        assert cell.started == sum(cell.response_us.values())
    started = sum(cell.started for cell in whole)
    assert started == told["started"]
    assert 2400 - started - sum(cell.dropped for cell in whole) == told["unsent"]
    assert sum(cell.censored for cell in whole) > 0
    workers = told["workers"]
    assert isinstance(workers, list)
    assert [one["lost"] for one in workers if one["pid"] == killed[0]] == ["died (signal 9)"]
    assert sum(one["lost"] == "" for one in workers) == 1


def test_a_stall_of_a_worker_makes_the_run_invalid(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """Two seconds of silence on our side must not be sold as the shop's."""
    stalled: list[threading.Timer] = []

    def stall(now: LoadProgress) -> None:
        if now.second >= 0 and not stalled:
            worker = generators(os.getpid(), "--worker")[0]
            worker.suspend()
            stalled.append(threading.Timer(2.0, worker.resume))
            stalled[0].start()

    run = run_load(asked(40, 5, "500ms"), target=toy(), store=store, out=tmp_path, progress=stall)

    assert run.verdict == "invalid"
    assert "the generator was late" in str(run.detail["summary"])
    assert run.detail["unsent"] == 0


SCRIPT = """
import sys
from pathlib import Path
from forepost.storage import open_store
from loadtests import campaign
from loadtests.run import run_load
asked = campaign.parse(sys.stdin.read(), name="toy", origin="toy.toml")
made = run_load(asked, target=sys.argv[1], store=open_store(Path("s.sqlite")), out=Path("."),
                progress=lambda now: print(now.second, flush=True))
print(made.verdict, made.detail["summary"], flush=True)
"""


@pytest.mark.parametrize("victim", ["parent", "master"])
def test_nothing_is_left_running_when_one_of_them_is_killed(
    toy: StartToy, store: Store, tmp_path: Path, victim: str
) -> None:
    """Nobody would stop the load any more: kill -9 ends all of it, and frees the target.

    While it lasts nobody else of this machine may load the same shop.
    """
    url = toy()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(CAMPAIGN.format(rate=5, over=60, lateness="5s").encode())
        parent.stdin.close()
        assert parent.stdout.readline().strip().isdigit()
        (master,) = generators(parent.pid, "--master")
        workers = generators(parent.pid, "--worker")
        assert len(workers) == 2
        # Another output folder, another spelling: it is one target of this machine.
        elsewhere = url.replace("127.0.0.1", "localhost")
        second = run_load if victim == "parent" else run_breakpoint
        with pytest.raises(LoadError, match=rf"runs against it \(process {parent.pid}\)"):
            second(asked(5, 1), target=elsewhere, store=store, out=tmp_path / "other")
        assert not (tmp_path / "other").exists()

        (parent if victim == "parent" else master).kill()
        _, alive = psutil.wait_procs([master, *workers], timeout=60)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
        if victim == "master":
            last = parent.stdout.read().decode().splitlines()[-1]
            assert last.startswith("invalid not valid: the load generator died after")
            assert parent.wait(60) == 0
    with only_run(url):
        pass
    left = interrupted(store, tmp_path, datetime.now(UTC))
    assert not left.waiting
    assert [one.planned for one in left.found] == [""] * (victim == "parent")


SSH = """#!/bin/sh
# Stands for the way to another machine: the tunnel's ends are the same loopback here.
test "$1 $2 $3" = "-o ExitOnForwardFailure=yes -R" || exit 9
shift 5
exec "$@"
"""


def other_machine(folder: Path) -> dict[str, str]:
    """Return the environment of a shell that has `ssh` and `forepost`."""
    folder.mkdir()
    (folder / "ssh").write_text(SSH)
    run_it = "import sys; from forepost.cli import main; sys.exit(main())"
    (folder / "forepost").write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{run_it}' \"$@\"\n")
    for name in ("ssh", "forepost"):
        (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def test_workers_of_other_machines_join_by_exactly_the_printed_command(
    toy: StartToy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hosts, one command each; their counts are summed and they end with the run.

    Somebody who guesses the code is not taken for one of them, and no list of processes shows it.
    """
    monkeypatch.setattr(engine, "JOIN_REMOTE_S", 90.0)
    environment = other_machine(tmp_path / "bin")
    lent: list[subprocess.Popen[bytes]] = []
    codes: set[str] = set()

    def typed(command: str) -> subprocess.Popen[bytes]:
        """Type a line into a shell, which is no part of its own command line."""
        shell = subprocess.Popen(
            ["/bin/sh"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=tmp_path,
        )
        assert shell.stdin is not None
        shell.stdin.write(f"{command}\n".encode())
        shell.stdin.close()
        shell.stdin = None
        return shell

    def type_it(command: str) -> None:
        code = shlex.split(command)[1]
        if not lent:
            codes.add(code)
            guessed = typed(command.replace(code, "guess"))
            _, words = guessed.communicate(timeout=50)
            strangers.append((guessed.returncode, words.decode()))
        lent.append(typed(command))

    def look(_now: LoadProgress) -> None:
        """See what every process of this machine was started with."""
        lines = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
        at_work.append(sum("load worker --port" in line for line in lines))
        shown.extend(line for line in lines if any(code in line for code in codes))

    at_work, shown = list[int](), list[str]()
    strangers: list[tuple[int, str]] = []
    url = toy()
    run = run_load(
        asked(40, 2),
        target=url,
        store=store,
        out=tmp_path,
        hosts=("gen-1", "gen-2"),
        invite=type_it,
        progress=look,
    )

    assert [one.communicate(timeout=60)[1] for one in lent] == [b"", b""]
    assert [one.wait(60) for one in lent] == [0, 0]
    ((code, words),) = strangers
    assert code == 2
    assert "its code is not that of this run" in words
    workers = run.detail["workers"]
    assert isinstance(workers, list)
    assert {one["host"] for one in workers} == {"gen-1", "gen-2"}
    assert (run.detail["planned"], run.detail["done"], run.detail["invalid"]) == (80, 80, "")
    assert len(codes) == 1
    assert max(at_work) >= 2
    assert shown == []
    told = requests.get(f"{url}/seen", timeout=30).json()
    assert (run.detail["requests"], told["unmarked"]) == (80, 0)
    assert told["requests"] == 82  # and the home page and one pass before


def test_a_worker_that_does_not_join_is_one_line_and_nothing_is_sent(
    toy: StartToy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is printed and nobody types it: the run does not wait for ever."""
    monkeypatch.setattr(engine, "JOIN_REMOTE_S", 1.0)
    url, printed = toy(), list[str]()
    with pytest.raises(LoadError) as caught:
        run_load(
            asked(5, 1),
            target=url,
            store=store,
            out=tmp_path,
            hosts=("gen-1", "gen-2"),
            invite=printed.append,
        )

    assert "0 of 2 load workers joined within 1 s (from: none)" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert [command.split()[8] for command in printed] == ["gen-1", "gen-2"]
    assert requests.get(f"{url}/seen", timeout=30).json()["requests"] == 0
    assert store.load_runs() == []


def test_a_worker_without_a_waiting_run_is_one_line() -> None:
    """The port of a run that is over, or a tunnel that was forgotten."""
    with pytest.raises(LoadError, match="nobody listens on port 1 of this machine"):
        lend(1, "c0de", name="here", count=1, stop=threading.Event())

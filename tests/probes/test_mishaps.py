"""Hangs and kills: the verdict comes, the next run works, nothing is left running."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from forepost.model import Fault, FlowRun, Outcome
from probes import processes
from probes.pool import WORKERS, ProbePool, sweep
from tests.probes.site import Answer, Ask, Site, names

pytestmark = pytest.mark.browser

PASSING = (("step", "open"), ("open", "/"), ("see", "hello"))


def until(holds: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "the condition never came"
        time.sleep(0.05)


@pytest.fixture
def sound(pool: ProbePool, ask: Ask) -> Iterator[ProbePool]:
    """Yield the pool; afterwards the next run must work, and nothing be left running."""
    yield pool
    after = pool.run(ask(*PASSING))
    assert after.outcome is Outcome.PASSED, after.message
    assert pool.leftovers() == 0


def test_a_page_that_never_answers_fails_with_its_picture(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """The step's deadline ends it in the worker: the shop's fault, evidence is there."""
    site.pages["/never"] = Answer(delay_s=120)

    run = sound.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "pay"),
            ("open", "/never"),
            ("goal", "1"),
            step_deadline_s=3.0,
        )
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert names(run) == [("open", "passed"), ("pay", "failed")]
    # The deadline less the way to the request, told in whole seconds; a busy machine adds to it.
    assert re.search(r"GET /never: connected, no byte came in \d+ s$", run.steps[1].message)
    assert 2_900 < run.steps[1].duration_ms < 60_000
    picture = run.steps[1].picture
    assert picture is not None
    assert (out / picture).read_bytes().startswith(b"\x89PNG")


def test_the_inner_deadline_leaves_time_for_evidence(
    sound: ProbePool, ask: Ask, site: Site
) -> None:
    """The run's own deadline comes before the step's: still a verdict with a picture."""
    site.pages["/never"] = Answer(delay_s=120)

    run = sound.run(ask(("step", "open"), ("open", "/never"), ("goal", "1"), deadline_s=10.0))

    assert run.outcome is Outcome.FAILED
    assert run.steps[0].picture is not None
    assert (run.finished_at - run.started_at).total_seconds() < 20, "the step's own deadline"


def test_a_flow_that_blocks_in_python_is_ended_too(sound: ProbePool, ask: Ask) -> None:
    """No browser call is under way, and yet the step ends at its deadline."""
    run = sound.run(
        ask(("step", "open"), ("open", "/"), ("sleep", "60"), ("goal", "1"), step_deadline_s=1.0)
    )

    assert run.steps[0].duration_ms < 30_000
    assert not run.outcome.worked


def test_a_browser_that_hangs_is_broken_and_replaced(sound: ProbePool, ask: Ask) -> None:
    """A stopped browser answers nothing, not even `close`: ours, never the shop's."""
    run = sound.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "pay"),
            ("stop browser", ""),
            ("click", "next"),
            ("goal", "1"),
            step_deadline_s=3.0,
            deadline_s=15.0,
        )
    )

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.OURS)
    assert names(run) == [("open", "passed"), ("pay", "broken")]
    assert "the browser hangs" in run.message


def test_the_hard_deadline_keeps_the_last_step_told(sound: ProbePool, ask: Ask) -> None:
    """The worker itself is stopped: the parent ends it, and knows how far it came."""
    run = sound.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "pay"),
            ("stop worker", ""),
            ("goal", "1"),
            deadline_s=5.0,
        )
    )

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.OURS)
    assert names(run) == [("open", "passed")]
    assert run.failed_step == "pay"
    assert run.message == 'told, step "pay": the hard deadline passed'


@pytest.mark.parametrize("victim", ["browser", "worker"])
def test_kill_nine_in_mid_run_is_broken_and_the_next_run_works(
    sound: ProbePool, ask: Ask, victim: str
) -> None:
    """Kill -9 of the browser or of the worker: no failure of the shop, nothing left behind."""
    run = sound.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "pay"),
            (f"kill {victim}", ""),
            ("click", "next"),
            ("goal", "1"),
        )
    )

    assert (run.outcome, run.fault, run.failed_step) == (Outcome.BROKEN, Fault.OURS, "pay")
    assert f"the {victim} ended in mid-run" in run.message


def test_a_broken_attempt_is_repeated(sound: ProbePool, ask: Ask) -> None:
    """A broken attempt is repeated like a failed one, by a fresh worker."""
    run = sound.run(ask(("step", "open"), ("kill worker", ""), ("goal", "1"), retry=True))

    assert (run.outcome, run.attempts) == (Outcome.BROKEN, 2)
    assert run.first_message == 'told, step "open": the worker ended in mid-run'


def test_a_browser_that_died_while_idle_is_replaced_unseen(sound: ProbePool, ask: Ask) -> None:
    """Between two runs nobody watches it: the next run starts with a fresh one."""
    assert sound.run(ask(*PASSING)).outcome is Outcome.PASSED
    (worker,) = sound.pids()
    browsers = [p for p in processes.tree(worker) if "headless" in p.name()]
    assert browsers
    processes.end(browsers)

    run = sound.run(ask(*PASSING))

    assert (run.outcome, run.attempts) == (Outcome.PASSED, 1)


def test_what_a_flow_prints_does_not_disturb_the_pipe(sound: ProbePool, ask: Ask) -> None:
    """Even a line that looks like an event."""
    fake = json.dumps({"event": "run", "outcome": "passed"})

    run = sound.run(ask(("step", "open"), ("print", fake), ("print", "x"), ("goal", "")))

    assert run.outcome is Outcome.FAILED


def test_jobs_wait_before_their_clock_starts(sound: ProbePool, ask: Ask, site: Site) -> None:
    """One worker, two jobs: the second waits, and its wait is no part of its time."""
    gate, runs = threading.Event(), list[FlowRun]()
    site.pages["/held"] = Answer(gate=gate, delay_s=0.7, then=Answer())
    job = ask(("step", "open"), ("open", "/held"), ("see", "hello"))
    threads = [threading.Thread(target=lambda: runs.append(sound.run(job))) for _ in range(2)]
    threads[0].start()
    until(lambda: any(path == "/held" for _, path, _ in site.seen))
    threads[1].start()
    until(lambda: bool(sound._idle.not_empty._waiters))  # type: ignore[attr-defined]
    gate.set()
    for thread in threads:
        thread.join()

    first, second = sorted(runs, key=lambda run: run.started_at)
    assert first.finished_at <= second.started_at
    assert second.queued_ms >= 690
    whole_ms = (second.finished_at - second.started_at).total_seconds() * 1000
    assert second.duration_ms <= whole_ms + 1


def test_a_closed_pool_breaks_what_is_in_flight(mine: Path, ask: Ask, tmp_path: Path) -> None:
    """A stop ends the run at once, as broken, and leaves no process and no marker."""
    del mine
    pool = ProbePool(1, tmp_path)
    runs: list[FlowRun] = []
    job = ask(("step", "open"), ("open", "/"), ("wait", "60000"), ("goal", "1"), retry=True)
    thread = threading.Thread(target=lambda: runs.append(pool.run(job)))
    thread.start()
    until(lambda: bool(pool.pids()) and len(processes.under(tmp_path)) > 3)

    pool.close()
    thread.join(20)

    assert [run.outcome for run in runs] == [Outcome.BROKEN]
    assert processes.under(tmp_path) == []
    assert list((tmp_path / WORKERS).iterdir()) == []
    assert pool.run(job).message == "told: the pool was closed"


ORPHAN = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from forepost import plugins
from probes.job import ProbeJob
from probes.pool import ProbePool
plugins.add_folders([Path(sys.argv[1])])
pool = ProbePool(1, Path(sys.argv[2]))
acts = (("step", "open"), ("open", "/"), ("wait", "60000"), ("goal", "1"))
shop = {"url": sys.argv[3], "storefront": "bare", "environment": "sandbox"}
pool.run(ProbeJob("told", "x", datetime.now(UTC), {"acts": acts}, shop, 100.0, 90.0, False))
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_kill_nine_of_the_parent_leaves_nothing(
    mine: Path, site: Site, tmp_path: Path, stopped: bool
) -> None:
    """The worker's tree ends by itself; a worker that cannot is swept at the next start."""
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(mine), str(tmp_path), site.url])
    try:
        until(lambda: any(path == "/" for _, path, _ in site.seen))
        worker = next(
            process
            for process in psutil.Process(parent.pid).children()
            if "probes.worker" in process.cmdline()
        )
        if stopped:
            worker.suspend()
    finally:
        parent.kill()
        parent.wait(10)

    if stopped:
        assert processes.under(tmp_path)
        assert sweep(tmp_path) == 0
    until(lambda: processes.under(tmp_path) == [])
    sweep(tmp_path)
    assert list((tmp_path / WORKERS).iterdir()) == []


def test_a_sweep_leaves_a_living_pool_alone(sound: ProbePool, ask: Ask, out: Path) -> None:
    """Two watchers may share an output folder: only the dead are swept."""
    sound.run(ask(*PASSING))
    before = sound.pids()

    assert sweep(out) == 0

    assert sound.pids() == before
    assert sound.run(ask(*PASSING)).outcome is Outcome.PASSED


def test_a_renderer_that_is_killed_is_broken(sound: ProbePool, ask: Ask) -> None:
    """The page's process ends: that is the browser's, not the shop's."""
    run = sound.run(ask(("step", "open"), ("open", "/"), ("kill renderers", ""), ("click", "next")))

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.OURS)

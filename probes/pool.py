"""The pool: so many timed browsers at once, and one verdict for every job."""

import json
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import psutil

from forepost.model import FlowRun, LedgerEntry, Outcome, new_id
from forepost.model.proof import STOPPED
from probes import processes, recording
from probes.child import Child, Result
from probes.job import Order, ProbeJob
from probes.ledger import Ledger, join

WORKERS = "workers"  # the folder in the output folder that marks what is ours
OWNER = "owner.json"
UNMARKED_S = 10.0
ROOMS = ("probes.flows", "probes.storefronts")


class ProbePool:
    """Runs probes in worker children; safe to be used by many threads.

    `workers`: timed browsers at once; 0 is half of the cores, since two pages at once on
    one core distort each other's times. More jobs than workers wait before their clock starts.
    `ledger`: who gives leave to pay; without one all leave is given and nothing remembered.
    """

    def __init__(
        self,
        workers: int,
        out: Path,
        browser: str = "chromium",
        ledger: Ledger | None = None,
    ) -> None:
        self._out = out.resolve()
        self._shown_out = _from_here(out)
        self._count = workers or max(1, (os.cpu_count() or 1) // 2)
        self._folder = self._out / WORKERS / f"{os.getpid()}-{new_id(datetime.now(UTC))[-6:]}"
        self._lock = threading.Lock()
        self._closed = False
        self._survivors = 0
        sweep(self._out)
        self._children = [
            Child(self._out, browser, self._folder / str(n), ledger) for n in range(self._count)
        ]
        self._idle: queue.Queue[Child] = queue.Queue()
        for child in self._children:
            self._idle.put(child)

    def run(self, job: ProbeJob) -> FlowRun:
        """Run a job to its verdict; never raises for what happens in it."""
        asked = datetime.now(UTC)
        child = self._idle.get()
        try:
            return self._attempts(child, job, asked)
        finally:
            self._idle.put(child)

    @contextmanager
    def recording(self) -> Iterator[Path]:
        """Make the folder of a job that records, for as long as the block lasts.

        It lies in the pool's own, so that a later pool removes what a killed one left.
        """
        _mark(self._folder)
        with recording.folder(self._folder) as place:
            yield place

    def settle(self, job: ProbeJob, entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
        """Clean up after ledger entries of an earlier run; return them as they stand then."""
        child = self._idle.get()
        try:
            return self._settle(child, job, entries).entries
        finally:
            self._idle.put(child)

    def leftovers(self) -> int:
        """Return the number of browsers and drivers that outlived their worker: must be 0."""
        workers = {pid for child in self._children if (pid := child.pid) is not None}
        known = {process.pid for pid in workers for process in processes.tree(pid)}
        return len([found for found in processes.under(self._folder) if found.pid not in known])

    def pids(self) -> list[int]:
        """Return the process ids of the workers that run now."""
        return [pid for child in self._children if (pid := child.pid) is not None]

    def close(self) -> None:
        """End all workers with their browsers; runs in flight are broken, not the shop's."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        threads = [threading.Thread(target=child.stop) for child in self._children]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _attempts(self, child: Child, job: ProbeJob, asked: datetime) -> FlowRun:
        run_id = new_id(datetime.now(UTC))
        folders = self._folders()
        try:
            with self._lock:
                _mark(self._folder)
            first = self._attempt(child, Order(job, run_id, 1, folders=folders))
            queued_ms = (first.started_at - asked).total_seconds() * 1000
            results = [first]
            if self._worth_a_retry(job, first):
                results.append(self._attempt(child, Order(job, run_id, 2, folders=folders)))
        except (OSError, TypeError) as error:  # a full disk, a setting that cannot cross the pipe
            now = datetime.now(UTC)
            results, queued_ms = [Result(now, now, message=str(error))], 0.0
        return self._verdict(job, run_id, results, max(queued_ms, 0.0))

    def _folders(self) -> dict[str, tuple[str, ...]]:
        return {room: tuple(import_module(room).__path__) for room in ROOMS}

    def _attempt(self, child: Child, order: Order) -> Result:
        """Make one attempt; if its worker was killed, let the next one clean up after it."""
        result = child.run(order)
        if result.entries and result.cleanup is None and not self._closed:
            settled = self._settle(child, order.job, result.entries, in_payment=result.in_payment)
            result.entries, result.cleanup = settled.entries, settled.cleanup
        return result

    def _settle(
        self,
        child: Child,
        job: ProbeJob,
        entries: Sequence[LedgerEntry],
        *,
        in_payment: bool = False,
    ) -> Result:
        customers = tuple(dict.fromkeys(entry.customer for entry in entries))
        run_id = new_id(datetime.now(UTC))
        order = Order(job, run_id, 1, customers, self._folders())
        return child.settle(order, entries, in_payment=in_payment)

    def _worth_a_retry(self, job: ProbeJob, result: Result) -> bool:
        """Whether to look again: after a step that pays only with proof of what it left."""
        if not job.retry or result.outcome.worked or not result.begun or self._closed:
            return False
        if not result.paying:
            return True
        proof = result.cleanup
        if proof is None or proof.outcome is not Outcome.PASSED:
            return False
        return job.shop.get("environment") == "sandbox" or proof.made == 0

    def _verdict(
        self, job: ProbeJob, run_id: str, results: list[Result], queued_ms: float
    ) -> FlowRun:
        """Join the attempts: the last one decides, unless it was our own fault or stopped short."""
        sound = [result for result in results if result.outcome is not Outcome.BROKEN]
        # A second attempt without leave to pay has not come to what failed, and clears nobody.
        short = [one for one in sound[1:] if _stopped_short(one, sound[0].failed_step)]
        sound = [one for one in sound if one not in short]
        decides = (sound or results)[-1]
        unsaid = tuple(("not repeated", dict(one.facts)[STOPPED]) for one in short)
        kept = {a.path: a for result in results for a in result.artefacts}
        return FlowRun(
            id=run_id,
            flow=job.flow,
            location=job.location,
            slot_at=job.slot_at,
            started_at=results[0].started_at,
            finished_at=results[-1].finished_at,
            outcome=decides.outcome,
            steps=decides.steps,
            failed_step=decides.failed_step,
            message=self._say(job.flow, decides),
            fault=decides.fault,
            # A retry that broke on our side is no second failure of the shop.
            attempts=len(sound) if decides.outcome is Outcome.FAILED else len(results),
            first_message="" if decides is results[0] else self._say(job.flow, results[0]),
            queued_ms=queued_ms,
            cpu_ratio=decides.cpu_ratio,
            browser=decides.browser,
            artefacts=tuple(kept.values()),
            facts=decides.facts + unsaid,
            device=str(job.device.get("name") or "desktop"),
            cleanup=join([result.cleanup for result in results if result.cleanup]),
        )

    def _say(self, flow: str, result: Result) -> str:
        """Return the line people read; empty for a run that passed."""
        if not result.message:
            return ""
        step = f', step "{result.failed_step}"' if result.failed_step else ""
        shot = next((a.path for a in result.artefacts if a.kind == "screenshot"), None)
        picture = f"; screenshot: {self._shown_out / shot}" if shot else ""
        return f"{flow}{step}: {result.message}{picture}"


def _stopped_short(result: Result, failed_step: str | None) -> bool:
    """Whether an attempt had no leave to pay, and ended before the step that had failed."""
    return STOPPED in dict(result.facts) and failed_step not in [step.name for step in result.steps]


def _from_here(out: Path) -> Path:
    """Return a folder as people read it: short where it lies below the working folder."""
    try:
        return out.absolute().relative_to(Path.cwd())
    except ValueError:
        return out


def sweep(out: Path) -> int:
    """End what an earlier pool of this output folder left running; return how many survived.

    Only processes whose temporary folder or profile lies in the folder of a pool that is
    dead are touched.
    """
    survivors = 0
    for folder in (out / WORKERS).glob("*/"):
        if not _owner_lives(folder):
            survivors += processes.end_all(None, folder)
            shutil.rmtree(folder, ignore_errors=True)
    return survivors


def others_walk(out: Path) -> bool:
    """Whether another process has a pool on this output folder, so that runs may be under way."""
    mine = f"{os.getpid()}-"
    found = (out / WORKERS).glob("*/")
    return any(not one.name.startswith(mine) and _owner_lives(one) for one in found)


def _mark(folder: Path) -> None:
    """Say whose the folder is: process id and start time, since ids are used again."""
    marker = folder / OWNER
    if marker.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    pid = os.getpid()
    draft = folder / f".{OWNER}"
    draft.write_text(json.dumps({"pid": pid, "started": psutil.Process(pid).create_time()}))
    draft.replace(marker)


def _owner_lives(folder: Path) -> bool:
    """Whether the pool of a folder still runs; a folder just made may not say so yet."""
    try:
        owner = json.loads((folder / OWNER).read_text())
        started = float(psutil.Process(owner["pid"]).create_time())
        return abs(started - float(owner["started"])) < 1.0
    except FileNotFoundError:
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime < UNMARKED_S
    except (OSError, ValueError, KeyError, psutil.Error):
        return False
    return False

"""The parent's side of one worker: it holds the hard deadline, and ends the whole tree."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forepost.errors import ForepostError
from forepost.model import (
    Artefact,
    Browser,
    Cleanup,
    Fault,
    LedgerEntry,
    MadeKind,
    Outcome,
    StepResult,
)
from probes import processes
from probes.job import Order, dumps, loads, order_line, read_browser, read_step
from probes.ledger import Findings, Ledger, Unkept, doubted, read_findings, settle, verdict
from probes.measures.pressure import cpu, ratio
from probes.recording import CLOSE_LIMIT_S

START_LIMIT_S = 90.0  # Python, driver and browser, on a machine that is busy
STARTS = 3  # a worker may end between two orders (spent browser): the order is given again
STOP_LIMIT_S = 5.0
WAIT_SLICE_S = 0.5
CLEAN_UP_GRACE_S = 10.0  # the worker's own deadline comes first
CUT_OFF = "the worker ended in mid clean-up"


@dataclass(slots=True)
class Result:
    """What one attempt came to."""

    started_at: datetime
    finished_at: datetime
    outcome: Outcome = Outcome.BROKEN
    fault: Fault | None = Fault.OURS
    message: str = ""
    failed_step: str | None = None
    steps: tuple[StepResult, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    browser: Browser | None = None
    cpu_ratio: float | None = None
    paying: bool = False  # whether a step that pays was entered
    begun: bool = False  # whether the clock started
    in_payment: bool = False  # whether it was cut off inside a step that pays
    entries: tuple[LedgerEntry, ...] = ()  # what leave was given for
    cleanup: Cleanup | None = None  # None: there was no leave, or nobody has cleaned up yet


@dataclass(slots=True)
class _Told:
    """What a worker has told of the attempt under way."""

    began: float = 0.0
    cpu: tuple[float, float] = (0.0, 0.0)
    browser: Browser | None = None
    step: str | None = None  # the step under way
    paying: bool = False
    steps: list[StepResult] = field(default_factory=list)
    failed: StepResult | None = None  # told before the evidence was taken
    fault: Fault | None = None
    entries: list[LedgerEntry] = field(default_factory=list)


class Child:
    """One worker process; started when it is needed, replaced when it is gone."""

    def __init__(self, out: Path, browser: str, folder: Path, ledger: Ledger | None = None) -> None:
        self._out = out
        self._ledger: Ledger = ledger or Unkept()
        self._browser = browser
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._events: queue.Queue[str | None] = queue.Queue()
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The worker's process id, while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def run(self, order: Order) -> Result:
        """Have one attempt made; the verdict comes whatever happens below."""
        told = _Told()
        refused = self._start(order, told)
        if refused:
            now = datetime.now(UTC)
            return Result(now, now, message=refused, browser=told.browser)
        started_at = datetime.now(UTC)
        end = told.began + order.job.deadline_s
        reason = "the worker ended in mid-run"
        while True:
            event = self._next(end)
            if event is None:
                reason = "the hard deadline passed" if time.monotonic() >= end else reason
                break
            if event["event"] == "run":
                result = _finished(event, told, started_at)
                result = self._cleaned(order, result) if event["cleanup"] else result
                if order.job.record:
                    self._next(time.monotonic() + CLOSE_LIMIT_S)  # "recorded": it is on disk
                return result
            if event["event"] == "ask":
                self._answer(order, told, event["wish"])
            _note(event, told)
        self.kill()
        return _cut_off(told, started_at, reason)

    def settle(
        self, order: Order, entries: Sequence[LedgerEntry], *, in_payment: bool = False
    ) -> Result:
        """Have an earlier attempt's customers cleaned up after (`order.settle`).

        `in_payment`: it was cut off just now inside a step that pays.
        """
        told = _Told()
        now = datetime.now(UTC)
        refused = self._start(order, told)
        result = Result(now, now, entries=tuple(entries), message=refused, in_payment=in_payment)
        if not refused:
            return self._cleaned(order, result, extra_s=order.job.deadline_s)
        findings = [Findings(name, problem=refused) for name in order.settle]
        return self._settled(result, findings, 0.0)

    def _answer(self, order: Order, told: _Told, wish: Mapping[str, Any]) -> None:
        """Write the ledger row, then let the worker go on or not."""
        entry = LedgerEntry(
            id=f"{order.run_id}-{order.attempt}-{len(told.entries) + 1}",
            run_id=order.run_id,
            flow=order.job.flow,
            attempt=order.attempt,
            step=wish["step"],
            kind=MadeKind(wish["kind"]),
            customer=wish["customer"],
            asked_at=datetime.now(UTC),
            amount_cents=wish["amount_cents"],
        )
        ours = False
        try:
            reason = self._ledger.ask(entry)
        except ForepostError as error:
            reason, ours = str(error), True
        if not reason:
            told.entries.append(entry)
        self._send(dumps({"reason": reason, "ours": ours}) + "\n")

    def _cleaned(self, order: Order, result: Result, extra_s: float = 0.0) -> Result:
        """Wait for the clean-up of an attempt that has its verdict."""
        limit_s = order.job.cleanup_deadline_s + CLEAN_UP_GRACE_S + extra_s
        end = time.monotonic() + limit_s
        while (event := self._next(end)) is not None:
            if event["event"] == "cleanup":
                findings = read_findings(event["found"])
                return self._settled(result, findings, event["duration_ms"])
        self.kill()
        customers = dict.fromkeys(entry.customer for entry in result.entries)
        findings = tuple(Findings(name, problem=CUT_OFF) for name in customers)
        return self._settled(result, findings, limit_s * 1000)

    def _settled(self, result: Result, findings: Sequence[Findings], duration_ms: float) -> Result:
        """Settle the entries, and write them down."""
        findings = doubted(findings) if result.in_payment else findings
        result.entries = settle(result.entries, findings, datetime.now(UTC))
        result.cleanup = verdict(result.entries, findings, duration_ms)
        try:
            self._ledger.note(result.entries)
        except ForepostError as error:
            result.cleanup = replace(
                result.cleanup, outcome=Outcome.BROKEN, message=f"not written down: {error}"
            )
        return result

    def kill(self) -> int:
        """End the worker's whole tree, hung or not; return the number that survived."""
        process = self._process
        left = processes.end_all(process.pid if process else None, self._folder)
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_LIMIT_S)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        self._process = None
        return left

    def stop(self) -> int:
        """Let an idle worker end by itself, then make sure."""
        self._stopping = True
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_LIMIT_S)
        return self.kill()

    def _start(self, order: Order, told: _Told) -> str:
        """Give the order and wait until its clock starts; return why it did not, or nothing."""
        line = order_line(order) + "\n"
        for _ in range(STARTS):
            if self._stopping:
                return "the pool was closed"
            if self.pid is None:
                self.kill()
                self._spawn()
            if not self._send(line):
                self.kill()
                continue
            event = self._next(time.monotonic() + START_LIMIT_S)
            if event is not None and event["event"] == "started":
                told.began, told.cpu = time.monotonic(), cpu()
                told.browser = read_browser(event["browser"])
                return ""
            self.kill()
            if event is not None and event["event"] == "refused":
                return str(event["message"])
        return f"no worker starts: {self._last_words()}"

    def _spawn(self) -> None:
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        place = str(temporary)
        environment = {**os.environ, "TMPDIR": place, "FOREPOST_WORKER_TMP": place}
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        with (self._folder / "stderr.txt").open("w", encoding="utf-8") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "probes.worker", str(self._out), self._browser],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                env=environment,
                start_new_session=True,
            )
        self._events = queue.Queue()
        threading.Thread(target=_listen, args=(self._process, self._events), daemon=True).start()

    def _send(self, line: str) -> bool:
        process = self._process
        try:
            if process is None or process.stdin is None:
                return False
            process.stdin.write(line)
            process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _next(self, end: float) -> dict[str, Any] | None:
        """Return the next event; None when the worker is gone or `end` has come."""
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._events.get(timeout=min(left, WAIT_SLICE_S))
            except queue.Empty:
                continue
            if line is None:
                return None
            with suppress(ValueError):
                event = loads(line)
                if isinstance(event, dict) and "event" in event:
                    return event
        return None

    def _last_words(self) -> str:
        try:
            lines = (self._folder / "stderr.txt").read_text("utf-8", "replace").split("\n")
        except OSError:
            lines = []
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "no reason")


def _listen(process: "subprocess.Popen[str]", events: "queue.Queue[str | None]") -> None:
    """Pass on what a worker writes; None when it has ended."""
    if process.stdout is not None:
        with suppress(OSError, ValueError):
            for line in process.stdout:
                events.put(line)
    events.put(None)


def _note(event: dict[str, Any], told: _Told) -> None:
    if event["event"] == "enter":
        told.step = event["step"]
        told.paying = told.paying or bool(event["pays"])
    elif event["event"] == "step":
        told.steps.append(read_step(event["step"]))
        told.step = None
    elif event["event"] == "verdict":
        told.failed, told.fault = read_step(event["step"]), Fault(event["fault"])


def _finished(event: dict[str, Any], told: _Told, started_at: datetime) -> Result:
    """Return what the worker found."""
    return Result(
        started_at=started_at,
        finished_at=datetime.fromtimestamp(event["finished"], UTC),
        outcome=Outcome(event["outcome"]),
        fault=Fault(event["fault"]) if event["fault"] else None,
        message=event["message"],
        failed_step=event["failed_step"],
        steps=tuple(read_step(step) for step in event["steps"]),
        artefacts=tuple(Artefact(**kept) for kept in event["artefacts"]),
        facts=tuple((str(name), str(value)) for name, value in event["facts"]),
        browser=told.browser,
        cpu_ratio=event["cpu_ratio"],
        paying=told.paying,
        begun=True,
        entries=tuple(told.entries),
    )


def _cut_off(told: _Told, started_at: datetime, reason: str) -> Result:
    """Return what is known of an attempt that was killed: its verdict, if it had told one."""
    result = Result(
        started_at=started_at,
        finished_at=datetime.now(UTC),
        message=reason,
        failed_step=told.step,
        steps=tuple(told.steps),
        browser=told.browser,
        cpu_ratio=ratio(told.cpu),
        paying=told.paying,
        begun=True,
        in_payment=any(entry.step == told.step for entry in told.entries),
        entries=tuple(told.entries),
    )
    if told.failed is not None:
        result.outcome, result.fault = told.failed.outcome, told.fault
        result.failed_step, result.message = told.failed.name, told.failed.message
        done = [step for step in told.steps if step.name != told.failed.name]
        result.steps = (*done, told.failed)
        result.facts = (("evidence not kept", reason),)
    return result

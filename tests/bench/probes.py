"""What a probe costs: `checkout` by a warm worker, and by a plain script in three manners.

`python -m tests.bench.probes [--rounds 15] [--json]`. The contestants take turns in an order
drawn anew each round, so that what else happens hits all alike; medians are compared. Wall
time runs from the request to the answer; CPU is that of the whole process tree (Python,
driver, browser), the closing of the context included, without the shop's. The CPU time of a
browser that has ended cannot be read any more: where one ends with each run, there is none.

The probe does all that it does by default: ledger, marks, blocked hosts, figures of every
page, every request with its times, a picture of each step, the clean-up. The plain script
checks the same things and voids its order by the same calls, and keeps nothing.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from forepost.bundled import Bundled, running
from forepost.config import Shop
from probes.browser import MEMORY
from probes.job import ProbeJob, plain
from probes.pool import ProbePool

WARM_UP = 2
SETTLE_S = 0.5  # contexts close after the answer; nobody else runs meanwhile
SCRIPT = Path(__file__).with_name("plain_checkout.py")
# (wall, CPU) of the probe against it, at most; None: told, but no target
TARGETS: dict[str, tuple[float | None, float | None]] = {
    "plain": (1.10, 1.10),
    "fresh": (None, None),  # an earlier target was 0.60: docs/benchmarks.md says why it is none
    "process": (None, None),
}


@dataclass
class Contestant:
    """One way to do a checkout, and what each of its runs cost."""

    name: str
    run: Callable[[], object]
    pid: Callable[[], int] | None  # of a tree that outlives the run
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def take_turn(self, *, counts: bool) -> None:
        """Do one checkout and note its cost."""
        before, own = self._cpu_ms(), time.process_time()
        began = time.perf_counter()
        self.run()
        wall_ms = (time.perf_counter() - began) * 1000
        own_ms = (time.process_time() - own) * 1000
        time.sleep(SETTLE_S)
        if counts:
            self.wall_ms.append(wall_ms)
            self.cpu_ms.append(self._cpu_ms() - before + own_ms)

    def medians(self) -> dict[str, float | None]:
        """Return the medians of wall and CPU."""
        cpu_ms = statistics.median(self.cpu_ms) if self.pid else None
        return {"wall_ms": statistics.median(self.wall_ms), "cpu_ms": cpu_ms}

    def _cpu_ms(self) -> float:
        return tree_cpu_ms(self.pid()) if self.pid else 0.0


def tree_cpu_ms(pid: int) -> float:
    """Return the CPU time of a process, its descendants and those that have ended."""
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total * 1000


def probe(pool: ProbePool, shop: Shop) -> Contestant:
    """Return the contestant that Forepost is."""

    def run() -> None:
        job = ProbeJob("checkout", "bench", datetime.now(UTC), shop=plain(shop), retry=False)
        done = pool.run(job)
        if not done.outcome.worked:
            raise RuntimeError(done.message)

    run()  # so that the worker is there
    return Contestant("probe", run, lambda: pool.pids()[0])


def script(manner: str, path: str, at: Bundled, stack: ExitStack) -> Contestant:
    """Return the plain script as a child that does one checkout for each line."""
    child = stack.enter_context(
        subprocess.Popen(
            [sys.executable, str(SCRIPT), path, manner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    stack.callback(child.kill)
    count = iter(range(10_000))
    addresses = {**asdict(at), "token": at.token.reveal()}

    def ask(line: str) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{line}\n")
        child.stdin.flush()
        if not child.stdout.readline():
            raise RuntimeError(f"the plain script ({manner}) ended")

    ask(json.dumps(addresses, default=str))
    warm = manner == "warm"
    return Contestant(
        "plain" if warm else "fresh",
        lambda: ask(f"{manner}{next(count)}@probe.invalid"),
        (lambda: child.pid) if warm else None,
    )


def process(path: str, at: Bundled) -> Contestant:
    """Return the plain script started anew for each run, as a cron job does."""
    count = iter(range(10_000))
    addresses = json.dumps({**asdict(at), "token": at.token.reveal()}, default=str)

    def run() -> None:
        subprocess.run(
            [sys.executable, str(SCRIPT), path, "warm"],
            input=f"{addresses}\nprocess{next(count)}@probe.invalid\n",
            capture_output=True,
            text=True,
            check=True,
        )

    return Contestant("process", run, None)


def measure(rounds: int) -> list[Contestant]:
    """Let the contestants take turns."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        out = Path(folder)
        at = stack.enter_context(running(out / "shop", town=False))
        pool = ProbePool(1, out)
        stack.callback(pool.close)
        shop = at.settings(Shop(environment="sandbox"))
        contestants = [probe(pool, shop)]
        path = json.loads((out / MEMORY).read_text())["chromium"]["path"] or ""
        contestants += [script(manner, path, at, stack) for manner in ("warm", "fresh")]
        contestants.append(process(path, at))
        order = random.Random(1)  # whoever follows a browser's end pays for it
        for turn in range(-WARM_UP, rounds):
            for contestant in order.sample(contestants, len(contestants)):
                contestant.take_turn(counts=turn >= 0)
    return contestants


def result(contestants: list[Contestant], rounds: int) -> dict[str, Any]:
    """Return medians, and the probe's ratio to each of the others with its target."""
    medians = {contestant.name: contestant.medians() for contestant in contestants}
    against: dict[str, dict[str, float | None]] = {}
    for name, targets in TARGETS.items():
        against[name] = {}
        for what, target in zip(("wall", "cpu"), targets, strict=True):
            own, other = medians["probe"][f"{what}_ms"], medians[name][f"{what}_ms"]
            against[name][f"{what}_ratio"] = own / other if own and other else None
            against[name][f"{what}_target"] = target
    return {"rounds": rounds, "medians": medians, "probe_against": against}


def missed(found: dict[str, Any]) -> list[str]:
    """Return the targets that were not met."""
    return [
        f"{name} {what}"
        for name, ratios in found["probe_against"].items()
        for what in ("wall", "cpu")
        if ratios[f"{what}_target"] is not None
        and ratios[f"{what}_ratio"] > ratios[f"{what}_target"]
    ]


def table(found: dict[str, Any]) -> str:
    """Return the result for people."""
    told = {
        "probe": "warm probe",
        "plain": "plain script, warm browser",
        "fresh": "browser per run",
        "process": "script per run",
    }
    lines = [f"{'':<28}{'wall ms':>9}{'CPU ms':>9}   the probe against it (target)"]
    for name, median in found["medians"].items():
        line = f"{told[name]:<28}{_figure(median['wall_ms'])}{_figure(median['cpu_ms'])}"
        for what, ratio in (("wall", "wall"), ("CPU", "cpu")):
            against = found["probe_against"].get(name, {})
            if against.get(f"{ratio}_ratio") is not None:
                target = against[f"{ratio}_target"]
                limit = f" (≤ {target:.2f})" if target else ""
                line += f"   {what} {against[f'{ratio}_ratio']:.2f}{limit}"
        lines.append(line)
    verdict = f"missed: {', '.join(missed(found))}" if missed(found) else "all targets met"
    return "\n".join([*lines, f"medians of {found['rounds']} runs each, taken in turns; {verdict}"])


def _figure(value: float | None) -> str:
    return f"{'–':>9}" if value is None else f"{value:>9.0f}"


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = result(measure(asked.rounds), asked.rounds)
    sys.stdout.write(f"{json.dumps(found) if asked.json else table(found)}\n")
    return 1 if missed(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())

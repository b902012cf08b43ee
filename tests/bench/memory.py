"""What a worker weighs after 30 and after 300 runs: `python -m tests.bench.memory [--runs 300]`.

The worker's whole tree (Python, driver, browser) after each run of `browse`: proportional
set size where the system tells it, else resident set size, which counts shared pages for
each process. The peak of all runs is held against that of the first 30; since the peak of more
runs is higher by chance alone, that of the last 30 is told beside it. The context of a run
closes after its answer, so it is waited for a little.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from forepost.bundled import running
from forepost.config import Shop
from probes.job import ProbeJob, plain
from probes.pool import ProbePool

WINDOW = 30
SETTLE_S = 0.5
MOST_RATIO = 1.10
TOLD_EVERY = 30


def weight_mb(pid: int) -> tuple[float, str]:
    """Return the memory of a process and its descendants, and how it was counted."""
    root = psutil.Process(pid)
    total, kind = 0, "pss"
    for process in (root, *root.children(recursive=True)):
        try:
            told = process.memory_full_info()
            total += getattr(told, "pss", 0) or told.rss
            kind = kind if getattr(told, "pss", 0) else "rss"
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            total, kind = total + process.memory_info().rss, "rss"
    return total / 1e6, kind


def measure(flow: str, runs: int) -> dict[str, Any]:
    """Run a flow again and again; return weights after each run."""
    weights, kind = [], "pss"
    with tempfile.TemporaryDirectory() as folder, running(Path(folder, "shop"), town=False) as at:
        pool = ProbePool(1, Path(folder))
        shop = plain(at.settings(Shop(environment="sandbox")))
        pids: set[int] = set()
        try:
            for _ in range(runs):
                done = pool.run(ProbeJob(flow, "bench", datetime.now(UTC), shop=shop, retry=False))
                if not done.outcome.worked:
                    raise RuntimeError(done.message)
                time.sleep(SETTLE_S)
                (pid,) = pool.pids()
                pids.add(pid)
                weight, kind = weight_mb(pid)
                weights.append(weight)
        finally:
            pool.close()
    first, last, most = max(weights[:WINDOW]), max(weights[-WINDOW:]), max(weights)
    return {
        "flow": flow,
        "runs": runs,
        "counted": kind,
        "workers": len(pids),
        "peak_first_mb": first,
        "peak_last_mb": last,
        "peak_mb": most,
        "ratio": most / first,
        "last_ratio": last / first,
        "series_mb": [round(weight, 1) for weight in weights[TOLD_EVERY - 1 :: TOLD_EVERY]],
    }


def table(found: dict[str, Any]) -> str:
    """Return the result for people."""
    series = " ".join(f"{weight:.0f}" for weight in found["series_mb"])
    verdict = "met" if found["ratio"] <= MOST_RATIO else "missed"
    first, last = found["peak_first_mb"], found["peak_last_mb"]
    return (
        f"{found['flow']}: {found['counted']} of a worker's tree after every {TOLD_EVERY} runs, "
        f"MB: {series}\npeak of the first {WINDOW} runs {first:.0f} MB, of all {found['runs']} "
        f"{found['peak_mb']:.0f} MB: {found['ratio']:.3f} (≤ {MOST_RATIO}): {verdict}; of the last "
        f"{WINDOW} {last:.0f} MB: {found['last_ratio']:.3f}; workers: {found['workers']}"
    )


def main() -> int:
    """Measure and print; exit code 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--flow", default="browse")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.flow, asked.runs)
    sys.stdout.write(f"{json.dumps(found) if asked.json else table(found)}\n")
    return 0 if found["ratio"] <= MOST_RATIO else 1


if __name__ == "__main__":
    raise SystemExit(main())

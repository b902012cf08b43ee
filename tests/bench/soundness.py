"""Soundness: no false alarm on a healthy shop, and no fault or mutation that goes unseen.

`python -m tests.bench.soundness [--runs 500] [--workers 1] [--part healthy|faults|mutations]`.
Healthy: so many runs over the six flows by warm workers; every run that failed, broke, was
degraded or needed a second attempt is counted. Faults: each that the demo shop documents, in
the step that must notice it (`tests/flows/faults.py`). Mutations: each of every flow.
Exit code 0: no false failure, and all noticed in the right step.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forepost import plugins
from forepost.bundled import Bundled, running
from forepost.config import Shop
from forepost.model import FlowRun, Outcome
from probes import mutations
from probes.job import ProbeJob, plain
from probes.pool import ProbePool
from tests.flows.faults import FAULTS, Row

FLOWS = ("browse", "checkout", "payment", "gift_card", "autopay", "after_sales")
PARTS = ("healthy", "faults", "mutations")
SHOWN = 160  # of a message


@dataclass
class Tally:
    """What a part of the bench found; `wrong` holds one line for each finding."""

    part: str
    asked: int = 0
    good: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.wrong and self.asked > 0


@dataclass(frozen=True, slots=True)
class Bench:
    """A demo shop and its probes."""

    shop: Bundled
    pool: ProbePool

    def job(self, flow: str, mutation: str = "", **settings: Any) -> ProbeJob:
        """Return one walk of a flow in the sandbox."""
        own = replace(plugins.load("probes.flows", flow).Settings(), **settings)
        table = replace(self.shop.settings(Shop()), environment="sandbox")
        return ProbeJob(
            flow=flow,
            location="bench",
            slot_at=datetime.now(UTC),
            settings=plain(own),
            shop=plain(table),
            retry=not mutation,
            mutation=mutation,
        )

    def healthy(self, runs: int, workers: int) -> Tally:
        """Walk the six flows in turn on a shop that has no fault."""
        tally = Tally("healthy")
        flows = [FLOWS[number % len(FLOWS)] for number in range(runs)]
        with ThreadPoolExecutor(workers) as threads:
            for run in threads.map(lambda flow: self.pool.run(self.job(flow)), flows):
                tally.asked += 1
                tally.counts.update(_of_healthy(run))
                sound = run.outcome.worked and run.attempts == 1
                tally.good += sound
                if not sound or (run.cleanup is not None and run.cleanup.left):
                    tally.wrong.append(_line(run.flow, run))
                _progress(tally, runs)
        return tally

    def faults(self) -> Tally:
        """Switch on every documented fault, and walk the flow whose rule it breaks."""
        rows = [row for row in FAULTS if row.fault in self._known()]
        return self._each("faults", rows, self._fault)

    def mutated(self) -> Tally:
        """Walk every flow under every mutation that concerns it."""
        cases = [(flow, each) for flow in FLOWS for each in mutations.of_flow(flow)]
        return self._each("mutations", cases, self._mutation)

    def _fault(self, row: Row) -> tuple[str, bool, FlowRun]:
        faults = f"{self.shop.shop}/api/faults"
        self.shop.call("PUT", f"{faults}/{row.fault}", dict(row.parameters))
        try:
            run = self.pool.run(replace(self.job(row.flow, **row.settings), retry=False))
        finally:
            self.shop.call("DELETE", faults)
        failed = run.outcome is Outcome.FAILED and run.failed_step == row.step
        return row.fault, failed and row.part in run.message, run

    def _mutation(self, case: tuple[str, mutations.Mutation]) -> tuple[str, bool, FlowRun]:
        flow, mutation = case
        run = self.pool.run(self.job(flow, mutation.name))
        seen = mutations.struck(run) and mutations.noticed(run)
        return mutation.name, seen and run.failed_step == mutation.step(flow), run

    def _each(
        self,
        part: str,
        cases: Sequence[Any],
        walk: Callable[[Any], tuple[str, bool, FlowRun]],
    ) -> Tally:
        tally = Tally(part)
        for case in cases:
            name, noticed, run = walk(case)
            tally.asked += 1
            tally.good += noticed
            tally.counts["noticed" if noticed else "missed"] += 1
            if not noticed:
                tally.wrong.append(_line(f"{run.flow} under {name}", run))
            _progress(tally, len(cases))
        return tally

    def _known(self) -> set[str]:
        known = self.shop.call("GET", f"{self.shop.shop}/api/faults")
        assert isinstance(known, dict)
        return set(known["known"])


def _of_healthy(run: FlowRun) -> Iterator[str]:
    """Yield what is counted of a run on a healthy shop."""
    yield str(run.outcome)
    if run.attempts > 1:
        yield "retried"
    if "not checked" in dict(run.facts):
        yield "not all checked"
    if run.cleanup is not None and run.cleanup.left:
        yield "left behind"


def _line(what: str, run: FlowRun) -> str:
    said = run.first_message or run.message
    return f"{what}: {run.outcome} in {run.failed_step!r}: {said[:SHOWN]}"


def _progress(tally: Tally, total: int) -> None:
    sys.stderr.write(f"\r{tally.part}: {tally.asked}/{total}")
    sys.stderr.flush()


def _table(tallies: Iterable[Tally]) -> Iterator[str]:
    for tally in tallies:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(tally.counts.items()))
        yield f"{tally.part:<10} {tally.good:>4} of {tally.asked:<4} {counts}"
        yield from (f"  {line}" for line in tally.wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; 0 if each is sound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    parts = asked.part or PARTS
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "shop", town=False) as up:
        bench = Bench(up, ProbePool(asked.workers, Path(folder) / "out"))
        try:
            todo = {
                "healthy": lambda: bench.healthy(asked.runs, asked.workers),
                "faults": bench.faults,
                "mutations": bench.mutated,
            }
            tallies = [todo[part]() for part in PARTS if part in parts]
        finally:
            bench.pool.close()
    rows = [{**vars(tally), "sound": tally.sound} for tally in tallies]
    told = json.dumps(rows, indent=2) if asked.as_json else "\n".join(_table(tallies))
    sys.stderr.write("\n")
    sys.stdout.write(told + "\n")
    return 0 if all(tally.sound for tally in tallies) else 1


if __name__ == "__main__":
    raise SystemExit(main())

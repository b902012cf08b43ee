"""What every test of a hostile page needs: the page, the walk, and the bounds it is held to."""

from pathlib import Path

from forepost.model import FlowRun
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask

PASSING = (("step", "open"), ("open", "/"), ("see", "hello"))
BOUND_BYTES = 8_000_000  # of all evidence of one run
DEADLINE_S = 25.0
GRACE_S = 12.0  # closing contexts of a page that fights back


def held(run: FlowRun, out: Path) -> None:
    """See that a run kept its deadline, and that what it left on disk is bounded."""
    assert (run.finished_at - run.started_at).total_seconds() < DEADLINE_S + GRACE_S
    kept = [file for file in (out / "runs" / run.id).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in kept) < BOUND_BYTES
    assert sum(len(line) for line in (run.message, *(step.message for step in run.steps))) < 4_000


def script(body: str) -> Answer:
    """Return a page that runs a script at once, and has what the flow looks for."""
    return Answer(HELLO.format(f"<script>{body}</script>"))


def walk(pool: ProbePool, ask: Ask, *doings: tuple[str, str], **more: object) -> FlowRun:
    """Walk once, within the deadline of this file."""
    return pool.run(ask(*doings, deadline_s=DEADLINE_S, **more))

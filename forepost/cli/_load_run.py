"""`forepost load run`: READY or NOT READY, and what gives way first."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.config import Config
from forepost.config.tables import BUNDLED
from forepost.errors import StoreBusyError
from forepost.model import LoadRun
from forepost.storage import Store

# Verdicts of loadtests.verdict in their exit codes; a stop by hand or by safety is 5.
EXIT_CODES = {"ready": 0, "not ready": 1, "invalid": 3, "inconclusive": 4}
STOPPED = 5
PROBE_EVERY_S = 10.0


@click.command()
@click.argument("campaign")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--i-own-this-target", "own", metavar="HOST", help="Needed beyond this machine.")
@click.pass_context
def run(ctx: click.Context, campaign: str, as_json: bool, own: str | None) -> int:
    """Run CAMPAIGN: exit 0 ready, 1 not ready, 2 usage, 3 invalid, 4 too little data, 5 stopped."""
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415 - rooms load late
    from loadtests import campaign as campaigns  # noqa: PLC0415
    from loadtests.run import run_load  # noqa: PLC0415

    config = config_of(ctx)
    plan = campaigns.load(campaign)
    allowed = tuple(host for host in plan.allow_hosts if host in config.loadtests.allow_hosts)
    stop = _on_signals()
    with shop_of(config) as (live, _):
        store = SqliteStore(live.store.path)
        with _probes(live, store):
            made = run_load(
                replace(plan, allow_hosts=allowed),
                target=live.shop.url if plan.target == BUNDLED else plan.target,
                token=live.shop.token,
                store=store,
                out=live.paths.out,
                progress=lambda seen: click.echo(seen.words(), err=True),
                stop=stop,
                own_target=own,
            )
        store.close()
    click.echo(json.dumps(_as_dict(made), indent=2) if as_json else _words(made))
    stopped = stop.is_set() or bool(made.detail.get("cut_short"))
    return STOPPED if stopped else EXIT_CODES.get(str(made.verdict), 4)


@contextmanager
def _probes(config: Config, store: Store) -> Iterator[None]:
    """Let the probes walk during the test, unless a watch on this store does so already."""
    import scheduler  # noqa: PLC0415 - rooms load late
    from forepost.claim import claim  # noqa: PLC0415

    try:
        held = claim(config.store.path)
    except StoreBusyError:
        yield
        return
    flows = {
        name: replace(plan, interval=min(plan.interval, PROBE_EVERY_S), interval_failing=5.0)
        for name, plan in config.flows.items()
    }
    quiet = replace(config, flows=flows, complaints=replace(config.complaints, sources={}))
    service = scheduler.build(quiet, store)
    service.start()
    try:
        yield
    finally:
        service.stop()
        held.close()


def _on_signals() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop


def _words(run: LoadRun) -> str:
    """Return the verdict as a manager reads it."""
    detail: Any = run.detail
    lines = [f"{str(run.verdict).upper()}: {run.campaign} on {run.target}"]
    lines += [str(line) for line in detail.get("lines", ())]
    lines.append(f"gives way first: {run.bottleneck or 'unclear'}")
    lines += [f"  {line}" for line in detail.get("evidence", ())]
    return "\n".join(lines)


def _as_dict(run: LoadRun) -> dict[str, object]:
    """Return the result as JSON says it."""
    return {
        "id": run.id,
        "campaign": run.campaign,
        "target": run.target,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "verdict": run.verdict,
        "bottleneck": run.bottleneck,
        "detail": dict(run.detail),
    }

"""`forepost load run`: READY or NOT READY, and what gives way first."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.cli._signals import stop_on_signals
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
@click.option(
    "--setup", multiple=True, metavar="NAME=VALUE", help="What the target is, for compare: web=2."
)
@click.option("--workers-from", metavar="HOSTS", help="Where workers run: a,b or a file of names.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="The master's, on loopback."
)
@click.pass_context
def run(
    ctx: click.Context,
    campaign: str,
    as_json: bool,
    own: str | None,
    setup: tuple[str, ...],
    workers_from: str | None,
    port: int,
) -> int:
    """Run CAMPAIGN: exit 0 ready, 1 not ready, 2 usage, 3 invalid, 4 too little data, 5 stopped."""
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415 - rooms load late
    from loadtests import campaign as campaigns  # noqa: PLC0415
    from loadtests import joining  # noqa: PLC0415
    from loadtests.run import run_load  # noqa: PLC0415

    config = config_of(ctx)
    told = setup_of(setup)
    hosts = joining.parse(workers_from) if workers_from else ()
    plan = campaigns.load(campaign)
    allowed = tuple(host for host in plan.allow_hosts if host in config.loadtests.allow_hosts)
    stop = stop_on_signals()
    with shop_of(config) as (live, _):
        store = SqliteStore(live.store.path)
        with probes_beside(live, store):
            made = run_load(
                replace(plan, allow_hosts=allowed),
                target=live.shop.url if plan.target == BUNDLED else plan.target,
                token=live.shop.token,
                store=store,
                out=live.paths.out,
                progress=lambda seen: click.echo(seen.words(), err=True),
                stop=stop,
                own_target=own,
                setup=told,
                hosts=hosts,
                invite=lambda command: click.echo(f"start a worker: {command}", err=True),
                port=port,
            )
        store.close()
    click.echo(json.dumps(as_dict(made), indent=2) if as_json else words(made))
    return exit_code(made)


def setup_of(given: tuple[str, ...]) -> dict[str, str]:
    """Return what the operator says of the target, from NAME=VALUE texts."""
    told: dict[str, str] = {}
    for one in given:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not (name and equals and value):
            raise click.UsageError(f'--setup "{one}": say NAME=VALUE, like web=2')
        told[name] = value
    return told


def exit_code(made: LoadRun) -> int:
    """Return 5 for a run that was stopped; what its verdict says for one that told its word."""
    cut = made.detail.get("cut_short") and not made.detail.get("aborted")
    if cut and made.verdict != "invalid":
        return STOPPED
    return EXIT_CODES.get(str(made.verdict), 4)


@contextmanager
def probes_beside(config: Config, store: Store) -> Iterator[None]:
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


def words(run: LoadRun) -> str:
    """Return the verdict as a manager reads it."""
    detail: Any = run.detail
    lines = [f"{str(run.verdict).upper()}: {run.campaign} on {run.target}"]
    lines += [str(line) for line in detail.get("lines", ())]
    lines.append(f"gives way first: {run.bottleneck or 'unclear'}")
    lines += [f"  {line}" for line in detail.get("evidence", ())]
    return "\n".join(lines)


def as_dict(run: LoadRun) -> dict[str, object]:
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

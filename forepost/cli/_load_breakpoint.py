"""`forepost load breakpoint`: how much the shop takes, and what gives way first."""

import json
from dataclasses import replace
from typing import Any

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.cli._load_run import as_dict, exit_code, probes_beside, setup_of, words
from forepost.cli._signals import stop_on_signals
from forepost.config.tables import BUNDLED
from forepost.model import LoadRun


@click.command("breakpoint")
@click.argument("campaign")
@click.option("--flow", metavar="FLOW", help="Search for the limit of this flow alone.")
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
def limit(
    ctx: click.Context,
    campaign: str,
    flow: str | None,
    as_json: bool,
    own: str | None,
    setup: tuple[str, ...],
    workers_from: str | None,
    port: int,
) -> int:
    """Search the limit of CAMPAIGN. Exit codes: those of load run; 0 also without a forecast."""
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415 - rooms load late
    from loadtests import campaign as campaigns  # noqa: PLC0415
    from loadtests import joining  # noqa: PLC0415
    from loadtests.breakpoint import alone, run_breakpoint  # noqa: PLC0415

    config = config_of(ctx)
    told = setup_of(setup)
    hosts = joining.parse(workers_from) if workers_from else ()
    plan = campaigns.load(campaign)
    plan = alone(plan, flow) if flow is not None else plan
    allowed = tuple(host for host in plan.allow_hosts if host in config.loadtests.allow_hosts)
    stop = stop_on_signals()
    with shop_of(config) as (live, _):
        store = SqliteStore(live.store.path)
        with probes_beside(live, store):
            made = run_breakpoint(
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
    return _exit_code(made)


def _exit_code(made: LoadRun) -> int:
    """Return 0 also for a search that came to its end and had no forecast to compare with."""
    detail: Any = made.detail
    if made.verdict == "inconclusive" and not detail["peaks"] and detail["search"]["confirmed"]:
        return 0
    return exit_code(made)

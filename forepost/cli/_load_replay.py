"""`forepost load replay`: last year's day against this year's shop."""

import json
from pathlib import Path

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.cli._load_run import as_dict, exit_code, probes_beside, words
from forepost.cli._signals import stop_on_signals
from forepost.errors import ConfigError


@click.command()
@click.argument("csv", type=click.Path(path_type=Path))
@click.option("--campaign", "name", required=True, help="Its flows, thresholds and ceilings hold.")
@click.option("--speed", default=1.0, show_default=True, help="How much shorter a minute is.")
@click.option("--scale", default=1.0, show_default=True, help="How much busier a minute is.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--i-own-this-target", "own", metavar="HOST", help="Needed beyond this machine.")
@click.pass_context
def replay(
    ctx: click.Context,
    csv: Path,
    name: str,
    speed: float,
    scale: float,
    as_json: bool,
    own: str | None,
) -> int:
    """Replay the counts per minute of CSV (minute,FLOW,…) as the arrivals of a campaign."""
    import scheduler  # noqa: PLC0415 - rooms load late
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415
    from loadtests import campaign as campaigns  # noqa: PLC0415
    from loadtests import replay as replays  # noqa: PLC0415

    config = config_of(ctx)
    try:
        counts = replays.read(csv)
    except ValueError as error:
        raise ConfigError([str(error)]) from None
    asked = campaigns.load(name).replayed(counts, speed=speed, scale=scale)
    stop = stop_on_signals()
    with shop_of(config) as (live, _):
        store = SqliteStore(live.store.path)
        with probes_beside(live, store):
            made = scheduler.load_test(
                live,
                store,
                asked,
                stop=stop,
                own_target=own or "",
                kind="replay",
                progress=lambda seen: click.echo(seen.words(), err=True),
            )
        store.close()
    click.echo(json.dumps(as_dict(made), indent=2) if as_json else words(made))
    return exit_code(made)

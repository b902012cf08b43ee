"""`forepost load replay`: last year's day against this year's shop."""

from pathlib import Path
from typing import Any

import click

from forepost.cli._load_live import Asked, campaign_of, exit_code, fly, options
from forepost.errors import ConfigError


@click.command()
@click.argument("csv", type=click.Path(path_type=Path))
@click.option("--campaign", "name", required=True, help="Its flows, thresholds and ceilings hold.")
@click.option("--speed", default=1.0, show_default=True, help="How much shorter a minute is.")
@click.option("--scale", default=1.0, show_default=True, help="How much busier a minute is.")
@options
@click.pass_context
def replay(
    ctx: click.Context, /, csv: Path, name: str, speed: float, scale: float, **asked: Any
) -> int:
    """Replay the counts per minute of CSV (minute,FLOW,…) as the arrivals of a campaign."""
    from loadtests.shapes import replay as replays  # noqa: PLC0415 - rooms load late

    try:
        counts = replays.read(csv)
    except ValueError as error:
        raise ConfigError([str(error)]) from None
    again = campaign_of(ctx, name).replayed(counts, speed=speed, scale=scale)
    return exit_code(fly(ctx, again, Asked(**asked), kind="replay"))

"""`forepost load run`: READY or NOT READY, and what gives way first."""

from typing import Any

import click

from forepost.cli._load_live import Asked, campaign_of, exit_code, fly, options


@click.command()
@click.argument("campaign")
@options
@click.pass_context
def run(ctx: click.Context, /, campaign: str, **asked: Any) -> int:
    """Run CAMPAIGN: exit 0 ready, 1 not ready, 2 usage, 3 invalid, 4 too little data, 5 stopped."""
    return exit_code(fly(ctx, campaign_of(ctx, campaign), Asked(**asked)))

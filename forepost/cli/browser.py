"""`forepost browser`: find or install the browser that probes walk with."""

import click

from forepost.cli import config_of


@click.group()
def command() -> None:
    """Find or install the browser."""


@command.command()
@click.pass_context
def install(ctx: click.Context) -> None:
    """Install a browser by the first way that works here."""
    from probes.browser import install as install_browser  # noqa: PLC0415 - rooms load late

    click.echo(install_browser(config_of(ctx).paths.out))

"""`forepost doctor`: what is missing on this machine, and how to mend it."""

import json
from collections.abc import Callable
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forepost.cli import config_of
from forepost.config import Config
from forepost.config.tables import BUNDLED
from forepost.doctor import Check, config, run_checks, standard


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Check browser, config, store, clock, network and names: exit 0 if all is well, else 2."""
    read = run_checks({"config": lambda: config(lambda: config_of(ctx))})
    made = read + (run_checks(_checks(config_of(ctx))) if read[0].ok else [])
    if as_json:
        click.echo(json.dumps([asdict(one) for one in made], indent=2))
    else:
        _show(made, Console())
    return 0 if all(one.ok for one in made) else 2


def _checks(found: Config) -> dict[str, Callable[[], Check]]:
    """Return every check that a good config allows for."""
    shop = {"shop": found.shop.url} if found.shop.url != BUNDLED else {}
    sources = {
        name: settings.instance
        for name, settings in found.complaints.sources.items()
        if getattr(settings, "instance", BUNDLED) != BUNDLED
    }
    usual = standard(found.paths.out, found.store.path, shop | sources, found.shop.timezone)
    return {**usual, "browser": lambda: _browser(found)}


def _browser(found: Config) -> Check:
    """Start a browser; look for one if there is none yet."""
    from probes.browser import install  # noqa: PLC0415 - rooms load late

    return Check("browser", ok=True, detail=install(found.paths.out))


def _show(made: list[Check], console: Console) -> None:
    """Print a line a check, and the remedy below what is not well."""
    table = Table.grid(padding=(0, 2))
    for one in made:
        mark = Text("ok", style="green") if one.ok else Text("mend", style="bold red")
        table.add_row(mark, Text(one.name, style="bold"), Text(one.detail))
        if not one.ok and one.remedy:
            table.add_row("", "", Text(one.remedy, style="yellow"))
    console.print(table)

"""`forepost doctor`: what is missing on this machine, and how to mend it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forepost.cli import config_of
from forepost.cli._caps import caps
from forepost.config import Config, Secret
from forepost.config.tables import BUNDLED
from forepost.doctor import Check, config, run_checks, standard

if TYPE_CHECKING:
    from probes.scrubbing.leaks import Scan


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.option("--leaks", is_flag=True, help="Look for secrets in all evidence and the store.")
@click.option("--canary", multiple=True, help="With --leaks: a planted text to look for too.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, leaks: bool, canary: tuple[str, ...]) -> int:
    """Check browser, config, store, clock, network and names: exit 0 if all is well, else 2.

    With --leaks: look through all that is kept for card numbers, cookies, e-mail addresses and
    the secrets of the config; exit 1 if there are any.
    """
    if leaks:
        return _leaks(config_of(ctx), canary, as_json=as_json)
    if canary:
        raise click.UsageError("--canary needs --leaks")
    read = run_checks({"config": lambda: config(lambda: config_of(ctx))})
    made = read + (run_checks(_checks(config_of(ctx))) if read[0].ok else [])
    if as_json:
        click.echo(json.dumps([asdict(one) for one in made], indent=2))
    else:
        _show(made, Console())
    return 0 if all(one.ok for one in made) else 2


def _leaks(found: Config, canaries: tuple[str, ...], *, as_json: bool) -> int:
    """Look through the output folder and the store; never print a value."""
    from probes.scrubbing.leaks import look  # noqa: PLC0415 - rooms load late
    from probes.scrubbing.scrub import Scrubber  # noqa: PLC0415

    scrubber = Scrubber([*secrets_in(found), *canaries])
    store = found.store.path
    scan = look([found.paths.out, store, store.with_name(f"{store.name}-wal")], scrubber)
    if as_json:
        leaks = [{"path": str(x.path), "where": x.where, "kind": x.kind} for x in scan.leaks]
        figures = {"files": scan.files, "pieces": scan.pieces, "bytes": scan.bytes}
        click.echo(json.dumps({"leaks": leaks, **figures}, indent=2))
    else:
        _show_leaks(scan, Console())
    return 1 if scan.leaks else 0


def secrets_in(value: object) -> Iterator[str]:
    """Yield every secret of a config, however deep it stands."""
    if isinstance(value, Secret):
        yield value.reveal()
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from secrets_in(getattr(value, item.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets_in(inner)


def _show_leaks(scan: "Scan", console: Console) -> None:
    """Print a line a leak, and what was looked through."""
    for leak in scan.leaks:
        line = Text("leak  ", style="bold red")
        line.append(_near(leak.path), style="bold")
        line.append(f" ({leak.where})" if leak.where else "", style="dim")
        line.append(f": {leak.kind}", style="default")
        console.print(line, soft_wrap=True)
    looked = f"{scan.files} files, {scan.pieces} pieces, {scan.bytes / 1e6:.1f} MB looked through"
    if scan.leaks:
        console.print(Text(f"{looked}: {len(scan.leaks)} leaks", style="red"))
        console.print(Text("delete these files, and change what was secret", style="yellow"))
    else:
        console.print(Text("ok  ", style="green").append(f"{looked}: no secret", style="default"))


def _near(path: Path) -> str:
    """Return a path as people read it: short where it lies below the working folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _checks(found: Config) -> dict[str, Callable[[], Check]]:
    """Return every check that a good config allows for."""
    shop = {"shop": found.shop.url} if found.shop.url != BUNDLED else {}
    sources = {
        name: settings.instance
        for name, settings in found.complaints.sources.items()
        if getattr(settings, "instance", BUNDLED) != BUNDLED
    }
    usual = standard(found.paths.out, found.store.path, shop | sources, found.shop.timezone)
    return {**usual, "caps": lambda: caps(found), "browser": lambda: _browser(found)}


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

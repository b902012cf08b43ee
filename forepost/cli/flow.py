"""`forepost flow`: write a journey of your own, and list those that there are."""

import ast
import json
import keyword
import re
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost import plugins
from forepost.cli import config_of
from forepost.config import Config
from forepost.errors import ProbeError

ROOM = "probes.flows"
FOLDER = Path(*ROOM.split("."))
OWN = "mine"  # where one's own plugins go if config.toml names no folder
LONGEST = 60
TEMPLATE = '''"""{title}: say here in one line what the customer does."""

from dataclasses import dataclass

from playwright.sync_api import expect

from probes.journey import Journey
from probes.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.{name}]` of config.toml, key for key."""

    path: str = "/"
    page_budget_ms: float = 3_000


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Walk as the customer does; the first step that fails ends the run."""
    page = journey.page

    with journey.step("open the page", budget_ms=settings.page_budget_ms):
        page.goto(shop.settings.url + settings.path)
        expect(page.locator("body")).to_be_visible()

    # What `playwright codegen URL` recorded goes here: the lines between
    # `page = context.new_page()` and `page.close()`, as they are. Put a step around what the
    # customer would call one thing ("search", "open the product"), and a goal into the last.

    with journey.step("read it"):
        # The goal proves that the journey worked: read it from the page, so that it can fail.
        journey.goal(page.title(), "a title on the page")
'''


@click.group()
def command() -> None:
    """Write a journey of your own, and list those that there are."""


@command.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Plugin folder to write into (default: the first of [paths] plugins, else ./mine).",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def new(ctx: click.Context, name: str, into: Path | None, as_json: bool) -> int:
    """Write a flow file NAME.py that runs as it is and has a step, a goal and Settings."""
    config = config_of(ctx)
    _see_name(name)
    base = _base(ctx)
    folder = into or next(iter(config.paths.plugins), base / OWN)
    file = _write(folder / FOLDER / f"{name}.py", name)
    lines = _lines(config, folder, base)
    if as_json:
        click.echo(json.dumps({"flow": name, "file": str(file), "config": lines}))
        return 0
    click.echo(f"written: {_from_here(file)}")
    if lines:
        click.echo(f"\nlet {Path(config.origin).name} know the folder:")
        click.echo("\n".join(f"  {line}" for line in lines))
    click.echo(f"\nwalk it once:   forepost probe {name}")
    click.echo(f'to watch it:    add the table [flows.{name}] with interval = "5m"')
    return 0


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the flows as JSON.")
@click.pass_context
def list_flows(ctx: click.Context, as_json: bool) -> int:
    """List the flows: what the customer does, how often it is watched, where the file is."""
    config = config_of(ctx)
    rows = [_row(config, name) for name in plugins.names(ROOM)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        _show(rows, Console())
    return 0


def _see_name(name: str) -> None:
    """Raise ProbeError, one line, for a name that cannot be a file here."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or len(name) > LONGEST:
        raise ProbeError(
            f"flow new: {plain(name)[:LONGEST]!r} cannot be a flow's name; write small letters, "
            f"digits and _, a letter first, at most {LONGEST}: my_checkout"
        )
    if name in plugins.names(ROOM):
        raise ProbeError(
            f"flow new: there is a flow {name} already ({_from_here(_file(name))}); "
            "choose another name"
        )


def _write(file: Path, name: str) -> Path:
    """Write the file, whole or not at all; never over another.

    Raises: ProbeError, one line.
    """
    text = TEMPLATE.format(name=name, title=name.replace("_", " ").capitalize())
    mine = False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as made:
            mine = True
            made.write(text)
    except FileExistsError:
        raise ProbeError(
            f"flow new: {_from_here(file)} is there already; nothing written"
        ) from None
    except OSError as error:
        if mine:
            with suppress(OSError):
                file.unlink()
        raise ProbeError(
            f"flow new: {file}: cannot be written: {error.strerror}; "
            "name a folder of your own with --into FOLDER"
        ) from None
    return file


def _lines(config: Config, folder: Path, base: Path) -> list[str]:
    """Return the lines that let the config find the folder; none if it does already."""
    if folder.resolve() in [known.resolve() for known in config.paths.plugins]:
        return []
    named = ", ".join(json.dumps(_from(one, base)) for one in (*config.paths.plugins, folder))
    return ["[paths]", f"plugins = [{named}]"]


def _base(ctx: click.Context) -> Path:
    """Return where the relative paths of the config start."""
    chosen = ctx.find_root().obj
    return Path(chosen).resolve().parent if chosen else Path.cwd()


def _from(path: Path, base: Path) -> str:
    """Return a path as config.toml would say it."""
    try:
        return f"./{path.resolve().relative_to(base.resolve())}"
    except ValueError:
        return str(path.resolve())


def _from_here(path: Path) -> Path:
    """Return a path as people read it."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path


def _file(name: str) -> Path:
    """Return the file of a flow."""
    places = [Path(place) / f"{name}.py" for place in import_module(ROOM).__path__]
    return next((place for place in places if place.exists()), places[0])


def _row(config: Config, name: str) -> dict[str, object]:
    """Return what is known of a flow without running it."""
    from probes.goal import see_goal  # noqa: PLC0415 - rooms load late

    file = _file(name)
    refused = ""
    try:
        see_goal(file)
    except ProbeError as error:
        refused = str(error)
    plan = config.flows.get(name)
    ships = file.parent == Path(import_module(ROOM).__file__ or "").parent
    return {
        "flow": name,
        "does": _says(file),
        "interval_s": plan.interval if plan else None,
        "file": str(file),
        "ships": ships,
        "refused": refused,
    }


def _says(file: Path) -> str:
    """Return the first line of a file's docstring."""
    try:
        text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    except (OSError, SyntaxError, ValueError):
        return ""
    line = text.partition("\n")[0]
    return line.partition(": ")[2] or line


def _show(rows: list[dict[str, object]], console: Console) -> None:
    """Print a line a flow, and below it why it is refused."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("flow", "what the customer does", "watched", "file"):
        table.add_column(head, no_wrap=head != "what the customer does")
    for row in rows:
        every = row["interval_s"]
        watched = Text(f"every {every:g} s", style="green") if every else Text("–", style="dim")
        place = "ships" if row["ships"] else str(_from_here(Path(str(row["file"]))))
        table.add_row(str(row["flow"]), Text(plain(str(row["does"]))), watched, Text(place))
        if row["refused"]:
            table.add_row("", Text(plain(str(row["refused"])), style="bold red"))
    console.print(table)

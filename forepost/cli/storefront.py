"""`forepost storefront`: see what probes find on a shop, and which storefronts there are."""

import ast
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.bundled import room_in, running
from forepost.cli import config_of
from forepost.config import Config
from forepost.config.tables import BUNDLED

if TYPE_CHECKING:
    from probes.checking.found import Checked, Sighting

_ROOM = "probes.storefronts"
LEAST = {"page": 8, "": 1, "control": 15, "found by": 20}
WIDTH = 32  # of what is said of a control, so that a line fits into 100 columns


@click.group()
def command() -> None:
    """See what probes find on a shop, and which storefronts there are."""


@command.command()
@click.argument("url")
@click.option("--preset", help="Use this preset's controls (default: that of config.toml).")
@click.option("--product", default="", help="Path of a product (default: the first that is found).")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the report (default: [paths] out); it goes to storefront-check/HOST there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def check(
    ctx: click.Context, url: str, preset: str | None, product: str, out: Path | None, as_json: bool
) -> int:
    """Walk the shop at URL to its payment page and buy nothing: exit 0 all there, 1 not, 2 ours."""
    from probes.checking.found import host_folder, run_check, see_url  # noqa: PLC0415 - rooms load late
    from probes.checking.table import write_table  # noqa: PLC0415
    from probes.controls import load_preset  # noqa: PLC0415
    from probes.pool import ProbePool  # noqa: PLC0415

    config = config_of(ctx)
    place = out or config.paths.out
    told = url if url == BUNDLED else see_url(url)
    shop = _shop(config, told, preset)
    load_preset(str(shop["preset"]))
    room_in(place)  # only now: what is refused leaves nothing behind
    with _address(told, place) as real:
        shop["url"] = real
        folder = host_folder(place, real if url != BUNDLED else "http://bundled")
        pool = ProbePool(1, place, config.watch.browser)
        try:
            found = run_check(shop, folder, pool, product=product, now=datetime.now(UTC))
        finally:
            pool.close()
    file = write_table(found, shop["controls"], datetime.now(UTC))
    if as_json:
        click.echo(json.dumps(_as_dict(found, file), indent=2))
    else:
        _show(found, file, Console(highlight=False))
    return 0 if found.complete else 1


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def list_storefronts(ctx: click.Context, as_json: bool) -> int:
    """List storefronts, and presets with the theme they were written for and whether tried."""
    from forepost import plugins  # noqa: PLC0415 - rooms load late
    from probes.controls import preset, presets  # noqa: PLC0415

    config_of(ctx)
    fronts = [{"storefront": name, "does": _says(name)} for name in plugins.names(_ROOM)]
    tables = [{**asdict(made), "controls": len(made.controls)} for made in map(preset, presets())]
    if as_json:
        click.echo(json.dumps({"storefronts": fronts, "presets": tables}, indent=2))
        return 0
    console = Console()
    shown = Table("storefront", "what it operates", box=None, pad_edge=False, header_style="dim")
    for front in fronts:
        shown.add_row(front["storefront"], Text(plain(front["does"])))
    console.print(shown)
    console.print()
    shown = Table("preset", "for", "tried", box=None, pad_edge=False, header_style="dim")
    for table in tables:
        written = f"{table['version']}; {table['theme']}; {table['controls']} controls"
        shown.add_row(table["name"], Text(written), Text(str(table["tried"]), style="yellow"))
    console.print(shown)
    return 0


def _says(name: str) -> str:
    """Return the first line of a storefront's docstring, without importing it."""
    places = [Path(place) / f"{name}.py" for place in import_module(_ROOM).__path__]
    file = next((place for place in places if place.exists()), None)
    text = file.read_text("utf-8") if file else ""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


@contextmanager
def _address(url: str, out: Path) -> Iterator[str]:
    """Return the address to look at; the demo shop is started for "bundled"."""
    if url != BUNDLED:
        yield url
        return
    with running(out / "demoshop", town=False) as shop:
        yield shop.shop


def _shop(config: Config, url: str, preset: str | None) -> dict[str, Any]:
    """Return the table [shop] for the check: that of config.toml where it is the same shop."""
    from probes.job import plain as fields  # noqa: PLC0415 - rooms load late

    known = fields(config.shop)
    same = urlsplit(str(known["url"])).netloc == urlsplit(url).netloc
    return {
        **known,
        "url": url,
        "storefront": "generic",
        "preset": preset if preset is not None else (known["preset"] if same else ""),
        "controls": dict(known["controls"]) if same else {},
        "token": None,
        "services": {},
    }


def _as_dict(found: "Checked", file: Path) -> dict[str, object]:
    """Return what was found as JSON says it."""
    return {
        **asdict(found),
        "folder": str(found.folder),
        "file": str(file),
        "complete": found.complete,
        "missing": [one.name for one in found.missing],
    }


def _show(found: "Checked", file: Path, console: Console) -> None:
    """Print page by page what was found, then what to do next."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("page", "", "control", "found by", "it says"):
        table.add_column(head, no_wrap=True, overflow="ellipsis", min_width=LEAST.get(head))
    lacking = {one.name for one in found.missing}
    for stage in found.stages:
        table.add_row(*_stage_row(stage.name, stage.said))
        for one in found.sightings:
            if one.page == stage.name and (one.state in ("found", "none") or one.name in lacking):
                table.add_row("", *_row(one))
    console.print(table)
    for stage in found.stages:
        if stage.said:
            line = f"! {stage.name}: {stage.said}"
            console.print(Text(plain(line), style="yellow"), soft_wrap=True)
    if found.unseen:
        names = ", ".join(one.name for one in found.unseen)
        console.print(Text(f"\nnot reached, so not looked for: {names}", style="red"))
    rest = [one.name for one in found.sightings if one.state == "missing"]
    rest = [name for name in rest if name not in lacking]
    if rest:
        console.print(Text(f"\nnot seen, and not needed here: {', '.join(rest)}", style="dim"))
    _say_result(found, console)
    _say_next(found, file, console)


def _stage_row(name: str, said: str) -> tuple[Text, Text]:
    """Return the cells of a page."""
    return Text(name, style="bold"), Text("!", "yellow") if said else Text("✓", "green")


def _row(one: "Sighting") -> tuple[Text, Text, Text, Text]:
    """Return one control's cells."""
    if one.state == "found":
        return (
            Text("✓", style="green"),
            Text(one.name),
            Text(plain(one.how, WIDTH), style="dim"),
            Text(plain(one.text, WIDTH)),
        )
    if one.state == "none":
        return Text("–", style="dim"), Text(one.name), Text(one.how, style="dim"), Text("")
    near = f"near: {one.candidates[0]}" if one.candidates else "nothing near on the page"
    return (
        Text("✗", style="bold red"),
        Text(one.name, style="red"),
        Text("missing", style="red"),
        Text(plain(near, WIDTH), style="red"),
    )


def _say_result(found: "Checked", console: Console) -> None:
    """Say in a few lines how it ended."""
    head = Text(f"\n{found.url}: ", style="bold")
    if found.complete:
        head.append("all that browse and checkout need is there", style="green")
    elif found.missing and not found.unseen:
        names = ", ".join(one.name for one in found.missing)
        head.append(f"{len(found.missing)} controls are missing: {names}", style="bold red")
    else:
        names = ", ".join(stage.name for stage in found.stuck) or "the payment"
        head.append(f"the walk did not come through: {names}", style="bold red")
    head.append(f" ({found.seconds:.0f} s)")
    console.print(head, soft_wrap=True)
    basket = {True: "the basket is empty again", None: "nothing was put into the basket"}
    said = basket.get(found.emptied, "the basket could not be emptied; it was the check's own")
    console.print(Text(f"  nothing was bought; {said}", style="dim"))
    if found.kept_from:
        said = plain(f"  a click on “{found.kept_from}” was held back: it looked like buying")
        console.print(Text(said, style="yellow"), soft_wrap=True)
    if found.platform and found.platform != found.preset:
        signs = plain(", ".join(found.signs), 200)
        said = f"  marks of {found.platform} ({signs}): try --preset {found.platform}"
        console.print(Text(said, style="yellow"), soft_wrap=True)


def _say_next(found: "Checked", file: Path, console: Console) -> None:
    """Say what to do now; lines to be copied are not broken."""
    shown = _from_here(file)
    console.print(Text(f"  pictures and table: {shown}", style="dim"), soft_wrap=True)
    console.print(Text("\nnext:", style="bold"))
    if found.stuck and found.stuck[0].name == "product":
        console.print(f"  forepost storefront check {found.url} --product /path/of/a/product")
        return
    if not found.complete:
        console.print(f"  1. complete the lines with # in {shown}", soft_wrap=True)
        console.print("  2. take them over into config.toml, and check again", soft_wrap=True)
        return
    if Path("config.toml").exists():
        console.print(f"  1. take the lines of {shown} over into config.toml", soft_wrap=True)
    else:
        console.print(f"  1. cp {shown} config.toml", soft_wrap=True)
    console.print("  2. forepost probe browse")
    console.print("  3. forepost probe checkout        (stops before it pays)")


def _from_here(path: Path) -> Path:
    """Return a path as people read it."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path

"""`forepost load record FLOW`: from a browser's walk to a load script."""

import json
import keyword
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from alerts.plain import plain
from forepost import plugins
from forepost.cli import config_of
from forepost.cli._live import shop_of, store_of
from forepost.config import Config, FlowPlan, Secret
from forepost.errors import LoadError
from forepost.model import FlowRun

if TYPE_CHECKING:
    from loadtests.recording import Script
    from probes.recording import Recorded

ROOM = "loadtests.users"
FOLDER = Path(*ROOM.split("."))
OWN = "mine"  # where one's own plugins go if config.toml names no folder
LONGEST = 60


@click.command()
@click.argument("flow")
@click.option("--name", help="Name of the load flow (default: the flow's, or FLOW_recorded).")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Plugin folder to write into (default: the first of [paths] plugins, else ./mine).",
)
@click.option("--force", is_flag=True, help="Write over a script that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def record(
    ctx: click.Context, flow: str, name: str | None, out: Path | None, force: bool, as_json: bool
) -> int:
    """Walk FLOW once in a browser; write loadtests/users/NAME.py, which repeats its requests."""
    from loadtests.recording import write  # noqa: PLC0415 - rooms load late
    from probes.goal import see_goals  # noqa: PLC0415
    from scheduler import default_plan  # noqa: PLC0415

    config = config_of(ctx)
    see_goals([flow])
    plan = config.flows.get(flow) or default_plan(config, flow)
    folder = out or next(iter(config.paths.plugins), Path(OWN))
    file = place(flow, name, folder)
    if file.exists() and not force:
        raise LoadError(f"{file} is there already; nothing walked (--force writes over it)")
    with _ends_on_sigterm(), shop_of(config) as (live, _):
        run, recorded = _walk(live, flow, plan)
        made = _script(live, flow, plan, run, recorded, file.stem)
    write(made, file, force=force)
    facts = dict(run.facts)
    if as_json:
        click.echo(json.dumps(_as_dict(made, file, facts), indent=2))
    else:
        known = [place.resolve() for place in config.paths.plugins]
        new = "" if folder.resolve() in known else str(folder)
        for line in _lines(made, file, facts, new):
            click.echo(f"  {plain(line)}" if line[:1] == " " else plain(line))
    return 0


def place(flow: str, name: str | None, folder: Path) -> Path:
    """Return where the script goes.

    Raises: LoadError, one line, for a name that cannot be a file or is another folder's.
    """
    wanted = name or flow
    others = {one for one in plugins.names(ROOM) if not (folder / FOLDER / f"{one}.py").exists()}
    if name is None and wanted in others:
        wanted = f"{flow}_recorded"
    fits = re.fullmatch(r"[a-z][a-z0-9_]*", wanted) and len(wanted) <= LONGEST
    if not fits or keyword.iskeyword(wanted):
        raise LoadError(
            f"load record: --name {plain(wanted)[:LONGEST]!r} cannot be a load flow's name; write "
            f"small letters, digits and _, a letter first, at most {LONGEST}: my_checkout"
        )
    if wanted in others:
        raise LoadError(
            f"load record: there is a load flow {wanted} already, in another folder; "
            f"choose another one: --name {wanted}_recorded"
        )
    return folder / FOLDER / f"{wanted}.py"


def _walk(config: Config, flow: str, plan: FlowPlan) -> tuple[FlowRun, "Recorded"]:
    """Walk the flow once; what it exchanged is on disk only inside of here.

    Raises: LoadError, saying where, if the walk did not reach its goal.
    """
    from probes import recording  # noqa: PLC0415 - rooms load late
    from probes.pool import ProbePool  # noqa: PLC0415
    from scheduler import StoreLedger, probe_job  # noqa: PLC0415

    with store_of(config) as store:
        pool = ProbePool(1, config.paths.out, config.watch.browser, StoreLedger(config, store))
        try:
            job = probe_job(config, flow, replace(plan, retry=False), datetime.now(UTC))
            with pool.recording() as place:
                run = pool.run(replace(job, record=str(place), pictures=False))
                recorded = recording.read(place)
        finally:
            pool.close()
    if not run.outcome.worked:
        raise LoadError(f"load record: no script, for the walk {run.outcome}: {run.message}")
    if recorded is None:
        raise LoadError(f"load record: the browser kept no record of {flow}; try again")
    return run, recorded


def _script(
    config: Config, flow: str, plan: FlowPlan, run: FlowRun, recorded: "Recorded", name: str
) -> "Script":
    from loadtests.recording import About, script  # noqa: PLC0415 - rooms load late

    own, secrets = _settings(plan.settings)
    _, shop_secrets = _settings(config.shop)
    about = About(flow, config.shop.url, run.id, own, {**shop_secrets, **secrets})
    host = urlsplit(config.shop.url).hostname or ""
    return script(
        recorded.har,
        recorded.steps,
        recorded.ended_ms,
        name=name,
        about=about,
        hosts=(*config.loadtests.allow_hosts, host),
        made_at=datetime.now(UTC),
        others=recorded.others,
    )


def _settings(table: Any) -> tuple[dict[str, str | int], dict[str, str]]:
    """Return what a table says in the open, and its secrets."""
    values = {key: getattr(table, key) for key in getattr(table, "__dataclass_fields__", ())}
    own = {
        key: value
        for key, value in values.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
    }
    return own, {key: v.reveal() for key, v in values.items() if isinstance(v, Secret)}


@contextmanager
def _ends_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end this as Ctrl-C does, so that the record is removed."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _lines(made: "Script", file: Path, facts: dict[str, str], new: str) -> list[str]:
    """Return what people read: the file, what it needs, what to look at, how to run it.

    `new`: a folder that the config does not name yet.
    """
    lines = [
        f"written: {file}",
        f"  {made.requests} requests in {len(made.steps)} steps, {len(made.endpoints)} endpoints: "
        + ", ".join(made.endpoints),
    ]
    if "stopped" in facts:
        lines.append(f"  the walk stopped {facts['stopped']}: the script ends there too")
    lines += [f'  to give in the campaign: {key} = "env:NAME"' for key in made.needed]
    if made.columns:
        lines.append(f'  to give in the campaign: data = "FILE.csv" with {", ".join(made.columns)}')
    lines += [f"  to look at: {one}" for one in made.look]
    lines += [f"  not repeated: {one}" for one in made.left]
    if new:
        lines.append(f'let config.toml know the folder: [paths] plugins = ["{new}"]')
    return [*lines, f"to run it: a table [flows.{made.name}] with share = 1.0 in a campaign"]


def _as_dict(made: "Script", file: Path, facts: dict[str, str]) -> dict[str, object]:
    return {
        "flow": made.name,
        "file": str(file),
        "steps": made.steps,
        "endpoints": made.endpoints,
        "requests": made.requests,
        "needed": made.needed,
        "columns": made.columns,
        "look": made.look,
        "left": made.left,
        "stopped": facts.get("stopped"),
    }

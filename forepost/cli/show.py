"""`forepost show RUN`: all that is known of one run, and its evidence."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.cli import _compare, config_of
from forepost.cli._book import Book, compared
from forepost.cli.probe import STYLES, as_dict, cleanup_line, show_steps
from forepost.config import Config
from forepost.errors import ProbeError
from forepost.model import FlowRun, LedgerEntry


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--open", "opens", is_flag=True, help="Open Playwright's trace viewer on it.")
@click.option("--compare", "compares", is_flag=True, help="Beside the last good run and 24 h.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@click.pass_context
def command(ctx: click.Context, run_id: str, opens: bool, compares: bool, as_json: bool) -> int:
    """Show one run; RUN is an id, the beginning of one, "last" or "last-failed"."""
    config = config_of(ctx)
    book = Book(config)
    try:
        run = book.find(run_id)
        entries = book.store.ledger(run_id=run.id) if book.store else []
    finally:
        book.close()
    rows = compared(config, run) if compares else []
    if as_json:
        click.echo(json.dumps(_json(run, entries, rows, config.paths.out), indent=2))
    else:
        _print(run, entries, config, Console())
        if compares:
            _compare.show(rows, Console())
    if opens:
        view(_trace_of(run, config.paths.out))
    return 0


def trace_command(trace: Path) -> list[str]:
    """Return what opens Playwright's trace viewer, on this machine only."""
    local = ["--host", "127.0.0.1", "--port", "0"]
    return [sys.executable, "-m", "playwright", "show-trace", *local, str(trace)]


def view(trace: Path) -> None:
    """Serve the trace viewer until Ctrl-C; its address is what it prints itself."""
    from probes import processes  # noqa: PLC0415 - rooms load late

    click.echo("Ctrl-C ends the viewer", err=True)
    with _ends_on_terminate():
        viewer = subprocess.Popen(trace_command(trace), start_new_session=True)
        try:
            viewer.wait()
        except KeyboardInterrupt:
            pass
        finally:
            processes.end(processes.tree(viewer.pid))
            with suppress(subprocess.TimeoutExpired):
                viewer.wait(5)


@contextmanager
def _ends_on_terminate() -> Iterator[None]:
    """Let SIGTERM end us as Ctrl-C does: the viewer must not be left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _trace_of(run: FlowRun, out: Path) -> Path:
    """Return the recording of a run.

    Raises: ProbeError if there is none (any more).
    """
    kept = next((one for one in run.artefacts if one.kind == "trace"), None)
    if kept is None:
        raise ProbeError(f"{run.id}: no trace; one is recorded when a failed attempt is repeated")
    if not (out / kept.path).is_file():
        raise ProbeError(f"{out / kept.path}: not there any more; see [store] keep_evidence")
    return out / kept.path


def _json(
    run: FlowRun, entries: Sequence[LedgerEntry], rows: Sequence[_compare.Row], out: Path
) -> dict[str, object]:
    data = as_dict(run)
    data["evidence"] = [
        {"kind": one.kind, "path": str(out / one.path), "there": (out / one.path).is_file()}
        for one in run.artefacts
    ]
    data["ledger"] = [
        {
            "kind": entry.kind.value,
            "reference": entry.reference,
            "customer": entry.customer,
            "amount_cents": entry.amount_cents,
            "settled": entry.settled,
            "refused": entry.refused,
            "note": entry.note,
        }
        for entry in entries
    ]
    data["compare"] = _compare.as_dicts(rows)
    return data


def _print(run: FlowRun, entries: Sequence[LedgerEntry], config: Config, console: Console) -> None:
    """Print the steps first, then what the run found, left behind and kept."""
    zone = ZoneInfo(config.shop.timezone)
    head = Text(run.id, style="cyan")
    head.append(f"  {run.flow}", style="bold")
    head.append(f"  {run.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}")
    browser = f", {run.browser.name} {run.browser.version}" if run.browser else ""
    head.append(f"  from {run.location}, {run.device}{browser}", style="dim")
    console.print(head, soft_wrap=True)
    show_steps(run, console)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    if run.fault is not None:
        facts.add_row("whose", Text(run.fault.value, style=STYLES[run.outcome]))
    for name, value in run.facts:
        facts.add_row(Text(plain(name)), Text(plain(value)))
    if run.maintenance:
        facts.add_row("maintenance", Text(plain(run.maintenance)))
    if run.cleanup is not None:
        facts.add_row("clean-up", cleanup_line(run.cleanup))
    for entry in entries:
        facts.add_row("ledger", _entry(entry, zone))
    console.print(facts)
    _evidence(run, config.paths.out, console)


def _entry(entry: LedgerEntry, zone: ZoneInfo) -> Text:
    """Return one thing made, and how far its life is known."""
    line = Text(f"{entry.kind.value} {plain(entry.reference) or 'without a number'}")
    if entry.amount_cents is not None:
        line.append(f"  {entry.amount_cents / 100:.2f}")
    for state, at in entry.reached:
        line.append(f"  {state} {at.astimezone(zone):%H:%M:%S}", style="dim")
    if entry.nothing_at is not None:
        line.append("  nothing was made", style="dim")
    if entry.gone_at is not None:
        said = f"  gone by hand, {plain(entry.gone_by)}: “{plain(entry.gone_note)}”"
        line.append(said, style="dim")
    if entry.refused:
        line.append(f"  refused: {plain(entry.refused)}", style="yellow")
    elif not entry.settled:
        line.append("  left behind: see forepost orders", style="bold red")
    return line


def _evidence(run: FlowRun, out: Path, console: Console) -> None:
    """Print a line a file, what of it is gone, and how the recording is opened."""
    if not run.artefacts:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    pictures = [one for one in run.artefacts if one.kind == "picture"]
    if pictures:
        kilobytes = sum(one.size_bytes for one in pictures) / 1000
        size = Text(f"{kilobytes:.1f} kB", style="dim")
        place = f"{len(pictures)} files: {_near((out / pictures[0].path).parent)}/*.jpg"
        table.add_row(Text("pictures"), size, Text(place))
    for one in run.artefacts:
        if one.kind == "picture":
            continue
        there = (out / one.path).is_file()
        size = Text(f"{one.size_bytes / 1000:.1f} kB" if there else "gone", style="dim")
        table.add_row(Text(one.kind), size, Text(str(_near(out / one.path))))
    console.print(table)
    traces = [one for one in run.artefacts if one.kind == "trace" and (out / one.path).is_file()]
    for one in traces:
        command_line = shlex.join(
            [sys.executable, "-m", "playwright", "show-trace", str(_near(out / one.path))]
        )
        console.print(Text("trace viewer: ", style="dim").append(command_line), soft_wrap=True)
        console.print(Text(f"         or: forepost show {run.id} --open", style="dim"))


def _near(path: Path) -> Path:
    """Return a path as people read it: short where it lies below the working folder."""
    with suppress(ValueError):
        return path.absolute().relative_to(Path.cwd())
    return path

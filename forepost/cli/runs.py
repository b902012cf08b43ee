"""`forepost runs`: the latest runs, the newest last."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost import plugins
from forepost.cli import config_of
from forepost.cli._book import Book
from forepost.cli._live import wide_console
from forepost.cli.probe import STYLES
from forepost.config import parse_duration
from forepost.config.faults import suggest
from forepost.model import FlowRun
from forepost.model.proof import STOPPED, capped

LENGTH = 110  # of a message in the table; forepost show tells all of it


@click.command()
@click.option("--flow", help="Only this flow.")
@click.option("--since", default="24h", show_default=True, help="How far back: 90m, 24h, 7d.")
@click.option("--failed", is_flag=True, help="Only runs that did not reach their goal at once.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
@click.pass_context
def command(
    ctx: click.Context, flow: str | None, since: str, failed: bool, limit: int, as_json: bool
) -> int:
    """List runs, the newest last; forepost show RUN tells more of one."""
    try:
        span = timedelta(seconds=parse_duration(since))
    except ValueError as error:
        raise click.BadParameter(f"{since}: {error}", param_hint="--since") from None
    config = config_of(ctx)
    book = Book(config)
    try:
        began = datetime.now(UTC) - span
        found = book.runs(flow=flow, since=began, limit=None if failed else limit)
    finally:
        book.close()
    if failed:
        found = [run for run in found if not run.outcome.worked or run.attempts > 1][-limit:]
    if as_json:
        click.echo(json.dumps([row_of(run) for run in found], indent=2))
    elif found:
        show(found, ZoneInfo(config.shop.timezone), wide_console())
    else:
        click.echo(_nothing(flow, since, failed=failed))
    return 0


def row_of(run: FlowRun) -> dict[str, object]:
    """Return a run as a line of JSON, without its steps."""
    return {
        "id": run.id,
        "flow": run.flow,
        "location": run.location,
        "device": run.device,
        "started_at": run.started_at.isoformat(),
        "outcome": run.outcome.value,
        "passed_on_retry": run.passed_on_retry,
        "fault": run.fault.value if run.fault else None,
        "failed_step": run.failed_step,
        "message": run.message,
        "duration_ms": run.duration_ms,
        "attempts": run.attempts,
        "stopped": dict(run.facts).get(STOPPED),
        "capped": capped(run),
        "artefacts": len(run.artefacts),
        "cleanup": run.cleanup.outcome.value if run.cleanup else None,
    }


def show(runs: Sequence[FlowRun], zone: ZoneInfo, console: Console) -> None:
    """Print a line a run; what pages say is shown as text, never as markup."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("run", no_wrap=True)
    table.add_column(f"started ({zone.key})", no_wrap=True)
    table.add_column("flow", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("what")  # the one that gives way: its texts are cut, the others are whole
    for run in runs:
        table.add_row(*_cells(run, zone))
    console.print(table)


def _cells(run: FlowRun, zone: ZoneInfo) -> list[Text]:
    outcome = Text(run.outcome.value, style=STYLES[run.outcome])
    if run.passed_on_retry:
        outcome.append(" on retry", style="yellow")
    if capped(run):
        outcome.append(" unpaid", style="yellow")
    stopped = dict(run.facts).get(STOPPED)
    said = run.message or run.first_message or (f"stopped {stopped}" if stopped else "")
    said = said.removeprefix(f"{run.flow}, ").partition("; screenshot: ")[0]
    return [
        Text(run.id, style="cyan"),
        Text(run.started_at.astimezone(zone).strftime("%m-%d %H:%M:%S")),
        Text(run.flow, style="bold"),
        outcome,
        Text(f"{run.duration_ms / 1000:.2f} s" if run.steps else "–"),
        Text(plain(said)[:LENGTH], style="dim", no_wrap=True, overflow="ellipsis"),
    ]


def _nothing(flow: str | None, since: str, *, failed: bool) -> str:
    of_flow = f" of {flow}" if flow else ""
    known = plugins.names("probes.flows")
    slip = f"; no such flow: {suggest(flow, known)}" if flow and flow not in known else ""
    return f"no {'failed ' if failed else ''}run{of_flow} in the last {since}{slip}"

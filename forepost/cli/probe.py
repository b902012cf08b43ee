"""`forepost probe FLOW`: walk one flow once and print what the customer met."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.cli import config_of
from forepost.cli._book import compared, write_run
from forepost.cli._compare import as_dicts
from forepost.cli._compare import show as show_rows
from forepost.cli._live import shop_of, store_of
from forepost.cli._mutate import mutate as score
from forepost.config import Config, FlowPlan
from forepost.model import Cleanup, FlowRun, Outcome, StepResult
from forepost.model.proof import capped

EXIT_CODES = {Outcome.PASSED: 0, Outcome.FAILED: 1, Outcome.BROKEN: 2, Outcome.DEGRADED: 0}
STRICT = 3  # it worked, outside a budget or not as far as its goal
STYLES = {"passed": "green", "degraded": "yellow", "failed": "bold red", "broken": "magenta"}


@click.command()
@click.argument("flow")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
@click.option("--strict", is_flag=True, help="Exit with 3 if degraded, or if a cap forbade to pay.")
@click.option("--no-retry", is_flag=True, help="One attempt only.")
@click.option("--mutate", is_flag=True, help="Break the shop for the probe; count what it notices.")
@click.option("--compare", "compares", is_flag=True, help="Beside the last good run and 24 h.")
@click.pass_context
def command(
    ctx: click.Context,
    flow: str,
    as_json: bool,
    strict: bool,
    no_retry: bool,
    mutate: bool,
    compares: bool,
) -> int:
    """Walk FLOW once: exit 0 passed, 1 failed, 2 our side or usage.

    With --strict: exit 3 if degraded, or if a cap or the kill switch ended it before it paid.
    With --mutate: exit 0 if the flow noticed every mutation that applies, else 1.
    """
    config = config_of(ctx)
    plan = _plan(config, flow)
    with shop_of(config) as (live, _):
        if mutate:
            return score(live, flow, plan, as_json=as_json)
        run = _walk(live, flow, plan, retry=plan.retry and not no_retry)
    write_run(config.paths.out, run)
    rows = compared(config, run) if compares else None
    if as_json:
        beside = {} if rows is None else {"compare": as_dicts(rows)}
        click.echo(json.dumps({**as_dict(run), **beside}, indent=2))
    else:
        show(run, Console())
        if rows is not None:
            show_rows(rows, Console())
    return exit_code(run, strict=strict)


def exit_code(run: FlowRun, *, strict: bool = False) -> int:
    """Return what the program exits with: 0 says that it worked, as far as it had leave to."""
    short = run.outcome is Outcome.DEGRADED or capped(run)
    return STRICT if strict and short else EXIT_CODES[run.outcome]


def _plan(config: Config, flow: str) -> FlowPlan:
    """Return the flow's table; a flow without one runs with its defaults if it needs none.

    Raises: ForepostError, one line, for what cannot be meant: nothing is started or written yet.
    """
    from probes.controls.presets import see_shop  # noqa: PLC0415 - rooms load late
    from probes.goal import see_goals  # noqa: PLC0415
    from scheduler import default_plan, probe_job  # noqa: PLC0415

    see_goals([flow])
    see_shop(config.shop, config.lines)
    plan = config.flows.get(flow) or default_plan(config, flow)
    probe_job(config, flow, plan, datetime.now(UTC))
    return plan


def _walk(config: Config, flow: str, plan: FlowPlan, *, retry: bool) -> FlowRun:
    """Run it in a worker of its own."""
    from dataclasses import replace  # noqa: PLC0415

    from probes.pool import ProbePool  # noqa: PLC0415 - rooms load late
    from scheduler import StoreLedger, probe_job  # noqa: PLC0415

    with store_of(config) as store:
        pool = ProbePool(1, config.paths.out, config.watch.browser, StoreLedger(config, store))
        try:
            return pool.run(probe_job(config, flow, replace(plan, retry=retry), datetime.now(UTC)))
        finally:
            pool.close()


def as_dict(run: FlowRun) -> dict[str, object]:
    """Return a run as JSON says it: times ISO 8601 in UTC, facts as an object."""
    data = asdict(run)
    for key in ("slot_at", "started_at", "finished_at"):
        data[key] = data[key].isoformat()
    data["facts"] = dict(run.facts)
    data["duration_ms"] = run.duration_ms
    data["passed_on_retry"] = run.passed_on_retry
    data["contended"] = run.contended
    return data


def show(run: FlowRun, console: Console) -> None:
    """Print the steps, the facts, and where the evidence lies."""
    show_steps(run, console)
    for name, value in run.facts:
        console.print(Text("  " + plain(f"{name}: {value}"), style="dim"), soft_wrap=True)
    if run.cleanup is not None:
        console.print(Text("  clean-up: ").append(cleanup_line(run.cleanup)), soft_wrap=True)
        if run.cleanup.outcome is not Outcome.PASSED:
            console.print(Text("  look again: forepost orders --settle"), soft_wrap=True)
    for artefact in run.artefacts:
        if artefact.kind != "picture":
            line = f"  {artefact.kind}: {artefact.path}"
            console.print(Text(line, style="dim"), soft_wrap=True)
    console.print(Text(f"  more: forepost show {run.id}", style="dim"), soft_wrap=True)


def cleanup_line(cleanup: Cleanup) -> Text:
    """Return the clean-up's own verdict: whether what was made is gone again."""
    told = Text(cleanup.outcome.value, style=STYLES[cleanup.outcome])
    told.append(f": {cleanup.made} made, {cleanup.left} left, {cleanup.duration_ms:.0f} ms")
    return told.append(f"; {plain(cleanup.message)}" if cleanup.message else "")


def show_steps(run: FlowRun, console: Console) -> None:
    """Print the steps with times and vitals, and the verdict."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    # A long name goes on in the next line: cut off, it could not be told from its neighbour.
    table.add_column("step", overflow="fold")
    table.add_column("")
    for name in ("time", "TTFB", "FCP", "LCP", "CLS", "TBT", "load", "requests", "kB"):
        table.add_column(name, justify="right")
    for step in run.steps:
        table.add_row(*_row(step))
    console.print(table)
    style = STYLES[run.outcome]
    retried = " on retry" if run.passed_on_retry else ""
    head = Text(f"{run.flow}: ", style="bold")
    head.append(f"{run.outcome}{retried}", style=style)
    head.append(f" in {run.duration_ms / 1000:.2f} s, {len(run.steps)} steps")
    if capped(run):
        head.append(" (not paid: whether paying works is unknown)", style="yellow")
    if run.contended:
        head.append(" (this machine was busy: times are too long)", style="yellow")
    console.print(head)
    for line in (run.message, run.first_message and f"first attempt: {run.first_message}"):
        if line:
            # One line stays one line: a path that is cut in two cannot be copied.
            console.print(Text(plain(line), style=style), soft_wrap=True)


def _row(step: StepResult) -> list[Text]:
    """Return one line of the table: the last document of the step speaks for it."""
    cells = [Text(step.name), Text(str(step.outcome), style=STYLES[step.outcome])]
    cells.append(Text(f"{step.duration_ms:.0f} ms"))
    if not step.pages:
        return cells + [Text("–", style="dim")] * 8
    page = step.pages[-1]
    cells += [_figure(value) for value in (page.ttfb_ms, page.fcp_ms, page.lcp_ms)]
    cells.append(_figure(page.cls, "{:.3f}"))
    cells += [_figure(page.tbt_ms), _figure(page.load_ms)]
    cells += [Text(str(page.requests)), Text(f"{page.bytes / 1000:.0f}")]
    return cells


def _figure(value: float | None, form: str = "{:.0f}") -> Text:
    """Return a figure, or a dash: not measured is not zero."""
    return Text("–", style="dim") if value is None else Text(form.format(value))

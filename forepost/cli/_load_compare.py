"""`forepost load compare`: what changed between two runs of a campaign."""

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.cli import config_of
from forepost.errors import LoadError
from forepost.model import LoadRun

if TYPE_CHECKING:
    from loadtests.comparison.compare import Comparison
    from loadtests.comparison.paces import Quantile

LATEST, PREVIOUS = "latest", "previous"
UNSOUND = ("invalid", "interrupted")
SHOWN = 3  # ids in a message
WIDE = 160  # columns of a file or a pipe


@click.command()
@click.argument("before", default=PREVIOUS)
@click.argument("after", default=LATEST)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.pass_context
def compare(ctx: click.Context, before: str, after: str, as_json: bool) -> int:
    """Compare two runs: capacity, times at the same load, thresholds, the scale-out effect.

    BEFORE and AFTER are ids, beginnings of ids, "latest" or "previous" (the run of the same
    campaign before the other one). It exits 0 if they could be compared, else 2.
    """
    from forepost.storage import open_store  # noqa: PLC0415 - rooms load late
    from loadtests.comparison.compare import compare as compared  # noqa: PLC0415

    store = open_store(config_of(ctx).store.path, read_only=True)
    try:
        old, new = pick(store.load_runs(), before, after)
        made = compared(old, new, store.load_cells(old.id), store.load_cells(new.id))
    finally:
        store.close()
    if as_json:
        told = {**dataclasses.asdict(made), "words": made.words()}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        console = Console()
        show(made, console if console.is_terminal else Console(width=WIDE))
    return 0


def pick(runs: Sequence[LoadRun], before: str, after: str) -> tuple[LoadRun, LoadRun]:
    """Return the two runs that are meant; "previous" is of the same campaign as the other one.

    Raises: LoadError, one line, if one is not there or not the only one.
    """
    if before == PREVIOUS:
        new = _find(runs, after)
        return _previous(runs, new), new
    old = _find(runs, before)
    return old, _previous(runs, old) if after == PREVIOUS else _find(runs, after)


def _previous(runs: Sequence[LoadRun], other: LoadRun) -> LoadRun:
    earlier = [
        run
        for run in runs
        if run.campaign == other.campaign and run.verdict and run.started_at < other.started_at
    ]
    if not earlier:
        raise LoadError(
            f"{PREVIOUS}: no run of {other.campaign} with a verdict before {other.id}; "
            f"run it again: forepost load run {other.campaign}"
        )
    sound = [run for run in earlier if run.verdict not in UNSOUND]
    alike = [run for run in sound if _kind(run) == _kind(other)]
    return (alike or earlier)[-1]


def _kind(run: LoadRun) -> object:
    """Return whether it was a run, a search, a replay: only alike can be compared."""
    return run.detail.get("kind", "run")


def _find(runs: Sequence[LoadRun], wanted: str) -> LoadRun:
    if not runs:
        raise LoadError(f"{wanted}: no load test in this store yet: forepost load run CAMPAIGN")
    ended = [run for run in runs if run.verdict and run.verdict != "interrupted"]
    if wanted in (LATEST, PREVIOUS):
        if not ended:
            raise LoadError(f"{wanted}: no load test in this store has a verdict yet")
        return ended[-1]
    fits = [run for run in runs if wanted and run.id.startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    ids = ", ".join(f"{run.id} ({run.campaign})" for run in (fits or runs)[-SHOWN:])
    found = f"{len(fits)} load tests begin like this" if fits else "no such load test"
    raise LoadError(f"{wanted}: {found}; the latest: {ids}")


def show(made: "Comparison", console: Console) -> None:
    """Print what changed, the most telling first; stored texts are shown as text."""
    head = Text(f"{plain(made.campaign)}: ", style="bold")
    head.append(f"{made.before} ({made.verdicts[0]}) → {made.after} ({made.verdicts[1]})")
    console.print(head, soft_wrap=True)
    for line in made.words():
        console.print(Text(plain(line)), soft_wrap=True)
    if made.paces:
        console.print(_paces(made))
    else:
        console.print(Text("no response times at a rate that both were offered", style="dim"))
    for line in made.differs:
        console.print(Text(f"not the same: {plain(line)}", style="yellow"), soft_wrap=True)


def _paces(made: "Comparison") -> Table:
    """Return the response times; a flow and its rate stand above their endpoints, as lines do."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("p95, ms (95 % interval)", overflow="fold")
    for name in ("before", "after", "slower?"):  # names give way before figures do
        table.add_column(name, justify="right", no_wrap=True)
    above = ""
    for one in made.paces:
        at = f"{plain(one.flow)} at {one.rate_per_s:.3g}/s"
        if at != above:
            table.add_row(Text(at, style="bold"))
        above = at
        # More time is worse, so the colours are those of a capacity turned round.
        style = {"more": "red", "less": "green"}.get(one.change.value, "dim")
        said = {"more": "slower", "less": "faster"}.get(one.change.value, one.change.value)
        table.add_row(
            f"  {plain(one.endpoint)}", _ms(one.before), _ms(one.after), Text(said, style=style)
        )
    return table


def _ms(one: "Quantile") -> str:
    """Return "321 (278–402)"; with few visits an end is open: "321 (≥ 278)"."""
    said = f"{one.value_ms:,.0f}"
    if one.low_ms is not None and one.high_ms is not None:
        return f"{said} ({one.low_ms:,.0f}–{one.high_ms:,.0f})"
    if one.low_ms is not None:
        return f"{said} (≥ {one.low_ms:,.0f})"
    return said if one.high_ms is None else f"{said} (≤ {one.high_ms:,.0f})"

"""`forepost probe FLOW --mutate`: what a flow notices of a shop that is broken for it alone."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.cli._live import store_of
from forepost.config import Config, FlowPlan
from forepost.errors import ProbeError
from forepost.model import FlowRun, Outcome
from forepost.model.proof import STOPPED, capped

STYLES = {"noticed": "green", "missed": "bold red", "not applicable here": "dim"}
SCORE_IS_FULL, SOMETHING_MISSED = 0, 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutation, and what became of it."""

    name: str
    what: str  # what a customer would meet
    rule: str  # the invariant that it violates
    result: str  # noticed | missed | not applicable here
    step: str = ""
    message: str = ""


def mutate(config: Config, flow: str, plan: FlowPlan, *, as_json: bool) -> int:
    """Walk the healthy shop, then every mutation; print the score.

    Returns: 0 if all that apply were noticed, else 1. Raises: ProbeError if the flow does not
    pass without a mutation, or if none applies.
    """
    trials, began = [], datetime.now(UTC)
    for trial in _trials(config, flow, plan):
        trials.append(trial)
        click.echo(f"{len(trials)}: {trial.name}: {trial.result}", err=True)
    _see_left(config, began)
    counted = [trial for trial in trials if trial.result != "not applicable here"]
    if not counted:
        raise ProbeError(f"{flow}: no mutation applies to it here; there is no score")
    found = sum(trial.result == "noticed" for trial in counted)
    if as_json:
        told = {"flow": flow, "noticed": found, "applicable": len(counted)}
        rows = [asdict(trial) for trial in trials]
        click.echo(json.dumps({**told, "score": found / len(counted), "mutations": rows}, indent=2))
    else:
        _show(flow, trials, found, len(counted))
    return SCORE_IS_FULL if found == len(counted) else SOMETHING_MISSED


def _trials(config: Config, flow: str, plan: FlowPlan) -> Iterator[Trial]:
    """Yield what became of each mutation; the runs are never stored."""
    from probes.mutations import of_flow  # noqa: PLC0415 - rooms load late
    from probes.pool import ProbePool  # noqa: PLC0415
    from scheduler import StoreLedger, probe_job  # noqa: PLC0415

    with store_of(config) as store:
        pool = ProbePool(1, config.paths.out, config.watch.browser, StoreLedger(config, store))
        try:
            healthy = pool.run(probe_job(config, flow, plan, datetime.now(UTC)))
            if not healthy.outcome.worked:
                raise ProbeError(f"a score makes no sense before this is mended: {healthy.message}")
            see_paid(healthy)
            slow = {step.name for step in healthy.steps if step.outcome is Outcome.DEGRADED}
            once = replace(plan, retry=False)
            for mutation in of_flow(flow):
                job = probe_job(config, flow, once, datetime.now(UTC))
                run = pool.run(replace(job, mutation=mutation.name))
                see_paid(run)
                result = result_of(run, slow)
                step, said = run.failed_step or "", run.message
                yield Trial(mutation.name, mutation.what, mutation.rule, result, step, said)
        finally:
            pool.close()


def see_paid(run: FlowRun) -> None:
    """Refuse a score over a walk that a cap ended: what it would have noticed later is unknown.

    Raises: ProbeError, one line.
    """
    if capped(run):
        raise ProbeError(
            f"{run.flow}: no score, for a walk stopped {dict(run.facts)[STOPPED]}; every mutation "
            "is a purchase: raise the cap or give leave, see forepost orders"
        )


def _see_left(config: Config, began: datetime) -> None:
    """Say what these runs left in the shop; nothing, if all went well."""
    with store_of(config) as store:
        left = [one for one in store.ledger(unsettled_only=True) if one.asked_at >= began]
    if left:
        click.echo(f"{len(left)} left behind by these runs: forepost orders --settle", err=True)


def result_of(run: FlowRun, slow: set[str]) -> str:
    """Return what a mutated run proves; `slow` steps are degraded without a mutation too."""
    from probes.mutations import noticed, struck  # noqa: PLC0415 - rooms load late

    if not struck(run):
        return "not applicable here"
    late = run.outcome is Outcome.DEGRADED and run.failed_step in slow
    return "noticed" if noticed(run) and not late else "missed"


def _show(flow: str, trials: list[Trial], found: int, counted: int) -> None:
    """Print one line a mutation, and the score."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("mutation", "", "step", "what the probe said, or the rule it should have seen"):
        table.add_column(name, overflow="fold")
    for trial in trials:
        said = trial.message.partition("; screenshot")[0] if trial.message else trial.rule
        shown = trial.rule if trial.result == "missed" and not trial.message else said
        style = STYLES[trial.result]
        cells = (trial.name, trial.result, trial.step, shown)
        table.add_row(*(Text(plain(cell), style=style) for cell in cells))
    console = Console()
    console.print(table)
    left = len(trials) - counted
    rest = f" ({left} not applicable here)" if left else ""
    style = "green" if found == counted else "bold red"
    console.print(Text(f"{flow}: {found} of {counted} mutations noticed{rest}", style=style))

"""`forepost load breakpoint`: how much the shop takes, and what gives way first."""

from typing import Any

import click

from forepost.cli._load_live import Asked, campaign_of, exit_code, fly, options
from forepost.model import LoadRun


@click.command("breakpoint")
@click.argument("campaign")
@click.option("--flow", metavar="FLOW", help="Search for the limit of this flow alone.")
@options
@click.pass_context
def limit(ctx: click.Context, /, campaign: str, flow: str | None, **asked: Any) -> int:
    """Search the limit of CAMPAIGN. Exit codes: those of load run; 0 also without a forecast."""
    from loadtests.breakpoint import alone, run_breakpoint  # noqa: PLC0415 - rooms load late

    plan = campaign_of(ctx, campaign)
    plan = alone(plan, flow) if flow is not None else plan
    return _exit_code(fly(ctx, plan, Asked(**asked), use=run_breakpoint))


def _exit_code(made: LoadRun) -> int:
    """Return 0 also for a search that came to its end and had no forecast to compare with."""
    detail: Any = made.detail
    if made.verdict == "inconclusive" and not detail["peaks"] and detail["search"]["confirmed"]:
        return 0
    return exit_code(made)

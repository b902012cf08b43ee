"""`forepost load`: what the shop takes before customers suffer, and what gives way first."""

import click

from forepost.cli import (
    _load_breakpoint,
    _load_compare,
    _load_list,
    _load_plan,
    _load_record,
    _load_replay,
    _load_report,
    _load_run,
    _load_worker,
)


@click.group()
def command() -> None:
    """Load-test the flows of a campaign while the probes keep walking."""


command.add_command(_load_run.run)
command.add_command(_load_worker.worker)
command.add_command(_load_record.record)
command.add_command(_load_report.report)
command.add_command(_load_breakpoint.limit)
command.add_command(_load_plan.plan)
command.add_command(_load_list.campaigns)
command.add_command(_load_replay.replay)
command.add_command(_load_compare.compare)

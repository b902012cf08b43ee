"""`forepost report`: one self-contained page of a span of time."""

from datetime import UTC, datetime, timedelta

import click

from forepost.cli import config_of
from forepost.config import parse_duration


@click.command()
@click.option("--since", default="24h", show_default=True, help="How far back: 90m, 24h, 7d.")
@click.option("--pdf", is_flag=True, help="Also write it as PDF.")
@click.pass_context
def command(ctx: click.Context, since: str, pdf: bool) -> None:
    """Write the report of the time up to now; print its path."""
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415
    from scheduler import write_report  # noqa: PLC0415 - rooms load late

    try:
        span = timedelta(seconds=parse_duration(since))
    except ValueError as error:
        raise click.BadParameter(f"{since}: {error}", param_hint="--since") from None
    config = config_of(ctx)
    now = datetime.now(UTC)
    store = SqliteStore(config.store.path, read_only=True)
    try:
        report = write_report(config, store, now, now - span)
    finally:
        store.close()
    click.echo(report)
    if pdf:
        from forepost.cli._pdf import write_pdf  # noqa: PLC0415

        click.echo(write_pdf(report))

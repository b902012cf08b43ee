"""`forepost load worker`: lend this machine to a load test that another one runs."""

import click

from forepost.cli._signals import stop_on_signals


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65_535), required=True, help="The tunnel's end here."
)
@click.option("--join", "code", required=True, metavar="CODE", help="The run's code, as printed.")
@click.option("--name", default="worker", show_default=True, help="What reports call this machine.")
@click.option("--count", type=click.IntRange(1, 64), default=1, show_default=True, help="Workers.")
def worker(port: int, code: str, name: str, count: int) -> int:
    """Join the load test whose master answers on PORT of this machine; end with it."""
    from loadtests.generator.lending import lend  # noqa: PLC0415 - rooms load late

    lend(port, code, name=name, count=count, stop=stop_on_signals())
    return 0

"""`forepost load worker`: lend this machine to a load test that another one runs."""

import sys

import click

from forepost.cli._signals import stop_on_signals


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65_535), required=True, help="The tunnel's end here."
)
@click.option("--name", default="worker", show_default=True, help="What reports call this machine.")
@click.option("--count", type=click.IntRange(1, 64), default=1, show_default=True, help="Workers.")
def worker(port: int, name: str, count: int) -> int:
    """Join the load test whose master answers on PORT of this machine; end with it.

    The code of the run is read from standard input: command lines are there for all to see.
    """
    from loadtests.generator import joining  # noqa: PLC0415 - rooms load late
    from loadtests.generator.lending import lend  # noqa: PLC0415

    code = joining.read_code(sys.stdin)  # before signals are caught: Ctrl-C ends the waiting
    lend(port, code, name=name, count=count, stop=stop_on_signals())
    return 0

"""`forepost demo`: three incidents, found before the first post, in four minutes."""

import json

import click


@click.command()
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="The town's dice."
)
@click.option("--json", "as_json", is_flag=True, help="Write the summary to stdout as JSON.")
@click.option("--pdf", is_flag=True, help="Also write the report as PDF.")
def command(seed: int, as_json: bool, pdf: bool) -> int:
    """Play the three situations on the bundled shop; end with the ledger and the report."""
    from rich.console import Console  # noqa: PLC0415 - only this command draws

    from forepost.cli._ledger import show  # noqa: PLC0415
    from forepost.cli._pdf import write_pdf  # noqa: PLC0415
    from forepost.demo.director import LIMIT_S  # noqa: PLC0415
    from forepost.demo.performance import perform  # noqa: PLC0415 - rooms load late

    screen = Console(stderr=True)
    made = perform(seed, screen, limit_s=LIMIT_S)
    if as_json:
        click.echo(json.dumps(made.summary, indent=2))
    show(made.data, screen if as_json else Console())
    screen.print(f"report: {made.report}", soft_wrap=True, highlight=False)
    if pdf:
        screen.print(f"PDF: {write_pdf(made.report)}", soft_wrap=True, highlight=False)
    if not made.summary["complete"]:
        screen.print("not every situation was found before its first post", style="bold red")
        return 1
    return 0

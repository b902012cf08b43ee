"""`forepost load report`: one page of a load test for people, and files for machines."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from forepost.cli import config_of
from forepost.model import LoadRun

FILE = click.Path(dir_okay=False, path_type=Path)
STDOUT = Path("-")


@click.command()
@click.argument("run", default="latest")
@click.option("--html", type=FILE, help="Where the page goes [out/loads/RUN/report.html].")
@click.option("--pdf", type=FILE, help="Also print the page as PDF.")
@click.option("--junit", type=FILE, help="Write JUnit XML for CI; - for stdout.")
@click.option("--json", "as_json", type=FILE, help="Write JSON for machines; - for stdout.")
@click.pass_context
def report(
    ctx: click.Context,
    run: str,
    html: Path | None,
    pdf: Path | None,
    junit: Path | None,
    as_json: Path | None,
) -> int:
    """Report on RUN: an id, the beginning of one, or the latest; print what was written.

    Without a file it writes the page. It exits 0 whatever the verdict; `load run` says it.
    """
    from forepost.storage import open_store  # noqa: PLC0415 - rooms load late
    from reports import load_collect, load_json, load_junit  # noqa: PLC0415
    from reports.files import write  # noqa: PLC0415
    from scheduler import context_of  # noqa: PLC0415

    _apart(html, pdf, junit, as_json)
    config = config_of(ctx)
    store = open_store(config.store.path, read_only=True)
    try:
        found = load_collect.find(store, run)
        told = load_collect.collect_load(store, context_of(config), found, datetime.now(UTC))
    finally:
        store.close()
    if html or pdf or not (junit or as_json):
        from reports.load_build import write_load_report  # noqa: PLC0415 - draws

        page = write_load_report(told, html or _place(config.paths.out, found))
        click.echo(page, err=bool(STDOUT in (junit, as_json)))
        if pdf:
            from forepost.cli._pdf import write_pdf  # noqa: PLC0415 - starts a browser

            printed = write_pdf(page, pdf, out=config.paths.out)
            click.echo(printed, err=bool(STDOUT in (junit, as_json)))
    machines = json.dumps(load_json.as_json(told), indent=2, ensure_ascii=False) + "\n"
    for file, text in ((junit, load_junit.junit(told)), (as_json, machines)):
        if file == STDOUT:
            click.echo(text, nl=False)
        elif file:
            click.echo(write(file, text.encode()), err=bool(STDOUT in (junit, as_json)))
    return 0


def _place(out: Path, run: LoadRun) -> Path:
    """Return where a page lies unless told otherwise: beside the run's own files."""
    return out / "loads" / run.id / "report.html"


def _apart(*files: Path | None) -> None:
    """See that no two options name the same file."""
    named = [file for file in files if file is not None]
    places = [file if file == STDOUT else file.resolve() for file in named]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise click.UsageError(
                f"{named[number]}: two options name this file; give each its own"
            )

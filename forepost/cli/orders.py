"""`forepost orders`: what probes left behind in the shop; settle it, or stop all paying."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from alerts.plain import plain
from forepost.cli import _gone, config_of
from forepost.cli._left import show, what
from forepost.cli._live import shop_of, store_of, wide_console
from forepost.config import Config, parse_duration
from forepost.model import LedgerEntry
from forepost.storage import Store


@click.command()
@click.argument("rows", metavar="[ROW]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Also what is settled.")
@click.option("--since", default="30d", show_default=True, help="How far back --all looks.")
@click.option("--settle", is_flag=True, help="Ask the shop again, and undo what is left.")
@click.option("--gone", is_flag=True, help="Settle each ROW by your word: it was undone by hand.")
@click.option("--note", metavar="TEXT", help="With --gone: what was seen or done; it is kept.")
@click.option("--stop", metavar="REASON", help="Kill switch: no probe pays from now on.")
@click.option("--resume", is_flag=True, help="Release the kill switch.")
@click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    rows: tuple[str, ...],
    everything: bool,
    since: str,
    settle: bool,
    gone: bool,
    note: str | None,
    stop: str | None,
    resume: bool,
    as_json: bool,
) -> int:
    """List synthetic orders, gift cards and subscriptions that are left: exit 1 if any is.

    The list names each of them; --gone with such names, and a --note, settles those by hand.
    """
    _gone.see(rows, gone=gone, note=note, beside=settle or stop is not None or resume)
    if stop is not None and (resume or not stop.strip()):
        raise click.UsageError("--stop wants a reason, and not --resume beside it")
    try:
        span = timedelta(seconds=parse_duration(since))
    except ValueError as error:
        raise click.BadParameter(f"{since}: {error}", param_hint="--since") from None
    config = config_of(ctx)
    now = datetime.now(UTC)
    with store_of(config) as store:
        if stop is not None or resume:
            if resume:
                was = store.paying_stopped()
                told = "not thrown" if was is None else f"thrown: {plain(was)}"
                click.echo(f"the kill switch is released; it was {told}", err=True)
            store.stop_paying(stop, now)
        if settle:
            _settle(config, store)
        if gone:
            for entry in _gone.say_gone(config, store, rows, note or "", now):
                click.echo(f"settled by your word: {entry.row} ({what(entry)})", err=True)
        left = store.ledger(unsettled_only=True)
        entries = store.ledger(since=now - span) if everything else left
        stopped = store.paying_stopped()
    if as_json:
        shown = [_as_dict(entry) for entry in entries]
        click.echo(json.dumps({"paying_stopped": stopped, "entries": shown}, indent=2))
    else:
        zone = ZoneInfo(config.shop.timezone)
        show(entries, left, stopped, wide_console(), now=now, zone=zone)
    return 1 if left else 0


def _settle(config: Config, store: Store) -> None:
    """Have a worker look up and undo what is left."""
    from scheduler import may_settle, settle_left  # noqa: PLC0415 - rooms load late

    left = store.ledger(unsettled_only=True)
    mine = may_settle(config, left)
    if mine:  # else no shop need be started
        with shop_of(config) as (live, _):
            settle_left(live, store)
    if len(mine) < len(left):
        click.echo(
            f"{len(left) - len(mine)} may be of a run of another Forepost that is under way, and "
            "left to it; look again after two deadlines of the flow, or stop that one",
            err=True,
        )


def _as_dict(entry: LedgerEntry) -> dict[str, object]:
    """Return an entry as JSON says it: times ISO 8601 in UTC."""
    data = asdict(entry)
    for key, value in data.items():
        if isinstance(value, datetime):
            data[key] = value.isoformat()
    return {"row": entry.row, **data, "settled": entry.settled}

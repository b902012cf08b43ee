"""`forepost watch`: probes, complaints, decisions, alerts and reports, for good."""

import signal
import threading
from types import FrameType

import click

from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.model import FlowRun, Poll, Transition
from forepost.model.proof import STOPPED, capped


@click.command()
@click.pass_context
def command(ctx: click.Context) -> int:
    """Watch the shop of config.toml until told to stop (Ctrl-C or SIGTERM: drains first)."""
    import scheduler  # noqa: PLC0415 - rooms load late
    from forepost.claim import claim  # noqa: PLC0415
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415

    config = config_of(ctx)
    scheduler.see(config)
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: _stop(end, _frame))
    held = claim(config.store.path)
    try:
        with shop_of(config, town=True) as (live, shop):
            store = SqliteStore(live.store.path)
            service = scheduler.build(live, store, heard=_say)
            service.start()
            click.echo(
                f"watching {live.shop.name} at {live.shop.url}; Ctrl-C drains and stops", err=True
            )
            if shop is not None and shop.town:
                shop.call("POST", f"{shop.town}/control", {"open": True})
            end.wait()
            click.echo("draining", err=True)
            service.stop()
            store.close()
    finally:
        held.close()
    return 0


def _stop(end: threading.Event, frame: FrameType | None) -> None:
    del frame
    end.set()


def _say(event: object) -> None:
    """Log one line an event to stderr."""
    match event:
        case FlowRun():
            words = (
                event.message
                or f"{event.flow}: {event.outcome} in {event.duration_ms / 1000:.1f} s"
            )
            stopped = dict(event.facts).get(STOPPED)
            words += f", stopped {stopped}" if stopped else ""
            state = "unpaid" if capped(event) else event.outcome
            click.echo(f"{event.finished_at:%H:%M:%S}  {state:9} {words}", err=True)
        case Transition():
            words = f"{event.incident.subject}: {event.reason}"
            click.echo(f"{event.at:%H:%M:%S}  {event.kind:9} {words}", err=True)
        case Poll() if event.error:
            click.echo(f"{event.at:%H:%M:%S}  source    {event.error}", err=True)

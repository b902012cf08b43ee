"""`forepost maintenance`: planned work: pause, mute, exclude, show."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from forepost.cli import config_of
from forepost.config import Config, parse_duration
from forepost.errors import ConfigError, StoreError
from forepost.model import Maintenance, MaintenanceSwitch

if TYPE_CHECKING:
    from forepost.storage import Store

NAME_LENGTH = 60
LONGEST_S = 31 * 86_400.0
AHEAD = timedelta(days=7)


@click.group()
def command() -> None:
    """Planned work: windows by hand, beside [maintenance.x]; `watch` heeds them at once."""


@command.command()
@click.argument("name")
@click.option("--for", "lasts", required=True, help="How long from now: 30m, 2h.")
@click.option("--flow", "flows", multiple=True, help="Only this flow (may be repeated).")
@click.option("--pause", is_flag=True, help="Do not run the flows at all.")
@click.option("--mute/--no-mute", default=True, help="Send no alerts meanwhile.")
@click.option("--exclude/--no-exclude", default=True, help="Leave its runs out of all figures.")
@click.option("--show/--no-show", default=True, help="Tell of it in reports.")
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    lasts: str,
    flows: tuple[str, ...],
    *,
    pause: bool,
    mute: bool,
    exclude: bool,
    show: bool,
) -> None:
    """Begin planned work now; print when it ends."""
    config = config_of(ctx)
    thrown = {"pause": pause, "mute": mute, "exclude": exclude, "show": show}
    now = datetime.now(UTC)
    window = Maintenance(
        name=_name(name),
        starts_at=now,
        ends_at=now + _span(lasts),
        flows=_flows(config, flows),
        switches=frozenset(one for one in MaintenanceSwitch if thrown[one]),
    )
    store = _open(config)
    try:
        if any(one.name == window.name for one in _at(config, store, now)):
            raise ConfigError(
                [f"{window.name}: such a window lasts already; end it first, or take another name"]
            )
        store.add_maintenance(window)
    finally:
        store.close()
    click.echo(_line(window, config))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a window.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """Print the windows that last now or begin within 7 days."""
    config = config_of(ctx)
    now = datetime.now(UTC)
    for window in (found := _known(config, now)):
        row = {
            "name": window.name,
            "starts_at": window.starts_at.isoformat(),
            "ends_at": window.ends_at.isoformat(),
            "lasts_now": window.starts_at <= now,
            "flows": list(window.flows),
            "switches": sorted(window.switches),
        }
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(window, config))
    if not found and not as_json:
        click.echo("no window lasts now or begins within 7 days", err=True)


@command.command()
@click.argument("name")
@click.pass_context
def end(ctx: click.Context, name: str) -> None:
    """End planned work that lasts now; what was held back and still fails is told."""
    config = config_of(ctx)
    now = datetime.now(UTC)
    store = _open(config)
    try:
        lasting = _at(config, store, now)
        ended = [replace(one, ends_at=now) for one in lasting if one.name == name]
        if not ended:
            there = ", ".join(sorted({one.name for one in lasting})) or "none"
            raise ConfigError([f"{name}: no such window lasts now; there is: {there}"])
        for window in ended:
            store.add_maintenance(window)
            click.echo(_line(window, config))
    finally:
        store.close()


def _open(config: Config) -> "Store":
    """Open the store to write; a `watch` on it goes on.

    Raises: StoreError where its folder cannot be made.
    """
    from forepost.storage import open_store  # noqa: PLC0415 - --help must not wait for it

    try:
        config.store.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{config.store.path}: {error.strerror}; choose a folder that may be written, "
            "[store] path"
        ) from None
    return open_store(config.store.path)


def _known(config: Config, now: datetime) -> list[Maintenance]:
    """Return what lasts or comes soon; a store that is not there yet has no windows."""
    from forepost.storage import open_store  # noqa: PLC0415 - as above
    from forepost.windows import windows  # noqa: PLC0415 - as above

    if not config.store.path.exists():
        return windows(config.maintenance, ZoneInfo(config.shop.timezone), now, now + AHEAD)
    store = open_store(config.store.path, read_only=True)
    try:
        return _windows(config, store, now, now + AHEAD)
    finally:
        store.close()


def _windows(config: Config, store: "Store", since: datetime, until: datetime) -> list[Maintenance]:
    from forepost.windows import together  # noqa: PLC0415 - as above

    zone = ZoneInfo(config.shop.timezone)
    return together(config.maintenance, zone, store.maintenance, since, until)


def _at(config: Config, store: "Store", now: datetime) -> list[Maintenance]:
    return _windows(config, store, now, now + timedelta(microseconds=1))


def _name(name: str) -> str:
    """Accept one line of visible text.

    Raises: click.BadParameter for anything else.
    """
    if not name.strip() or not name.isprintable() or len(name) > NAME_LENGTH:
        raise click.BadParameter(
            f"{name!r}: give 1 to {NAME_LENGTH} visible characters", param_hint="NAME"
        )
    return name


def _span(text: str) -> timedelta:
    try:
        span_s = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: {error}", param_hint="--for") from None
    if span_s > LONGEST_S:
        raise click.BadParameter(f"{text}: longer than 31d; plan it again", param_hint="--for")
    return timedelta(seconds=span_s)


def _flows(config: Config, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in config.flows:
            there = ", ".join(sorted(config.flows)) or "none"
            said = f"{name}: no such flow; there is: {there}"
            raise click.BadParameter(said, param_hint="--flow")
    return tuple(dict.fromkeys(names))


def _line(window: Maintenance, config: Config) -> str:
    zone = ZoneInfo(config.shop.timezone)
    ends = (window.starts_at, window.ends_at)
    since, until = (f"{one.astimezone(zone):%Y-%m-%d %H:%M:%S}" for one in ends)
    flows = ", ".join(window.flows) or "all flows"
    does = ", ".join(one for one in MaintenanceSwitch if one in window.switches) or "nothing"
    return f"{window.name}: {since} to {until} {config.shop.timezone}; {flows}; {does}"

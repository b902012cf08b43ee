"""One load test from the command line: probes walk beside it, and its page lies ready after it."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from alerts.plain import plain
from forepost.cli import config_of
from forepost.cli._live import shop_of
from forepost.cli._signals import stop_on_signals
from forepost.config import Config
from forepost.config.tables import BUNDLED
from forepost.errors import ConfigError, StoreBusyError
from forepost.model import LoadRun
from forepost.storage import Store

if TYPE_CHECKING:
    from loadtests.campaign import Campaign

# Verdicts of loadtests.verdict in their exit codes; a stop by hand or by safety is 5.
EXIT_CODES = {"ready": 0, "passed": 0, "not ready": 1, "failed": 1, "invalid": 3, "inconclusive": 4}
STOPPED = 5
STOPPING = "stopping: nothing more is sent; what was made is settled, and the page is written"
PROBE_EVERY_S = 5.0
_LONGEST = 2_000  # letters of a line
HUMAN = "checkout"  # whoever buys walks it, whatever the campaign is about

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that every command has that sends load."""

    as_json: bool
    own: str | None
    setup: tuple[str, ...]
    workers_from: str | None
    port: int


def options(command: Command) -> Command:
    """Give a command the options of Asked."""
    for option in (
        click.option("--port", type=click.IntRange(0, 65_535), default=0, help="The master's."),
        click.option(
            "--workers-from", metavar="HOSTS", help="Where workers run: a,b or a file of names."
        ),
        click.option(
            "--setup",
            multiple=True,
            metavar="NAME=VALUE",
            help="What the target is, for compare: web=2.",
        ),
        click.option("--i-own-this-target", "own", metavar="HOST", help="Beyond this machine."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    ):
        command = option(command)
    return command


def campaign_of(ctx: click.Context, name: str) -> "Campaign":
    """Return a campaign by name; the config is read first, as it says where own files lie.

    Raises: ConfigError with one line a fault.
    """
    from loadtests import campaign as campaigns  # noqa: PLC0415 - rooms load late

    config_of(ctx)
    return campaigns.load(name)


def fly(ctx: click.Context, campaign: "Campaign", asked: Asked, **more: Any) -> LoadRun:
    """Run a load test, print what it says and where its page lies.

    Shape:  `more` is handed on to `scheduler.load_test`.
    Raises: as that; UsageError for options that cannot be read. Nothing was sent then.
    """
    import scheduler  # noqa: PLC0415 - rooms load late
    from forepost.storage.sqlite import SqliteStore  # noqa: PLC0415
    from loadtests.generator import joining  # noqa: PLC0415

    config = config_of(ctx)
    told = setup_of(asked.setup)
    hosts = () if asked.workers_from is None else joining.parse(asked.workers_from)
    walked(config, campaign)  # tells its fault before anything starts
    _see_target(config, campaign, asked.own)
    stop = stop_on_signals(STOPPING)
    with shop_of(config) as (live, _), closing(SqliteStore(live.store.path)) as store:
        with probes_beside(live, store, campaign):
            made = scheduler.load_test(
                live,
                store,
                campaign,
                stop=stop,
                own_target=asked.own or "",
                progress=lambda seen: click.echo(seen.words(), err=True),
                setup=told,
                hosts=hosts,
                invite=lambda command: click.echo(f"start a worker: {command}", err=True),
                port=asked.port,
                **more,
            )
        # The verdict first: a page that cannot be written takes nothing away from it.
        click.echo(json.dumps(as_dict(made), indent=2) if asked.as_json else words(made))
        page = scheduler.write_load_report(live, store, made)
    click.echo(f"report: {page}", err=asked.as_json)
    return made


def setup_of(given: tuple[str, ...]) -> dict[str, str]:
    """Return what the operator says of the target, from NAME=VALUE texts."""
    told: dict[str, str] = {}
    for one in given:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not (name and equals and value):
            raise click.UsageError(f'--setup "{one}": say NAME=VALUE, like web=2')
        told[name] = value
    return told


def exit_code(made: LoadRun) -> int:
    """Return 5 for a run that was stopped; what its verdict says for one that told its word."""
    cut = made.detail.get("cut_short") and not made.detail.get("aborted")
    if cut and made.verdict != "invalid":
        return STOPPED
    return EXIT_CODES.get(str(made.verdict), 4)


def _see_target(config: Config, campaign: "Campaign", own: str | None) -> None:
    """Refuse what `scheduler.load_test` would refuse, before anything is started."""
    from loadtests.run import see_target  # noqa: PLC0415 - rooms load late

    target = config.shop.url if campaign.target == BUNDLED else campaign.target
    allowed = [host for host in campaign.allow_hosts if host in config.loadtests.allow_hosts]
    see_target(None if target == BUNDLED else target, allowed, own)


@contextmanager
def probes_beside(config: Config, store: Store, campaign: "Campaign") -> Iterator[None]:
    """Let probes walk during the test, unless a watch on this store does so already.

    They are few and come often: whoever buys, unless the campaign names others. All flows of a
    shop share one or two browsers; each would walk once in a short test.
    Raises: ConfigError for a flow that the campaign names and config.toml does not have.
    """
    import scheduler  # noqa: PLC0415 - rooms load late
    from forepost.claim import claim  # noqa: PLC0415

    try:
        held = claim(config.store.path)
    except StoreBusyError:
        yield
        return
    flows = {
        name: replace(plan, interval=min(plan.interval, PROBE_EVERY_S), interval_failing=5.0)
        for name, plan in config.flows.items()
        if name in walked(config, campaign)
    }
    quiet = replace(
        config, flows=flows, campaigns={}, complaints=replace(config.complaints, sources={})
    )
    service = scheduler.build(quiet, store)
    service.start(gaps=False)  # its pace is the test's: at that, nobody was ever meant to watch
    try:
        yield
    finally:
        service.stop()
        held.close()


def walked(config: Config, campaign: "Campaign") -> tuple[str, ...]:
    """Return the flows that a browser walks during a campaign; all, if nobody buys here.

    Raises: ConfigError for a flow that there is not.
    """
    for name in campaign.probes:
        if name not in config.flows:
            there = ", ".join(config.flows) or "none"
            place = f"campaign {campaign.name}: [campaign] probes"
            missing = f"{config.origin} has no table [flows.{name}]; there is: {there}"
            raise ConfigError([f"{place}: {missing}; nothing was sent"])
    return campaign.probes or ((HUMAN,) if HUMAN in config.flows else tuple(config.flows))


def words(run: LoadRun) -> str:
    """Return the verdict as a manager reads it."""
    detail: Any = run.detail
    lines = [f"{str(run.verdict).upper()}: {run.campaign} on {run.target}"]
    lines += [str(line) for line in detail.get("lines", ())]
    lines.append(f"gives way first: {run.bottleneck or _unnamed(detail)}")
    signs = [f"  {plain(str(line), _LONGEST)}" for line in detail.get("evidence", ())]
    return "\n".join([*(plain(line, _LONGEST) for line in lines), *signs])


def _unnamed(detail: Any) -> str:
    """Return what stands for a resource where none is named: nothing gave way, or unclear."""
    flows = detail.get("brackets", {}).values()
    seen = any(one.get("low_per_s") is not None for one in flows)
    held = seen and all(one.get("high_per_s") is None for one in flows)
    return "nothing" if held and not _spoilt(detail) else "unclear"


def _spoilt(detail: Any) -> bool:
    return bool(detail.get("invalid") or detail.get("cut_short"))


def as_dict(run: LoadRun) -> dict[str, object]:
    """Return the result as JSON says it."""
    return {
        "id": run.id,
        "campaign": run.campaign,
        "target": run.target,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "verdict": run.verdict,
        "bottleneck": run.bottleneck,
        "detail": dict(run.detail),
    }

"""`forepost load plan`: what a campaign would send, and where; sends nothing."""

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from alerts.plain import plain
from forepost.cli import config_of
from forepost.cli._load_live import walked
from forepost.config.tables import BUNDLED
from forepost.errors import ConfigError, LoadError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from forepost.config import Config
    from loadtests.campaign import Campaign
    from loadtests.former import Former
    from loadtests.outlook import FlowOutlook, Outlook

HERE = "http://127.0.0.1"  # where the bundled shop will be


@click.command()
@click.argument("campaign")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.pass_context
def plan(ctx: click.Context, campaign: str, as_json: bool) -> None:
    """Show what CAMPAIGN would send: phases, rates, requests, cores, ceilings. Sends nothing."""
    from loadtests import campaign as campaigns  # noqa: PLC0415 - rooms load late
    from loadtests.outlook import outlook  # noqa: PLC0415

    config = config_of(ctx)
    made = campaigns.load(campaign)
    before, unread = _former(config.store.path, made)
    hosts = [host for host in made.allow_hosts if host in config.loadtests.allow_hosts]
    seen = outlook(made, before.per_visit if before else None)
    seen = replace(seen, warnings=(*seen.warnings, *_refused(config, made, hosts)))
    if unread:
        click.echo(f"load plan: no former run could be read: {plain(unread)}", err=True)
    told = as_dict(made, seen, hosts, before)
    click.echo(json.dumps(told, indent=2) if as_json else words(made, seen, hosts, before))


def _refused(config: "Config", campaign: "Campaign", hosts: list[str]) -> list[str]:
    """Return why `load run` would not begin, if so: its target, or what is walked beside it."""
    from loadtests.generator.safety import check_target  # noqa: PLC0415 - rooms load late

    target = config.shop.url if campaign.target == BUNDLED else campaign.target
    try:
        check_target(HERE if target == BUNDLED else target, hosts, None)
        walked(config, campaign)
    except (LoadError, ConfigError) as error:
        return [f"load run would refuse this: {str(error).removesuffix('; nothing was sent')}"]
    return []


def _former(path: "Path", campaign: "Campaign") -> tuple["Former | None", str]:
    """Return what a former run sent a visit, and why that could not be read; makes no store."""
    from forepost.storage import open_store  # noqa: PLC0415 - rooms load late
    from loadtests.former import former  # noqa: PLC0415

    if not path.exists():
        return None, ""
    try:
        store = open_store(path, read_only=True)
        try:
            return former(campaign, store.load_runs(), store.load_cells), ""
        finally:
            store.close()
    except StoreError as error:
        return None, str(error)


def as_dict(
    campaign: "Campaign", seen: "Outlook", hosts: list[str], before: "Former | None"
) -> dict[str, Any]:
    """Return the plan as JSON values."""
    from loadtests.outlook import REQUESTS_PER_CPU_S  # noqa: PLC0415 - rooms load late

    return {
        "campaign": campaign.name,
        "title": campaign.title,
        "owner": campaign.owner,
        "dates": campaign.dates and [day.isoformat() for day in campaign.dates],
        "target": campaign.target,
        "hosts": hosts,
        "headroom": campaign.headroom,
        "phases": [asdict(phase) for phase in campaign.phases],
        "flows": [_flow(campaign, one) for one in seen.flows],
        "duration_s": seen.duration_s,
        "arrivals": seen.arrivals,
        "requests": seen.requests,
        "requests_measured": seen.measured,
        "requests_from_run": before and before.run,
        "peak_per_s": seen.peak_per_s,
        "peak_requests_per_s": seen.requests_per_s,
        "cores": seen.cores,
        "requests_per_cpu_s": REQUESTS_PER_CPU_S,
        "workers": campaign.workers,
        "max_rate_per_s": campaign.max_rate,
        "max_duration_s": campaign.max_duration,
        "max_in_flight": campaign.max_in_flight,
        "patience_s": campaign.patience,
        "spacing": campaign.arrivals,
        "seed": campaign.seed,
        "cleanup": campaign.cleanup,
        "mocked": list(campaign.mocked),
        "thresholds": [one.text for one in campaign.thresholds],
        "warnings": list(seen.warnings),
    }


def _flow(campaign: "Campaign", seen: "FlowOutlook") -> dict[str, Any]:
    flow = campaign.flows[seen.name]
    return {
        **asdict(seen),
        "share": flow.share,
        "peak": flow.peak and asdict(flow.peak),
        "rows": len(flow.rows) if flow.data else None,
    }


def words(campaign: "Campaign", seen: "Outlook", hosts: list[str], before: "Former | None") -> str:
    """Return the plan for people."""
    lines = [
        f"{campaign.name}: {plain(campaign.title)} ({plain(campaign.owner)}){_days(campaign)}",
        f"target   {campaign.target}; hosts that may be asked: {', '.join(hosts) or 'none'}",
        "",
        *_table(_phases(campaign, seen)),
        "",
        *_table(_flows(campaign, seen)),
        "",
        *_sums(campaign, seen, before),
        "",
        "thresholds",
        *(f"  {one.text}" for one in campaign.thresholds),
        *(["  none"] if not campaign.thresholds else []),
        "",
        *(f"note     {line}" for line in seen.warnings),
        "nothing was sent",
    ]
    return "\n".join(lines)


def _days(campaign: "Campaign") -> str:
    if campaign.dates is None:
        return ""
    first, last = campaign.dates
    return f", {first}" if first == last else f", {first} to {last}"


def _phases(campaign: "Campaign", seen: "Outlook") -> list[list[str]]:
    rows = [["phase", "from", "to", "visits/s", *(flow.name for flow in seen.flows)]]
    for phase in campaign.phases:
        each = [flow.steps[phase.name] for flow in seen.flows]
        span = [f"{phase.start_s:g} s", f"{phase.end_s:g} s"]
        rows.append([phase.name, *span, *(f"{rate:.3g}" for rate in (sum(each), *each))])
    return rows


def _flows(campaign: "Campaign", seen: "Outlook") -> list[list[str]]:
    head = ["flow", "share", "visits", "each sends", "requests", "top/s", "forecast"]
    rows = [[*head, "with headroom/s"]]
    for one in seen.flows:
        flow = campaign.flows[one.name]
        peak = "none" if flow.peak is None else f"{flow.peak.per_s * 60:g} {flow.peak.unit}/min"
        need = "" if one.need_per_s is None else f"{one.need_per_s:.3g}"
        share = f"{flow.share * 100:.3g} %"
        least = "" if one.measured else ">= "
        sent = [f"{least}{one.requests_per_visit:.3g}", f"{least}{one.requests:,}"]
        sent = [f"{one.arrivals:,}", *sent, f"{one.top_per_s:.3g}"]
        rows.append([one.name, share, *sent, peak, need])
    return rows


def _sums(campaign: "Campaign", seen: "Outlook", before: "Former | None") -> list[str]:
    from loadtests.outlook import REQUESTS_PER_CPU_S  # noqa: PLC0415 - rooms load late

    about = "about" if seen.measured else "at least"
    said = {
        "total": f"{seen.arrivals:,} visits ({campaign.arrivals}, seed {campaign.seed}), {about} "
        f"{seen.requests:,} requests",
        "each": _each(seen, before),
        "lasts": f"{seen.duration_s:g} s, then up to {campaign.patience:g} s for the last visits",
        "peak": f"{seen.peak_per_s} visits in one second, {about} "
        f"{seen.requests_per_s:,.0f} requests",
        "cores": f"{'' if seen.measured else 'at least '}{seen.cores} for the generator, "
        f"which has workers = {campaign.workers} "
        f"({REQUESTS_PER_CPU_S:.0f} requests a second and core, see docs/load.md)",
        "ceilings": f"{campaign.max_rate:g} visits/s, {campaign.max_duration:g} s, "
        f"{campaign.max_in_flight} visits in flight",
        "mocked": ", ".join(map(plain, campaign.mocked)) or "nothing",
        "clean-up": "afterwards" if campaign.cleanup else "none",
    }
    return [f"{name:<9}{text}" for name, text in said.items()]


def _each(seen: "Outlook", before: "Former | None") -> str:
    """Say where the requests of a visit are from."""
    least = "one request for each endpoint; a flow that looks again sends more"
    if before is None:
        return f"at least {least} (no former run of this campaign to measure it)"
    told = f"as many requests a visit as in run {before.run} of {before.started_at:%Y-%m-%d}"
    unknown = [flow.name for flow in seen.flows if not flow.measured]
    return f"{told}; {', '.join(unknown)}: at least {least}" if unknown else told


def _table(rows: list[list[str]]) -> list[str]:
    """Return rows as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

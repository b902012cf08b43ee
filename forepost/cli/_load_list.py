"""`forepost load list`: the campaigns that there are."""

import json
from typing import TYPE_CHECKING, Any

import click

from alerts.plain import plain
from forepost.cli import config_of
from forepost.errors import ConfigError

if TYPE_CHECKING:
    from loadtests.campaign import Campaign


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def campaigns(ctx: click.Context, as_json: bool) -> int:
    """List the campaigns: title, days, forecast. Exit 2 if one of them cannot be read."""
    from loadtests import campaign as room  # noqa: PLC0415 - rooms load late

    config_of(ctx)  # it says where own campaigns lie
    found: list[dict[str, Any]] = []
    faults: list[str] = []
    for name in room.names():
        try:
            found.append(_told(room.load(name)))
        except ConfigError as error:
            faults += error.faults
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_words(one) for one in found))
    for fault in faults:
        click.echo(fault, err=True)
    return ConfigError.exit_code if faults else 0


def _told(campaign: "Campaign") -> dict[str, Any]:
    return {
        "name": campaign.name,
        "title": campaign.title,
        "owner": campaign.owner,
        "dates": campaign.dates and [day.isoformat() for day in campaign.dates],
        "headroom": campaign.headroom,
        "forecast": {
            flow.name: f"{flow.peak.per_s * 60:g} {flow.peak.unit}/min"
            for flow in campaign.flows.values()
            if flow.peak is not None
        },
    }


def _words(told: dict[str, Any]) -> str:
    days = " to ".join(dict.fromkeys(told["dates"] or ())) or "no date"
    forecast = ", ".join(told["forecast"].values()) or "no forecast"
    return f"{told['name']}: {plain(told['title'])}; {days}; {forecast}"

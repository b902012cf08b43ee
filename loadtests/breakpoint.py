"""Find the limit: the use case behind `forepost load breakpoint`.

A search of its own shape on the same generator as `run_load`: stored alike, judged alike, and
with brackets that it closed itself.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from forepost.config.secret import Secret
from forepost.errors import ConfigError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests import levels as levels_of
from loadtests.assess import assess, told
from loadtests.bracket import Bracket
from loadtests.campaign import Campaign
from loadtests.cells import Tally
from loadtests.generator import books
from loadtests.generator import plan as plans
from loadtests.generator.following import Cut, Follower, Report
from loadtests.levels import speaks_of
from loadtests.limit import found, stepwise
from loadtests.limit.flight import Flight
from loadtests.limit.found import Found
from loadtests.limit.pilot import Pilot
from loadtests.limit.search import Rules
from loadtests.limit.step import Timing
from loadtests.run import Crew, before_s, begun, cleanup_s
from loadtests.shapes import shape as shapes
from loadtests.shapes.shape import Climb
from loadtests.thresholds import threshold
from loadtests.thresholds.threshold import Finding
from loadtests.verdict import Verdict

KIND = "breakpoint"
_DEFAULT_HOLD_S = 15
_LEAST_HOLD_S = 6
_GROW_S = 8
_START_RATIO = 1 / 32  # of max_rate, for a campaign that is no search
_LEAST_START_PER_S = 1.0
_LIMIT_S = 120.0  # at the top: what test data must last for, besides the way up


def run_breakpoint(
    campaign: Campaign,
    *,
    target: str,
    store: Store,
    out: Path,
    token: Secret | str | None = None,
    progress: Report | None = None,
    stop: threading.Event | None = None,
    own_target: str | None = None,
    setup: Mapping[str, str] | None = None,
    hosts: Sequence[str] = (),
    invite: Callable[[str], None] | None = None,
    port: int = 0,
    flow: str | None = None,
    timing: Timing | None = None,
    planned: str = "",
) -> LoadRun:
    """Search for what `target` takes of a campaign's mix, or of one flow alone.

    Shape:   as `run_load`; `flow` leaves the other flows out. The search begins and grows as
             `[shape]` kind "breakpoint" says; for another shape, from a 32nd of max_rate.
             `timing` replaces the lengths of its steps.
    Returns: the LoadRun as stored, kind "breakpoint": brackets and plateaus in `detail`, and how
             it was found in `detail["search"]`. A limit of the generator makes it invalid, and
             then there is no bracket.
    Raises:  ConfigError for a flow that the campaign does not have; else as `run_load`.
    """
    campaign = alone(campaign, flow) if flow is not None else campaign
    crew = Crew(campaign.workers, tuple(hosts), invite, port)
    with begun(campaign, target=target, out=out, own_target=own_target, planned=planned) as (
        run,
        folder,
    ):
        supplied = supply(campaign)
        plan = plans.of_campaign(
            campaign, load_run=run.id, target=target, folder=folder, counts=supplied, token=token
        )
        total_s = campaign.max_duration
        with crew.running(plan, folder, total_s) as live:
            flight = Flight(live, pilot(campaign, timing), campaign, _limited(campaign, supplied))
            follower = Follower(
                live,
                _watched(campaign),
                run,
                store,
                limit_s=total_s + campaign.patience + before_s(campaign, crew),
                cleanup_limit_s=cleanup_s(campaign),
                progress=progress,
                stop=stop or threading.Event(),
                told=told(campaign, KIND, setup or {}),
            )
            cut = follower.follow(flight.each_second)
        return _finished(campaign, flight, follower, cut, setup or {})


def alone(campaign: Campaign, flow: str) -> Campaign:
    """Return a campaign of one flow, with the thresholds and resources that speak of it.

    Raises: ConfigError if there is no such flow.
    """
    if flow not in campaign.flows:
        existing = ", ".join(campaign.flows)
        raise ConfigError(
            [f"campaign {campaign.name}: no flow {flow}; there is: {existing}; nothing was sent"]
        )
    one = replace(campaign.flows[flow], share=1.0)
    resources = {
        name: tuple(held)
        for name, held in campaign.resources.items()
        if set(held) & {*one.endpoints}
    }
    return replace(
        campaign,
        flows={flow: one},
        thresholds=tuple(rule for rule in campaign.thresholds if speaks_of(rule, one)),
        resources=resources,
        replay=None,
        again=("--flow", flow),
    )


def pilot(campaign: Campaign, timing: Timing | None = None) -> Pilot:
    """Return the search that a campaign asks for."""
    way = climb(campaign)
    rules = Rules(way.start_per_s, campaign.max_rate, way.factor)
    shares = {name: one.share for name, one in campaign.flows.items()}
    return Pilot(shares, rules, timing or timing_of(campaign))


def timing_of(campaign: Campaign) -> Timing:
    """Return how long steps may take: up to the `hold` of the campaign's own search."""
    way = climb(campaign)
    hold_s = max(_LEAST_HOLD_S, math.ceil(way.hold_s))
    return Timing(
        warm_s=min(12, math.ceil(campaign.patience) + 1),
        grow_s=min(_GROW_S, hold_s),
        most_s=hold_s,
        confirm_s=min(10, hold_s),
        confirm_visits=stepwise.visits_needed(campaign),
        confirm_most_s=2 * hold_s,
        drain_s=math.ceil(campaign.patience) + 2,
        end_s=max(1, math.floor(campaign.max_duration)),
    )


def climb(campaign: Campaign) -> Climb:
    """Return how the search goes up."""
    start = min(campaign.max_rate, max(_LEAST_START_PER_S, campaign.max_rate * _START_RATIO))
    return campaign.climb or Climb(start, 1.25, _DEFAULT_HOLD_S)


def supply(campaign: Campaign) -> dict[str, int]:
    """Return for how many visits of each flow test data is made: all the way up, and some more."""
    way = climb(campaign)
    up = sum(way.rates(campaign.max_rate)) * (_GROW_S + 4)
    most = min(up + campaign.max_rate * _LIMIT_S, campaign.max_rate * campaign.max_duration)
    return {name: max(1, math.ceil(most * flow.share)) for name, flow in campaign.flows.items()}


def _limited(campaign: Campaign, supplied: Mapping[str, int]) -> dict[str, int]:
    """Return how many visits may be sent: a row of a data file is used once, unless it may be."""
    return {
        name: len(flow.rows) if flow.rows and not flow.data_reuse else supplied[name]
        for name, flow in campaign.flows.items()
    }


def _watched(campaign: Campaign) -> Campaign:
    """Return what is watched besides the steps: thresholds with `abort` over the whole run."""
    rules = tuple(
        one for one in campaign.thresholds if one.abort and one.phase is None and not one.per_step
    )
    whole = shapes.hold(campaign.max_rate, campaign.max_duration)
    return replace(campaign, thresholds=rules, shape=whole, climb=None, replay=None)


def _finished(
    campaign: Campaign, flight: Flight, follower: Follower, cut: Cut, setup: Mapping[str, str]
) -> LoadRun:
    """Judge a search that is over, and store what it says."""
    live, made = follower.live, found.found(flight.pilot)
    tallies = list(live.watching.tallies.values())
    invalid = flight.invalid or live.unsound(campaign.max_lateness)
    breached = (flight.breached,) if flight.breached is not None else cut.breached
    searched = replace(
        campaign,
        thresholds=stepwise.judged(campaign),
        shape=made.shape,
        climb=None,
        replay=None,
    )
    judgement, detail = assess(
        searched,
        tallies,
        invalid=invalid,
        cut_short=cut.short or (f"ended: {made.ended}" if flight.breached else ""),
        kind=KIND,
        setup=setup,
        breached=breached,
        brackets=_brackets(searched, made, tallies, invalid),
        strained=made.strained,
    )
    if judgement.verdict is Verdict.FAILED and not breached and not detail["peaks"]:
        # A search always ends at too much: without a forecast that is no shortfall.
        judgement = replace(judgement, verdict=Verdict.INCONCLUSIVE)
    lines = [*judgement.lines, *([] if invalid else made.words())]
    started = follower.started()
    finished = replace(
        started,
        finished_at=datetime.now(UTC),
        verdict=str(judgement.verdict),
        bottleneck=detail.pop("bottleneck"),
        detail={
            **started.detail,
            **detail,
            "lines": lines,
            "summary": "; ".join(lines),
            "thresholds": _thresholds(searched, made, tallies, breached),
            "search": made.as_detail(),
            **books.books(live.watching, live.planned),
            "aborted": [one.text for one in breached],
        },
    )
    follower.store.add_load_run(finished)
    return finished


def _thresholds(
    campaign: Campaign, made: Found, tallies: Sequence[Tally], breached: Sequence[Finding]
) -> list[Mapping[str, object]]:
    """Return what thresholds say at the rate that was held: above it they are meant to break."""
    context = replace(campaign.context(), steps=made.held)
    findings = threshold.evaluate_all(campaign.thresholds, tallies, context)
    broken = {one.text: one for one in breached}
    return threshold.as_detail(broken.get(one.text, one) for one in findings)


def _brackets(
    campaign: Campaign, made: Found, tallies: Sequence[Tally], invalid: str
) -> dict[str, Bracket]:
    """Return each flow's bracket; what the generator limited is no capacity."""
    if invalid:
        return {name: Bracket(name, None, None) for name in campaign.flows}
    seen = levels_of.levels(campaign, tallies)
    return {name: made.bracket(name, seen) for name in campaign.flows}

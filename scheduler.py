"""The wiring: config → store, doors, APScheduler jobs; start, drain, stop."""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from alerts.campaign_words import alert_of_load
from alerts.deliver import deliver
from alerts.words import alert_of, alert_of_orphan
from complaints.classify import Classifier
from complaints.client import session as polite_session
from complaints.observe import observe
from complaints.topics import Topics
from forepost import plugins
from forepost.analysis.decide import Policy
from forepost.analysis.fallout import affected
from forepost.config import Config, FlowPlan, Shop
from forepost.config.relations import needs_of
from forepost.config.tables import BUNDLED, CampaignPlan
from forepost.errors import ProbeError, ReportError
from forepost.model import Alert, Caps, Incident, LedgerEntry, LoadRun, Poll, Transition
from forepost.service import Doors, Service
from forepost.settling import old_enough
from forepost.storage import Store
from forepost.watch import (
    Watcher,
)
from loadtests import campaign as campaigns
from loadtests.breakpoint import run_breakpoint
from loadtests.campaign import Campaign
from loadtests.interrupted import interrupted
from loadtests.run import run_load
from probes.artefacts.keep import forget
from probes.controls.presets import see_shop
from probes.device import device_of
from probes.goal import see_goals
from probes.job import ProbeJob, plain
from probes.measures.bands import see_bands
from probes.pool import ProbePool, others_walk
from reports.build import build as write
from reports.data import ReportContext
from reports.evidence import telling_runs
from reports.load_build import write_load_report as load_page
from reports.load_collect import collect_load

LOG = logging.getLogger("forepost.scheduler")
# A channel that hangs goes on in its own thread; the flow that was just seen must not wait for it.
DELIVER_WAIT_S = 3.0
# Enough for a few flows every half hour; a shop that bears more says so in [shop].
REAL_ORDERS_PER_DAY = 50
REAL_CENTS_PER_DAY = 50_000


def build(
    config: Config,
    store: Store,
    *,
    heard: Callable[[object], None] | None = None,
    console: bool = True,
) -> Service:
    """Return a service on the real rooms, ready to start.

    `console`: whether alerts for the terminal are printed (the live view shows them itself).
    Raises: BrowserError or PluginError where a room cannot do its work at all; ProbeError for
    a flow without a goal, a control, a device or a figure in budgets that there is not;
    ConfigError for a campaign that there is not, or whose file has a fault.
    """
    see(config)
    topics = Topics.load(config.complaints.topics)
    channels = {
        name: settings for name, settings in config.alerts.items() if console or name != "terminal"
    }
    watcher = Watcher(
        store=store,
        policy=Policy(config.decide.open_after, config.decide.close_after),
        channels=tuple(channels),
        word=partial(word, config),
        needs=needs_of(config.flows),
        plans=config.maintenance,
        zone=ZoneInfo(config.shop.timezone),
        orphan=partial(alert_of_orphan, zone=ZoneInfo(config.shop.timezone)),
    )
    alert_http, post_http = requests.Session(), polite_session(config.complaints.contact)
    classifier = Classifier.load()
    pool = ProbePool(
        config.watch.workers or max(1, (os.cpu_count() or 1) // 2),
        config.paths.out,
        config.watch.browser,
        StoreLedger(config, store),
    )

    def poll(name: str, now: datetime) -> Poll:
        settings = config.complaints.sources[name]
        return observe(name, post_http, store, settings, classifier, topics, now)

    doors = Doors(
        pool=pool,
        job=lambda flow, plan, slot: probe_job(config, flow, plan, slot),
        polls={name: partial(poll, name) for name in config.complaints.sources},
        deliver=lambda now: deliver(store, channels, alert_http, now, wait_s=DELIVER_WAIT_S),
        report=lambda now: write_report(config, store, now),
        forget=lambda now: forget_evidence(config, store, now),
        topics=topics.names(),
        settle=lambda entries: settle(config, pool, entries),
        load=lambda name, plan, stop: planned_load(config, store, plan, stop, name),
        load_left=lambda now: interrupted(store, config.paths.out, now),
        load_word=partial(alert_of_load, zone=ZoneInfo(config.shop.timezone)),
    )
    return Service(config, watcher, doors, heard=heard)


def see(config: Config) -> None:
    """See that flows, controls, devices, budgets and campaigns can be meant: nothing is started.

    Raises: ProbeError or ConfigError, a line for each fault.
    """
    see_goals(config.flows)
    see_shop(config.shop, config.lines)
    for flow, plan in config.flows.items():
        probe_job(config, flow, plan, datetime.now(UTC))
    for planned in config.campaigns.values():
        campaigns.load(planned.campaign)


def load_test(
    config: Config,
    store: Store,
    campaign: Campaign,
    *,
    stop: threading.Event,
    own_target: str = "",
    use: Callable[..., LoadRun] = run_load,
    **more: Any,
) -> LoadRun:
    """Run a campaign against its target within the hosts that both files allow.

    `use` is the use case: `loadtests.run.run_load` or `loadtests.breakpoint.run_breakpoint`.
    Shape:  `config.shop` is the shop as it runs; its token goes to no other address. `more` is
            handed on to it.
    Raises: as that does.
    """
    allowed = tuple(host for host in campaign.allow_hosts if host in config.loadtests.allow_hosts)
    target = config.shop.url if campaign.target == BUNDLED else campaign.target
    return use(
        replace(campaign, allow_hosts=allowed),
        target=target,
        token=config.shop.token if target == config.shop.url else None,
        store=store,
        out=config.paths.out,
        stop=stop,
        own_target=own_target or None,
        **more,
    )


def planned_load(
    config: Config, store: Store, plan: CampaignPlan, stop: threading.Event, name: str = ""
) -> LoadRun:
    """Run a load test of `[campaigns.x]` and write its page; `name` is that of the table.

    Raises: as load_test; ConfigError for the campaign's file. A page that cannot be written is a
            line in the log: the word of the test stands.
    """
    campaign = campaigns.load(plan.campaign)
    run = partial(load_test, config, store, stop=stop, own_target=plan.own_target, planned=name)
    if plan.search:
        made = run(campaign, use=run_breakpoint)
    elif plan.ratio < 1:
        made = run(campaign.scaled(plan.ratio), kind="smoke")
    else:
        made = run(campaign)
    try:
        write_load_report(config, store, made)
    except ReportError as error:
        LOG.warning("load test %s: %s", plan.campaign, error)
    return made


def write_load_report(
    config: Config, store: Store, made: LoadRun, file: Path | None = None
) -> Path:
    """Write the page of one load test, beside its own files unless told otherwise.

    Raises: ReportError, one line, if it cannot be written.
    """
    told = collect_load(store, context_of(config), made, datetime.now(UTC))
    return load_page(told, file or config.paths.out / "loads" / made.id / "report.html")


def word(
    config: Config, change: Transition, *, fails_too: Sequence[str] = (), waited: str = ""
) -> Alert:
    """Word an alert, with the customers affected so far where a rate of attempts is known."""
    incident = change.incident
    plan = config.flows.get(incident.subject)
    customers = None
    if plan is not None and plan.customers_per_minute is not None:
        minutes = max((change.at - incident.onset_at).total_seconds(), 0.0) / 60
        customers = affected(plan.customers_per_minute, minutes, failed=1, worked=0)
    return alert_of(
        change,
        customers=customers,
        out=str(config.paths.out),
        zone=ZoneInfo(config.shop.timezone),
        fails_too=fails_too,
        waited=waited,
    )


def context_of(config: Config, extra: Mapping[str, object] | None = None) -> ReportContext:
    """Return what a report must know beside the store; `extra` is what only a demo knows."""
    topics = Topics.load(config.complaints.topics)
    rates = {
        name: plan.customers_per_minute
        for name, plan in config.flows.items()
        if plan.customers_per_minute is not None
    }
    return ReportContext(
        shop_name=config.shop.name,
        timezone=config.shop.timezone,
        flows_of_topic={name: topics.flows_of(name) for name in topics.names()},
        attempts_per_minute=rates,
        charts=config.reports.charts,
        extra=extra,
        horizon_s=config.decide.lead_horizon,
        intervals_s={name: plan.interval for name, plan in config.flows.items()},
    )


def write_report(
    config: Config, store: Store, until: datetime, since: datetime | None = None
) -> Path:
    """Write the report of a span (the last `[reports] every` by default); return its path.

    Raises: ReportError, one line, if it cannot be written.
    """
    began = since or until - timedelta(seconds=config.reports.every)
    return write(store, context_of(config), began, until, config.paths.out)


def forget_evidence(config: Config, store: Store, now: datetime) -> int:
    """Delete evidence that has outlived its `[store]` key: worked at once, failed, of an incident.

    A run that is not in the store (walked by hand) and a flake count as failed. Of an incident are
    the run that raised it and those that its report shows: one for each step that failed.
    """
    kept = timedelta(seconds=config.store.keep_incident_evidence)
    incidents = store.incidents(since=now - kept)

    def passed(run_id: str) -> bool:
        run = store.run(run_id)
        return run is not None and run.outcome.worked and not run.passed_on_retry

    return forget(
        config.paths.out,
        now,
        keep=timedelta(seconds=config.store.keep_evidence),
        keep_incidents=kept,
        incident_runs={key for one in incidents for key in _shown_of(store, one)},
        keep_passed=timedelta(seconds=config.store.keep_passed),
        passed=passed,
    )


def _shown_of(store: Store, one: Incident) -> set[str]:
    runs = store.runs(flow=one.subject, since=one.onset_at, until=one.closed_at)
    shown = {run.id for run, _ in telling_runs(one, {one.subject}, runs)}
    return shown | ({one.run_id} if one.run_id else set())


class StoreLedger:
    """The order ledger of a config's store: gives leave to pay, and remembers."""

    def __init__(self, config: Config, store: Store) -> None:
        self._shop = config.shop
        self._store = store

    def ask(self, entry: LedgerEntry) -> str:
        """Write an entry down; return "" for leave, else the reason."""
        return self._store.ledger_ask(entry, caps_of(self._shop, entry.asked_at))

    def note(self, entries: Sequence[LedgerEntry]) -> None:
        """Remember what is now known of entries."""
        self._store.ledger_note(entries)


def caps_of(shop: Shop, now: datetime) -> Caps:
    """Return how much synthetic buying a shop bears today; real money has caps unless told."""
    midnight = now.astimezone(ZoneInfo(shop.timezone)).replace(hour=0, minute=0, second=0, fold=0)
    real = shop.environment == "pay_and_void"
    orders = REAL_ORDERS_PER_DAY if real else None
    cents = REAL_CENTS_PER_DAY if real else None
    return Caps(
        since=midnight.replace(microsecond=0).astimezone(UTC),
        orders=orders if shop.orders_per_day is None else shop.orders_per_day,
        cents=cents if shop.cents_per_day is None else shop.cents_per_day,
    )


def settle(
    config: Config, pool: ProbePool, entries: Sequence[LedgerEntry]
) -> tuple[LedgerEntry, ...]:
    """Clean up after entries of earlier runs, flow by flow; return them as they stand then."""
    settled: list[LedgerEntry] = []
    for flow in dict.fromkeys(entry.flow for entry in entries):
        mine = [entry for entry in entries if entry.flow == flow]
        plan = config.flows.get(flow) or default_plan(config, flow)
        settled += pool.settle(probe_job(config, flow, plan, datetime.now(UTC)), mine)
    return tuple(settled)


def settle_left(config: Config, store: Store) -> int:
    """Look up and undo all that is left in the shop, with a worker of its own.

    Returns: how many entries are left then.
    """
    left = may_settle(config, store.ledger(unsettled_only=True))
    if left:
        pool = ProbePool(1, config.paths.out, config.watch.browser, StoreLedger(config, store))
        try:
            store.ledger_note(settle(config, pool, left))
        finally:
            pool.close()
    return len(store.ledger(unsettled_only=True))


def may_settle(config: Config, left: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return the entries that no run of another process (`watch`) can be about any more.

    An order that vanishes before its flow has read the receipt would be a false failure.
    """
    now, others = datetime.now(UTC), others_walk(config.paths.out)
    return [one for one in left if not others or old_enough(one, config.flows, now)]


def default_plan(config: Config, flow: str) -> FlowPlan:
    """Return the plan of a flow that config.toml has no table for.

    Raises: PluginError if there is no such flow, ProbeError if it needs a table.
    """
    module = plugins.load("probes.flows", flow)
    try:
        return FlowPlan(settings=module.Settings())
    except TypeError:
        raise ProbeError(
            f"{config.origin}: no table [flows.{flow}], and probes/flows/{flow}.py needs one"
        ) from None


def probe_job(config: Config, flow: str, plan: FlowPlan, slot: datetime) -> ProbeJob:
    """Return what a worker is told about one slot.

    Raises: ProbeError, one line a fault, for a device or a figure in budgets that there is not.
    """
    budgets_at = see_bands(config, flow, plan.budgets)
    try:
        device = device_of(config, plan.device or config.watch.device)
    except ProbeError as error:
        table = f"flows.{flow}" if plan.device else "watch"
        raise ProbeError(f"{config.lines.place(table, 'device')}: [{table}] {error}") from None
    return ProbeJob(
        flow=flow,
        location=config.watch.location,
        slot_at=slot,
        settings=plain(plan.settings),
        shop=plain(config.shop),
        deadline_s=plan.deadline,
        step_deadline_s=plan.step_deadline,
        retry=plan.retry,
        cleanup_deadline_s=plan.cleanup_deadline,
        device=device,
        budgets=plan.budgets,
        budgets_at=budgets_at,
        pictures=config.watch.pictures == "every step",
    )

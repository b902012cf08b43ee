"""Load tests that run by themselves: when they start, what stops them, who is told.

Store, scheduler and outbox are the real ones; most load tests are faked, since they need a shop
of their own (tests/loadtests/test_run.py runs real ones). What becomes of tests that prove nothing
is in test_spells.py.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.campaign_words import alert_of_load
from forepost.analysis.decide import Policy
from forepost.campaigns import Campaigns
from forepost.config import Config
from forepost.config.load import parse
from forepost.config.tables import CampaignPlan
from forepost.errors import ConfigError, LoadError
from forepost.model import (
    Alert,
    Incident,
    IncidentKind,
    LoadRun,
    Maintenance,
    MaintenanceSwitch,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.rhythm import rhythm_of
from forepost.service import Service
from forepost.storage.sqlite import SqliteStore
from forepost.watch import Watcher
from tests.scheduler.test_service import Stand, doors_of, wait_for

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
PLAN = CampaignPlan(campaign="smoke", at="daily 02:30")
PAUSE = frozenset({MaintenanceSwitch.PAUSE})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Return a store of its own."""
    made = SqliteStore(tmp_path / "forepost.sqlite")
    yield made
    made.close()


def watcher_of(store: SqliteStore) -> Watcher:
    """Return a watcher with one channel."""

    def word(change: Transition, **_: object) -> Alert:
        return Alert(change.incident.id, change.at, "critical", change.reason, ())

    return Watcher(store, Policy(), ("webhook",), word)


def run_of(verdict: str | None) -> LoadRun:
    """Return a load test that is over."""
    return LoadRun(
        new_id(NOW),
        "smoke",
        "http://127.0.0.1",
        NOW,
        NOW,
        verdict,
        detail={"lines": ["gift card redemptions: p95 1,900 ms, limit 800 ms"]},
    )


def titles(store: SqliteStore) -> list[object]:
    """Return what is in the outbox."""
    return [row["title"] for row in store.alerts()]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("ready", []),
        ("passed", []),
        ("inconclusive", ["planned load test nightly proved nothing"]),
        ("failed", ["planned load test nightly: failed"]),
        ("not ready", ["planned load test nightly: not ready"]),
        ("invalid", ["planned load test nightly proved nothing"]),
    ],
)
def test_a_bad_verdict_is_told_and_a_good_one_is_not(
    store: SqliteStore, verdict: str, told: list[str]
) -> None:
    """Somebody hears of what failed or said nothing; nobody is woken by what is well."""
    campaigns = Campaigns(
        watcher_of(store), lambda _name, _plan, _stop: run_of(verdict), alert_of_load
    )
    made = campaigns.run("nightly", PLAN, NOW, threading.Event())
    assert made is not None
    assert titles(store) == told


def test_a_run_that_was_refused_is_told_as_our_own_trouble(store: SqliteStore) -> None:
    """A dead target or a second run is no verdict on the shop."""

    def refuse(_name: str, _plan: CampaignPlan, _stop: threading.Event) -> LoadRun:
        raise LoadError("load target http://127.0.0.1:9: nobody answers")

    campaigns = Campaigns(watcher_of(store), refuse, alert_of_load)
    assert campaigns.run("nightly", PLAN, NOW, threading.Event()) is None
    (row,) = store.due_alerts(NOW)
    assert row.alert.severity == "ours"
    assert "nobody answers" in row.alert.lines[0]


def test_no_load_is_added_while_a_flow_fails(store: SqliteStore) -> None:
    """An open incident of a flow keeps a planned load test from starting; a closed one does not."""
    incident = Incident(
        id="1", kind=IncidentKind.PROBE, subject="checkout", opened_at=NOW, onset_at=NOW,
        first_failed_at=NOW,
    )  # fmt: skip
    store.add_transition(Transition(TransitionKind.OPENED, NOW, incident, "failed twice"), {})
    started: list[CampaignPlan] = []

    def door(_name: str, plan: CampaignPlan, _stop: threading.Event) -> LoadRun:
        started.append(plan)
        return run_of("passed")

    campaigns = Campaigns(watcher_of(store), door, alert_of_load)
    assert campaigns.run("nightly", PLAN, NOW, threading.Event()) is None
    assert started == []
    closed = replace(incident, closed_at=NOW + timedelta(minutes=1))
    store.add_transition(Transition(TransitionKind.CLOSED, NOW, closed, "passed twice"), {})
    assert campaigns.run("nightly", PLAN, NOW, threading.Event()) is not None


def test_no_load_is_added_while_planned_work_pauses_flows(store: SqliteStore) -> None:
    """A window that pauses flows pauses load tests; one that only mutes does not."""
    hour = timedelta(hours=1)
    store.add_maintenance(Maintenance("move", NOW - hour, NOW + hour, (), PAUSE))
    campaigns = Campaigns(
        watcher_of(store), lambda _name, _plan, _stop: run_of("passed"), alert_of_load
    )
    assert campaigns.run("nightly", PLAN, NOW, threading.Event()) is None
    assert campaigns.run("nightly", PLAN, NOW + 2 * hour, threading.Event()) is not None


def test_the_service_starts_a_campaign_at_its_time_and_stops_it_with_itself(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job runs beside the flows; a stop of the service ends the load test early."""
    began, ended = threading.Event(), threading.Event()

    def door(_name: str, _plan: CampaignPlan, stop: threading.Event) -> LoadRun:
        began.set()
        if stop.wait(60):
            ended.set()
        return run_of("inconclusive")

    asked: list[datetime] = []

    def after(_self: object, at: datetime, _zone: object) -> datetime:
        """Begin in a second, whenever the service gets to asking; then a day later."""
        asked.append(at)
        return at + (timedelta(seconds=1) if len(asked) == 1 else timedelta(days=1))

    monkeypatch.setattr("forepost.rhythm.Rhythm.after", after)
    doors = doors_of(Stand(), load=door, load_word=alert_of_load)
    service = Service(Config(campaigns={"nightly": PLAN}), watcher_of(store), doors)
    service.start()
    wait_for(began.is_set)
    service.stop()
    assert ended.wait(60)


@pytest.mark.parametrize(
    ("at", "want"),
    [
        ("daily 02:30", "2026-03-30T00:30:00+00:00"),
        ("sun 02:30", "2026-04-05T00:30:00+00:00"),
        ("1 02:30", "2026-04-01T00:30:00+00:00"),
    ],
)
def test_the_next_beginning_is_of_the_shops_calendar(at: str, want: str) -> None:
    """02:30 in Berlin is 01:30 UTC in winter and 00:30 in summer; days and months count there."""
    rhythm = rhythm_of(at)
    assert rhythm is not None
    after = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # the clock has just skipped 02:30
    assert rhythm.after(after, ZoneInfo("Europe/Berlin")).isoformat() == want


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('at = "at night"', 'write "sun 02:00", "daily 02:00"'),
        ('at = "daily 02:30"\nratio = 0', "greater than 0"),
        ('at = "daily 02:30"\nratio = 1.5', "less than or equal to 1"),
        ('at = "daily 02:30"\nrate = "5/s"', "rate"),
    ],
)
def test_a_wrong_plan_is_one_line(tmp_path: Path, line: str, fault: str) -> None:
    """A time that is none, a ratio out of range, an unknown key: the table and the remedy."""
    text = f'[campaigns.nightly]\ncampaign = "smoke"\n{line}\n'
    with pytest.raises(ConfigError) as caught:
        parse(text, base=tmp_path)
    (said,) = str(caught.value).splitlines()
    assert "[campaigns.nightly]" in said
    assert fault in said

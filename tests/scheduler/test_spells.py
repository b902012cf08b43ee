"""Planned load tests that prove nothing: told once, each week, and when it is over.

Store and outbox are the real ones, opened anew each night; the load tests are faked, but for the
one that is refused before the hook of a real scheduler.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from pytest_httpserver import HTTPServer

import scheduler
from alerts.campaign_words import alert_of_load
from forepost.analysis.decide import Policy
from forepost.campaigns import Campaigns, proves
from forepost.config import Config
from forepost.config.load import parse
from forepost.config.tables import CampaignPlan, MaintenancePlan
from forepost.errors import LoadError, StoreError
from forepost.model import (
    Alert,
    Incident,
    IncidentKind,
    LoadRun,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.rhythm import Rhythm
from forepost.service import Service
from forepost.storage import Store, open_store
from forepost.watcher import Watcher
from loadtests.generator.lock import only_run
from tests.scheduler.test_service import Stand, doors_of, wait_for
from tests.scheduler.world import word

FIRST = datetime(2026, 10, 20, 0, 30, tzinfo=UTC)  # the clock is put back on the 25th
BERLIN = ZoneInfo("Europe/Berlin")
PLAN = CampaignPlan(campaign="smoke", at="daily 02:30")
DAY = timedelta(days=1)


def at(night: int) -> datetime:
    """Return 02:30 of a night in Berlin, a few seconds later: jobs never begin early."""
    begins = Rhythm(None, None, FIRST.astimezone(BERLIN).time()).after(
        FIRST + night * DAY - timedelta(hours=2), BERLIN
    )
    return begins + timedelta(seconds=night % 3)


def made(verdict: str | None, *lines: str, **detail: object) -> LoadRun:
    """Return a load test that is over."""
    told = {"lines": list(lines), **detail}
    return LoadRun(new_id(FIRST), "smoke", "http://127.0.0.1", FIRST, FIRST, verdict, None, told)


@dataclass
class Nights:
    """A store that is opened anew each night, as after a restart."""

    path: Path
    zone: tzinfo = BERLIN
    plans: Mapping[str, MaintenancePlan] = field(default_factory=dict)
    started: int = 0

    def pass_by(
        self, night: int, result: LoadRun | str, name: str = "nightly", plan: CampaignPlan = PLAN
    ) -> list[Alert]:
        """Let one night pass; return what the channel has to send of it."""
        store = open_store(self.path)
        campaigns = self.campaigns(store, result)
        campaigns.run(name, plan, at(night), threading.Event())
        due = store.due_alerts(at(night))
        for row in due:
            store.alert_sent(row.id, at(night))
        store.close()
        return [row.alert for row in due]

    def campaigns(self, store: Store, result: LoadRun | str = "") -> Campaigns:
        """Return what runs tests on a store; a result in words is a refusal."""

        def door(_name: str, _plan: CampaignPlan, _stop: threading.Event) -> LoadRun:
            self.started += 1
            if isinstance(result, str):
                raise LoadError(result)
            return result

        def worded(*told: object) -> Alert | None:
            return alert_of_load(*told, zone=self.zone)  # type: ignore[arg-type]

        watcher = Watcher(store, Policy(), ("webhook",), word, zone=self.zone, plans=self.plans)
        return Campaigns(watcher, door, worded)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """Nights on a store of their own."""
    return Nights(tmp_path / "forepost.sqlite")


FEW = "threshold p50(all) < 3s: 40 ms in seconds 0 to 20, but 4 are too few to be sure"
DEAD = "load target http://127.0.0.1:9: nobody answers"


def test_a_test_that_proves_nothing_is_told_as_our_own_trouble(nights: Nights) -> None:
    """With its reason in one line, and never as a failure of the shop."""
    (alert,) = nights.pass_by(0, made("inconclusive", FEW, "a smoke run"))

    assert alert.severity == "ours"
    assert alert.incident_id is None
    assert alert.title == "planned load test nightly proved nothing"
    assert alert.lines[0] == f"inconclusive: {FEW}; a smoke run"
    assert "let more visits come" in alert.lines[-1]
    assert all("\n" not in line for line in alert.lines)


def test_one_spell_is_told_once_a_week_and_when_it_is_over(nights: Nights) -> None:
    """Whatever the reasons, with a restart between any two nights, over the end of summer time."""
    late = made("invalid", "not valid: late")
    results: list[LoadRun | str] = [made("inconclusive", FEW), DEAD, late, made(None)]
    told = {
        night: [(one.title, one.severity) for one in alerts]
        for night in range(17)
        if (alerts := nights.pass_by(night, results[night % 4]))
    }

    assert told == {
        0: [("planned load test nightly proved nothing", "ours")],
        7: [("planned load test nightly still proves nothing", "ours")],
        14: [("planned load test nightly still proves nothing", "ours")],
    }
    (end,) = nights.pass_by(17, made("passed", "all thresholds were kept"))
    assert end.title == "planned load test nightly proves something again"
    assert end.severity == "ours"
    since = "since 2026-10-20 02:30 CEST"
    assert end.lines[0] == "passed: all thresholds were kept"
    assert end.lines[1] == f"before it nothing was proved at 17 planned times, {since}"
    assert nights.pass_by(18, made("passed")) == []
    assert [one.title[-14:] for one in nights.pass_by(19, DEAD)] == ["proved nothing"]


def test_a_weekly_reminder_says_how_many_and_the_reason_of_today(nights: Nights) -> None:
    """Eight nights, two of them without anybody there: nothing was proved then either."""
    nights.pass_by(0, made("inconclusive", FEW))
    nights.pass_by(4, DEAD)
    (alert,) = nights.pass_by(7, DEAD)

    assert alert.lines[:2] == (
        f"no result: {DEAD}",
        "nothing was proved at 8 planned times, since 2026-10-20 02:30 CEST",
    )


def test_a_failure_of_the_shop_ends_a_spell_in_one_alert(nights: Nights) -> None:
    """It proves something; nobody needs two messages at once. The next one is told as ever."""
    nights.pass_by(0, DEAD)
    (first,) = nights.pass_by(1, made("failed", "threshold max(all) < 3s is broken"))
    (second,) = nights.pass_by(2, made("failed", "threshold max(all) < 3s is broken"))

    assert first.severity == second.severity == "critical"
    assert first.title == second.title == "planned load test nightly: failed"
    assert first.lines[1].startswith("before it nothing was proved at one planned time")
    assert "before it" not in " ".join(second.lines)


def test_campaigns_have_spells_of_their_own(nights: Nights) -> None:
    """Also where the name of one begins with that of another."""
    assert len(nights.pass_by(0, DEAD, "a")) == 1
    assert len(nights.pass_by(0, DEAD, "a:b")) == 1
    assert nights.pass_by(1, DEAD, "a") == []
    assert len(nights.pass_by(2, made("passed"), "a")) == 1
    assert nights.pass_by(3, DEAD, "a:b") == []


def test_a_weekly_test_is_reminded_of_each_time(nights: Nights) -> None:
    """Never more often than it is planned, and counted in its own times."""
    plan = CampaignPlan(campaign="smoke", at="tue 02:30")
    told = [nights.pass_by(7 * week, DEAD, plan=plan) for week in range(4)]

    assert [len(one) for one in told] == [1, 1, 1, 1]
    assert "at 4 planned times" in told[3][0].lines[1]


def test_what_was_told_long_ago_is_another_spell(nights: Nights) -> None:
    """The table was taken out for months: nobody planned a test all that time."""
    nights.pass_by(0, DEAD)
    (alert,) = nights.pass_by(100, DEAD)

    assert alert.title.endswith("proved nothing")
    assert "planned times" not in " ".join(alert.lines)


@pytest.mark.parametrize(
    ("verdict", "detail", "want"),
    [
        ("passed", {}, True),
        ("not ready", {}, True),
        ("invalid", {"search": {"confirmed": True}}, False),
        ("inconclusive", {}, False),
        ("inconclusive", {"search": {"confirmed": True}, "peaks": {}}, True),
        ("inconclusive", {"search": {"confirmed": True}, "peaks": {"browse": {}}}, False),
        ("inconclusive", {"search": {"confirmed": False}}, False),
        ("inconclusive", {"search": None}, False),
        (None, {}, False),
    ],
)
def test_a_search_without_a_forecast_proves_the_limit_it_found(
    verdict: str | None, detail: Mapping[str, object], want: bool
) -> None:
    """There is no word to compare with then: as for the exit code of `load breakpoint`."""
    assert proves(made(verdict, **detail)) is want


def test_being_left_out_once_is_no_news_but_twice_on_end_is(nights: Nights) -> None:
    """A pause each night at the very time of the test: it would never run, and nobody would know.

    A pause that is over by the next night is known to whoever planned it.
    """
    nights.plans = {"backup": MaintenancePlan(at="daily 02:00", lasts=3600.0, pause=True)}
    (alert,) = nights.pass_by(0, made("passed"))
    assert alert.lines[0] == ("no result: paused by maintenance backup, as the next one will be")
    assert nights.pass_by(1, made("passed")) == []
    assert nights.started == 0
    nights.plans = {"move": MaintenancePlan(at="sat 02:00", lasts=3600.0, pause=True)}
    assert len(nights.pass_by(2, made("passed"))) == 1
    saturday = 4
    assert at(saturday).astimezone(BERLIN).weekday() == 5
    assert nights.pass_by(saturday, made("passed")) == []
    assert nights.started == 1


def test_an_incident_that_lasts_for_days_is_no_excuse_for_ever(nights: Nights) -> None:
    """The first night everybody knows of it; from the second on a test is missing, too."""
    opened = at(0) - timedelta(hours=3)
    incident = Incident(
        id="1", kind=IncidentKind.PROBE, subject="checkout", opened_at=opened, onset_at=opened,
        first_failed_at=opened,
    )  # fmt: skip
    store = open_store(nights.path)
    store.add_transition(Transition(TransitionKind.OPENED, opened, incident, "failed"), {})
    store.close()

    assert nights.pass_by(0, made("passed")) == []
    (alert,) = nights.pass_by(1, made("passed"))
    assert (
        alert.lines[0] == "no result: checkout fails since 2026-10-19 21:30 UTC, as the time before"
    )
    assert nights.pass_by(2, made("passed")) == []
    assert nights.started == 0


def service_of(nights: Nights, store: Store) -> Service:
    """A service that is not started; it plans one campaign."""
    doors = doors_of(
        Stand(), load=lambda _name, _plan, _stop: made("passed"), load_word=alert_of_load
    )
    watcher = nights.campaigns(store).watcher
    return Service(Config(campaigns={"nightly": PLAN}), watcher, doors)


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (EVENT_JOB_MISSED, None, "no result: missed: this machine was late at 00:30 UTC"),
        (EVENT_JOB_ERROR, RuntimeError("a fault"), "no result: lost: RuntimeError('a fault')"),
        (EVENT_JOB_ERROR, StoreError("disk full"), "no result: lost: disk full"),
    ],
)
def test_a_test_that_was_missed_or_lost_is_told(
    nights: Nights, code: int, error: Exception | None, says: str
) -> None:
    """This machine slept at night, or a fault of ours ended the job: nothing was proved."""
    store = open_store(nights.path)
    service = service_of(nights, store)
    event = JobExecutionEvent(code, "campaign:nightly", "default", FIRST, exception=error)
    service._unrun(event)
    service._unrun(event)

    assert [row["lines"][0] for row in store.alerts()] == [says]  # type: ignore[index]
    store.close()


CONFIG = """
[shop]
name = "S"
url = "http://127.0.0.1:9"
[alerts.webhook]
url = "{hook}"
[campaigns.nightly]
campaign = "smoke"
at = "daily 02:30"
[paths]
out = "{out}"
[store]
path = "{out}/forepost.sqlite"
"""


def test_the_hook_hears_once_of_nights_that_prove_nothing_and_once_of_their_end(
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The scheduler as `watch` builds it, with a restart between nights, over real HTTP.

    Another load test holds the target in the first two nights; nothing is sent to it.
    """
    httpserver.expect_request("/hook", method="POST").respond_with_data("")
    config = parse(CONFIG.format(hook=httpserver.url_for("/hook"), out=tmp_path), base=tmp_path)
    due: list[datetime] = []  # the plan's next time, asked for when the service starts

    def after(_self: object, at: datetime, _zone: object) -> datetime:
        return due.pop() if due else at + DAY

    monkeypatch.setattr("forepost.rhythm.Rhythm.after", after)
    caplog.set_level(logging.WARNING, "forepost.scheduler")

    def one_night(is_over: str, posts: int) -> list[dict[str, object]]:
        due.append(datetime.now(UTC))
        caplog.clear()
        store = open_store(config.store.path)
        service = scheduler.build(config, store, console=False)
        service.start()
        wait_for(lambda: is_over in caplog.text and len(httpserver.log) >= posts)
        service.stop()  # ends the job, and delivers what is due
        store.close()
        return [entry[0].get_json() for entry in httpserver.log]

    with only_run(config.shop.url):
        one_night("campaign nightly: not run", 1)
        (told,) = one_night("campaign nightly: not run", 1)
    assert told["severity"] == "ours"
    assert told["incident_id"] is None
    assert "another load test runs against it" in str(told["lines"])

    monkeypatch.setattr(scheduler, "load_test", lambda *_told, **_more: made("passed", "kept"))
    (tmp_path / "loads").write_text("a file where reports should lie", "utf-8")
    # Its page cannot be written: its word is told all the same.
    _, end = one_night("load test smoke:", 2)
    assert (end["title"], end["severity"]) == (
        "planned load test nightly proves something again",
        "ours",
    )

"""Maintenance windows: local times to instants, also where the clock jumps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.config.tables import MaintenancePlan
from forepost.model import Maintenance, MaintenanceSwitch
from forepost.windows import Plan, covering, flaws, switches, windows

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_S = 3_600.0


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(plan: Plan, since: str, until: str, zone: ZoneInfo = BERLIN) -> list[tuple[str, str]]:
    """Beginnings and ends, in UTC, without the seconds."""
    found = windows({"w": plan}, zone, utc(since), utc(until))
    return [(f"{w.starts_at:%m-%d %H:%M}", f"{w.ends_at:%m-%d %H:%M}") for w in found]


def test_a_window_that_comes_once_is_in_the_shops_time() -> None:
    """Berlin is an hour ahead of UTC in November."""
    plan = MaintenancePlan(starts="2026-11-27 02:00", ends="2026-11-27 04:30", flows=("payment",))
    (one,) = windows({"move": plan}, BERLIN, utc("2026-11-27"), utc("2026-11-28"))
    assert one == Maintenance(
        "move",
        utc("2026-11-27 01:00"),
        utc("2026-11-27 03:30"),
        ("payment",),
        frozenset(
            {MaintenanceSwitch.MUTE, MaintenanceSwitch.EXCLUDE, MaintenanceSwitch.SHOW},
        ),
    )


@pytest.mark.parametrize(
    ("at", "want"),
    [
        ("sun 02:00", ["11-01 01:00", "11-08 01:00", "11-15 01:00", "11-22 01:00", "11-29 01:00"]),
        ("1 02:00", ["11-01 01:00", "12-01 01:00"]),
        ("28 23:30", ["11-28 22:30"]),
    ],
)
def test_a_rhythm_is_of_the_shops_calendar(at: str, want: list[str]) -> None:
    """Weeks, months and days begin at the shop's midnight, not at that of UTC."""
    plan = MaintenancePlan(at=at, lasts=HOUR_S)
    found = [began for began, _ in spans(plan, "2026-11-01", "2026-12-01 12:00")]
    assert found == want


def test_a_daily_window_comes_every_day() -> None:
    """A quarter past midnight in Berlin is the day before in UTC."""
    plan = MaintenancePlan(at="Daily 00:15", lasts=HOUR_S)
    found = [began for began, _ in spans(plan, "2026-11-01", "2026-12-01 00:00")]
    assert len(found) == 30 + 1  # that of the evening before lasts past midnight
    assert {began[6:] for began in found} == {"23:15"}


def test_a_window_before_midnight_lasts_into_the_next_day() -> None:
    """Asked in the morning, the window of the evening before still counts."""
    plan = MaintenancePlan(at="daily 23:00", lasts=4 * HOUR_S)
    assert spans(plan, "2026-11-10 01:30", "2026-11-10 01:31") == [("11-09 22:00", "11-10 02:00")]
    assert spans(plan, "2026-11-10 02:00", "2026-11-10 02:01") == []


def test_a_skipped_time_begins_a_whole_day_after_yesterdays() -> None:
    """On 29 March 2026 Berlin's clock goes from 02:00 to 03:00: 02:30 is shown as 03:30."""
    plan = MaintenancePlan(at="daily 02:30", lasts=HOUR_S)
    assert spans(plan, "2026-03-28 00:00", "2026-03-30 12:00") == [
        ("03-28 01:30", "03-28 02:30"),
        ("03-29 01:30", "03-29 02:30"),
        ("03-30 00:30", "03-30 01:30"),
    ]


def test_a_doubled_time_begins_once_and_at_its_first_occurrence() -> None:
    """On 25 October 2026 Berlin's clock shows 02:30 twice; `lasts` is time that passes."""
    plan = MaintenancePlan(at="daily 02:30", lasts=HOUR_S)
    assert spans(plan, "2026-10-24 00:00", "2026-10-26 12:00") == [
        ("10-24 00:30", "10-24 01:30"),
        ("10-25 00:30", "10-25 01:30"),
        ("10-26 01:30", "10-26 02:30"),
    ]


def test_an_end_that_is_shown_twice_is_the_second_one() -> None:
    """02:00 to 02:30 in the night of the doubled hour: an hour and a half."""
    plan = MaintenancePlan(starts="2026-10-25 02:00", ends="2026-10-25 02:30")
    assert spans(plan, "2026-10-25", "2026-10-26") == [("10-25 00:00", "10-25 01:30")]


def test_an_end_in_the_skipped_hour_is_never_before_its_beginning() -> None:
    """01:30 to 02:30 in the night of the skipped hour: an hour."""
    plan = MaintenancePlan(starts="2026-03-29 01:30", ends="2026-03-29 02:30")
    assert spans(plan, "2026-03-29", "2026-03-30") == [("03-29 00:30", "03-29 01:30")]


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda m: utc("2025-01-01") + timedelta(minutes=m)),
    st.sampled_from(["sun 02:00", "daily 02:30", "1 00:00", "28 23:59"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]),
)
def test_a_moment_is_in_a_window_however_wide_the_question(
    moment: datetime, at: str, zone: str
) -> None:
    """The windows of an instant are those of the month around it that cover it."""
    plans = {"w": MaintenancePlan(at=at, lasts=2 * HOUR_S)}
    month = timedelta(days=31)
    wide = windows(plans, ZoneInfo(zone), moment - month, moment + month)
    want = [window for window in wide if window.covers("any", moment)]
    just = timedelta(microseconds=1)
    assert windows(plans, ZoneInfo(zone), moment, moment + just) == want
    assert wide


def test_each_switch_is_its_own() -> None:
    """All off is a window that is only planned; pause alone does nothing else."""
    off = MaintenancePlan(at="daily 02:00", lasts=1.0, mute=False, exclude=False, show=False)
    assert switches(off) == frozenset()
    assert MaintenanceSwitch.PAUSE in switches(MaintenancePlan(pause=True))


def test_a_run_that_touches_a_window_is_covered_by_it() -> None:
    """Begun before and ended in it, or the other way round; not one that ended before."""
    window = Maintenance("w", utc("2026-11-01 02:00"), utc("2026-11-01 03:00"), ("payment",))

    def covered(since: str, until: str, flow: str = "payment") -> bool:
        day = "2026-11-01 "
        switch = MaintenanceSwitch.EXCLUDE
        return covering([window], flow, utc(day + since), utc(day + until), switch) is window

    assert covered("01:59", "02:00")
    assert covered("02:59", "03:10")
    assert covered("01:00", "04:00")
    assert not covered("01:58", "01:59")
    assert not covered("03:00", "03:01")
    assert not covered("02:10", "02:20", flow="browse")


@dataclass(frozen=True, slots=True)
class Case:
    """A plan with a fault, the key that is named, and a part of the remedy."""

    plan: MaintenancePlan
    key: str
    remedy: str


@pytest.mark.parametrize(
    "case",
    [
        Case(MaintenancePlan(), "starts", "this window has no time"),
        Case(MaintenancePlan(starts="2026-11-27 02:00"), "ends", "needed with the other one"),
        Case(MaintenancePlan(ends="2026-11-27 02:00"), "starts", "needed with the other one"),
        Case(MaintenancePlan(at="sun 02:00"), "lasts", "needed with at"),
        Case(MaintenancePlan(lasts=60.0), "at", "needed with lasts"),
        Case(MaintenancePlan(starts="2026-11-27 02:00", at="sun 02:00"), "at", "not both"),
        Case(MaintenancePlan(ends="2026-11-27 02:00", lasts=1.0), "lasts", "not both"),
        Case(MaintenancePlan(starts="tomorrow", ends="2026-11-27 02:00"), "starts", "2026-11-27"),
        Case(MaintenancePlan(starts="2026-02-31 02:00", ends="x"), "starts", "a local time"),
        Case(MaintenancePlan(starts="2026-11-27 02:00", ends="2026-11-27 02:00"), "ends", "later"),
        Case(MaintenancePlan(at="sunday 02:00", lasts=60.0), "at", '"sun 02:00"'),
        Case(MaintenancePlan(at="sun 24:00", lasts=60.0), "at", '"sun 02:00"'),
        Case(MaintenancePlan(at="31 02:00", lasts=60.0), "at", "1 to 28"),
        Case(MaintenancePlan(at="0 02:00", lasts=60.0), "at", "1 to 28"),
        Case(MaintenancePlan(at="daily 02:00", lasts=86_400.0), "lasts", "shorter"),
        Case(
            MaintenancePlan(at="daily 02:00", lasts=60.0, flows=("gest",)),
            "flows",
            "no table [flows.gest]; there is: payment",
        ),
    ],
    ids=lambda case: f"{case.plan.starts}{case.plan.at}, {case.key}: {case.remedy}",
)
def test_a_plan_that_cannot_be_is_said_with_its_remedy(case: Case) -> None:
    """The key that is wrong, and what to write."""
    found = dict(flaws(case.plan, ["payment"], BERLIN))
    assert case.remedy in found[case.key]


def test_a_good_plan_has_no_flaw() -> None:
    """Also with the T of a TOML date, with seconds, and in capitals."""
    for plan in (
        MaintenancePlan(starts="2026-11-27T02:00:00", ends="2026-11-27 04:00"),
        MaintenancePlan(at="SUN 02:00", lasts=60.0, flows=("payment",)),
        MaintenancePlan(at="1 2:00", lasts=60.0),
    ):
        assert list(flaws(plan, ["payment"], BERLIN)) == []

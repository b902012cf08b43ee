"""Planned work and clean-ups in the report: excluded time is unknown, never 100 %."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from forepost.model import (
    Cleanup,
    FlowRun,
    LedgerEntry,
    MadeKind,
    Maintenance,
    MaintenanceSwitch,
    Outcome,
    StepResult,
)
from forepost.model.proof import NEVER_PAYS
from forepost.storage.sqlite import SqliteStore
from reports import gaps, sentences
from reports.build import write_report
from reports.collect import collect
from reports.data import ReportContext, ReportData
from reports.ledger import summary
from reports.planned import does, union_s

START = datetime(2026, 3, 9, 9, tzinfo=UTC)
END = START + timedelta(hours=4)
HOSTILE = "<script>alert(1)</script>"


def at(minute: float) -> datetime:
    """Minutes after nine."""
    return START + timedelta(minutes=minute)


def run(minute: int, outcome: Outcome, work: str | None = None, flow: str = "payment") -> FlowRun:
    """A run of one step."""
    return FlowRun(
        id=f"{flow}-{minute}",
        flow=flow,
        location="local",
        slot_at=at(minute),
        started_at=at(minute),
        finished_at=at(minute + 0.1),
        outcome=outcome,
        steps=(StepResult("pay", outcome, 900.0),),
        maintenance=work,
    )


def window(since: float, until: float, *switches: str, name: str = "move") -> Maintenance:
    """Planned work on payment."""
    thrown = frozenset(MaintenanceSwitch(one) for one in (*switches, "show"))
    return Maintenance(name, at(since), at(until), ("payment",), thrown)


@pytest.fixture
def told(store: SqliteStore, context: ReportContext, tmp_path: Path) -> Callable[[], ReportData]:
    """Collects what the store holds of four hours; payment is planned every five minutes."""
    known = replace(context, intervals_s={"payment": 300.0})
    return lambda: collect(store, known, START, END, tmp_path, END)


def payment(data: ReportData) -> str:
    """What is said of payment where gaps are told."""
    return next(line for line in gaps.gaps(data) if line.startswith("Payment: "))


def test_excluded_runs_count_for_nothing(
    store: SqliteStore, told: Callable[[], ReportData]
) -> None:
    """36 good runs, and 12 that failed in an hour of planned work: 36 of 36, seen for 3 h."""
    store.add_maintenance(window(60, 120, "exclude"))
    for minute in range(0, 240, 5):
        inside = 60 <= minute < 120
        outcome = Outcome.FAILED if inside else Outcome.PASSED
        store.add_run(run(minute, outcome, "move" if inside else None))
    data = told()
    (flow,) = (one for one in data.flows if one.name == "payment")

    assert flow.availability is not None
    assert (flow.availability.count, flow.availability.of) == (36, 36)
    assert flow.steps[0].failed == 0
    assert flow.messages == ()
    assert (flow.planned.excluded, flow.planned.excluded_s) == (12, 3_600.0)
    # The last run before begins at 55 and speaks until 60; the first after at 120 from 115 on.
    assert flow.coverage == pytest.approx((240 - 55) / 240)
    assert payment(data) == (
        "Payment: 1 h of maintenance (move): unknown, neither good nor bad; "
        "12 runs in it count for no figure."
    )


def test_a_wholly_excluded_period_is_unknown(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """Every run passed, and none says anything: not 100 %, and not "all well"."""
    store.add_maintenance(window(-60, 300, "exclude"))
    for minute in range(0, 240, 5):
        store.add_run(run(minute, Outcome.PASSED, "move"))
    data = told()
    (flow,) = (one for one in data.flows if one.name == "payment")

    assert flow.availability is None
    assert flow.coverage == 0.0
    assert sentences.state(data).tone == "unknown"
    page = write_report(data, ("timeline",), tmp_path).read_text("utf-8")
    assert "unknown: all in planned work" in page
    assert "seen 0 % of the period" in page


def spoken(page: str) -> str:
    """What the page's first chart says in words."""
    return page.partition("<desc>")[2].partition("</desc>")[0]


def stopped(minute: int, why: str, flow: str = "payment") -> FlowRun:
    """A run that worked and ended before it paid."""
    return replace(
        run(minute, Outcome.PASSED, flow=flow), facts=(("stopped", f'before "pay": {why}'),)
    )


def test_runs_that_a_cap_ended_stand_beside_the_share_and_not_in_it(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """Two paid, one failed, and six had no leave: 2 of 3, and what nobody knows is told."""
    for minute, outcome in ((0, Outcome.PASSED), (5, Outcome.PASSED), (10, Outcome.FAILED)):
        store.add_run(run(minute, outcome))
    for minute in range(15, 45, 5):
        store.add_run(stopped(minute, "3 of 3 orders of the day are used up"))
    data = told()
    (flow,) = (one for one in data.flows if one.name == "payment")

    assert flow.availability is not None
    assert (flow.availability.count, flow.availability.of, flow.capped) == (2, 3, 6)
    assert flow.steps[0].n == 9, "the steps that they walked are proved"
    # The last that counts begins at 10 and speaks until 15.
    assert flow.coverage == pytest.approx(15 / 240)
    assert payment(data).startswith("Payment: 6 runs ended before paying")
    page = write_report(data, ("timeline",), tmp_path).read_text("utf-8")
    assert "6 runs not counted: ended before paying by a cap or the kill switch" in page
    assert "2 passed, 1 failed, 6 ended before paying" in page
    assert "passed. failed. ended before paying" in spoken(page)
    (row,) = (
        one
        for one in cast("list[dict[str, object]]", summary(data)["flows"])
        if one["flow"] == "payment"
    )
    assert (row["worked"], row["of"], row["capped"], row["unpaid"]) == (2, 3, 6, 0)


def test_what_was_proved_in_the_morning_is_not_known_at_night(
    store: SqliteStore, told: Callable[[], ReportData]
) -> None:
    """The last run that paid ended at 10:00:06; that 12 of 12 worked says nothing of since then."""
    for minute in range(5, 65, 5):
        store.add_run(run(minute, Outcome.PASSED))
    for minute in range(65, 240, 5):
        store.add_run(stopped(minute, "3 of 3 orders of the day are used up"))

    data = told()
    state = sentences.state(data)
    assert state.tone == "unknown"
    assert "whether payment works is unknown since 10:00:06: no run has paid" in state.said
    assert paid_until(data) == at(60.1).isoformat()

    store.add_run(run(239, Outcome.PASSED))
    assert sentences.state(told()).tone == "well"
    assert paid_until(told()) is None


def paid_until(data: ReportData) -> object:
    """What machines read of it."""
    flows = cast("list[dict[str, object]]", summary(data)["flows"])
    return next(one["proved_until"] for one in flows if one["flow"] == "payment")


def test_a_flow_that_never_had_leave_is_unknown(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """Every run is green, none paid: not 100 %, not "never measured", not "all well"."""
    for minute in range(0, 240, 5):
        store.add_run(stopped(minute, "paying is stopped: stocktaking"))
    store.add_run(run(5, Outcome.PASSED, flow="browse"))
    data = told()

    state = sentences.state(data)
    assert state.tone == "unknown"
    assert "whether payment works is unknown" in state.said
    assert not [line for line in gaps.gaps(data) if "Never measured" in line and "payment" in line]
    page = write_report(data, ("timeline",), tmp_path).read_text("utf-8")
    assert "unknown: all ended before they paid" in page
    assert "<dd>48 ended before paying" in page, "none of them passed"
    assert "ended before paying" in spoken(page)
    assert "degraded" not in spoken(page)


def test_planned_work_and_caps_together_leave_nothing_known(
    store: SqliteStore, told: Callable[[], ReportData]
) -> None:
    """Neither of the two is said to have been all of it."""
    store.add_maintenance(window(0, 10, "exclude"))
    store.add_run(run(5, Outcome.PASSED, "move"))
    store.add_run(stopped(15, "paying is stopped: stocktaking"))

    said = "State unknown: every run was part of planned work or ended before it paid"
    assert sentences.state(told()).said == said


def test_a_shop_that_is_never_paid_says_so_beside_its_share(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """There 100 % is of the journey up to payment: it must not be read as more."""
    for minute in range(0, 240, 5):
        store.add_run(stopped(minute, NEVER_PAYS))
    data = told()
    (flow,) = (one for one in data.flows if one.name == "payment")

    assert flow.availability is not None
    assert (flow.availability.count, flow.availability.of, flow.capped) == (48, 48, 0)
    assert sentences.state(data).tone == "well"
    page = write_report(data, (), tmp_path).read_text("utf-8")
    assert "up to payment: this shop is never paid" in page
    assert payment(data).startswith("Payment: walked up to payment only")


def test_a_paused_flow_is_told_though_it_has_no_runs(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """The window stands on the timeline and in the flow's section; nothing is "missed"."""
    store.add_maintenance(window(0, 240, "pause", "mute"))
    store.add_run(run(5, Outcome.PASSED, flow="browse"))
    data = told()

    assert data.timeline is not None
    assert list(data.timeline.lanes) == ["browse", "payment"]
    assert data.coverage.skipped == 0
    page = write_report(data, ("timeline",), tmp_path).read_text("utf-8")
    assert "4 h paused" in page
    assert "no runs, no alerts" in page


def test_work_that_lasts_at_the_end_is_said_first(
    store: SqliteStore, told: Callable[[], ReportData]
) -> None:
    """Who reads only one line must know that it is being worked on."""
    store.add_run(run(5, Outcome.PASSED))
    store.add_maintenance(window(200, 300, "mute"))
    assert sentences.state(told()).said.endswith("; maintenance lasts: move")


def test_a_window_that_is_not_to_be_shown_is_counted_without_its_name(
    store: SqliteStore, told: Callable[[], ReportData]
) -> None:
    """Figures stay honest, whoever may read of the work itself."""
    hidden = replace(window(60, 120), switches=frozenset({MaintenanceSwitch.EXCLUDE}))
    store.add_maintenance(hidden)
    store.add_run(run(5, Outcome.PASSED))
    store.add_run(run(65, Outcome.PASSED, "move"))
    data = told()

    assert data.windows == ()
    assert "move" not in payment(data)
    assert "1 run in it counts for no figure" in payment(data)
    assert summary(data)["maintenance"] == []


def test_failed_clean_ups_and_what_is_left_are_told(
    store: SqliteStore, told: Callable[[], ReportData], tmp_path: Path
) -> None:
    """In the flow's section, among what is not known, and as a list of what is left."""
    failed = Cleanup(Outcome.FAILED, f"order 1001 is still there {HOSTILE}", made=1, left=1)
    store.add_run(replace(run(5, Outcome.PASSED), cleanup=failed))
    blind = Cleanup(Outcome.BROKEN, "the browser is gone")
    store.add_run(replace(run(10, Outcome.PASSED), cleanup=blind))
    entry = LedgerEntry(
        "e1", "payment-5", "payment", 1, "pay", MadeKind.ORDER, "probe@x.example", at(5),
        reference=f"1001{HOSTILE}", amount_cents=4_990, created_at=at(5),
    )  # fmt: skip
    settled = replace(entry, id="e2", voided_at=at(6), restocked_at=at(6))
    store.ledger_note([entry, settled])
    data = told()

    assert data.left == (entry,)
    lines = gaps.gaps(data)
    assert any(line.startswith("1 clean-up failed") for line in lines)
    assert any("broke on our side: what they left is unknown" in line for line in lines)
    page = write_report(data, (), tmp_path).read_text("utf-8")
    assert "Left in the shop by probes" in page
    assert "49.90" in page
    assert HOSTILE not in page
    left = summary(data)["left_behind"]
    assert isinstance(left, list)
    assert left[0]["amount_cents"] == 4_990


def test_overlapping_windows_are_counted_once() -> None:
    """0 to 30 and 20 to 50 and inside of both: 50 minutes, cut at the period's ends."""
    windows = [window(20, 50), window(-10, 30), window(22, 25), window(400, 500)]
    assert union_s(windows, START, END) == 50 * 60
    assert union_s([], START, END) == 0.0


def test_a_window_says_what_it_does() -> None:
    """Also one that does nothing but stand there."""
    assert does(window(0, 1, "pause", "exclude")) == "no runs, runs count for nothing"
    assert does(window(0, 1)) == "only told"

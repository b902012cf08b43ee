"""A subscription that stands in a shop: a renewal that silently did not run is told by its day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from forepost.config import Secret
from forepost.config import Shop as ShopSettings
from forepost.model import Fault, FlowRun, Outcome
from probes.flows._own_subscription import due
from probes.pool import ProbePool
from tests.shops import member
from tests.walking import walk_once

pytestmark = pytest.mark.browser
LOGIN = {"login_email": Secret(member.EMAIL), "login_password": Secret(member.PASSWORD)}


def walk(pool: ProbePool, url: str, page: str, **told: object) -> FlowRun:
    """Walk the flow where nothing may be bought, without a line in the table."""
    table = ShopSettings(url=url, storefront="generic")
    return walk_once(pool, "autopay", table, {"subscription_page": Secret(page), **told})


def in_days(count: int) -> str:
    """Write a day as the page does."""
    return f"{datetime.now(UTC) + timedelta(days=count):%d %B %Y}"


def test_a_renewal_that_lies_ahead_is_well(pool: ProbePool) -> None:
    """Behind a password; neither it nor the address stands in what is kept."""
    with member.serve(in_days(9)) as url:
        run = walk(pool, url, "/subscription", **LOGIN)

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        ahead = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        assert dict(run.facts)["renews_on"] == ahead
        assert dict(run.facts)["state"] == "Active"
        assert member.PASSWORD not in repr(run)


def test_a_renewal_that_did_not_run_is_told_with_its_day(pool: ProbePool) -> None:
    """The page still says the day before yesterday: nobody was charged, and nobody noticed."""
    with member.serve(in_days(-3)) as url:
        run = walk(pool, url, f"/open?key={member.KEY}")

        assert (run.outcome, run.failed_step) == (Outcome.FAILED, "no renewal is overdue")
        past = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
        assert f"a renewal runs within 24 h of its day: the page still says {past}" in run.message
        assert member.KEY not in repr(run)


def test_a_page_without_a_day_fails_by_its_goal(pool: ProbePool) -> None:
    """A page that says nothing proves nothing."""
    with member.serve("soon") as url:
        run = walk(pool, url, f"/open?key={member.KEY}")

        assert (run.outcome, run.failed_step) == (Outcome.FAILED, "open the subscription")
        assert "no day of the next renewal" in run.message


def test_a_password_that_nobody_named_is_our_side_and_a_refused_one_is_told(
    pool: ProbePool,
) -> None:
    """The first is a line of config; the second is what a customer would see too."""
    with member.serve(in_days(9)) as url:
        unnamed = walk(pool, url, "/subscription")
        wrong = {**LOGIN, "login_password": Secret("not-this-one")}
        refused = walk(pool, url, "/subscription", **wrong)

        assert (unnamed.outcome, unnamed.fault) == (Outcome.BROKEN, Fault.FLOW)
        assert "login_password" in unnamed.message
        assert refused.outcome is Outcome.FAILED
        assert 'sign-in refused: "Wrong password."' in refused.message


def test_a_renewal_is_due_at_the_end_of_its_day_by_the_shops_own_calendar() -> None:
    """Also on the day on which the clock is put back: that day has 25 hours."""
    for zone, last in (("UTC", "2026-10-27 00:00"), ("Europe/Berlin", "2026-10-26 23:00")):
        day = datetime(2026, 10, 25, tzinfo=ZoneInfo(zone)).date()
        told = due(day, timedelta(hours=24), zone)
        assert f"{told:%Y-%m-%d %H:%M}" == last

"""Auto-pay: the renewal runs once, on its day; dunning, grace, cancelling, an old base."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.demoshop.customer import DECLINED, EXPIRES, Customer, Shop, card, join, names, until

START = "2026-01-31T09:00:00+00:00"
RENEWAL = "2026-02-28T09:00:00+00:00"  # a month after the 31st of January


def move(shop: Shop, ident: str, now: str) -> None:
    """Move a membership's clock."""
    assert shop.api("PUT", f"/api/test-clocks/{ident}", {"now": now}).status_code == 200


def state(shop: Shop, ident: str) -> dict[str, Any]:
    """Return a membership by the shop's own books."""
    found: dict[str, Any] = shop.api("GET", f"/api/subscriptions/{ident}").json()
    return found


def members(customer: Customer, ident: str, key: str) -> int:
    """Return how the members' page answers."""
    return customer.get(f"/members?id={ident}&key={key}").status


def test_the_renewal_charges_once_and_moves_the_date(shop: Shop) -> None:
    """The 31st becomes the last day of February, and the 31st again in March."""
    customer = shop.customer()
    page = join(customer, START)
    ident, key = names(page)
    assert f'datetime="{RENEWAL}"' in page.text
    assert len(shop.charges(ident)) == 1

    move(shop, ident, RENEWAL)
    until(lambda: state(shop, ident)["next_renewal_at"] == "2026-03-31T09:00:00+00:00", "renewal")
    assert len(shop.charges(ident)) == 2
    assert members(customer, ident, key) == 200
    assert customer.get(page.url).text.count('data-testid="charge"') == 2


def test_a_clock_that_jumps_far_pays_every_period(shop: Shop) -> None:
    """Three months later: three more charges, one for each period."""
    ident, _ = names(join(shop.customer(), START))
    move(shop, ident, "2026-05-01T00:00:00+00:00")
    until(lambda: state(shop, ident)["next_renewal_at"].startswith("2026-05-31"), "renewals")
    assert len(shop.charges(ident)) == 4


def test_an_expired_card_is_dunned_and_stays_open_for_its_grace(shop: Shop) -> None:
    """A mail and a week's grace, not a lock-out; then the lock."""
    customer = shop.customer()
    ident, key = names(join(customer, START, EXPIRES))
    move(shop, ident, RENEWAL)
    until(lambda: state(shop, ident)["state"] == "past_due", "the failed renewal")
    mails = until(lambda: shop.mails(customer), "the dunning mail")
    assert "could not renew" in mails[0]["subject"]
    assert "7 March 2026" in mails[0]["text"].replace(" 07 ", " 7 ")
    assert members(customer, ident, key) == 200
    assert len(shop.charges(ident)) == 1

    move(shop, ident, "2026-03-08T00:00:00+00:00")
    until(lambda: members(customer, ident, key) == 402, "the lock after the grace")
    assert len(shop.mails(customer)) == 1


def test_cancelled_before_the_renewal_is_not_charged(shop: Shop) -> None:
    """Access lasts as long as what was paid."""
    customer = shop.customer()
    ident, key = names(join(customer, START))
    page = customer.post(f"/subscription/{ident}/cancel", {"key": key})
    assert 'data-state="cancelled"' in page.text
    assert members(customer, ident, key) == 200
    move(shop, ident, RENEWAL)
    other, _ = names(join(shop.customer(), START))
    move(shop, other, RENEWAL)  # the job has passed by when this one is renewed
    until(lambda: len(shop.charges(other)) == 2, "the renewal of another membership")
    assert len(shop.charges(ident)) == 1
    assert members(customer, ident, key) == 402


def test_a_skipped_renewal_is_silent_and_locks_out(shop: Shop) -> None:
    """No charge, no mail, the date stays; the customer stands before a locked door."""
    shop.fault("renewal_skipped")
    customer = shop.customer()
    due = datetime.now(UTC) + timedelta(days=1)
    base = [{"email": customer.email, "next_renewal_at": due.isoformat()}]
    (moved,) = shop.api("POST", "/api/subscriptions", base).json()
    assert members(customer, moved["id"], moved["key"]) == 200
    move(shop, moved["id"], (due + timedelta(hours=1)).isoformat())
    until(lambda: members(customer, moved["id"], moved["key"]) == 402, "the lock-out")
    assert not shop.charges(moved["id"])
    assert not shop.mails(customer)
    assert datetime.fromisoformat(state(shop, moved["id"])["next_renewal_at"]) == due

    shop.api("DELETE", "/api/faults/renewal_skipped")
    until(lambda: members(customer, moved["id"], moved["key"]) == 200, "the renewal made up for")
    assert len(shop.charges(moved["id"])) == 1


def test_a_share_of_renewals_is_skipped_and_stays_skipped(shop: Shop) -> None:
    """The job passes twice a second; a skipped one must not slip through at the next pass."""
    shop.fault("renewal_skipped", share=0.5, seed=3)
    first = moved_in(shop, 40)
    # The job takes the oldest first: when a later base is being renewed, it has passed the first.
    until_a_later_pass(shop)
    seen = renewed(shop, first)
    until_a_later_pass(shop)

    assert 5 <= len(seen) <= 35
    assert renewed(shop, first) == seen


def moved_in(shop: Shop, count: int) -> list[str]:
    """Move a base of members in that are due now; return their ids."""
    due = datetime.now(UTC).isoformat()
    base = [{"email": "m@example.com", "next_renewal_at": due}] * count
    return [each["id"] for each in shop.api("POST", "/api/subscriptions", base).json()]


def renewed(shop: Shop, idents: list[str]) -> list[str]:
    """Return those that the provider has charged."""
    return [ident for ident in idents if shop.charges(ident)]


def until_a_later_pass(shop: Shop) -> None:
    """Wait until the job has come to members who moved in just now."""
    later = moved_in(shop, 30)  # so many that the fault does not skip them all
    until(lambda: any(shop.charges(ident) for ident in later), "a later pass of the job")


def test_a_double_renewal_charges_twice_and_moves_once(shop: Shop) -> None:
    """Only the provider's book tells."""
    shop.fault("renewal_double")
    ident, _ = names(join(shop.customer(), START))
    move(shop, ident, RENEWAL)
    until(lambda: state(shop, ident)["next_renewal_at"] > RENEWAL, "the renewal")
    assert len(shop.charges(ident)) == 3
    assert state(shop, ident)["next_renewal_at"] == "2026-03-31T09:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cc_number": DECLINED}, "declined"),
        ({"plan": "weekly"}, "choose a plan"),
        ({"test_clock": "tomorrow"}, "time with its zone"),
        ({"test_clock": "2026-01-31T09:00:00"}, "time with its zone"),
    ],
)
def test_a_membership_that_cannot_start_says_why(
    shop: Shop, change: dict[str, str], says: str
) -> None:
    """And nothing is charged."""
    customer = shop.customer()
    form = {"plan": "monthly", "email": customer.email, **card(), **change}
    page = customer.post("/subscribe", form)
    assert page.status in (402, 422)
    assert says in page.alert
    assert not shop.charges(customer.email)


def test_the_doors_are_closed_without_a_key(shop: Shop) -> None:
    """An id alone opens nothing."""
    customer = shop.customer()
    ident, _ = names(join(customer, START))
    assert customer.get(f"/subscription/{ident}").status == 404
    assert customer.get(f"/members?id={ident}&key=guess").status == 404
    assert customer.get("/members").status == 402


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"now": "2026-01-01T00:00:00+00:00"}, "lies before"),
        ({"now": "soon"}, "now: "),
        ({}, "now: "),
        ([], "now: "),
    ],
)
def test_a_clock_that_cannot_be_set_says_why(shop: Shop, body: Any, says: str) -> None:
    """One line of JSON, with the value."""
    ident, _ = names(join(shop.customer(), START))
    answer = shop.api("PUT", f"/api/test-clocks/{ident}", body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]

"""Faults that break what `autopay` and `after_sales` promise."""

import pytest

from tests.demoshop.customer import ACCEPTED, EXPIRES, Shop, join, names, until
from tests.demoshop.looks import LINK, Case, all_mails, bought

START = "2026-01-31T09:00:00+00:00"
RENEWAL = "2026-02-28T09:00:00+00:00"


def renewal(shop: Shop, number: str = ACCEPTED, *, cancelled: bool = False) -> tuple[int, bool]:
    """Charges after the renewal date, and whether the members' page is open."""
    return renewed(shop, number, cancelled=cancelled)[:2]


def dates(shop: Shop) -> tuple[int, bool, str]:
    """The same, and the next renewal's day."""
    charges, access, day, _ = renewed(shop, ACCEPTED)
    return charges, access, day


def dunned(shop: Shop) -> tuple[int, bool, int]:
    """An expired card: charges, whether the members' page is open, mails."""
    charges, access, _, mails = renewed(shop, EXPIRES)
    return charges, access, mails


def renewed(shop: Shop, number: str, *, cancelled: bool = False) -> tuple[int, bool, str, int]:
    """Join, come to the renewal date, and wait until the job has passed by."""
    customer = shop.customer()
    ident, key = names(join(customer, START, number))
    if cancelled:
        customer.post(f"/subscription/{ident}/cancel", {"key": key})
    to_the_renewal(shop, ident)
    other, _ = names(join(shop.customer(), START))
    to_the_renewal(shop, other)  # the job takes the oldest first: then it has passed this one
    until(lambda: len(shop.charges(other)) == 2, "the renewal of a later membership")
    state = shop.api("GET", f"/api/subscriptions/{ident}").json()
    access = customer.get(f"/members?id={ident}&key={key}").status == 200
    mails = len(all_mails(shop, customer))
    return len(shop.charges(ident)), access, state["next_renewal_at"][:10], mails


def to_the_renewal(shop: Shop, ident: str) -> None:
    """Move a membership's clock to its renewal."""
    assert shop.api("PUT", f"/api/test-clocks/{ident}", {"now": RENEWAL}).ok


def link(shop: Shop) -> int:
    """How the mail's link answers."""
    customer, _ = bought(shop)
    (mail,) = until(lambda: shop.mails(customer), "the confirmation mail")
    found = LINK.search(mail["text"])
    assert found
    return customer.get(found[0]).status


def send_back(shop: Shop) -> tuple[int, str]:
    """How a return on the day of the order is answered, and the order's state."""
    customer, done = bought(shop)
    key = {"key": shop.orders(customer)[0]["key"]}
    page = customer.post(f"/order/{done.words('order-number')}/return", key)
    return page.status, shop.orders(customer)[0]["state"]


def support(shop: Shop, name: str) -> list[bool]:
    """Whether the form and the answer show something."""
    customer = shop.customer()
    form = {"email": customer.email, "topic": "order", "message": "Where is my tent?"}
    pages = customer.get("/support"), customer.post("/support", form)
    return [f'data-testid="{name}"' in page.text for page in pages]


def reviews(shop: Shop) -> tuple[int, int]:
    """Status of the review page and the reviews on it."""
    page = shop.customer().get("/product/mug-birch/reviews")
    return page.status, page.text.count('data-testid="review"')


CASES = [
    Case("renewal_date_stuck", dates, (2, True, "2026-03-31"), (2, True, "2026-02-28")),
    Case("renewal_locks_out", renewal, (2, True), (2, False)),
    Case("expired_locks_out", lambda shop: renewal(shop, EXPIRES), (1, True), (1, False)),
    Case("dunning_lost", dunned, (1, True, 1), (1, True, 0)),
    Case("cancelled_renewed", lambda shop: renewal(shop, cancelled=True)[0], healthy=1, broken=2),
    Case("status_link_dead", link, 200, 404),
    Case("return_refused", send_back, (200, "returned"), (409, "placed")),
    Case(
        "support_no_reference",
        lambda shop: support(shop, "support-reference"),
        [False, True],
        [False, False],
    ),
    Case(
        "no_response_promise",
        lambda shop: support(shop, "response-promise"),
        [True] * 2,
        [False] * 2,
    ),
    Case("reviews_broken", reviews, (200, 4), (500, 0)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_breaks_its_rule_and_a_healthy_shop_keeps_it(shop: Shop, case: Case) -> None:
    """The same look, without and with the fault."""
    assert case.look(shop) == case.healthy
    shop.fault(case.name, **case.settings)
    assert case.look(shop) == case.broken


def test_a_voided_membership_is_not_even_charged_by_a_fault(shop: Shop) -> None:
    """No renewal ever after: the clean-up of a probe must hold."""
    shop.fault("cancelled_renewed")
    ident, _ = names(join(shop.customer(), START))
    shop.api("POST", f"/api/subscriptions/{ident}/void")
    to_the_renewal(shop, ident)
    other, _ = names(join(shop.customer(), START))
    to_the_renewal(shop, other)
    until(lambda: len(shop.charges(other)) == 2, "the renewal of a later membership")
    assert len(shop.charges(ident)) == 1

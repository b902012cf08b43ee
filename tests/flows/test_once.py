"""Exactly once, by an independent count: the provider's and the shop's books over plain HTTP.

The flow says that it saw one charge; here the books are read without its storefront.
"""

from collections import Counter
from typing import Any

import pytest

from forepost.bundled import Bundled
from forepost.model import Outcome
from tests.flows.conftest import Walk

pytestmark = pytest.mark.browser
TOOK = ("succeeded", "refunded")  # the clean-up has given the money back by now
TOTAL_CENTS = 4_776  # one lantern, standard delivery, 20 % tax: 3490 + 490 = 3980, and 796


def rows(shop: Bundled, url: str) -> list[dict[str, Any]]:
    """Return what a book answers."""
    found = shop.call("GET", url)
    assert isinstance(found, list)
    return found


def test_a_purchase_in_every_way_is_charged_once(shop: Bundled, walk: Walk) -> None:
    """Double click, reload, back, same key, dropped response, challenge: one charge an order."""
    run = walk("payment")
    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    key = f"{run.id}-1"

    for case in ("", "-challenge", "-dropped"):
        email = f"{key}{case}@probe.invalid"
        charges = rows(shop, f"{shop.gateway}/api/charges?email={email}")
        took = [charge["amount_cents"] for charge in charges if charge["status"] in TOOK]
        orders = rows(shop, f"{shop.shop}/api/orders?email={email}")
        mails = rows(shop, f"{shop.mail}/messages?to={email}")
        assert len(took) == 1
        assert took == [order["total_cents"] for order in orders]
        assert took == [TOTAL_CENTS] or case == "-challenge"  # the declined one's cart was kept
        assert [order["number"] for order in orders] == [charges[0]["reference"]]
        assert len(mails) == 1
    declined = rows(shop, f"{shop.gateway}/api/charges?email={key}-declined@probe.invalid")
    assert {charge["status"] for charge in declined} == {"declined"}
    assert rows(shop, f"{shop.shop}/api/orders?email={key}-declined@probe.invalid") == []


def test_a_subscription_is_charged_once_a_period(shop: Bundled, walk: Walk) -> None:
    """Two charges for a renewed one, one for who cancelled, one and a refusal for who expired."""
    run = walk("autopay")
    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message

    def states(case: str) -> Counter[str]:
        email = f"{run.id}-1{case}@probe.invalid"
        charges = rows(shop, f"{shop.gateway}/api/charges?email={email}")
        return Counter("took" if c["status"] in TOOK else c["status"] for c in charges)

    assert states("") == {"took": 2}
    assert states("-cancelled") == {"took": 1}
    expired = states("-expired")
    assert expired["took"] == 1
    assert expired["declined"] >= 1


def test_all_that_was_charged_went_back(shop: Bundled, walk: Walk) -> None:
    """The provider's own book says so, not the clean-up."""
    run = walk("checkout")
    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    email = f"{run.id}-1@probe.invalid"

    charges = rows(shop, f"{shop.gateway}/api/charges?email={email}")

    assert [(c["amount_cents"], c["refunded_cents"]) for c in charges] == [(TOTAL_CENTS,) * 2]

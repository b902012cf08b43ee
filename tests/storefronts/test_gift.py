"""A gift card of a shop's own, looked after without buying: the money on it adds up or it fails.

The shop's books say that nothing was sold, and what the card holds is known beforehand.
"""

import pytest

from forepost.config import Secret
from forepost.config import Shop as ShopSettings
from forepost.model import FlowRun, Outcome
from probes.pool import ProbePool
from tests.shops import gift, plain
from tests.shops.shop import Shop
from tests.walking import walk_once

pytestmark = pytest.mark.browser


def walk(pool: ProbePool, shop: Shop, **told: object) -> FlowRun:
    """Walk the flow where nothing may be bought, without a line in the table."""
    settings = {"code": Secret(gift.CARD), "expired_code": gift.EXPIRED, **told}
    table = ShopSettings(url=shop.url, storefront="generic")
    return walk_once(pool, "gift_card", table, {"product": shop.product, **settings})


@pytest.mark.parametrize("field", ["basket", "payment"])
def test_a_card_comes_off_the_total_and_is_there_afterwards(pool: ProbePool, field: str) -> None:
    """Both where the code is put in, and nothing is bought to see it."""
    with gift.serve(field=field) as shop:
        run = walk(pool, shop, code_cents=gift.WORTH_CENTS)

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        assert dict(run.facts)["off_cents"] == str(gift.WORTH_CENTS)
        assert "not checked" not in dict(run.facts)
        assert [step.name for step in run.steps][-2:] == [
            "a mistyped code is refused",
            "an expired card is refused",
        ]
        assert shop.orders() == []


def test_a_card_that_holds_more_than_the_total_takes_off_the_total(pool: ProbePool) -> None:
    """Never more than that: nobody is owed money for looking."""
    with gift.serve() as shop:
        run = walk(pool, shop, code=Secret(gift.RICH))

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        due = shop.price_cents + shop.delivery_cents
        assert dict(run.facts)["off_cents"] == str(due)


@pytest.mark.parametrize(
    ("fault", "step", "words"),
    [
        ("balance", "look at the balance", ("1499", "1500")),
        ("not taken", "a card comes off the total", ("We do not know ",)),
        ("half", "a card comes off the total", ("750", "1500")),
        ("spends", "applying spends nothing", ("0 cents", "1500")),
        ("all codes", "a mistyped code is refused", ("it is worth 500 cents",)),
        ("silent", "a mistyped code is refused", ("with a message",)),
        ("old cards", "an expired card is refused", ("it is worth 1000 cents",)),
    ],
)
def test_a_fault_of_gift_cards_is_told_in_its_step_with_both_amounts(
    pool: ProbePool, fault: str, step: str, words: tuple[str, ...]
) -> None:
    """A flow that could not fail would prove nothing."""
    assert fault in gift.FAULTS
    with gift.serve(broken=fault) as shop:
        run = walk(pool, shop, code_cents=gift.WORTH_CENTS)

        assert (run.outcome, run.failed_step) == (Outcome.FAILED, step), run.message
        for word in words:
            assert word in run.message
        assert gift.CARD not in repr(run)
        assert gift.CARD[:-2] not in repr(run)  # nor with its last letters exchanged


def test_what_a_shop_has_no_page_for_is_named_and_not_called_checked(pool: ProbePool) -> None:
    """The field in the basket is enough for the goal; the codes are tried there too."""
    with gift.serve(page=False) as shop:
        run = walk(pool, shop, code_cents=gift.WORTH_CENTS)

        assert run.outcome.worked, f"{run.failed_step}: {run.message}"
        assert dict(run.facts)["not checked"] == "the balance of a card"
        assert "an expired card is refused" in [step.name for step in run.steps]


def test_a_shop_without_gift_cards_is_no_green_run(pool: ProbePool) -> None:
    """The field is missing, and the message says which line to write if there is one."""
    with plain.serve() as shop:
        run = walk(pool, shop, checks=())

        assert run.outcome is Outcome.FAILED
        assert run.failed_step == "a card comes off the total"
        assert "voucher_field" in run.message

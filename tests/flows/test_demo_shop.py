"""The six flows on the real demo shop, in a real browser: green means proved, red means why.

Each fault of the shop must be noticed by the flow whose row names it, in the right step,
with a message that states the violated rule.
"""

import socket
from dataclasses import replace

import pytest

from forepost.bundled import Bundled
from forepost.config import Secret
from forepost.model import Fault, Outcome
from tests.flows.conftest import Walk
from tests.flows.faults import FAULTS, NO_RULE, Row

pytestmark = pytest.mark.browser
FLOWS = ("browse", "checkout", "payment", "gift_card", "autopay", "after_sales")


@pytest.mark.parametrize("flow", FLOWS)
def test_a_healthy_shop_passes_and_keeps_nothing(walk: Walk, flow: str) -> None:
    """Every case of every flow, nothing left out, page timings, and a clean-up that cleans."""
    run = walk(flow)

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    assert any(page.ttfb_ms for step in run.steps for page in step.pages)
    assert "not checked" not in dict(run.facts)
    assert run.cleanup is None or (run.cleanup.outcome, run.cleanup.left) == ("passed", 0)
    assert (run.cleanup is None) == (flow == "browse")


@pytest.mark.parametrize("row", FAULTS, ids=[f"{row.flow}-{row.fault}" for row in FAULTS])
def test_a_fault_is_noticed_in_its_step_with_its_rule(shop: Bundled, walk: Walk, row: Row) -> None:
    """A flow that cannot fail proves nothing when it passes."""
    shop.call("PUT", f"{shop.shop}/api/faults/{row.fault}", dict(row.parameters))

    run = walk(row.flow, **row.settings)

    assert run.outcome is Outcome.FAILED, run.message
    assert run.failed_step == row.step
    assert row.part in run.message
    assert any(artefact.kind == "screenshot" for artefact in run.artefacts)


def test_every_fault_of_the_shop_has_its_row(shop: Bundled) -> None:
    """A fault that nobody must notice is a hole in the proof."""
    known = shop.call("GET", f"{shop.shop}/api/faults")

    assert isinstance(known, dict)
    assert set(known["known"]) == {row.fault for row in FAULTS} | NO_RULE


@pytest.mark.parametrize("fault", ["script_error", "slow_third_party"])
def test_what_does_not_stop_a_customer_does_not_fail_a_run(
    shop: Bundled, walk: Walk, fault: str
) -> None:
    """A console error or a slow stranger may degrade a journey, not fail it."""
    parameters = {"delay_ms": 1_500} if fault == "slow_third_party" else {}
    shop.call("PUT", f"{shop.shop}/api/faults/{fault}", parameters)

    run = walk("browse")

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message


def test_slow_pages_degrade_a_run(shop: Bundled, walk: Walk) -> None:
    """It worked, outside its budget."""
    shop.call("PUT", f"{shop.shop}/api/faults/slow_pages", {"delay_ms": 1_100})

    run = walk("browse", page_budget_ms=1_000)

    assert run.outcome is Outcome.DEGRADED
    assert "budget 1.0 s" in "".join(step.message for step in run.steps)


@pytest.mark.parametrize("flow", ["checkout", "payment", "gift_card", "autopay"])
def test_a_run_stops_before_money_moves_unless_told_otherwise(
    shop: Bundled, walk: Walk, flow: str
) -> None:
    """`stop_before_pay` is the default: nothing is made, and the run says where it ended."""
    before = shop.call("GET", f"{shop.shop}/api/stats")
    run = walk(flow, environment="stop_before_pay")
    after = shop.call("GET", f"{shop.shop}/api/stats")

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    assert dict(run.facts)["stopped"].startswith('before "')
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["orders"] == before["orders"]


def test_a_dead_shop_is_the_shop_and_not_us(shop: Bundled, walk: Walk) -> None:
    """Nothing listens, our own loopback answers: failed, not broken."""
    with socket.socket() as held:  # bound, but it does not listen; nobody else can either
        held.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{held.getsockname()[1]}"
        run = walk("browse", at=replace(shop, shop=nobody))

    assert run.outcome is Outcome.FAILED
    assert run.fault is Fault.SHOP


def test_a_token_that_the_books_do_not_take_is_ours_and_named(shop: Bundled, walk: Walk) -> None:
    """That of another shop: nothing that a customer met, and the line says which key to mend.

    The shop itself says that no order was placed: nobody could have undone it.
    """
    before = shop.call("GET", f"{shop.shop}/api/stats")
    run = walk("checkout", at=replace(shop, token=Secret("of another shop")))
    after = shop.call("GET", f"{shop.shop}/api/stats")

    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["orders"] == before["orders"]
    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.OURS)
    assert "does not take [shop] token; set it to that of this shop" in run.message


def test_a_charge_without_a_purchase_is_undone_too(shop: Bundled, walk: Walk) -> None:
    """Money taken and nothing sold: voided, and no stock is waited for that never left."""
    shop.call("PUT", f"{shop.shop}/api/faults/declined_but_charged", {})

    run = walk("payment", checks=())

    assert run.outcome is Outcome.FAILED
    assert run.cleanup is not None
    assert (run.cleanup.outcome, run.cleanup.left) == (Outcome.PASSED, 0), run.cleanup.message
    assert run.cleanup.made == 1

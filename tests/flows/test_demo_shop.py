"""The six flows on the real demo shop, in a real browser: green means proved, red means why.

Each fault of the shop must be noticed by the flow whose row names it, in the right step,
with a message that states the violated rule.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from forepost import plugins
from forepost.bundled import Bundled, running
from forepost.config import Shop
from forepost.model import Fault, FlowRun, Outcome
from probes.job import ProbeJob, plain
from probes.pool import ProbePool

pytestmark = pytest.mark.browser
FLOWS = ("browse", "checkout", "payment", "gift_card", "autopay", "after_sales")
# (flow, its settings, fault, its parameters) → (step, part of the message)
FAULTS: list[tuple[str, dict[str, Any], str, dict[str, Any], str, str]] = [
    ("checkout", {}, "payment_error", {}, "pay", "no order number"),
    ("checkout", {}, "wrong_total", {}, "receipt", "charged and shown total differ"),
    ("checkout", {}, "blank_confirmation", {}, "pay", "no order number"),
    (
        "checkout",
        {"mail_within_s": 2.0},
        "lost_mail",
        {},
        "confirmation mail",
        "no confirmation mail within 2 s",
    ),
    ("checkout", {}, "out_of_stock", {}, "pay", "no order number"),
    ("payment", {"checks": ()}, "payment_error", {}, "pay", "no order number"),
    (
        "payment",
        {"checks": ()},
        "double_charge",
        {},
        "charged once after a double click",
        "charges in the provider's books and one total differ",
    ),
    (
        "payment",
        {"checks": ()},
        "declined_but_charged",
        {},
        "pay",
        "charges without an order and none differ",
    ),
    (
        "autopay",
        {"checks": (), "renewal_within_s": 2.0},
        "renewal_skipped",
        {},
        "the renewal runs",
        "no renewal: the next date has not moved within 2 s",
    ),
    (
        "autopay",
        {"checks": ()},
        "renewal_double",
        {},
        "charged once",
        "charges after one renewal and one more differ: 3 and 2",
    ),
    ("gift_card", {"checks": ()}, "gift_pool_starved", {}, "buy a gift card", "code of the card"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """Run the demo shop without its town."""
    with running(tmp_path_factory.mktemp("shop"), town=False) as started:
        yield started


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbePool]:
    """Keep one warm browser."""
    made = ProbePool(1, tmp_path_factory.mktemp("out"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def healthy(shop: Bundled) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    shop.call("DELETE", f"{shop.shop}/api/faults")


def walk(
    shop: Bundled,
    pool: ProbePool,
    flow: str,
    environment: str = "sandbox",
    **settings: Any,
) -> FlowRun:
    """Walk a flow once, without a retry."""
    own = replace(plugins.load("probes.flows", flow).Settings(), **settings)
    table = replace(shop.settings(Shop()), environment=environment)  # type: ignore[arg-type]
    return pool.run(
        ProbeJob(
            flow=flow,
            location="test",
            slot_at=datetime.now(UTC),
            settings=plain(own),
            shop=plain(table),
            deadline_s=90,
            step_deadline_s=20,
            retry=False,
        )
    )


@pytest.mark.parametrize("flow", FLOWS)
def test_a_healthy_shop_passes(shop: Bundled, pool: ProbePool, flow: str) -> None:
    """Every case of every flow, with page timings where a document was loaded."""
    run = walk(shop, pool, flow)

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    assert any(page.ttfb_ms for step in run.steps for page in step.pages)


@pytest.mark.parametrize(
    ("flow", "settings", "fault", "parameters", "step", "part"),
    FAULTS,
    ids=[f"{row[0]}-{row[2]}" for row in FAULTS],
)
def test_a_fault_is_noticed_in_its_step_with_its_rule(
    shop: Bundled,
    pool: ProbePool,
    flow: str,
    settings: dict[str, Any],
    fault: str,
    parameters: dict[str, Any],
    step: str,
    part: str,
) -> None:
    """A flow that cannot fail proves nothing when it passes."""
    shop.call("PUT", f"{shop.shop}/api/faults/{fault}", parameters)

    run = walk(shop, pool, flow, **settings)

    assert run.outcome is Outcome.FAILED, run.message
    assert run.failed_step == step
    assert part in run.message
    assert any(artefact.kind == "screenshot" for artefact in run.artefacts)


@pytest.mark.parametrize("fault", ["script_error", "slow_third_party"])
def test_what_does_not_stop_a_customer_does_not_fail_a_run(
    shop: Bundled, pool: ProbePool, fault: str
) -> None:
    """A console error or a slow stranger may degrade a journey, not fail it."""
    parameters = {"delay_ms": 1_500} if fault == "slow_third_party" else {}
    shop.call("PUT", f"{shop.shop}/api/faults/{fault}", parameters)

    run = walk(shop, pool, "browse")

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message


def test_slow_pages_degrade_a_run(shop: Bundled, pool: ProbePool) -> None:
    """It worked, outside its budget."""
    shop.call("PUT", f"{shop.shop}/api/faults/slow_pages", {"delay_ms": 1_100})

    run = walk(shop, pool, "browse", page_budget_ms=1_000)

    assert run.outcome is Outcome.DEGRADED
    assert "budget 1.0 s" in "".join(step.message for step in run.steps)


def test_a_run_stops_before_money_moves_unless_told_otherwise(
    shop: Bundled, pool: ProbePool
) -> None:
    """`stop_before_pay` is the default: no order is made, and the run says where it ended."""
    before = shop.call("GET", f"{shop.shop}/api/stats")
    run = walk(shop, pool, "checkout", environment="stop_before_pay")
    after = shop.call("GET", f"{shop.shop}/api/stats")

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    assert dict(run.facts)["stopped"].startswith('before "pay"')
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["orders"] == before["orders"]


def test_a_dead_shop_is_the_shop_and_not_us(shop: Bundled, pool: ProbePool) -> None:
    """Nothing listens, our own loopback answers: failed, not broken."""
    nowhere = replace(shop, shop="http://127.0.0.1:9")

    run = walk(nowhere, pool, "browse")

    assert run.outcome is Outcome.FAILED
    assert run.fault is Fault.SHOP

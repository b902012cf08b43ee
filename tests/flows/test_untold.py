"""What a storefront cannot tell is left out where everybody sees it; the goal never is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from forepost import plugins
from forepost.bundled import Bundled
from forepost.config import Shop
from forepost.model import Fault, FlowRun, Outcome
from probes.job import ProbeJob, plain
from probes.pool import ProbePool

pytestmark = pytest.mark.browser
MINE = Path(__file__).with_name("mine")
ROOMS = ("probes.flows", "probes.storefronts")


@pytest.fixture(autouse=True)
def mine() -> Iterator[None]:
    """Let plugins of this folder be found, for as long as a test lasts."""
    before = {room: list(import_module(room).__path__) for room in ROOMS}
    plugins.add_folders([MINE])
    yield
    for room, places in before.items():
        import_module(room).__path__[:] = places


def walk(shop: Bundled, pool: ProbePool, flow: str, **known: object) -> FlowRun:
    """Walk a flow in a shop of which only the pages are known, or what `known` says."""
    told = {"environment": "sandbox", "storefront": "blind", **known}
    table = replace(shop.settings(Shop()), **told)  # type: ignore[arg-type]
    settings = plain(plugins.load("probes.flows", flow).Settings())
    now = datetime.now(UTC)
    return pool.run(ProbeJob(flow, "test", now, settings, plain(table), 90, retry=False))


@pytest.mark.parametrize(
    ("flow", "lacks"),
    [
        ("checkout", ["the provider's books", "the confirmation mail"]),
        ("payment", ["the provider's books", "the shop's orders", "mails", "after a reload"]),
        ("after_sales", ["the link in the mail"]),
    ],
)
def test_a_check_left_out_is_named_in_the_run(
    shop: Bundled, pool: ProbePool, flow: str, lacks: list[str]
) -> None:
    """The pages alone reach the goal; what nobody looked up is not called passed."""
    run = walk(shop, pool, flow)

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    for name in lacks:
        assert name in dict(run.facts)["not checked"]
    steps = {step.name for step in run.steps}
    assert not steps & {"confirmation mail", "one mail for one order", "the mail's link"}
    assert "charged once after a reload" not in steps


def test_a_renewal_that_cannot_be_brought_about_is_our_side(shop: Bundled, pool: ProbePool) -> None:
    """Without a test clock the goal is out of reach: never green, and never the shop's fault."""
    run = walk(shop, pool, "autopay")

    assert run.outcome is Outcome.BROKEN
    assert run.fault is Fault.FLOW
    assert run.failed_step == "the renewal runs"
    assert "no test clock" in run.message


def test_the_demo_shop_without_its_services_is_walked_and_says_what_nobody_looked_up(
    shop: Bundled, pool: ProbePool
) -> None:
    """Its address alone, as an engineer would give it: books and mails are unknown, not broken."""
    run = walk(shop, pool, "checkout", storefront="demo", services={})

    assert run.outcome in (Outcome.PASSED, Outcome.DEGRADED), run.message
    for name in ("the provider's books", "the confirmation mail"):
        assert name in dict(run.facts)["not checked"]

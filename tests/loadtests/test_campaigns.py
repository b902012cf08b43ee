"""The campaigns that come with Forepost: honest, decidable, and able to run for real."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

import scheduler
from forepost import demo
from forepost.bundled import Bundled, running
from forepost.config import Config, Shop
from forepost.config.tables import CampaignPlan, Paths
from forepost.storage import Store
from loadtests import campaign
from loadtests.campaign import Campaign
from loadtests.outlook import outlook
from loadtests.shapes import shape
from loadtests.thresholds.threshold import Threshold

PLANNED = CampaignPlan(campaign="smoke", at="daily 02:30", ratio=1)
NAMES = ("flash-sale", "holiday-gift-cards", "renewal-day", "smoke")
LONGEST_S = 90
Z2 = 1.959963984540054**2


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """The bundled demo shop, started as Forepost starts it."""
    with running(tmp_path_factory.mktemp("demoshop"), town=False) as started:
        yield started


def loaded(name: str) -> Campaign:
    """Return a campaign of the product."""
    return campaign.load(name)


def stretches(asked: Campaign, threshold: Threshold) -> list[tuple[float, float]]:
    """Return the stretches of time that a threshold speaks of, worked out by hand."""
    phases = [(0.0, asked.shape.duration_s)]
    if threshold.phase is not None:
        phases = [(one.start_s, one.end_s) for one in asked.phases if one.name == threshold.phase]
    if not threshold.per_step:
        return phases
    return [
        (one.start_s, one.end_s)
        for one in asked.shape.segments
        if any(start <= one.start_s and one.end_s <= end for start, end in phases)
    ]


def arrivals(asked: Campaign, threshold: Threshold, start_s: float, end_s: float) -> int:
    """Return how many visits are planned in a stretch that make what a threshold counts."""
    flows = {
        flow.name
        for flow in asked.flows.values()
        if threshold.subject.partition("/")[0] in ("all", flow.name, *flow.endpoints)
    }
    return sum(start_s <= one.at_s < end_s and one.flow in flows for one in asked.plan())


def needed(threshold: Threshold) -> float:
    """Return how many are needed before such a threshold can pass with nothing bad.

    A percentile p wants n (1 - p) >= 10. For a share, 0 bad of n has the Wilson upper limit
    z² / (n + z²), which must not be above what is allowed.
    """
    if threshold.metric.startswith("p"):
        return 10 / (1 - float(threshold.metric[1:]) / 100)
    allowed = (100 - threshold.limit if threshold.metric == "done" else threshold.limit) / 100
    return Z2 * (1 - allowed) / allowed if allowed else 1


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_campaign_can_be_decided(name: str) -> None:
    """Every threshold gets as many visits as it needs: none ends as "too few" by design."""
    asked = loaded(name)
    assert asked.thresholds
    for threshold in asked.thresholds:
        found = stretches(asked, threshold)
        assert found, threshold.text
        for start_s, end_s in found:
            planned = arrivals(asked, threshold, start_s, end_s)
            assert planned >= needed(threshold), (threshold.text, start_s, planned)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_campaign_keeps_within_its_time_and_goes_to_its_forecast(name: str) -> None:
    """At most 90 s, and each forecast with its headroom is really offered, and judged as done."""
    asked = loaded(name)
    assert asked.shape.duration_s <= LONGEST_S
    assert asked.owner
    assert asked.cleanup
    for flow in asked.flows.values():
        if flow.peak is None:
            continue
        top_per_s = max(one.to_per_s for one in asked.shapes()[flow.name].segments)
        assert top_per_s >= flow.peak.per_s * asked.headroom - 1e-9, flow.name
        assert any(one.metric == "done" and one.subject == flow.name for one in asked.thresholds), (
            f"{flow.name} has a forecast and nothing says how much of it must go through"
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_campaign_owns_up_to_what_it_mocks(name: str) -> None:
    """The payment stand-in is named; it is no part of what the campaign judges."""
    asked = loaded(name)
    assert any("card acquirer" in one for one in asked.mocked)
    judged = {*asked.flows, *asked.resources}
    judged |= {endpoint for flow in asked.flows.values() for endpoint in flow.endpoints}
    assert not judged & set(asked.mocked)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "smoke"])
def test_every_endpoint_stands_in_a_resource(name: str) -> None:
    """What gives way can be named: also a page that only the web tier makes."""
    asked = loaded(name)
    endpoints = {endpoint for flow in asked.flows.values() for endpoint in flow.endpoints}
    assert endpoints == set(asked.resources["web"])


def test_all_campaigns_are_looked_at() -> None:
    """A new file joins the list of this test."""
    assert campaign.names() == sorted(NAMES)


def test_the_demo_plays_the_same_campaign_in_short() -> None:
    """Same forecasts and headroom, so that what the demo says is true of the whole campaign."""
    whole = loaded("holiday-gift-cards")
    short = campaign.load("holiday-gift-cards", Path(demo.__file__).parent)
    assert short.shape.duration_s <= 20
    assert (short.title, short.headroom, short.dates) == (whole.title, whole.headroom, whole.dates)
    for flow in short.flows.values():
        assert flow.peak == whole.flows[flow.name].peak
        assert flow.peak is None or flow.share * short.shape.top_per_s >= flow.peak.per_s * 1.5
    assert set(short.resources["gift_db"]) < set(whole.resources["gift_db"])


@pytest.mark.slow
def test_the_smoke_campaign_runs_for_real_and_leaves_nothing(
    shop: Bundled, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a night's plan: no error, passed, everything undone, and a page lies ready."""
    gently = replace(loaded("smoke"), arrivals="uniform", max_rate=6.0, max_lateness=5.0)
    asked = replace(gently, shape=shape.hold(6.0, 4.0))
    planned = Counter(one.flow for one in asked.plan())
    assert set(planned) == set(asked.flows)

    monkeypatch.setattr(campaign, "load", lambda _name: asked)
    config = Config(shop=shop.settings(Shop()), paths=Paths(out=tmp_path))

    run = scheduler.planned_load(config, store, PLANNED, threading.Event())

    assert run.verdict == "passed", run.detail["lines"]
    page = (tmp_path / "loads" / run.id / "report.html").read_text("utf-8")
    assert "PASSED" in page
    assert (run.detail["done"], run.detail["errors"]) == (len(asked.plan()), {})
    cleanup = run.detail["cleanup"]
    assert isinstance(cleanup, dict)
    assert {flow for flow in cleanup if cleanup[flow]["made"]} == set(asked.flows) - {
        "browse",
        "search",
    }
    assert {(one["left"], one["error"]) for one in cleanup.values()} == {(0, "")}
    headers = {"Authorization": f"Bearer {shop.token.reveal()}"}
    stats = requests.get(f"{shop.shop}/api/stats", headers=headers, timeout=10).json()
    assert (stats["orders"], stats["subscriptions"], stats["gift_cards_sold"]) == (0, 0, 0)
    assert stats["orders_voided"] >= planned["checkout"]
    assert stats["renewals"]["renewed"] >= planned["renewal"]


@pytest.mark.parametrize("name", campaign.names())
def test_every_campaign_that_ships_can_be_ready(name: str) -> None:
    """Its shape reaches the forecasts, and brings enough visits for every word."""
    assert outlook(loaded(name)).warnings == ()

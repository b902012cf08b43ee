"""Made-up load tests, as LoadRun.detail and cells tell them, and probes that walked in them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from forepost.analysis import histogram
from forepost.model import (
    Browser,
    FlowRun,
    LoadCell,
    LoadRun,
    Outcome,
    PageTiming,
    StepResult,
    new_id,
)

START = datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
LEVELS_PER_S = (2.0, 4.0, 8.0, 12.0, 16.0)  # of all flows together
HOLD_S = 30
CAPACITY_PER_S = 6.0  # of the gift-card ledger
ROUTES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "gift_card": (("open", "giftcard.redeem_form"), ("redeem", "giftcard.redeem")),
    "checkout": (("cart", "shop.cart"), ("pay", "shop.pay")),
    "renewal": (("renew", "subscriptions.renew"),),
    "browse": (("look", "shop.product"),),
    "search": (("search", "shop.search"),),
    "gift_balance": (("look up", "giftcard.balance"),),
}
PEAKS: Mapping[str, tuple[float, str, float]] = {  # per second, unit, share of the load
    "gift_card": (20.0, "redemptions", 0.5),
    "checkout": (2.0, "orders", 0.2),
    "renewal": (1.0, "renewals", 0.1),
    "gift_balance": (4.0, "look-ups", 0.1),
}


def at(second: float) -> datetime:
    """Return a moment of the load test."""
    return START + timedelta(seconds=second)


def shares(flows: tuple[str, ...]) -> dict[str, float]:
    """Return each flow's share of the load."""
    known = {flow: PEAKS[flow][2] if flow in PEAKS else 0.05 for flow in flows}
    return {flow: share / sum(known.values()) for flow, share in known.items()}


def cells(run_id: str, flows: tuple[str, ...] = ("gift_card", "checkout")) -> list[LoadCell]:
    """Return whole visits, steps and endpoints; gift cards queue above their capacity."""
    draw, made, backlog = Random(3), [], 0.0
    for second in range(len(LEVELS_PER_S) * HOLD_S):
        rate = LEVELS_PER_S[second // HOLD_S]
        for flow, share in shares(flows).items():
            offered = max(0, round(draw.gauss(rate * share, 0.7)))
            weak = flow == "gift_card"
            if weak:
                backlog = max(0.0, backlog + offered - CAPACITY_PER_S)
            wait_us = int(backlog / CAPACITY_PER_S * 1e6) if weak else 0
            failed = offered if wait_us > 8_000_000 else 0
            made += _visit(run_id, second, flow, offered, failed, wait_us, draw)
    return made


def _visit(
    run_id: str, second: int, flow: str, offered: int, failed: int, wait_us: int, draw: Random
) -> list[LoadCell]:
    made = []
    pairs = [*ROUTES[flow], ("", "whole visit")]
    pairs += [(step, "whole step") for step, _ in ROUTES[flow]]
    for step, endpoint in pairs:
        last = ROUTES[flow][-1]
        slow = step in (last[0], "") and endpoint in (last[1], "whole visit", "whole step")
        times: dict[int, int] = {}
        for _ in range(offered):
            histogram.record(times, int(draw.gauss(90_000, 15_000)) + (wait_us if slow else 0))
        bad = failed if slow else 0
        made.append(
            LoadCell(
                load_run=run_id,
                second=second,
                flow=flow,
                step=step,
                endpoint=endpoint,
                started=offered,
                done=offered - bad,
                failed=bad,
                in_flight=round(wait_us / 1e6 * CAPACITY_PER_S) if slow else 0,
                response_us=times,
                service_us=times,
            )
        )
    return made


def levels(flows: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the levels as a run writes them."""
    made = []
    for place, rate in enumerate(LEVELS_PER_S):
        for flow, share in shares(flows).items():
            planned = round(rate * share, 6)
            done = min(planned, CAPACITY_PER_S) if flow == "gift_card" else planned
            held = "pass" if done == planned else "fail"
            made.append(
                {
                    "flow": flow,
                    "start_s": place * HOLD_S,
                    "end_s": (place + 1) * HOLD_S,
                    "planned_per_s": planned,
                    "offered": round(planned * HOLD_S),
                    "done": round(done * HOLD_S),
                    "failed": 0,
                    "censored": 0,
                    "dropped": 0,
                    "p95_ms": 120.0 if held == "pass" else 4100.0,
                    "held": held,
                    "why": "" if held == "pass" else "p95",
                }
            )
    return made


def brackets(flows: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return what the levels say of each flow."""
    found: dict[str, dict[str, Any]] = {}
    for flow in flows:
        own = [level for level in levels(flows) if level["flow"] == flow]
        held = [level["planned_per_s"] for level in own if level["held"] == "pass"]
        over = [level["planned_per_s"] for level in own if level["held"] == "fail"]
        found[flow] = {
            "low_per_s": max(held, default=None),
            "high_per_s": min(over, default=None),
            "why": "p95(gift_card) < 800ms" if over else "",
            "plateau_per_s": CAPACITY_PER_S if over else None,
        }
    return found


def detail(flows: tuple[str, ...] = ("gift_card", "checkout")) -> dict[str, Any]:
    """Return the whole detail of a run that was not ready."""
    return {
        "kind": "run",
        "title": "Holiday gift cards",
        "owner": "Shop reliability",
        "headroom": 1.5,
        "dates": ["2026-12-18", "2026-12-19"],
        "mocked": ["card network"],
        "resources": {
            "gift_db": ["giftcard.redeem", "giftcard.balance"],
            "web": ["shop.cart", "shop.pay", "giftcard.redeem_form"],
        },
        "setup": {"web": "2"},
        "summary": "gift card redemptions hold up to 4 a second",
        "lines": ["gift card redemptions hold up to 4 a second (240 a minute)"],
        "thresholds": [
            threshold("p95(giftcard.redeem) < 800ms per step", "fail", 4100.0, "ms"),
            threshold("error_rate(checkout) < 1%", "pass", 0.2, "%"),
            threshold("done(gift_card) >= 95% of offered for 5s", "not decided", 94.1, "%"),
            threshold("p99.9(checkout) < 3s", "too few", 820.0, "ms"),
            threshold("p95(renewal) < 1s in spike", "no data", None, "ms"),
        ],
        "peaks": {
            flow: {"per_s": PEAKS[flow][0], "unit": PEAKS[flow][1], "share": share}
            for flow, share in shares(flows).items()
            if flow in PEAKS
        },
        "brackets": brackets(flows),
        "levels": levels(flows),
        "phases": [
            {"name": f"step {place + 1}", "start_s": place * HOLD_S, "end_s": (place + 1) * HOLD_S}
            for place in range(len(LEVELS_PER_S))
        ],
        "evidence": [
            "giftcard.redeem: 31 % of what was offered was not done, other endpoints all of it",
            "giftcard.redeem holds 84 % of all time in flight",
        ],
        "runner_up": "web",
        "fallout": {
            "gift_card": {"failing_per_min": [840, 960], "posts_per_hour": [310, 980, 2100]}
        },
        "workers": [
            {"index": 0, "host": "127.0.0.1", "pid": 4711, "lost": None},
            {"index": 1, "host": "127.0.0.1", "pid": 4712, "lost": None},
        ],
        "health": {"cpu_ratio_max": 0.61, "lateness_p99_ms": 4.2},
        **books(flows),
        "errors": {"timeout": 212, "http 503": 34},
        "requests": 5120,
        "cleanup": {"gift_card": {"made": 900, "undone": 900, "left": 0, "error": ""}},
        "cut_short": "",
        "invalid": "",
        "seed": 7,
    }


def books(flows: tuple[str, ...]) -> dict[str, int]:
    """Return the totals of the made-up cells."""
    whole = [cell for cell in cells("x", flows) if cell.endpoint == "whole visit"]
    started = sum(cell.started for cell in whole)
    failed = sum(cell.failed for cell in whole)
    return {
        "planned": started,
        "offered": started,
        "started": started,
        "done": started - failed,
        "failed": failed,
        "censored": 0,
        "dropped": 0,
        "unsent": 0,
    }


def threshold(text: str, state: str, value: float | None, unit: str) -> dict[str, Any]:
    """Return one finding as a run writes it."""
    return {
        "text": text,
        "state": state,
        "value": value,
        "unit": unit,
        "limit": 800.0,
        "low": None if value is None else value * 0.9,
        "high": None if value is None else value * 1.1,
        "n": 0 if value is None else 640,
        "where": "step 4, seconds 90 to 120",
        "abort": False,
    }


def load_run(
    run_id: str = "load-short",
    flows: tuple[str, ...] = ("gift_card", "checkout"),
    **more: Any,
) -> LoadRun:
    """Return a finished run that was not ready; `more` replaces keys of its detail."""
    return LoadRun(
        id=run_id,
        campaign="holiday-gift-cards",
        target="http://127.0.0.1:8123",
        started_at=START,
        finished_at=at(len(LEVELS_PER_S) * HOLD_S + 6),
        verdict="not ready",
        bottleneck="gift_db",
        detail={**detail(flows), **more},
    )


def ready_run(run_id: str = "load-ready") -> LoadRun:
    """Return a run that was ready."""
    run = load_run(run_id, ("checkout",), mocked=[], fallout={}, thresholds=[
        threshold("error_rate(checkout) < 1%", "pass", 0.0, "%")
    ])  # fmt: skip
    return replace(run, verdict="ready", bottleneck=None)


def search_run(run_id: str = "load-search") -> LoadRun:
    """Return a search for the limit, whose steps follow the scalability law of its curve."""
    law = {"per_s": 4.0, "contention": 0.5, "coherence": 0.01}
    steps = []
    for number, in_flight in enumerate((1.0, 2.0, 4.0, 8.0, 16.0), 1):
        below = 1 + 0.5 * (in_flight - 1) + 0.01 * in_flight * (in_flight - 1)
        done = 4.0 * in_flight / below
        own = {"per_s": done, "in_flight": in_flight, "done_per_s": done, "kept": number < 5}
        steps.append({"number": number, "counts": True, "flows": {"gift_card": own}})
    return load_run(
        run_id,
        kind="breakpoint",
        search={
            "ended": "",
            "confirmed": True,
            "plateaus": {
                "gift_card": {"per_s": 6.0, "low_per_s": 5.8, "high_per_s": 6.2, "seconds": 20}
            },
            "curves": {"gift_card": {**law, "from_in_flight": 1.0, "to_in_flight": 16.0}},
            "steps": steps,
        },
    )


def old_run(run_id: str = "load-old") -> LoadRun:
    """Return a run as the first version of the product stored it."""
    return replace(
        load_run(run_id),
        detail={
            "title": "Holiday gift cards",
            "headroom": 1.5,
            "mocked": [],
            "lines": ["gift card redemptions hold up to 8 a second (480 a minute)"],
            "brackets": {"gift_card": {"low_per_s": 8.0, "high_per_s": 12.0, "why": "p95"}},
            "started": 400,
            "done": 360,
            "failed": 40,
            "censored": 0,
            "dropped": 0,
            "errors": {"http 503": 40},
            "lateness_p99_ms": 3.0,
            "generator_cpu_ratio": 0.4,
        },
    )


def walks(
    run_id: str, flow: str = "checkout", every_s: float = 7.0, *, cpu_ratio: float = 0.4
) -> list[FlowRun]:
    """Return probes' walks: from the fourth level on their pages are late, then they fail."""
    draw, made, second = Random(5), [], 1.0
    while second < len(LEVELS_PER_S) * HOLD_S - 4:
        level = int(second // HOLD_S)
        begins = draw.gauss(420, 60) if level < 3 else draw.gauss(3900, 500)
        fails = level == 4 and draw.random() < 0.5
        started = at(second)
        pages = tuple(
            PageTiming(
                url="http://127.0.0.1/x",
                ttfb_ms=begins * 0.5,
                fcp_ms=begins * draw.uniform(0.9, 1.1),
                lcp_ms=begins * draw.uniform(1.1, 1.5),
            )
            for _ in range(6)
        )
        outcome = Outcome.FAILED if fails else Outcome.PASSED
        made.append(
            FlowRun(
                id=new_id(started),
                flow=flow,
                location="local",
                slot_at=started,
                started_at=started,
                finished_at=at(second + 3),
                outcome=outcome,
                steps=(StepResult("pay", outcome, 3000.0, pages=pages),),
                cpu_ratio=cpu_ratio,
                browser=Browser("chromium", "140.0.1", "headless-shell"),
                load_run=run_id,
            )
        )
        second += every_s
    return made

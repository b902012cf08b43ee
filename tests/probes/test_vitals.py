"""Page timings: hostile figures are dropped, phases add up, hosts are told apart."""

from typing import Any

import pytest

from forepost.model import HostTraffic, Outcome, PageTiming
from probes.measures.vitals import timing
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site

SHOP = "https://shop.example"
PHASES = {"lcp_delay_ms": 50, "lcp_load_ms": 300, "lcp_render_ms": 50}
FIGURES = {"ttfb_ms": 100, "lcp_ms": 500, **PHASES}


def phases(page: PageTiming) -> tuple[float | None, ...]:
    """Return the three phases after the first byte."""
    return page.lcp_delay_ms, page.lcp_load_ms, page.lcp_render_ms


def test_phases_that_add_up_to_lcp_are_kept() -> None:
    """First byte, until asked for, until there, until painted."""
    page = timing(FIGURES, SHOP, SHOP, {})

    assert phases(page) == (50, 300, 50)
    assert page.ttfb_ms is not None
    assert page.ttfb_ms + 400 == page.lcp_ms


@pytest.mark.parametrize(
    "changes", [{"lcp_ms": 700}, {"ttfb_ms": None}, {"lcp_delay_ms": -1}, {"lcp_ms": None}]
)
def test_phases_that_do_not_are_dropped(changes: dict[str, Any]) -> None:
    """A figure that cannot be true is no figure."""
    assert phases(timing({**FIGURES, **changes}, SHOP, SHOP, {})) == (None, None, None)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "9", True, None, [1]])
def test_what_is_no_time_leaves_its_cell_empty(value: object) -> None:
    """Never a zero in its place."""
    page = timing({"inp_ms": value, "cls": value, "lcp_url": 7}, SHOP, SHOP, {})

    assert (page.inp_ms, page.cls, page.lcp_url) == (None, None, None)


def test_hosts_are_summed_over_the_page_and_its_iframes() -> None:
    """Sizes that another site hides come from what was heard."""
    page = {"traffic": {"hosts": {SHOP: [3, 900], "https://cdn.example": [1, 0]}, "unsized": []}}
    page["traffic"]["unsized"] = ["https://cdn.example/a.js"]
    frame = {"traffic": {"hosts": {"https://pay.example": [2, 5_000]}, "unsized": []}}

    told = timing(page, SHOP, SHOP, {"https://cdn.example/a.js": 700}, [frame])

    assert told.hosts == (
        HostTraffic("pay.example", False, 2, 5_000),
        HostTraffic("shop.example", True, 3, 900),
        HostTraffic("cdn.example", False, 1, 700),
    )
    assert (told.requests, told.bytes) == (6, 6_600)
    assert (told.third_party_requests, told.third_party_bytes) == (3, 5_700)


@pytest.mark.parametrize(
    "traffic",
    [
        7,
        {"hosts": []},
        {"hosts": {SHOP: 5}},
        {"hosts": {SHOP: ["a", None]}},
        {"hosts": {SHOP: [float("inf"), 0]}},
        {"hosts": {SHOP: [-1, -5]}},
        {"hosts": {"http://[broken": [1, 1]}},
        {"unsized": [7, "http://[broken"]},
        {"unsized": 7},
    ],
)
def test_counts_that_a_page_has_made_up_are_dropped(traffic: object) -> None:
    """A page can write our line to its console; it cannot break the run with it."""
    page = timing({"traffic": traffic}, SHOP, SHOP, {})

    assert (page.requests, page.bytes, page.hosts) == (0, 0, ())


@pytest.mark.browser
def test_a_slow_button_and_a_late_picture_are_told(pool: ProbePool, ask: Ask, site: Site) -> None:
    """INP holds the 120 ms of the button; LCP's load phase the 300 ms of the picture."""
    inside = f"<rect width='600' height='400' fill='teal'/><!--{'x' * 9_000}-->"
    picture = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='400'>{inside}</svg>"
    site.pages["/late.svg"] = Answer(picture, kind="image/svg+xml", delay_s=0.3)
    busy = "const end = performance.now() + 120; while (performance.now() < end);"
    site.pages["/"] = Answer(
        HELLO.format(
            f"<a href='#' role='link' onclick='{busy} this.textContent = `pressed`'>press</a>"
            "<img src='/late.svg?secret=planted-1' width=600 height=400>"
            "<script>const hear = (type, holds, word) => new PerformanceObserver(list =>"
            " list.getEntries().some(holds) && document.body.append(word))"
            ".observe({type, buffered: true, durationThreshold: 16});"
            "hear('largest-contentful-paint', e => e.url, 'painted');"
            "hear('event', e => e.interactionId, 'heard')</script>"
        )
    )

    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("see", "painted"),
            ("step", "press"),
            ("click", "press"),
            ("see", "pressed"),
            ("see", "heard"),
        )
    )

    assert run.outcome is Outcome.PASSED, run.message
    (page,) = run.steps[0].pages
    assert page.lcp_element == "img"
    assert page.lcp_url == f"{site.url}/late.svg?secret=*********"
    assert page.lcp_load_ms is not None
    assert page.lcp_load_ms >= 290
    parts = (page.ttfb_ms, *phases(page))
    assert sum(part or 0 for part in parts) == pytest.approx(page.lcp_ms, abs=1)
    assert page.inp_ms is not None
    assert 112 <= page.inp_ms < 5_000
    assert run.steps[1].pages == ()


@pytest.mark.browser
def test_a_page_that_nobody_touched_has_no_inp(pool: ProbePool, ask: Ask) -> None:
    """Nobody touched it: empty, not 0."""
    run = pool.run(ask(("step", "open"), ("open", "/"), ("see", "hello")))

    assert run.steps[0].pages[0].inp_ms is None

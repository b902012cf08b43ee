"""The reference page keeps the times that its address asks for, as a browser sees them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from tests.chromium import launched
from tests.demoshop.customer import Shop

pytestmark = pytest.mark.browser
# What a browser notes by itself, collected without any code of the product.
WATCH = """
window.seen = {cls: 0, tasks: [], lcp: [], inp: 0};
const watch = (type, note, more = {}) =>
  new PerformanceObserver(list => list.getEntries().forEach(note))
    .observe({type, buffered: true, ...more});
watch("layout-shift", e => { if (!e.hadRecentInput) seen.cls += e.value; });
watch("longtask", e => seen.tasks.push(e.duration));
watch("largest-contentful-paint", e => seen.lcp.push([e.startTime, e.element && e.element.id]));
watch("event", e => { if (e.interactionId) seen.inp = Math.max(seen.inp, e.duration); },
      {durationThreshold: 16});
"""
TIMES = """() => {
  const [nav] = performance.getEntriesByType("navigation");
  const [fcp] = performance.getEntriesByName("first-contentful-paint");
  return {ttfb: nav.responseStart, fcp: fcp.startTime, load: nav.loadEventEnd, ...seen};
}"""
SLACK_MS = 5000  # a busy machine is late; it is never early
EARLY_MS = 3  # clocks of two processes, rounded


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for this file."""
    with launched() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor who notes what the browser measures."""
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def measured(shop: Shop, page: Page, query: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Open the page; return what the browser measured and what the page says is true."""
    page.goto(f"{shop.urls['shop']}/reference?{query}")
    page.locator("html[data-settled=yes]").wait_for()
    page.wait_for_function("() => seen.lcp.some(([, id]) => id === 'largest')")
    true: dict[str, float] = json.loads(page.locator("#truth").text_content() or "")
    return page.evaluate(TIMES), true


def test_each_delay_is_where_it_belongs(shop: Shop, page: Page) -> None:
    """First byte, first paint, largest paint and load: not earlier, and in this order."""
    got, true = measured(shop, page, "ttfb=300&css=200&lcp=600")
    assert true == {
        "ttfb_ms": 300, "fcp_ms": 500, "lcp_ms": 900, "load_ms": 900,
        "cls": 0, "tbt_ms": 0, "inp_ms": 0,
    }  # fmt: skip
    largest = max(at for at, element in got["lcp"] if element == "largest")
    pairs = {
        "ttfb_ms": got["ttfb"],
        "fcp_ms": got["fcp"],
        "lcp_ms": largest,
        "load_ms": got["load"],
    }
    for name, value in pairs.items():
        assert true[name] - EARLY_MS <= value <= true[name] + SLACK_MS, name
    assert got["ttfb"] < got["fcp"] < largest


def test_the_largest_paint_is_the_picture(shop: Shop, page: Page) -> None:
    """Nothing is painted later that is larger."""
    got, _ = measured(shop, page, "lcp=250")
    assert got["lcp"][-1][1] == "largest"


@pytest.mark.parametrize(("thousandths", "size"), [(0, (1000, 700)), (125, (1000, 700)),
                                                   (125, (390, 844))])  # fmt: skip
def test_the_layout_shift_has_the_size_that_was_asked_for(
    shop: Shop, page: Page, thousandths: int, size: tuple[int, int]
) -> None:
    """On a wide window and on a tall one."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    got, true = measured(shop, page, f"cls={thousandths}")
    page.wait_for_function(f"() => seen.cls >= {thousandths / 1000 * 0.9}")
    assert got["cls"] == pytest.approx(true["cls"], abs=0.002)


def test_the_long_task_lasts_as_long_as_was_asked_for(shop: Shop, page: Page) -> None:
    """One task, after the first paint."""
    got, true = measured(shop, page, "task=200")
    page.wait_for_function("() => seen.tasks.some(ms => ms >= 199)")
    assert true["tbt_ms"] == 150
    assert sum(ms >= 199 for ms in got["tasks"] or page.evaluate("seen.tasks")) == 1


def test_the_button_keeps_the_next_frame_waiting(shop: Shop, page: Page) -> None:
    """Event Timing rounds to 8 ms."""
    _, true = measured(shop, page, "inp=150")
    page.get_by_role("button", name="Press").click()
    page.wait_for_function("() => seen.inp > 0")
    assert true["inp_ms"] == 150
    assert 150 - 8 <= page.evaluate("seen.inp") <= 150 + SLACK_MS


def test_no_fault_and_no_session_touches_the_reference(shop: Shop) -> None:
    """Its times are its own."""
    shop.fault("slow_pages", delay_ms=20_000)
    answer = requests.get(f"{shop.urls['shop']}/reference", timeout=10)
    assert answer.ok
    assert not answer.cookies


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("ttfb=soon", "ttfb: 'soon'; a whole number from 0 to 30000"),
        ("task=5001", "task: '5001'; a whole number from 0 to 5000"),
        ("cls=-1", "cls: '-1'"),
        ("inp=٣", "inp: '٣'"),
        ("tfb=300", "no parameter 'tfb'; there is: ttfb, css, lcp, task, inp, cls"),
    ],
)
def test_a_time_that_cannot_be_kept_is_refused(shop: Shop, query: str, says: str) -> None:
    """A wrong reference is worse than none."""
    answer = requests.get(f"{shop.urls['shop']}/reference?{query}", timeout=10)
    assert answer.status_code == 400
    assert says in answer.text

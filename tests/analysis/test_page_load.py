"""When pages begin to load: percentiles of samples, None where there are none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forepost.analysis.page_load import BUDGET_MS, BUDGET_SOURCE, page_load
from forepost.model import FlowRun, Outcome, PageTiming, StepResult

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def run(minute: float, *pages: PageTiming, outcome: Outcome = Outcome.PASSED) -> FlowRun:
    """A run with one step that loads these pages."""
    when = NOON + timedelta(minutes=minute)
    step = StepResult("pay", outcome, 100.0, pages=pages)
    return FlowRun(f"r{minute}", "pay", "local", when, when, when, outcome, (step,))


def page(fcp_ms: float | None, ttfb_ms: float | None = 50.0, load_ms: float = 900.0) -> PageTiming:
    """A page that began to show then."""
    return PageTiming("https://shop.example/", ttfb_ms=ttfb_ms, fcp_ms=fcp_ms, load_ms=load_ms)


def test_each_bucket_has_the_percentile_of_its_pages() -> None:
    """75th percentile of the samples and the share beyond 3 s; empty buckets are unknown."""
    begins = [400.0, 800.0, 3500.0, 2000.0, 3001.0]
    runs = [run(0, *(page(ms) for ms in begins[:3])), run(0.5, *(page(ms) for ms in begins[3:]))]
    first, second = page_load(runs, NOON, NOON + timedelta(minutes=2), 60)
    assert first.pages == 5
    assert first.p75_begins_ms == pytest.approx(np.percentile(begins, 75))
    assert first.p75_load_ms == 900.0
    assert first.over_budget_ratio == pytest.approx(0.4)
    assert second.bucket_at == NOON + timedelta(minutes=1)
    assert (second.pages, second.p75_begins_ms, second.over_budget_ratio) == (0, None, None)


def test_a_page_without_paint_begins_with_its_first_byte() -> None:
    """And one that told nothing is not counted: it is not a fast page."""
    runs = [run(0, page(None, 120.0), PageTiming("https://shop.example/x"))]
    (bucket,) = page_load(runs, NOON, NOON + timedelta(minutes=1), 60)
    assert (bucket.pages, bucket.p75_begins_ms) == (1, 120.0)


def test_times_of_this_machine_stay_out() -> None:
    """Broken and contended runs; what lies outside the span; but failed runs are in."""
    runs = [
        run(0, page(9000.0), outcome=Outcome.BROKEN),
        replace(run(0.1, page(9000.0)), cpu_ratio=0.9),
        run(-0.1, page(9000.0)),
        run(1, page(9000.0)),
        run(0.2, page(500.0), outcome=Outcome.FAILED),
    ]
    (bucket,) = page_load(runs, NOON, NOON + timedelta(minutes=1), 60)
    assert (bucket.pages, bucket.p75_begins_ms) == (1, 500.0)


def test_the_budget_is_told_with_its_source() -> None:
    """A prior that is printed with where it comes from."""
    assert BUDGET_MS == 3000.0
    assert "3 s" in BUDGET_SOURCE
    assert "FireScope" in BUDGET_SOURCE


def test_a_bucket_without_length_is_refused() -> None:
    """One line, no loop without end."""
    with pytest.raises(ValueError, match="bucket_s: 0 is not a length of time"):
        page_load([], NOON, NOON, 0)

"""The report in a real browser, without any network; and printed by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from forepost.errors import ReportError
from probes.browser import launch
from reports.pdf import pdf

pytestmark = pytest.mark.browser
WIDTHS = (1280, 768, 360)


@contextmanager
def opened(out: Path) -> Iterator[Page]:
    """Yield a page of the browser that the probes would use."""
    with sync_playwright() as playwright:
        browser = launch(playwright, "chromium", out).browser
        try:
            yield browser.new_page()
        finally:
            browser.close()


def test_it_opens_without_network_and_without_a_complaint(report: Path, tmp_path: Path) -> None:
    """No request leaves the page, no console error, no side-scrolling at any width."""
    said: list[str] = []
    asked: list[str] = []
    with opened(tmp_path) as page:
        page.context.set_offline(True)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri(), wait_until="load")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        pictures = page.evaluate("[...document.images].map(i => i.naturalWidth)")
        colour = page.evaluate("getComputedStyle(document.querySelector('.top')).backgroundColor")

    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert len(pictures) == 3
    assert all(pictures)
    assert colour == "rgb(23, 34, 45)"  # the style sheet was let in by its hash


def test_it_prints(report: Path, tmp_path: Path) -> None:
    """A4 pages with the report's text, written whole."""
    made = pdf(report, tmp_path / "report.pdf", lambda: opened(tmp_path))

    content = made.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Type /Page\n") >= 3


def test_a_report_that_is_not_there_is_not_printed(tmp_path: Path) -> None:
    """One line with the remedy, before any browser starts."""
    with pytest.raises(
        ReportError, match="no such report to print; make one with: forepost report"
    ):
        pdf(tmp_path / "report.html", tmp_path / "report.pdf", lambda: opened(tmp_path))

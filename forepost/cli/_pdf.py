"""A report as PDF through the browser that the probes use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probes.browser import launch, start_driver
from reports.pdf import pdf


def write_pdf(report: Path, target: Path | None = None, *, out: Path | None = None) -> Path:
    """Print a report to `target`, else beside itself; return the PDF's path.

    Shape:  `out` is the output folder, where it is remembered which browser started; without it
            the report lies there.
    Raises: BrowserError or ReportError, one line.
    """

    @contextmanager
    def page() -> Iterator[Any]:
        driver = start_driver()
        try:
            browser = launch(driver, "chromium", out or report.parent).browser
            yield browser.new_page()
            browser.close()
        finally:
            driver.stop()

    return pdf(report, target or report.with_suffix(".pdf"), page)

"""The same report as PDF, printed by the browser that the probes already have."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from forepost.errors import ReportError
from reports.files import write

DEADLINE_MS = 30_000
MARGINS = {"top": "13mm", "bottom": "15mm", "left": "12mm", "right": "12mm"}
FOOTER = (
    '<div style="width:100%;font:7px sans-serif;color:#5a6774;padding:0 12mm;text-align:right">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


def pdf(html: Path, out: Path, launch: Callable[[], AbstractContextManager[Any]]) -> Path:
    """Print a report to `out` (A4) and return it.

    Shape:  `launch()` is a context manager that yields a Playwright Page (sync API).
    Raises: ReportError if the browser cannot print it or the file cannot be written;
            BrowserError from `launch` if there is no browser.
    """
    if not html.is_file():
        raise ReportError(f"{html}: no such report to print; make one with: forepost report")
    from playwright.sync_api import Error  # noqa: PLC0415 - only where a PDF is asked for

    try:
        with launch() as page:
            page.goto(html.resolve().as_uri(), wait_until="load", timeout=DEADLINE_MS)
            content: bytes = page.pdf(
                format="A4",
                margin=MARGINS,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                tagged=True,
                outline=True,
            )
    except Error as error:
        raise ReportError(
            f"{out}: the browser could not print {html.name}: {first_line(error)}; "
            "headless Chromium can: forepost browser install"
        ) from error
    return write(out, content)


def first_line(error: Exception) -> str:
    """Return what a browser's error says first; the rest is its call log."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].removeprefix("Page.pdf: ")

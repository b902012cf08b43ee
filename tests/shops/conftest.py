"""A real browser for the walks through the shops."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SYSTEM = Path("/usr/lib/chromium/chromium-headless-shell")  # Debian's; else Playwright's own
STEP_MS = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for each file."""
    with sync_playwright() as playwright:
        path = str(SYSTEM) if SYSTEM.exists() else None
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor."""
    context = browser.new_context()
    context.set_default_timeout(STEP_MS)
    yield context.new_page()
    context.close()

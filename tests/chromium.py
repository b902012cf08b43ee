"""A browser for tests that look at pages without a probe."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SYSTEM = Path("/usr/lib/chromium/chromium-headless-shell")  # Debian's; else Playwright's own


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield a browser; it ends with the block."""
    with sync_playwright() as playwright:
        path = str(SYSTEM) if SYSTEM.exists() else None
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()

"""Finding a browser: by launching it, with one line where nothing helps."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from forepost.errors import BrowserError
from forepost.model import Fault, Outcome
from probes import browser
from probes.browser import Candidate, install, launch, start_driver
from probes.pool import ProbePool
from tests.probes.site import Ask

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """Yield a running driver."""
    made = start_driver()
    yield made
    made.stop()


def test_the_browser_that_worked_is_remembered_and_tried_first(
    driver: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second start tries one only; what it remembers is no secret."""
    monkeypatch.delenv("FOREPOST_BROWSER", raising=False)
    first = launch(driver, "chromium", tmp_path)
    first.browser.close()
    kept = json.loads((tmp_path / "browser.json").read_text())
    monkeypatch.setattr(browser, "INSTALLED", ())
    monkeypatch.setattr(browser, "DEBIAN_SHELL", "/no/such/browser")

    second = launch(driver, "chromium", tmp_path)
    second.browser.close()

    assert set(kept) == {"chromium"}
    assert second.about == first.about
    assert first.about.kind
    assert first.about.version.split(".")[0].isdigit()


def test_a_remembered_browser_that_is_gone_is_not_the_end(
    driver: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update moved it: the others are tried again."""
    monkeypatch.delenv("FOREPOST_BROWSER", raising=False)
    gone = {"chromium": {"engine": "chromium", "path": "/gone", "sandbox": False}}
    (tmp_path / "browser.json").write_text(json.dumps(gone))

    launched = launch(driver, "chromium", tmp_path)
    launched.browser.close()

    assert json.loads((tmp_path / "browser.json").read_text()) != gone


def test_no_browser_is_one_line_and_ours(
    driver: Playwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says what to do, and that the shop is not to blame."""
    monkeypatch.delenv("FOREPOST_BROWSER", raising=False)
    monkeypatch.setattr(
        browser, "_candidates", lambda *_: iter([Candidate("chromium", "/no/such", sandbox=False)])
    )

    with pytest.raises(BrowserError) as caught:
        launch(driver, "chromium", tmp_path)

    assert str(caught.value) == (
        'no Chromium found: run "forepost browser install"; '
        "this run counts as broken, not as a failure of the shop"
    )


def test_a_forced_browser_that_does_not_start_breaks_the_run(
    mine: Path, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our side: broken, with the variable's name and its value, and no second attempt."""
    del mine
    monkeypatch.setenv("FOREPOST_BROWSER", "/no/such/browser")
    pool = ProbePool(1, tmp_path)

    run = pool.run(ask(("step", "open"), ("open", "/"), ("goal", "1"), retry=True))
    pool.close()

    assert (run.outcome, run.fault, run.attempts) == (Outcome.BROKEN, Fault.OURS, 1)
    assert run.message.startswith("told: FOREPOST_BROWSER: /no/such/browser does not start (")
    assert run.browser is None


def test_the_installer_is_quick_when_a_browser_is_there(tmp_path: Path) -> None:
    """It launches what it finds and fetches nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "probes.browser", "install", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("browser: chromium ")


def test_an_installer_that_cannot_help_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ways were tried, and none gave a browser."""
    tried: list[str] = []

    def refuse(_: Path) -> str:
        raise BrowserError("none")

    monkeypatch.setattr(browser, "_try", refuse)
    monkeypatch.setattr(browser, "_quietly", lambda command: tried.append(command[0]))
    monkeypatch.setattr(browser, "_root", lambda: False)

    with pytest.raises(BrowserError, match=r"^no Chromium found, and none could be fetched; type:"):
        install(tmp_path)

    assert tried == [sys.executable], "without root, no system package is touched"

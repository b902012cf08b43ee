"""Find a browser that starts, and start it; `python -m probes.browser install` gets one.

Tried by launching, never by looking whether a file is there. The one that worked is
remembered in the output folder, so that a warm start tries nothing else.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import BrowserType, CDPSession, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from forepost.errors import BrowserError
from forepost.model import Browser
from probes.deadline import DeadlinePassed, limit

NONE_FOUND = (
    'no Chromium found: run "forepost browser install"; '
    "this run counts as broken, not as a failure of the shop"
)
NO_DRIVER = (
    "Playwright's driver does not start ({reason}): install the package libatomic1; "
    "this run counts as broken, not as a failure of the shop"
)
# Debian's real binary: its wrapper adds flags of its own and a process that outlives a kill.
DEBIAN_SHELL = "/usr/lib/chromium/chromium-headless-shell"
INSTALLED = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "/opt/google/chrome/chrome",
    "/usr/lib/chromium/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Nothing of the browser's own may use the network or the processor beside the shop's pages.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)
LAUNCH_LIMIT_MS = 30_000
ANSWER_LIMIT_S = 2.0
DOWNLOAD_LIMIT_S = 300
PACKAGES = ("chromium-headless-shell", "libatomic1")
MEMORY = "browser.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A browser that may start: Playwright's own (no path) or a binary."""

    engine: str  # chromium, firefox, webkit
    path: str | None
    sandbox: bool

    @property
    def kind(self) -> str:
        """What it is, for figures that are never compared across kinds."""
        name = "" if self.path is None else Path(self.path).name.lower()
        if self.engine != "chromium":
            return self.engine
        if self.path is None or "headless" in name:
            return "headless-shell"
        return "chrome" if "chrome" in name else "chromium"


@dataclass(frozen=True, slots=True)
class Launched:
    """A browser that runs."""

    browser: PlaywrightBrowser
    about: Browser
    user_agent: str  # its own, without our mark; empty: unknown
    session: CDPSession | None = None  # to the browser itself, where CDP is spoken


def start_driver() -> Playwright:
    """Start Playwright itself.

    Raises: BrowserError naming the package that a bare Debian lacks.
    """
    try:
        return sync_playwright().start()
    except Exception as error:
        raise BrowserError(NO_DRIVER.format(reason=_first_line(error))) from error


def launch(playwright: Playwright, choice: str, out: Path) -> Launched:
    """Start the browser of a choice: chromium (headless shell first), chrome, firefox, webkit.

    Raises: BrowserError if none starts.
    """
    forced = os.environ.get("FOREPOST_BROWSER", "")
    reasons: list[str] = []
    for candidate in _candidates(choice, forced, out):
        try:
            launched = _start(playwright, candidate)
        except PlaywrightError as error:
            reasons.append(_first_line(error))
            continue
        if not forced:
            _remember(out, choice, candidate)
        return launched
    if forced:
        raise BrowserError(
            f"FOREPOST_BROWSER: {forced} does not start ({reasons[0]}); "
            "unset it or give the path of a Chromium"
        )
    if choice in ("firefox", "webkit"):
        raise BrowserError(
            f'[watch] browser = "{choice}": it does not start; type: '
            f"{sys.executable} -m playwright install {choice}"
        )
    raise BrowserError(NONE_FOUND)


def answers(launched: Launched, within_s: float = ANSWER_LIMIT_S) -> bool:
    """Whether a browser itself still answers, whatever its pages do; a stopped one does not."""
    if not launched.browser.is_connected():
        return False
    if launched.session is None:
        return True
    try:
        with limit(within_s, "answer"):
            launched.session.send("Browser.getVersion")
    except (PlaywrightError, DeadlinePassed):
        return False
    return True


def install(out: Path) -> str:
    """See that there is a browser, fetching one if needed; return what it is.

    Raises: BrowserError with the one line to type where nothing helped.
    """
    with suppress(BrowserError):
        return _try(out)
    _quietly([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"])
    with suppress(BrowserError):
        return _try(out)
    if _root() and shutil.which("apt-get"):
        _quietly(["apt-get", "update", "-q"])
        _quietly(["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES])
        with suppress(BrowserError):
            return _try(out)
    raise BrowserError(f"no Chromium found, and none could be fetched; type: {_remedy()}")


def main(arguments: list[str]) -> int:
    """Run `python -m probes.browser install [OUT]`."""
    if not arguments or arguments[0] != "install":
        sys.stderr.write("usage: python -m probes.browser install [OUTPUT FOLDER]\n")
        return 2
    try:
        line = install(Path(arguments[1] if len(arguments) > 1 else "out"))
    except BrowserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{line}\n")
    return 0


def _candidates(choice: str, forced: str, out: Path) -> Iterator[Candidate]:
    """Yield what to try, best first; a sandbox that the platform refuses is left off."""
    boxes = (False,) if _root() else (True, False)
    if forced:
        yield from (Candidate("chromium", forced, box) for box in boxes)
        return
    if choice in ("firefox", "webkit"):
        yield Candidate(choice, None, sandbox=True)
        return
    if remembered := _recall(out, choice):
        yield remembered
    paths: list[str | None] = [shutil.which(name) or name for name in INSTALLED]
    shells: list[str | None] = [None, DEBIAN_SHELL]
    for path in paths + shells if choice == "chrome" else shells + paths:
        yield from (Candidate("chromium", path, box) for box in boxes)


def _start(playwright: Playwright, candidate: Candidate) -> Launched:
    engine: BrowserType = getattr(playwright, candidate.engine)
    session: CDPSession | None = None
    if candidate.engine == "chromium":
        browser = engine.launch(
            executable_path=candidate.path,
            args=list(FLAGS),
            chromium_sandbox=candidate.sandbox,
            timeout=LAUNCH_LIMIT_MS,
        )
        session = browser.new_browser_cdp_session()
        user_agent = str(session.send("Browser.getVersion")["userAgent"])
    else:
        browser = engine.launch(timeout=LAUNCH_LIMIT_MS)
        page = browser.new_page()  # only a page knows it here
        user_agent = str(page.evaluate("navigator.userAgent"))
        page.close()
    about = Browser(candidate.engine, browser.version, candidate.kind)
    return Launched(browser, about, user_agent, session)


def _try(out: Path) -> str:
    """Start and close a browser; return its name, version and kind."""
    playwright = start_driver()
    try:
        launched = launch(playwright, "chromium", out)
        launched.browser.close()
    finally:
        playwright.stop()
    about = launched.about
    return f"browser: {about.name} {about.version} ({about.kind})"


def _recall(out: Path, choice: str) -> Candidate | None:
    try:
        kept = Candidate(**json.loads((out / MEMORY).read_text("utf-8"))[choice])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if kept.sandbox and _root() else kept


def _remember(out: Path, choice: str, candidate: Candidate) -> None:
    """Keep the choice; a folder that cannot be written only makes the next start slower."""
    if _recall(out, choice) == candidate:
        return
    known: dict[str, object] = {}
    with suppress(OSError, ValueError):
        known = dict(json.loads((out / MEMORY).read_text("utf-8")))
    known[choice] = asdict(candidate)
    with suppress(OSError):
        out.mkdir(parents=True, exist_ok=True)
        draft = out / f".{MEMORY}.{os.getpid()}"
        draft.write_text(json.dumps(known), "utf-8")
        draft.replace(out / MEMORY)


def _quietly(command: list[str]) -> None:
    """Run a step of the installation; whether it helped is seen by launching."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DOWNLOAD_LIMIT_S,
            check=False,
        )


def _remedy() -> str:
    """Return the line that gets a browser on this system."""
    with suppress(OSError):
        if platform.freedesktop_os_release().get("ID") == "debian":
            return f"sudo apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
    return f"{sys.executable} -m playwright install --with-deps --only-shell chromium"


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

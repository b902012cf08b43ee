"""A probe that is stopped by hand, or killed, in mid-run: nothing of it is left running."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.system.home import FOREPOST, Home
from tests.system.watching import LIMIT_S, Watching, ended, wait_for

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_probe_leaves_nothing_running(
    home: Home, number: signal.Signals, code: int
) -> None:
    """Shop, worker, driver and browser end with it; Ctrl-C is told by 130, without a traceback."""
    home.write('[shop]\nurl = "bundled"\nenvironment = "sandbox"\n')
    err = home.folder / "watch.err"
    with err.open("wb") as stderr:
        process = subprocess.Popen(
            [FOREPOST, "probe", "checkout"],
            cwd=home.folder,
            env=home.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    probe = Watching(home, process)
    try:
        wait_for(lambda: begun(home.folder), "run")
        assert len(probe.family()) > 5
        process.send_signal(number)

        assert process.wait(LIMIT_S) == code
        ended(probe)
        assert probe.said().strip() in ("", "interrupted")
    finally:
        process.kill()
        process.wait()
        for one in probe.family():  # only after a test that failed
            one.kill()


def begun(folder: Path) -> bool:
    """Whether the browser has its profile: it lives in the worker's temporary folder."""
    return any((folder / "out" / "workers").glob("*/*/tmp/playwright*"))

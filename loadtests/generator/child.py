"""A child process of the generator: started, spoken to by lines, ended with all it started."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import loadtests
from forepost.errors import LoadError

TERM_LIMIT_S = 10.0
_PIECE_BYTES = 65_536  # what a pipe takes at once
_QUIET_LIMIT_S = 3.0  # for a child whose standard input is closed to end by itself
_ROOT = Path(loadtests.__file__).parents[1]


class Child:
    """Locust's master or one of its workers."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self._unsent = bytearray()  # a long run's plan has megabytes: its front is cut off cheaply
        assert process.stdin is not None  # noqa: S101 - `start` asks for it
        self._stdin = process.stdin
        os.set_blocking(self._stdin.fileno(), False)

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self.process.poll() is not None

    @property
    def how(self) -> str:
        """How it ended: a signal or an exit code."""
        code = self.process.returncode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def say(self, line: bytes) -> None:
        """Send a line, or keep what a busy child does not take yet for the next `flush`."""
        self._unsent += line
        self.flush(0.0)

    def flush(self, wait_s: float) -> None:
        """Send what waits, for so long at most; a child that is gone takes nothing."""
        until = time.monotonic() + wait_s
        while self._unsent:
            left_s = max(0.0, until - time.monotonic())
            if not select.select([], [self._stdin], [], left_s)[1]:
                return
            try:
                sent = os.write(self._stdin.fileno(), self._unsent[:_PIECE_BYTES])
            except BlockingIOError:
                continue
            except OSError:
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def last_words(self) -> str:
        """Return the last line of its own log that says something."""
        with suppress(OSError):
            lines = self.log.read_text("utf-8", errors="replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
        return ""

    def let_go(self) -> None:
        """Close its standard input: it ends by itself."""
        with suppress(OSError):
            self._stdin.close()

    def stop(self) -> None:
        """See that it ends, and all that it started."""
        self.let_go()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_QUIET_LIMIT_S)
        if not self.ended:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(TERM_LIMIT_S)
        with suppress(ProcessLookupError):  # its own session, so its own group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(arguments: Sequence[str], folder: Path, log_name: str) -> Child:
    """Start a part of the generator in a session of its own.

    It ends by itself when its standard input closes, so it never outlives this process.
    Raises: LoadError if it cannot be started.
    """
    log = folder / log_name
    # Absolute, for the child works in another folder.
    command = [str(Path(sys.executable).absolute()), "-m", "loadtests.locustfile", *arguments]
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=_environment(),
                start_new_session=True,
            )
    except OSError as error:
        raise LoadError(f"the load generator does not start: {error}") from error
    return Child(process, log)


def _environment() -> dict[str, str]:
    """Return our environment without Locust's own settings, which would change the run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    path = [str(_ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}

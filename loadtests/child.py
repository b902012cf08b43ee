"""Locust as a child process: started, told its plan, read, ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import loadtests
from forepost.errors import LoadError
from loadtests import plan as plans

TERM_LIMIT_S = 10.0
_LOCUSTFILE = Path(loadtests.__file__).parent / "locustfile.py"
_ROOT = _LOCUSTFILE.parents[1]


class Child:
    """A running generator and the JSON lines it writes."""

    def __init__(self, process: subprocess.Popen[bytes], cells: Path, log: Path) -> None:
        self.process = process
        self.log = log
        self._cells = cells
        self._file: IO[bytes] | None = None
        self._rest = b""

    def events(self) -> list[Mapping[str, Any]]:
        """Return the lines that were completed since the last call.

        Raises: LoadError for a line that is not ours.
        """
        if self._file is None:
            if not self._cells.exists():
                return []
            self._file = self._cells.open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise LoadError(f"{self._cells}: a line cannot be read: {error}") from error

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return the last line of the generator's own log that says something."""
        with suppress(OSError):
            lines = self.log.read_text("utf-8", errors="replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
        return ""

    def stop(self) -> None:
        """Ask it to end, and after a while end it and all that it started."""
        if not self.ended:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(TERM_LIMIT_S)
        with suppress(ProcessLookupError):  # its own session, so its own group
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Let go of its files."""
        for handle in (self.process.stdin, self._file):
            if handle is not None:
                with suppress(BrokenPipeError):
                    handle.close()


@contextmanager
def running(plan: plans.Plan, folder: Path) -> Iterator[Child]:
    """Run the generator for as long as the block lasts.

    It ends by itself when its standard input closes, so it never outlives this process.
    Raises: LoadError if it cannot be started.
    """
    log = folder / "locust.log"
    try:
        with log.open("wb") as out:
            process = subprocess.Popen(
                _command(plan.target),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=folder,  # so that no locust.conf of the user's folder changes the run
                env=_environment(),
                start_new_session=True,
            )
    except OSError as error:
        raise LoadError(f"the load generator does not start: {error}") from error
    child = Child(process, Path(plan.cells), log)
    try:
        _tell(process, plan)
        yield child
    finally:
        child.stop()
        child.close()


def _command(target: str) -> list[str]:
    # Absolute, for the child works in another folder.
    # Locust's exit code 1 means "a request failed", which is a result here, not a fault.
    return [
        *(
            str(Path(sys.executable).absolute()),
            "-m",
            "locust",
            "-f",
            str(_LOCUSTFILE),
            "--headless",
        ),
        *("--users", "1", "--spawn-rate", "1", "--host", target),
        *("--only-summary", "--loglevel", "WARNING", "--exit-code-on-error", "0"),
    ]


def _environment() -> dict[str, str]:
    """Return our environment without Locust's own settings, which would change the run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    path = [str(_ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}


def _tell(process: subprocess.Popen[bytes], plan: plans.Plan) -> None:
    """Hand over the plan; a child that is gone already is seen by whoever reads its events."""
    assert process.stdin is not None  # noqa: S101 - asked for above
    with suppress(BrokenPipeError):
        process.stdin.write(plans.to_line(plan).encode())
        process.stdin.flush()

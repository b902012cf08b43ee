"""The bundled demo shop as a child process: started, found over HTTP, ended.

Forepost knows nothing of its inside: `python -m demoshop` prints its addresses.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from forepost.config import Config, Secret, Shop
from forepost.config.tables import BUNDLED
from forepost.errors import ForepostError

START_LIMIT_S = 45.0
STOP_LIMIT_S = 10.0
TRIAL_BYTES = 1_000_000  # the demo shop's books before its first customer, and a picture or two


@dataclass(frozen=True, slots=True)
class Bundled:
    """Where the parts of a running demo shop answer."""

    shop: str
    gateway: str
    cdn: str
    mail: str
    timeline: str | None
    town: str | None
    token: Secret

    def settings(self, shop: Shop) -> Shop:
        """Return the `[shop]` table with the addresses and the token of this child."""
        services = {"gateway": self.gateway, "mail": self.mail, "cdn": self.cdn}
        return replace(shop, url=self.shop, token=self.token, services=services)

    def call(self, method: str, url: str, body: object = None) -> object:
        """Ask one of the shop's own test APIs; return its JSON, or None for an empty answer.

        Raises: ForepostError naming the address if it does not answer well.
        """
        mark = {"Authorization": f"Bearer {self.token.reveal()}"}
        try:
            answer = requests.request(method, url, json=body, headers=mark, timeout=15)
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except (requests.RequestException, ValueError) as error:
            raise ForepostError(f"demo shop: {method} {url}: {error}") from error


@contextmanager
def running(out: Path, *, seed: int = 1, port: int = 0, town: bool = True) -> Iterator[Bundled]:
    """Run the demo shop for as long as the block lasts.

    The child also ends when this process dies: its stdin closes with us.
    Raises: ForepostError with the child's own last line if it does not start.
    """
    room_in(out)
    command = [sys.executable, "-m", "demoshop", "--out", str(out)]
    command += ["--seed", str(seed), "--port", str(port)] + ([] if town else ["--no-town"])
    with (out / "demoshop.log").open("w", encoding="utf-8") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Ctrl-C is for us: we end the child ourselves, after the probes have drained.
            start_new_session=True,
            env=os.environ.copy(),
        )
        try:
            yield _addresses(child, out / "demoshop.log")
        finally:
            _end(child)


def room_in(folder: Path) -> None:
    """Make an output folder, and see that something can be written there at all.

    Raises: ForepostError naming folder and remedy: full, read-only, a file, not permitted.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(TRIAL_BYTES))
    except OSError as error:
        what = "there is a file of that name" if isinstance(error, FileExistsError) else None
        raise ForepostError(
            f"{folder}: {what or error.strerror}; make room there, or set [paths] out "
            "to a folder that may be written"
        ) from error


def with_shop(config: Config, shop: Bundled) -> Config:
    """Put the addresses of a running demo shop wherever the config says "bundled"."""
    sources = {
        name: replace(settings, instance=shop.timeline)
        if getattr(settings, "instance", None) == BUNDLED
        else settings
        for name, settings in config.complaints.sources.items()
    }
    return replace(
        config,
        shop=shop.settings(config.shop) if config.shop.bundled else config.shop,
        complaints=replace(config.complaints, sources=sources),
    )


def _addresses(child: subprocess.Popen[bytes], log: Path) -> Bundled:
    """Wait for the child's one line."""
    assert child.stdout is not None  # noqa: S101 - opened as a pipe just above
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit and child.poll() is None:
        ready, _, _ = select.select([child.stdout], [], [], 0.2)
        if ready:
            line = child.stdout.readline()
            if line:
                found = json.loads(line)
                keys = ("shop", "gateway", "cdn", "mail", "timeline", "town")
                return Bundled(
                    **{key: found.get(key) for key in keys}, token=Secret(found["token"])
                )
    said = log.read_text("utf-8", "replace").strip().splitlines()
    code = child.poll()
    silent = f"no word within {START_LIMIT_S:.0f} s" if code is None else f"exit code {code}"
    last = said[-1] if said else silent
    raise ForepostError(f"demo shop did not start: {last}")


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to end; insist after a while."""
    if child.stdin is not None:
        child.stdin.close()
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()

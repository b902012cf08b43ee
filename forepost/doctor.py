"""What can be wrong with the machine, and how to mend it. Checks that need no room."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from forepost.claim import claim
from forepost.errors import ForepostError, StoreError
from forepost.storage.sqlite import SqliteStore

OUR_NAMES = (
    "forepost",
    "probes",
    "complaints",
    "loadtests",
    "alerts",
    "reports",
    "demoshop",
    "scheduler",
)
OLDEST_PYTHON = (3, 11)
FREE_RATIO = 0.05
FREE_BYTES = 500_000_000  # a day of evidence of six flows that fail all the time
STEP_S = 0.05  # a clock that is slewed moves by 0.0005 of the time at most (adjtimex)
CLOCK_LOOKS = 5
CONNECT_LIMIT_S = 5.0
CHECK_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `remedy` is what to do or to type, empty where all is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


Checks = Mapping[str, Callable[[], Check]]


def run_checks(checks: Checks, *, limit_s: float = CHECK_LIMIT_S) -> list[Check]:
    """Return the outcome of each check, in order; never raises.

    Shape: a check that raises one of our errors did not pass, and the error is its detail;
           one that raises anything else, or says nothing for `limit_s` seconds, neither.
    """
    return [_run(name, check, limit_s) for name, check in checks.items()]


def standard(out: Path, store_path: Path, urls: Mapping[str, str], zone: str = "UTC") -> Checks:
    """Return the checks that need no room.

    Shape: `urls` by what they are ("shop", "mastodon"), without what is bundled; `zone` is
           the shop's time zone.
    """
    checks: dict[str, Callable[[], Check]] = {
        "python": python,
        "names": name_ownership,
        "disk": partial(disk, out),
        "clock": clock,
        "time zones": partial(time_zones, zone),
        "store": partial(store, store_path),
        "driver": driver,
        "loopback": loopback,
    }
    return checks | {name: partial(reachable, name, url) for name, url in urls.items()}


def config(load: Callable[[], object]) -> Check:
    """Whether the config loads; every fault is a line of the detail."""
    try:
        load()
    except ForepostError as error:
        return Check("config", False, str(error), "change these lines; keys: docs/config.md")
    return Check("config", True, "every table and key is known")


def python() -> Check:
    """Whether this Python is one that we are tested with."""
    found = f"{sys.version.split()[0]} in {sys.prefix}"
    if sys.version_info >= OLDEST_PYTHON:
        return Check("python", True, found)
    return Check("python", False, found, "install Python 3.11 or newer and start ./run again")


def name_ownership(
    owners: Callable[[], Mapping[str, list[str]]] = packages_distributions,
) -> Check:
    """Whether the names of our rooms are ours: another `scheduler` would stand in for it."""
    installed = owners()
    faults = []
    home = _place("forepost")
    for name in OUR_NAMES:
        others = sorted(set(installed.get(name, [])) - {"forepost"})
        place = _place(name)
        if others:
            faults.append(f"{name} belongs to {', '.join(others)} too")
        elif place is None:
            faults.append(f"{name} is not installed")
        elif place != home:
            faults.append(f"{name} is taken from {place}")
    if faults:
        remedy = "give Forepost an environment of its own: ./run, or uv tool install"
        return Check("names", False, "; ".join(faults), remedy)
    return Check("names", True, f"all from {home}")


def disk(folder: Path) -> Check:
    """Whether the output folder can be written and has room."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"forepost")
        usage = shutil.disk_usage(place)
    except OSError as error:
        remedy = "set [paths] out to a folder that you may write"
        return Check("disk", False, f"{place}: {error.strerror}", remedy)
    free = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB in {place}"
    if usage.free < max(FREE_BYTES, FREE_RATIO * usage.total):
        remedy = "make room, or shorten [store] keep_evidence"
        return Check("disk", False, f"{free}, under 0.5 GB or 5 %", remedy)
    return Check("disk", True, free)


def clock(
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
    pause_s: float = 0.25,
) -> Check:
    """Whether the clock runs evenly and not before the files of this program."""
    ahead_s = _ahead_s(wall, steady)
    time.sleep(pause_s)
    jump_s = _ahead_s(wall, steady) - ahead_s
    remedy = "set the clock by NTP: sudo timedatectl set-ntp true"
    if abs(jump_s) > STEP_S:
        detail = f"stepped by {jump_s:+.2f} s while it was looked at"
        return Check("clock", False, detail, remedy)
    behind_s = Path(__file__).stat().st_mtime - wall()
    if behind_s > 1:
        detail = f"at least {behind_s / 3600:.1f} h behind: files of this program are newer"
        return Check("clock", False, detail, remedy)
    return Check("clock", True, f"even, {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC")


def _ahead_s(wall: Callable[[], float], steady: Callable[[], float]) -> float:
    """Return by how much one clock is ahead of the other, at one instant.

    A busy machine may let us wait between two readings: the closest of some pairs counts.
    """
    looks = []
    for _ in range(CLOCK_LOOKS):
        before_s, wall_s, after_s = steady(), wall(), steady()
        looks.append((after_s - before_s, wall_s - before_s))
    return min(looks)[1]


def time_zones(zone: str) -> Check:
    """Whether there is a time-zone database and the shop's zone is in it."""
    known = len(available_timezones())
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        remedy = "correct [shop] timezone, or type: sudo apt-get install -y tzdata"
        return Check("time zones", False, f"{zone!r} is none of the {known} known zones", remedy)
    return Check("time zones", True, f"{zone}, one of {known}")


def store(path: Path) -> Check:
    """Whether the store is sound. One of an older version is brought up to date."""
    if not path.exists():
        return Check("store", True, f"{path}: none yet; the first run makes it")
    try:
        faults = _faults_of(path, read_only=True)
    except StoreError as error:
        try:
            with claim(path):  # nobody else is at work on it
                faults = _faults_of(path, read_only=False)
        except StoreError:
            remedy = "restore a backup, or move the file away to start anew"
            return Check("store", False, str(error), remedy)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        remedy = "restore a backup, or move the file away to start anew"
        return Check("store", False, f"{path}: {faults[0]}{more}", remedy)
    return Check("store", True, f"{path}: sound, {path.stat().st_size / 1e6:.1f} MB")


def loopback() -> Check:
    """Whether programs on this machine reach each other, as shop, probes and load do."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(CONNECT_LIMIT_S)
            address = server.getsockname()
            with socket.create_connection(address, CONNECT_LIMIT_S) as there:
                here, _ = server.accept()
                with here:
                    here.sendall(b"?")
                    answered = there.recv(1) == b"?"
    except OSError as error:
        answered, reason = False, str(error)
    else:
        reason = "nothing came through"
    if answered:
        return Check("loopback", True, "127.0.0.1 answers")
    return Check("loopback", False, f"127.0.0.1: {reason}", "let 127.0.0.1 pass the firewall")


def reachable(name: str, url: str, context: ssl.SSLContext | None = None) -> Check:
    """Whether the host of an address resolves, connects and, for https, proves who it is."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    began_s = time.monotonic()
    try:
        with socket.create_connection((host, port), CONNECT_LIMIT_S) as raw:
            if parts.scheme == "https":
                trusted = context or ssl.create_default_context()
                trusted.wrap_socket(raw, server_hostname=host).close()
    except socket.gaierror:
        return Check(name, False, f"{host}: no such host", "correct the address, or see DNS")
    except ssl.SSLCertVerificationError as error:
        detail = f"{host}:{port}: certificate not trusted: {error.verify_message}"
        return Check(name, False, detail, "renew it, or install the authority it comes from")
    except (OSError, UnicodeError) as error:
        remedy = "start it, or see firewall, proxy and port"
        return Check(name, False, f"{host}:{port}: {error}", remedy)
    return Check(name, True, f"{host}:{port} in {(time.monotonic() - began_s) * 1000:.0f} ms")


def driver() -> Check:
    """Whether Playwright's own Node starts: a bare Debian lacks libatomic.so.1 for it."""
    package = find_spec("playwright")
    if package is None or package.origin is None:
        return Check("driver", False, "Playwright is not installed", "start ./run again")
    node = Path(package.origin).parent / "driver" / ("node.exe" if os.name == "nt" else "node")
    try:
        done = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("driver", False, f"{node}: {error}", "delete .venv and start ./run again")
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        return Check("driver", False, said, "type: sudo apt-get install -y libatomic1")
    return Check("driver", True, f"Playwright's Node {done.stdout.strip()}")


def _run(name: str, check: Callable[[], Check], limit_s: float) -> Check:
    """Run one check in a thread, so that one that hangs does not hold up the others."""
    found: list[Check] = []

    def work() -> None:
        try:
            found.append(check())
        except ForepostError as error:
            found.append(Check(name, False, str(error), "see the line itself"))
        except Exception as error:  # noqa: BLE001 - a doctor who falls ill says so
            found.append(Check(name, False, f"the check failed: {error!r}", "please report it"))

    thread = threading.Thread(target=work, name=f"doctor-{name}", daemon=True)
    thread.start()
    thread.join(limit_s)
    if found:
        return found[0]
    return Check(
        name, False, f"no answer within {limit_s:.0f} s", "see what it waits for: network?"
    )


def _place(name: str) -> Path | None:
    """Return the folder that a top-level name is taken from, without importing it."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return Path(spec.origin).resolve().parent if spec.origin else None


def _faults_of(path: Path, *, read_only: bool) -> list[str]:
    opened = SqliteStore(path, read_only=read_only)
    try:
        return opened.check()
    finally:
        opened.close()

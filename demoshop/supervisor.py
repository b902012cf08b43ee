"""Starts the shop, its provider, CDN, mail and town as processes, and ends them together."""

import fcntl
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import IO, Any

from demoshop.ports import HOST, PortTakenError, door, free, number

START_WITHIN_S = 60
STOP_WITHIN_S = 10
WATCH_EVERY_S = 0.2


class StartError(Exception):
    """The demo shop cannot start; one line for the user."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, and where."""

    out: Path
    seed: int = 0
    port: int = 0
    town: bool = True
    ledger_pool: int = 2
    ledger_hold_ms: int = 200
    ledger_wait_ms: int = 2000
    web_servers: int = 0  # no limit
    web_slots: int = 2
    web_hold_ms: int = 80
    web_wait_ms: int = 2000


class Supervisor:
    """The parent of all processes of the demo shop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._token = os.environ.get("DEMOSHOP_TOKEN") or secrets.token_urlsafe(24)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stop = Event()
        self._lock: IO[str] | None = None
        self._reader: Thread | None = None

    def run(self) -> int:
        """Start, print the line of URLs, wait for the end. Raises: StartError."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, self._on_signal)
        try:
            self._lock = _claim(self._plan.out)
            line = self._start()
            _watch_stdin(self._stop)
            print(json.dumps(line), flush=True)  # noqa: T201 - the contract: one line on stdout
            return self._wait()
        finally:
            self._end()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self) -> dict[str, str | None]:
        doors = self._doors()
        urls = {name: f"http://{HOST}:{number(sock)}" for name, sock in doors.items()}
        base = {"token": self._token, "urls": urls}
        fds = {name: sock.fileno() for name, sock in doors.items()}
        plan = self._plan
        self._spawn("gateway", {**base, "url": urls["gateway"], "fd": fds["gateway"]})
        self._spawn("cdn", {"fd": fds["cdn"]})
        self._spawn("sink", {**base, "fd": fds["mail"], "smtp_fd": fds["smtp"]})
        self._spawn("shop", {
            **base,
            "fd": fds["shop"],
            "out": str(plan.out),
            "smtp_port": number(doors["smtp"]),
            "ledger": [plan.ledger_pool, plan.ledger_hold_ms, plan.ledger_wait_ms],
            "web": [plan.web_servers, plan.web_slots, plan.web_hold_ms, plan.web_wait_ms],
        })  # fmt: skip
        for sock in doors.values():
            sock.close()  # a child that dies must refuse, not leave callers hanging
        for name in ("gateway", "cdn", "mail", "shop"):
            self._until_it_answers(name, f"{urls[name]}/health")
        town = self._start_town(urls) if plan.town else {"timeline": None, "town": None}
        del urls["smtp"]
        return {**urls, **town, "token": self._token}

    def _doors(self) -> dict[str, socket.socket]:
        """Open the five doors of our own; the town's two follow them."""
        first = self._plan.port
        names = ("shop", "gateway", "cdn", "mail", "smtp")
        try:
            return {name: door(first + n if first else 0) for n, name in enumerate(names)}
        except PortTakenError as error:
            raise StartError(str(error)) from error

    def _spawn(self, name: str, setup: dict[str, Any]) -> None:
        fds = [value for key, value in setup.items() if key.endswith("fd")]
        process = self._popen(name, ["-m", f"demoshop.{name}"], pass_fds=fds)
        if process.stdin is None:
            raise StartError(f"{name}: no pipe to the child")
        process.stdin.write(json.dumps(setup).encode() + b"\n")
        process.stdin.flush()

    def _popen(
        self,
        name: str,
        command: list[str],
        pass_fds: list[int] | None = None,
        out: int | None = None,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if out is None else out,
            pass_fds=pass_fds or [],
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends all
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
        self._children[name] = process
        return process

    def _start_town(self, urls: dict[str, str]) -> dict[str, str | None]:
        first = self._plan.port
        try:
            ports = [free(first + n if first else 0) for n in (5, 6)]
        except PortTakenError as error:
            raise StartError(str(error)) from error
        command = ["-m", "demoshop.town", "--shop", urls["shop"], "--gateway", urls["gateway"]]
        command += ["--token", self._token, "--seed", str(self._plan.seed)]
        command += ["--port-timeline", str(ports[0]), "--port-control", str(ports[1])]
        command += ["--out", str(self._plan.out)]
        process = self._popen("town", command, out=subprocess.PIPE)
        line: list[bytes] = []
        self._reader = Thread(target=_drain, args=(process.stdout, line), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + START_WITHIN_S
        while not line:
            self._check("town", deadline)
            time.sleep(0.02)
        try:
            said = json.loads(line[0])
            return {"timeline": said["timeline"], "town": said["town"]}
        except (ValueError, KeyError, TypeError) as error:
            raise StartError(f"town: its first line was {line[0][:80]!r}") from error

    def _until_it_answers(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            self._check({"mail": "sink"}.get(name, name), deadline)
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own http address
                    return
            except OSError:
                time.sleep(0.02)

    def _check(self, name: str, deadline: float) -> None:
        """Give up if the child has ended, time is over, or we were told to stop."""
        code = self._children[name].poll()
        if self._stop.is_set():
            raise StartError("stopped before everything answered")
        if code is not None:
            raise StartError(f"{name}: ended with exit code {code} before it answered")
        if time.monotonic() > deadline:
            raise StartError(f"{name}: no answer within {START_WITHIN_S} s")

    def _wait(self) -> int:
        while not self._stop.wait(WATCH_EVERY_S):
            for name, process in self._children.items():
                code = process.poll()
                if code is not None:
                    message = f"demoshop: {name} ended by itself with exit code {code}"
                    print(message, file=sys.stderr)  # noqa: T201 - the one line for the user
                    return 1
        return 0

    def _end(self) -> None:
        for process in self._children.values():
            if process.stdin:
                process.stdin.close()
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in self._children.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reader:
            self._reader.join(1)
        if self._lock:
            self._lock.close()


def _python_path() -> str:
    """Let children find this very package, from wherever we were started."""
    here = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


def _claim(out: Path) -> IO[str]:
    """Make the folder and lock it: two shops in one folder would share their books."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / "demoshop.lock").open("w")
    except OSError as error:
        raise StartError(f"--out {out}: {error.strerror}; choose a folder to write to") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartError(f"--out {out}: another demo shop runs there; choose another") from error
    return lock


def _drain(pipe: IO[bytes], line: list[bytes]) -> None:
    """Keep the first line and read on, so that the child never waits for us."""
    with pipe:
        for each in pipe:
            if not line:
                line.append(each)


def _watch_stdin(stop: Event) -> None:
    """Stop at the end of stdin, if somebody is there to close it (not for /dev/null)."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0):
        Thread(target=_read_to_end, args=(stop,), daemon=True).start()


def _read_to_end(stop: Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()

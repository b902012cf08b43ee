"""`python -m demoshop.town`: starts the town and its timeline, says where, ends when told.

Prints one JSON line {"timeline": URL, "town": URL} when both answer; ends on SIGTERM, SIGINT
or when standard input closes, and then leaves DIR/town-truth.json behind.
"""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import waitress
from flask import Flask
from waitress.server import BaseWSGIServer

from demoshop.town import control, timeline
from demoshop.town.books import Books
from demoshop.town.doors import Doors
from demoshop.town.parameters import PARAMETERS
from demoshop.town.town import Town

HOST = "127.0.0.1"
HIGHEST_PORT = 65535
SERVER_THREADS = 4


def main(argv: list[str] | None = None) -> int:
    """Run the town; 2 with one line on stderr when it cannot start."""
    asked = _arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("waitress").setLevel(logging.ERROR)
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
        log = asked.out / "town-problems.jsonl"
        log.write_text("", encoding="utf-8")
    except OSError as error:
        return _refuse(f"--out {asked.out}: {error.strerror}: choose a folder that can be written")
    doors = Doors(asked.shop, asked.gateway, asked.token)
    town = Town(doors, asked.seed, PARAMETERS, Books(log))
    try:
        seen = _server(timeline.create(town.statuses), "--port-timeline", asked.port_timeline)
        steered = _server(control.create(town, asked.token), "--port-control", asked.port_control)
    except OSError as error:
        return _refuse(str(error))
    stop = _stop_signals()
    for server in (seen, steered):
        threading.Thread(target=server.run, daemon=True).start()
    town.start()
    sys.stdout.write(json.dumps({"timeline": _url(seen), "town": _url(steered)}) + "\n")
    sys.stdout.flush()
    stop.wait()
    town.stop()
    return _leave_behind(asked.out / "town-truth.json", json.dumps(town.truth(), indent=1) + "\n")


def _leave_behind(file: Path, text: str) -> int:
    """Write the books whole or not at all."""
    part = file.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        return _refuse(f"{file}: {error.strerror}: the books of this run are not kept")
    return 0


def _url_of(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL like http://127.0.0.1:8000")
    return text.rstrip("/")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 (a free one) to 65535")
    return int(text)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demoshop.town", description=__doc__)
    parser.add_argument("--shop", type=_url_of, required=True, help="URL of the shop")
    parser.add_argument(
        "--gateway", type=_url_of, required=True, help="URL of the payment provider"
    )
    parser.add_argument("--token", required=True, help="of the shop's and the town's admin API")
    parser.add_argument("--seed", type=int, required=True, help="same seed, same decisions")
    parser.add_argument("--port-timeline", type=_port, default=0, help="0: a free one")
    parser.add_argument("--port-control", type=_port, default=0, help="0: a free one")
    parser.add_argument("--out", type=Path, required=True, help="folder for the town's books")
    return parser.parse_args(argv)


def _server(app: Flask, option: str, port: int) -> BaseWSGIServer:
    """Return a listening server; OSError with one line where the port is taken."""
    try:
        return waitress.create_server(
            app, host=HOST, port=port, threads=SERVER_THREADS, ident=None, asyncore_use_poll=True
        )
    except OSError as error:
        raise OSError(f"{option} {port}: {error}; choose another port, or 0") from error


def _url(server: BaseWSGIServer) -> str:
    return f"http://{HOST}:{server.effective_port}"


def _stop_signals() -> threading.Event:
    """Return an event that SIGTERM, SIGINT or the end of standard input sets."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def watch() -> None:
        # os.read: a reader blocked inside sys.stdin would hold its lock at interpreter exit.
        try:
            while os.read(0, 1024):
                pass
        finally:
            stop.set()

    threading.Thread(target=watch, daemon=True).start()
    return stop


def _refuse(line: str) -> int:
    sys.stderr.write(f"town: {line}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())

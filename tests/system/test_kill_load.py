"""kill -9 of a watch in the middle of a planned load test: settled, undone, told once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from pytest_httpserver import HTTPServer

from forepost.model import LoadRun
from forepost.storage import open_store
from loadtests.generator.lock import TEMPORARY
from tests.system.home import FOREPOST, Home
from tests.system.watching import LIMIT_S, lives, wait_for

# A watch whose planned tests begin a second after its start, and then each day.
SOON = """
import datetime, sys
from forepost.rhythm import Rhythm
asked = []
def after(self, at, zone):
    asked.append(at)
    return at + datetime.timedelta(seconds=1 if len(asked) == 1 else 86_400)
Rhythm.after = after
from forepost.cli import main
sys.argv = ["forepost", "watch"]
sys.exit(main())
"""
CONFIG = """
[paths]
plugins = ["mine"]
[shop]
url = "{shop}"
[alerts.webhook]
url = "{shop}/hook"
[campaigns.nightly]
campaign = "pages"
at = "daily {at:%H:%M}"
ratio = 1
"""
CAMPAIGN = """
[campaign]
title = "Pages"
owner = "Tests"
target = "{shop}"
mocked = []
cleanup = true
max_lateness = "5s"
[shape]
kind = "hold"
rate = "4/s"
over = "60s"
[flows.pages]
share = 1.0
"""
USER = '''
"""Pages, each opened under a name; what was opened is closed again."""

from dataclasses import dataclass

ENDPOINTS = ("page",)


@dataclass(frozen=True, slots=True)
class Settings:
    """No setting."""


def prepare(session, count, settings):
    for number in range(2):
        yield {"name": f"page-{number}"}


def run(session, row, settings):
    session.get("page", f"/page/{row['name']}")


def clean_up(session, rows, settings):
    for row in rows:
        session.get("page", f"/undo/{row['name']}")
    return {"made": len(rows), "undone": len(rows), "left": 0}
'''


@pytest.fixture
def planned(home: Home, httpserver: HTTPServer) -> Home:
    """Return a folder with a campaign of one's own, planned for the other half of the day."""
    for name in ("page-0", "page-1"):
        httpserver.expect_request(f"/page/{name}").respond_with_data("a page")
        httpserver.expect_request(f"/undo/{name}").respond_with_data("gone")
    httpserver.expect_request("/hook", method="POST").respond_with_data("")
    shop = httpserver.url_for("").rstrip("/")
    home.write(CONFIG.format(shop=shop, at=datetime.now(UTC) + timedelta(hours=12)))
    for room, name, text in (
        ("users", "pages.py", USER),
        ("campaigns", "pages.toml", CAMPAIGN.format(shop=shop)),
    ):
        folder = home.folder / "mine" / "loadtests" / room
        folder.mkdir(parents=True)
        (folder / name).write_text(text, "utf-8")
    return home


@contextmanager
def started(home: Home, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a watch for the block, then end it."""
    with (home.folder / "watch.err").open("ab") as err:
        process = subprocess.Popen(
            command,
            cwd=home.folder,
            env=home.variables(),
            stdin=subprocess.DEVNULL,
            stderr=err,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)
        sys.stdout.write((home.folder / "watch.err").read_text("utf-8"))


def kept(home: Home) -> list[LoadRun]:
    """Return the load tests in the store; none before one has begun, when the store is made."""
    if not list(home.folder.rglob("cells.jsonl")):
        return []
    store = open_store(home.folder / "out" / "forepost.sqlite", read_only=True)
    try:
        return store.load_runs()
    finally:
        store.close()


def posted(httpserver: HTTPServer) -> list[dict[str, object]]:
    """Return what the hook heard."""
    return [one.get_json() for one, _ in httpserver.log if one.path == "/hook"]


def undone(httpserver: HTTPServer) -> set[str]:
    """Return what was undone in the shop."""
    return {one.path for one, _ in httpserver.log if one.path.startswith("/undo/")}


@pytest.mark.slow
def test_a_killed_watch_owns_up_to_its_planned_load_test(
    planned: Home, httpserver: HTTPServer
) -> None:
    """Load ends and is undone at once; the next watch settles the row and tells it, once."""
    with started(planned, sys.executable, "-c", SOON) as watch:
        wait_for(lambda: kept(planned) or posted(httpserver), "row of the load test")
        assert posted(httpserver) == []  # nothing kept it from beginning
        wait_for(lambda: sum(one.path == "/page/page-0" for one, _ in httpserver.log) > 2, "load")
        family = psutil.Process(watch.pid).children(recursive=True)
        watch.kill()
        watch.wait()
    with started(planned, str(FOREPOST), "watch"):
        (told,) = wait_for(lambda: posted(httpserver), "alert")
        assert not [one for one in family if lives(one)]
        wait_for(lambda: not list(planned.folder.rglob("begun.json")), "an empty register")

    (run,) = kept(planned)
    assert (run.verdict, told["severity"]) == ("interrupted", "ours")
    assert told["title"] == "planned load test nightly proved nothing"
    assert run.finished_at is not None
    assert run.started_at < run.finished_at < datetime.now(UTC)
    assert run.detail["cleanup"] == {"pages": {"made": 2, "undone": 2, "left": 0, "error": ""}}
    assert undone(httpserver) == {"/undo/page-0", "/undo/page-1"}
    lines = told["lines"]
    assert isinstance(lines, list)
    assert lines[0].startswith("interrupted: whoever ran it ended after ")
    assert lines[0].endswith("; 2 of 2 made things undone")
    assert posted(httpserver) == [told]
    assert list((TEMPORARY / f"forepost-{os.geteuid()}").glob(f"*{httpserver.port}.lock")) == []

"""`forepost load record`: what it refuses before anything is walked, and what it writes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from forepost.cli import _load_record
from forepost.errors import LoadError
from forepost.storage import Store, open_store
from loadtests import users
from probes.pool import sweep
from tests.loadtests import kiosk
from tests.loadtests.rerun import VISITS, in_the_style_of_the_house, load
from tests.system.home import Home

SHOP = '[shop]\nurl = "{}"\nstorefront = "generic"\nenvironment = "sandbox"\n'
MINE = '[paths]\nplugins = ["./mine"]\n'
QUICK = '[flows.broken]\ninterval = "5m"\nstep_deadline = "6s"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a folder with the tests' own flow, and one that cannot reach its goal."""
    shutil.copytree(kiosk.ROOT / "tests" / "loadtests" / "mine", tmp_path / "mine")
    flows = tmp_path / "mine" / "probes" / "flows"
    text = (flows / "ticket.py").read_text("utf-8")
    (flows / "broken.py").write_text(text.replace('name="Buy"', 'name="Sell"'), "utf-8")
    return Home(tmp_path)


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Run the kiosk."""
    with kiosk.kiosk() as url:
        yield url


def test_a_walk_becomes_a_script_that_runs_at_load_without_an_edit(
    home: Home, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON ids and keys, a token from a meta tag, a cookie told again, a nonce, polling.

    Fields that are sent several times, in their order; GraphQL that tells errors with status 200.

    The shop refuses what was recorded before, so a script that repeats it would sell nothing.
    """
    home.write(SHOP.format(shop) + MINE)
    (home.folder / "tmp").mkdir()
    said = home.call("load", "record", "ticket", "--json", TMPDIR=str(home.folder / "tmp"))

    assert said.code == 0, said.err
    told = json.loads(said.out)
    file = home.folder / "mine/loadtests/users/ticket.py"
    assert (told["flow"], told["file"]) == ("ticket", str(file))
    assert told["endpoints"][-3:] == ["shop.carts_put", "shop.done", "shop.along"]
    assert told["steps"] == ["open the kiosk", "buy"]
    assert told["needed"] == told["columns"] == []
    assert told["left"] == ["1 request of another customer: a script is one customer's visit"]
    assert told["look"] == [
        '"nonce" of POST /api/carts was made up by the page: made up anew for each visit'
    ]
    nothing_else_is_left(home.folder)

    text = file.read_text("utf-8")
    in_the_style_of_the_house(text)
    assert 'session.step("buy")' in text
    assert '"ready",\n' in text
    assert f"# - {told['left'][0]}" in text
    runs_at_load(home.folder, shop, monkeypatch)

    refused = home.call("load", "record", "ticket").refusal()
    assert "is there already; nothing walked (--force writes over it)" in refused


def nothing_else_is_left(folder: Path) -> None:
    """See that nothing of the recorded session stays, in the output or in temporary folders."""
    assert list((folder / "tmp").glob("*record-*")) == []
    assert list((folder / "out").rglob("record-*")) == []
    assert not [one for one in (folder / "out").rglob("*") if one.suffix in (".har", ".jsonl")]


def runs_at_load(folder: Path, shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the script as it lies there; every visit must have bought its own ticket."""
    monkeypatch.setattr(
        users, "__path__", [*users.__path__, str(folder / "mine" / "loadtests" / "users")]
    )
    store = open_store(folder / "loads.sqlite")
    try:
        run = load(shop, store, folder / "out", {"ticket": 1.0})
        steps = {cell.step for cell in store.load_cells(run.id)}
        books = requests.get(f"{shop}/books", timeout=10).json()
        sells_out(shop, store, folder / "out")
    finally:
        store.close()
    assert books["refused"] == []
    assert len(books["orders"]) == VISITS + 2  # the recording, and the pass before the run
    assert len({order["email"] for order in books["orders"]}) == len(books["orders"])
    assert all(order["along"] for order in books["orders"])
    assert steps == {"", "open the kiosk", "buy"}


def sells_out(shop: str, store: Store, out: Path) -> None:
    """Run it where only some get a seat: the others are told so with status 200, and failed."""
    requests.post(f"{shop}/seats", json=1 + 2, timeout=10)  # one for the pass before the run
    run: Any = load(shop, store, out, {"ticket": 1.0}, per_s=VISITS, done=2).detail
    assert run["errors"] == {"graphql error": VISITS - 2}
    requests.post(f"{shop}/seats", json=0, timeout=10)
    with pytest.raises(LoadError, match=r"shop\.graphql: graphql error: No seat is left for …"):
        load(shop, store, out, {"ticket": 1.0})


def test_a_walk_that_failed_makes_no_script(home: Home, shop: str) -> None:
    """It says in which step and why, as the probe would."""
    home.write(SHOP.format(shop) + MINE + QUICK)
    said = home.call("load", "record", "broken")

    line = said.refusal()
    assert line.startswith('load record: no script, for the walk failed: broken, step "buy": ')
    assert not (home.folder / "mine" / "loadtests").exists()


KILLED = """
import sys
from pathlib import Path
from probes.pool import ProbePool
with ProbePool(1, Path("out")).recording() as place:
    (place / "raw.har").write_text("a session's cookies")
    print(place, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_recording_left_goes_with_the_next_pool(tmp_path: Path) -> None:
    """Nobody could remove it at the time: kill -9 asks nobody. Cookies lie there in the open."""
    environment = {**os.environ, "PYTHONPATH": str(kiosk.ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    ) as recorder:
        assert recorder.stdout is not None
        place = Path(recorder.stdout.readline().strip())
        assert sweep(tmp_path / "out") == 0
        assert place.stat().st_mode & 0o777 == 0o700, "it lives, so its folder stays"
        recorder.kill()
    assert (place / "raw.har").exists()

    assert sweep(tmp_path / "out") == 0
    assert not place.exists()


def test_an_unknown_flow_is_refused_before_anything_is_walked(home: Home) -> None:
    """One line: what, and what there is."""
    home.write(SHOP.format("http://127.0.0.1:9") + MINE)

    line = home.call("load", "record", "tickte").refusal()
    assert line.startswith("no file probes/flows/tickte.py; there is: ")


def test_a_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """What cannot be a file, or would hide behind a load flow of another folder."""
    with pytest.raises(LoadError, match=r"^load record: --name 'My Ticket' cannot be a load flow'"):
        _load_record.place("ticket", "My Ticket", tmp_path)
    with pytest.raises(LoadError, match=r"^load record: there is a load flow gift_card already, "):
        _load_record.place("ticket", "gift_card", tmp_path)
    assert _load_record.place("gift_card", None, tmp_path).name == "gift_card_recorded.py"
    assert _load_record.place("ticket", None, tmp_path).name == "ticket.py"

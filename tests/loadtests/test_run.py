"""Whole load tests: a real Locust child against a toy shop whose limits are known."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import requests

from forepost.analysis import histogram
from forepost.errors import LoadError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests import campaign, cells, users
from loadtests.campaign import Campaign
from loadtests.run import run_load
from loadtests.watching import LoadProgress

StartToy = Callable[..., str]
ROOT = Path(campaign.__file__).parents[1]
# Loopback with a full test suite beside it: lateness is checked where a test is about it.
PATIENT = "max_lateness = '5s'"


def plan(shape: str, flows: str, head: str = "", limits: str = "p95 = '400ms'") -> Campaign:
    """Return a campaign with the two resources of the toy shop."""
    return campaign.parse(
        f"""
[campaign]
title = "Toy"
owner = "Tests"
mocked = []
arrivals = "uniform"
max_rate = "200/s"
{PATIENT}
{head}
[shape]
{shape}
[limits]
{limits}
{flows}
""",
        name="toy",
        origin="toy.toml",
    )


BOTH = """
[flows.gift_card]
share = 0.6
peak = "1800 redemptions/min"
[flows.browse]
share = 0.4
peak = "1800 visits/min"
[resources]
gift_db = ["giftcard.redeem"]
catalog = ["shop.product"]
web = ["giftcard.redeem_form"]
"""
ONLY_BROWSE = "[flows.browse]\nshare = 1.0\n"


def started(run: LoadRun, store: Store) -> int:
    """See that every visit and request ended in exactly one count; return the visits."""
    stored = store.load_cells(run.id)
    for cell in stored:
        assert cell.started == cell.done + cell.failed + cell.censored
        assert cell.started == histogram.count(cell.response_us)
    whole = [cell for cell in stored if cell.endpoint == cells.WHOLE]
    assert sum(cell.started for cell in whole) == run.detail["started"]
    assert sum(cell.dropped for cell in whole) == run.detail["dropped"]
    return sum(cell.started for cell in whole)


@pytest.mark.parametrize(
    ("limits", "flow", "levels_per_s", "want"),
    [
        # 20 redemptions a second, and pages far above what comes
        ({"pool": 2, "hold_s": 0.1, "wait_s": 9}, "gift_card", (15, 36), "gift_db"),
        # 16 product pages a second, and a ledger far above
        ({"pool": 50, "catalog_pool": 1, "catalog_s": 0.06}, "browse", (10, 24), "catalog"),
        # one door for all, 66 a second: pages and ledger wait alike
        (
            {"pool": 50, "hold_s": 0.005, "page_pool": 1, "page_s": 0.015},
            "gift_card",
            (15, 36),
            None,
        ),
    ],
)
def test_capacity_is_bracketed_and_what_gives_way_is_named(
    toy: StartToy,
    store: Store,
    tmp_path: Path,
    limits: dict[str, float],
    flow: str,
    levels_per_s: tuple[float, float],
    want: str | None,
) -> None:
    """Known pools: the flow behind the small one is held at the level below its limit only."""
    url = toy(**limits)
    asked = plan("kind = 'steps'\nrates = ['25/s', '60/s']\nhold = '2s'", BOTH)
    heard: list[LoadProgress] = []

    run = run_load(asked, target=url, token="t0p", store=store, out=tmp_path, progress=heard.append)

    assert run.verdict == "not ready", run.detail
    assert run.bottleneck == want, run.detail["evidence"]
    brackets = run.detail["brackets"]
    assert isinstance(brackets, dict)
    bracket = brackets[flow]
    assert (bracket["low_per_s"], bracket["high_per_s"]) == levels_per_s
    assert started(run, store) == len(asked.plan()) == run.detail["offered"]
    assert [one.id for one in store.load_runs()] == [run.id]
    assert (heard[0].second, heard[0].total_s) == (0, 4.0)
    seen = requests.get(f"{url}/seen", timeout=5).json()
    assert seen["unmarked"] == 0
    # Before the run came a bulk issue, the home page, and a pass of two and of one requests.
    assert run.detail["requests"] == seen["requests"] - 5


def test_a_shop_that_holds_everything_has_no_bottleneck(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """Ready, "at least", and nobody is blamed."""
    asked = plan("kind = 'hold'\nrate = '30/s'\nover = '2s'", BOTH.replace("1800", "60"))

    run = run_load(asked, target=toy(pool=50, hold_s=0.01), token="t0p", store=store, out=tmp_path)

    assert (run.verdict, run.bottleneck) == ("ready", None), run.detail
    assert "hold at least 18 a second (1,080 a minute)" in str(run.detail["summary"])
    assert (tmp_path / "loads" / run.id / "cells.jsonl").exists()


def test_a_freeze_shows_as_long_as_customers_felt_it(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """2 s of silence at 50/s for 6 s: one visit in 20 waits longer than 1.7 s.

    Visits that come at t into the freeze wait 2 - t; the slowest 5 % of 300 came in its
    first 0.3 s. A closed loop would have sent next to nothing meanwhile and seen nothing.
    """
    asked = plan("kind = 'hold'\nrate = '50/s'\nover = '6s'", ONLY_BROWSE)

    # The pass before the run is the toy's first product page, up to a second before the load.
    run = run_load(asked, target=toy(freeze_at_s=2.0), store=store, out=tmp_path)

    levels = run.detail["levels"]
    assert isinstance(levels, list)
    assert levels[0]["p95_ms"] == pytest.approx(1700, rel=0.1)
    assert started(run, store) == 300


def test_overload_is_accounted_for_to_the_last_visit(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """A pool of one for 1 s each, 40/s: timeouts, visits not sent, visits cut off by the stop."""
    asked = plan(
        "kind = 'hold'\nrate = '40/s'\nover = '30s'",
        "[flows.gift_card]\nshare = 1.0\n",
        "max_in_flight = 60\npatience = '2s'",
    )
    stop = threading.Event()

    def after_three(now: LoadProgress) -> None:
        if now.second >= 3:
            stop.set()

    run = run_load(
        asked,
        target=toy(pool=1, hold_s=1.0, wait_s=30.0),
        token="t0p",
        store=store,
        out=tmp_path,
        progress=after_three,
        stop=stop,
    )

    assert run.verdict == "inconclusive"
    assert "stopped by hand after" in str(run.detail["cut_short"])
    started(run, store)
    assert {name for name in ("failed", "censored", "dropped") if run.detail[name]} == {
        "failed",
        "censored",
        "dropped",
    }
    errors = run.detail["errors"]
    assert isinstance(errors, dict)
    assert set(errors) == {"timeout"}


def test_a_killed_generator_makes_the_run_invalid(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """The reason is told, the cells so far are kept, nobody calls it a capacity."""
    asked = plan("kind = 'hold'\nrate = '20/s'\nover = '30s'", ONLY_BROWSE)

    def kill(now: LoadProgress) -> None:
        if now.second >= 1:
            generators(os.getpid())[0].send_signal(signal.SIGKILL)

    run = run_load(asked, target=toy(), store=store, out=tmp_path, progress=kill)

    assert (run.verdict, run.bottleneck) == ("invalid", None)
    assert "the load generator died after 2 s (signal 9)" in str(run.detail["summary"])
    kept = [cell for cell in store.load_cells(run.id) if cell.endpoint == cells.WHOLE]
    assert sum(cell.done for cell in kept) >= 20


def test_a_late_generator_makes_the_run_invalid(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """A stall on our side must not be sold as the shop's."""
    asked = plan("kind = 'hold'\nrate = '50/s'\nover = '4s'", ONLY_BROWSE)

    def stall(now: LoadProgress) -> None:
        if now.second == 0:
            generator = generators(os.getpid())[0]
            generator.suspend()
            time.sleep(1.5)  # the stall itself
            generator.resume()

    run = run_load(
        replace(asked, max_lateness=0.5), target=toy(), store=store, out=tmp_path, progress=stall
    )

    assert run.verdict == "invalid"
    assert "the generator was late" in str(run.detail["summary"])


FICKLE = """'''Walks well at first.'''
from dataclasses import dataclass
from itertools import count
ENDPOINTS = ("shop.product",)
turn = count()
@dataclass(frozen=True)
class Settings: pass
def run(session, row, settings):
    session.get("shop.product", "/product/tent-2")
    if next(turn) > 10:
        raise KeyError("row")
"""


def test_a_fault_in_a_user_file_is_not_the_shops(
    toy: StartToy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the user's own folder raises in the middle of the run: invalid, by name."""
    (tmp_path / "fickle.py").write_text(FICKLE)
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    asked = plan("kind = 'hold'\nrate = '30/s'\nover = '1s'", "[flows.fickle]\nshare = 1.0\n")

    run = run_load(asked, target=toy(), store=store, out=tmp_path)

    assert (run.verdict, run.bottleneck) == ("invalid", None)
    assert "loadtests/users/fickle.py raised KeyError; mend the file" in str(run.detail["summary"])


def test_the_generator_ends_with_its_parent(toy: StartToy, tmp_path: Path) -> None:
    """Nobody would stop the load any more: kill -9 of the parent ends it too."""
    script = f"""
import sys
from pathlib import Path
from forepost.storage import open_store
from loadtests import campaign
from loadtests.run import run_load
asked = campaign.parse(sys.stdin.read(), name="toy", origin="toy.toml")
run_load(asked, target={toy()!r}, store=open_store(Path("s.sqlite")), out=Path("."),
         progress=lambda now: print(now.second, flush=True))
"""
    text = (
        "[campaign]\ntitle = 't'\nowner = 'o'\nmocked = []\n"
        "[shape]\nkind = 'hold'\nrate = '5/s'\nover = '60s'\n" + ONLY_BROWSE
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(text.encode())
    parent.stdin.close()
    assert parent.stdout.readline().strip() == b"0"
    (generator,) = generators(parent.pid)

    parent.kill()
    parent.wait(10)
    parent.stdout.close()

    psutil.wait_procs([generator], timeout=20)
    assert not generator.is_running() or generator.status() == psutil.STATUS_ZOMBIE


def test_a_host_that_is_not_allowed_gets_no_request(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """Refused before anything is started, stored or written."""
    url = toy()
    asked = plan(
        "kind = 'hold'\nrate = '5/s'\nover = '1s'", ONLY_BROWSE, "allow_hosts = ['localhost']"
    )

    with pytest.raises(LoadError, match=r"host 127\.0\.0\.1 is not among allow_hosts"):
        run_load(asked, target=url, store=store, out=tmp_path)

    assert requests.get(f"{url}/seen", timeout=5).json()["requests"] == 0
    assert store.load_runs() == []
    assert not (tmp_path / "loads").exists()


@pytest.mark.parametrize(
    ("product", "token", "says"),
    [
        ("../away", "t0p", "browse: elsewhere.invalid is not among allow_hosts: nothing was sent"),
        ("../gone", "t0p", "browse: shop.product: GET .*/gone: http 404"),
        ("tent-2", "wrong", "gift_card: POST /api/gift-cards: POST .*: http 401"),
    ],
)
def test_a_shop_that_fails_the_pass_before_the_run_is_not_loaded(
    toy: StartToy, store: Store, tmp_path: Path, product: str, token: str, says: str
) -> None:
    """One line that names the flow and the answer; nothing is left behind."""
    flows = f"""
[flows.browse]
share = 0.5
products = ["{product}"]
[flows.gift_card]
share = 0.5
"""
    asked = plan("kind = 'hold'\nrate = '5/s'\nover = '1s'", flows)

    with pytest.raises(LoadError, match=f"^load test toy on http://.*: {says}$"):
        run_load(asked, target=toy(), token=token, store=store, out=tmp_path)

    assert store.load_runs() == []
    assert list((tmp_path / "loads").glob("*/")) == []


def test_a_dead_target_is_one_line(store: Store, tmp_path: Path) -> None:
    """Nobody answers at that port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        asked = plan("kind = 'hold'\nrate = '5/s'\nover = '1s'", ONLY_BROWSE)

        with pytest.raises(LoadError, match=r": browse: shop\.home: GET .*: refused$"):
            run_load(asked, target=url, store=store, out=tmp_path)


def generators(parent: int) -> list[psutil.Process]:
    """Return the Locust children of a process."""
    children = psutil.Process(parent).children(recursive=True)
    return [child for child in children if "locust" in child.cmdline()]

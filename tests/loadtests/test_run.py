"""Whole load tests: Locust's master and a worker against a toy shop whose limits are known."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from forepost.analysis import histogram
from forepost.errors import LoadError
from forepost.model import LoadRun
from forepost.storage import Store
from loadtests import campaign, cells, users
from loadtests.campaign import Campaign
from loadtests.generator.watching import LoadProgress
from loadtests.run import run_load

StartToy = Callable[..., str]
# Loopback with a full test suite beside it: lateness is checked where a test is about it.
PATIENT = "max_lateness = '5s'"
# A ledger of 20 a second is far below this at 15 and far above it after 3 s of 36.
HELD = '["p90(all) < 1200ms per step"]'


def plan(shape: str, flows: str, head: str = "", thresholds: str = HELD) -> Campaign:
    """Return a campaign with the two resources of the toy shop."""
    return campaign.parse(
        f"""
[campaign]
title = "Toy"
owner = "Tests"
mocked = []
arrivals = "uniform"
max_rate = "200/s"
thresholds = {thresholds}
{PATIENT}
{head}
[shape]
{shape}
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
    """See that every visit, step and request ended in exactly one count; return the visits."""
    stored = store.load_cells(run.id)
    for cell in stored:
        assert cell.started == cell.done + cell.failed + cell.censored
        assert cell.started == histogram.count(cell.response_us)
    whole = [cell for cell in stored if cell.endpoint == cells.WHOLE]
    assert sum(cell.started for cell in whole) == run.detail["started"]
    assert sum(cell.dropped for cell in whole) == run.detail["dropped"]
    told = run.detail
    assert told["planned"] == sum(int(str(told[one])) for one in ("started", "dropped", "unsent"))
    assert told["started"] == sum(int(str(told[one])) for one in ("done", "failed", "censored"))
    return sum(cell.started for cell in whole)


def test_two_workers_bracket_a_known_capacity_and_keep_their_books(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """20 redemptions a second, and pages far above what comes; every request is marked."""
    url = toy(pool=2, hold_s=0.1, wait_s=9)
    asked = plan("kind = 'steps'\nrates = ['25/s', '60/s']\nhold = '3s'", BOTH, "workers = 2")
    heard: list[LoadProgress] = []

    run = run_load(
        asked,
        target=url,
        token="t0p",
        store=store,
        out=tmp_path,
        progress=heard.append,
        setup={"web": "2"},
    )

    assert run.verdict == "not ready", run.detail
    brackets = run.detail["brackets"]
    assert isinstance(brackets, dict)
    assert (brackets["gift_card"]["low_per_s"], brackets["gift_card"]["high_per_s"]) == (15, 36)
    assert started(run, store) == len(asked.plan()) == run.detail["offered"]
    assert run.detail["unsent"] == 0
    assert (run.detail["setup"], run.detail["kind"]) == ({"web": "2"}, "run")
    workers = run.detail["workers"]
    assert isinstance(workers, list)
    assert [(one["index"], one["lost"]) for one in workers] == [(0, ""), (1, "")]
    assert [one.id for one in store.load_runs()] == [run.id]
    assert {one.total_s for one in heard} == {6.0}
    seconds = [one.second for one in heard]
    assert seconds == sorted(set(seconds))
    seen = requests.get(f"{url}/seen", timeout=30).json()
    assert seen["unmarked"] == 0
    # Before the run came a bulk issue, the home page, and a pass of two and of one requests.
    assert run.detail["requests"] == seen["requests"] - 5


def test_a_freeze_shows_as_long_as_customers_felt_it(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """1.5 s of silence at 50/s for 4 s: visits that come at t into it wait 1.5 - t.

    The slowest 5 % of 200 came in its first 0.2 s. A closed loop would have sent next to nothing
    meanwhile and seen nothing.
    """
    asked = plan("kind = 'hold'\nrate = '50/s'\nover = '4s'", ONLY_BROWSE)

    # The pass before the run is the toy's first product page, who knows how long before the load.
    url = toy(freeze_at_s=1.5, freeze_s=1.5, freeze_not_yet=1)
    run = run_load(asked, target=url, store=store, out=tmp_path)

    times = histogram.merge(
        cell.response_us for cell in store.load_cells(run.id) if cell.endpoint == cells.WHOLE
    )
    p95_us = histogram.percentile_us(times, 0.95)
    assert p95_us is not None
    assert 1300 * 0.9 <= p95_us / 1000 < 4000, "a busy machine adds to it, and takes nothing away"
    assert started(run, store) == 200


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

    assert "stopped by hand after" in str(run.detail["cut_short"])
    started(run, store)
    assert {one for one in ("failed", "censored", "dropped", "unsent") if run.detail[one]} == {
        "failed",
        "censored",
        "dropped",
        "unsent",
    }
    errors = run.detail["errors"]
    assert isinstance(errors, dict)
    assert set(errors) == {"timeout"}


def test_a_threshold_that_must_hold_ends_the_run(
    toy: StartToy, store: Store, tmp_path: Path
) -> None:
    """A ledger of one for 1 s: broken within a second or two, and the load ends."""
    asked = plan(
        "kind = 'hold'\nrate = '30/s'\nover = '60s'",
        "[flows.gift_card]\nshare = 1.0\n",
        thresholds='["p50(gift_card) < 200ms for 2s abort"]',
    )
    heard: list[int] = []
    rows: list[LoadRun] = []

    def listen(now: LoadProgress) -> None:
        heard.append(now.second)
        rows.extend(store.load_runs())

    run = run_load(
        asked,
        target=toy(pool=1, hold_s=1.0, wait_s=30.0),
        token="t0p",
        store=store,
        out=tmp_path,
        progress=listen,
        setup={"web": "2"},
    )

    early = rows[0]  # as it stays in the store if everything is killed
    assert (early.verdict, early.finished_at) == (None, None)
    assert early.detail["kind"] == "run"
    assert early.detail["setup"] == {"web": "2"}
    assert early.detail["seed"] == asked.seed
    assert "planned_end_at" in early.detail
    assert run.verdict == "failed", run.detail  # there is no forecast to be ready for
    assert run.detail["aborted"] == ["p50(gift_card) < 200ms for 2s abort"]
    sent = [cell.second for cell in store.load_cells(run.id) if cell.started]
    assert max(heard[-1], *sent) < 30, "of 60 s"
    started(run, store)


FICKLE = """'''Walks well at first.'''
from dataclasses import dataclass
from itertools import count
ENDPOINTS = ("shop.product",)
turn = count()
@dataclass(frozen=True)
class Settings: pass
def run(session, row, settings):
    with session.step("look"):
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
    steps = [cell for cell in store.load_cells(run.id) if cell.step == "look"]
    for endpoint in (cells.WHOLE_STEP, "shop.product"):
        assert sum(one.started for one in steps if one.endpoint == endpoint) == 30


DOZING = """'''Puts its machine to sleep for an hour: the clock that sees it jumps.'''
import time
from dataclasses import dataclass
from itertools import count
ENDPOINTS = ("shop.product",)
turn = count()
@dataclass(frozen=True)
class Settings: pass
def run(session, row, settings):
    with session.step("look"):
        session.get("shop.product", "/product/tent-2")
    if next(turn) == 10:
        from loadtests.generator import executor
        executor.awake_s = lambda: time.monotonic() + 3600
"""


def test_a_machine_that_slept_in_mid_run_is_not_the_shops_fault(
    toy: StartToy, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections are gone and its customers have waited: nothing of that says anything."""
    (tmp_path / "dozing.py").write_text(DOZING)
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    asked = plan("kind = 'hold'\nrate = '20/s'\nover = '30s'", "[flows.dozing]\nshare = 1.0\n")

    run = run_load(asked, target=toy(), store=store, out=tmp_path)

    assert (run.verdict, run.detail["unsent"] != 0) == ("invalid", True)
    assert "load worker 1 of 1" in str(run.detail["summary"])
    started(run, store)


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

    assert requests.get(f"{url}/seen", timeout=30).json()["requests"] == 0
    assert store.load_runs() == []
    assert not (tmp_path / "loads").exists()


@pytest.mark.parametrize(
    ("product", "token", "says"),
    [
        ("../away", "t0p", "browse: elsewhere.invalid is not among allow_hosts: nothing was sent"),
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

        with pytest.raises(
            LoadError, match=r": browse: shop\.home: GET .*: refused; nobody listens there$"
        ):
            run_load(asked, target=url, store=store, out=tmp_path)


def test_a_port_that_is_taken_is_one_line(toy: StartToy, store: Store, tmp_path: Path) -> None:
    """A port is only asked for by name; nothing is sent."""
    url = toy()
    asked = plan("kind = 'hold'\nrate = '5/s'\nover = '1s'", ONLY_BROWSE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LoadError, match=f"port {port} of this machine is taken; choose"):
            run_load(asked, target=url, store=store, out=tmp_path, port=port)

    assert requests.get(f"{url}/seen", timeout=30).json()["requests"] == 0

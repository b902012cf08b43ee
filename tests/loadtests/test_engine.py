"""The generator by itself: arrivals offered while it runs, books that always balance."""

import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forepost.analysis import histogram
from forepost.errors import LoadError
from forepost.model import LoadCell, LoadRun
from forepost.storage import Store
from loadtests import campaign, cells, users
from loadtests.cells import WHOLE, WHOLE_STEP, Tally
from loadtests.generator import engine, following, joining, plan
from loadtests.generator.books import books, unsound
from loadtests.generator.kinds import of_request
from loadtests.generator.plan import Plan
from loadtests.generator.watching import Watching
from loadtests.shapes.shape import Arrival

StartToy = Callable[..., str]

NOTED = """'''Tells the shop which row it has.'''
from dataclasses import dataclass
ENDPOINTS = ("shop.product",)
@dataclass(frozen=True)
class Settings: pass
def prepare(session, count, settings):
    return [{"number": str(number)} for number in range(count)]
def run(session, row, settings):
    with session.step("look"):
        session.get(f"row {row['number']}", f"/product/{row['number']}")
"""


def a_plan(url: str, folder: Path, flows: tuple[str, ...], visits: int, **more: int) -> Plan:
    """Return a plan for a toy shop."""
    return Plan(
        load_run="test",
        target=url,
        hosts=("127.0.0.1",),
        flows={name: {} for name in flows},
        counts=dict.fromkeys(flows, visits),
        patience_s=5.0,
        max_in_flight=more.get("max_in_flight", 200),
        cells=str(folder / "cells.jsonl"),
        plugin_folders=tuple(users.__path__),
        token="t0p",
    )


def evenly(flow: str, since_s: int, until_s: int, per_s: int) -> list[Arrival]:
    """Return arrivals at even distances."""
    number = (until_s - since_s) * per_s
    return [Arrival(since_s + one / per_s, flow) for one in range(number)]


def test_visits_are_offered_while_it_runs_and_each_row_is_used_once(
    toy: StartToy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers, two lots of arrivals: every row in one visit, none in two.

    It is told how late each of them left, also those of the half second at the end.
    """
    (tmp_path / "noted.py").write_text(NOTED)
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    monkeypatch.setattr(engine, "_LOT", 7)  # as a run of a day comes: in many messages
    with engine.running(a_plan(toy(), tmp_path, ("noted",), 40), tmp_path, workers=2) as live:
        live.offer(evenly("noted", 0, 1, 20))
        offered = False
        while live.look():
            if live.watching.ready and not offered:
                offered = True
                live.offer([Arrival(2 + one / 40, "noted") for one in range(20)])
                live.finish(2.5)
            time.sleep(0.05)

    told = books(live.watching, live.planned)
    assert (told["planned"], told["done"], told["unsent"]) == (40, 40, 0)
    assert not unsound(live.watching, live.planned, 5.0)
    assert sum(sum(one["late_us"].values()) for one in live.watching.health) == 40
    tallies = list(live.watching.tallies.values())
    single = cells.parts(tallies)
    assert sorted(one.cell.endpoint for one in single) == sorted(f"row {n}" for n in range(40))
    steps = [one.cell for one in tallies if one.cell.endpoint == WHOLE_STEP]
    assert {one.step for one in steps} == {"look"}
    assert sum(one.done for one in steps) == 40
    seconds = {one.cell.second: one.cell.started for one in cells.whole(tallies)}
    assert {second: number for second, number in seconds.items() if number} == {0: 20, 2: 20}


def test_above_the_cap_visits_are_dropped_and_a_stop_leaves_the_rest_unsent(
    toy: StartToy, tmp_path: Path
) -> None:
    """A ledger of one for 2 s, ten at once in flight: the rest is dropped, then unsent."""
    url = toy(pool=1, hold_s=2.0, wait_s=30.0)
    asked = a_plan(url, tmp_path, ("gift_card",), 100, max_in_flight=10)
    with engine.running(asked, tmp_path, workers=2) as live:
        live.offer(evenly("gift_card", 0, 10, 20))
        while live.look():
            if live.watching.second >= 1:
                live.stop("enough")
            time.sleep(0.05)

    told = books(live.watching, live.planned)
    assert told["planned"] == 200 == told["started"] + told["dropped"] + told["unsent"]
    assert told["started"] == told["done"] + told["failed"] + told["censored"]
    assert 0 < told["censored"] <= 10
    assert told["dropped"] > 10
    assert told["unsent"] > 0
    assert (live.watching.end or {})["reason"] == "enough"
    assert not unsound(live.watching, live.planned, 5.0)


def test_a_visit_ends_when_its_patience_is_over_and_no_other_does(
    toy: StartToy, tmp_path: Path
) -> None:
    """A ledger of one for 0.5 s, ten in half a second, each with a second: two or three come to it.

    The others are failed by that name after their second, from when they were meant to start.
    """
    url = toy(pool=1, hold_s=0.5, wait_s=30.0)
    asked = replace(a_plan(url, tmp_path, ("gift_card",), 10), patience_s=1.0)
    with engine.running(asked, tmp_path) as live:
        live.offer(evenly("gift_card", 0, 1, 20)[:10])
        live.finish(1.0)
        look_to_the_end(live)

    told = books(live.watching, live.planned)
    assert told["done"] + told["failed"] == 10 == told["started"]
    assert 1 <= told["done"] <= 3
    whole = cells.whole(live.watching.tallies.values())
    assert {kind for one in whole for kind in one.kinds} == {"timeout"}
    times = histogram.merge(one.cell.response_us for one in whole)
    late = sum(number for value_us, number in times.items() if value_us >= 990_000)
    assert late == told["failed"]


def look_to_the_end(live: engine.Live) -> None:
    """Look on until the run is over."""
    while live.look():
        time.sleep(0.05)


def test_a_run_that_is_stopped_before_its_first_visit_is_refused(
    toy: StartToy, tmp_path: Path
) -> None:
    """Nothing was measured, so there is nothing to judge."""
    with engine.running(a_plan(toy(), tmp_path, ("browse",), 1), tmp_path) as live:
        live.stop("changed my mind")
        with pytest.raises(engine.RefusedError, match=r"^changed my mind$"):
            look_to_the_end(live)


class Stuck:
    """Stands for a generator that hears nothing any more."""

    def __init__(self) -> None:
        self.watching = Watching("r")
        self.told = ""

    def look(self) -> bool:
        """Go on for ever."""
        return True

    def stop(self, reason: str) -> None:
        """Hear it, and do nothing."""
        self.told = reason


def test_a_generator_that_does_not_end_when_it_is_told_to_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then what it had made; it is no run that somebody could judge."""
    monkeypatch.setattr(following, "END_LIMIT_S", 0.1)
    asked, live, stop = campaign.load("smoke"), Stuck(), threading.Event()
    stop.set()
    run = LoadRun("r", "smoke", "http://localhost", datetime.now(UTC))
    stuck: Any = live
    follower = following.Follower(stuck, asked, run, store, limit_s=60.0, stop=stop)

    with pytest.raises(engine.RefusedError, match=r"did not end in time, so what it had made may"):
        follower.follow()

    assert live.told.startswith("stopped by hand")
    assert store.load_runs() == []


def test_a_generator_that_falls_silent_leaves_no_visit_without_an_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three visits were on their way when it was last heard of: they took at least that long.

    Until its last customers have lost their patience the shop is under load, and so it is told.
    """
    monkeypatch.setattr(following, "END_LIMIT_S", 0.1)
    asked, live, stop = campaign.load("smoke"), Stuck(), threading.Event()
    at = datetime.now(UTC)
    live.watching = watched({"event": "ready", "first_at": at.timestamp()})
    for line in (cell(0, 1, started=5, done=2), health(0, 3), health(1, 3)):
        live.watching.feed(line)
    stop.set()
    stuck: Any = live
    run = LoadRun("r", "smoke", "http://localhost", at)
    patient = replace(asked, patience=300.0)
    follower = following.Follower(stuck, patient, run, store, limit_s=60.0, stop=stop)

    follower.follow()

    (one,) = store.load_cells("r")
    assert (one.started, one.done, one.censored) == (5, 2, 3)
    assert sum(one.response_us.values()) == 3
    (told,) = store.load_runs()
    end = datetime.fromisoformat(str(told.detail["planned_end_at"]))
    assert end - told.started_at >= timedelta(seconds=300)
    assert "did not close its books" in unsound(live.watching, 5, 9.0)


def watched(*lines: dict[str, object]) -> Watching:
    """Return what is known after lines of two workers."""
    watching = Watching("r")
    for worker in (0, 1):
        who = {"name": "here", "host": "h", "pid": worker + 1}
        watching.feed({"event": "worker", "worker": worker, **who})
    for line in lines:
        watching.feed(line)
    return watching


def cell(worker: int, second: int, **counts: object) -> dict[str, object]:
    """Return a line about whole visits."""
    rest = {"step": "", "endpoint": WHOLE, "response_us": {}, "service_us": {}, "kinds": {}}
    return {"event": "cell", "worker": worker, "second": second, "flow": "f", **rest, **counts}


def health(worker: int, second: int, late_us: int = 100, **more: float) -> dict[str, object]:
    """Return a line about a worker's second."""
    rest = {"lateness_p99_ms": 0.1, "dropped": 0, "in_flight": 0, "cpu_ratio": 0.1}
    told = {"event": "health", "worker": worker, "second": second, "late_us": {str(late_us): 10}}
    return {**told, **rest, **more}


def test_workers_are_merged_by_adding_and_the_last_line_of_a_cell_counts() -> None:
    """Each line holds a worker's whole cell, so a line that comes twice counts once."""
    watching = watched(
        cell(0, 3, started=2), cell(1, 3, started=5, done=5), cell(0, 3, started=4, done=1)
    )

    (tally,) = watching.tallies.values()
    assert (tally.cell.started, tally.cell.done) == (9, 6)
    assert watching.second == -1
    watching.feed(health(0, 4))
    watching.feed(health(1, 3))
    assert watching.second == 3


def test_what_is_told_each_second_is_what_all_cells_say() -> None:
    """Totals are carried on from second to second; cells that come again count once."""
    draw = random.Random(3)
    watching = watched()
    for second in range(30):
        for _ in range(6):
            counts = {name: draw.randint(0, 9) for name in ("started", "done", "failed", "dropped")}
            watching.feed(cell(draw.randint(0, 1), max(0, second - draw.randint(0, 4)), **counts))
        watching.feed({**cell(0, second, started=9, done=9), "endpoint": "shop.home"})
        watching.feed(health(0, second))
        watching.feed(health(1, second))
        told = watching.progress()
        visits = [one for one in watching.tallies.values() if one.cell.endpoint == WHOLE]
        now = [one.cell for one in visits if one.cell.second == second]

        assert told.offered == sum(one.started + one.dropped for one in now)
        for name in ("done", "failed", "dropped"):
            assert getattr(told, name) == sum(getattr(one.cell, name) for one in visits)
        lately = [one for one in visits if second - 3 <= one.cell.second <= second]
        assert sorted(watching.visits(second - 3, second), key=lambda one: one.key) == sorted(
            lately, key=lambda one: one.key
        )


def test_what_a_lost_worker_left_open_is_at_least_as_old_as_when_it_was_heard_of() -> None:
    """Begun in second 1, heard of until the end of second 4: three seconds at least."""
    watching = watched(
        health(0, 4),
        health(1, 4),
        cell(0, 1, started=3, done=3, response_us={"100": 3}),
        cell(1, 1, started=3, done=1, response_us={"100": 1}),
        {"event": "lost", "worker": 1, "how": "died (signal 9)"},
        {"event": "end", "workers": [{"worker": 0}], "requests": 0, "locust_requests": 0},
    )
    watching.close()

    (tally,) = watching.tallies.values()
    assert (tally.cell.started, tally.cell.done, tally.cell.censored) == (6, 4, 2)
    assert max(tally.cell.response_us) == pytest.approx(3_000_000, rel=0.01)
    words = "load worker 2 of 2 (here, process 2) died (signal 9) after 5 s"
    assert unsound(watching, 6, 1.0) == words


def test_every_worker_has_its_own_figures_beside_those_of_all() -> None:
    """Which machine was the busy one, which the late one; a silent one has no figure, not 0."""
    watching = watched(
        health(0, 0, 2_000, cpu_ratio=0.4), health(0, 1, 50_000, cpu_ratio=0.3), health(0, 2, 1_000)
    )

    told = books(watching, 0)
    first, second = told["workers"]
    assert first["cpu_ratio_max"] == 0.4
    assert first["lateness_p99_ms"] == pytest.approx(50, rel=0.005)
    assert (second["cpu_ratio_max"], second["lateness_p99_ms"]) == (None, None)
    assert told["health"]["cpu_ratio_max"] == 0.4


def closed(*lines: dict[str, object], **books_: int) -> Watching:
    """Return a run whose workers have closed their books over nothing."""
    names = ("started", "done", "failed", "censored", "dropped", "unsent", "requests")
    own = [{"worker": one, **dict.fromkeys(names, 0)} for one in (0, 1)]
    end = {"event": "end", "workers": own, "requests": 0, "locust_requests": 0, **books_}
    return watched(*lines, end)


UNANSWERED = of_request(socket.gaierror(socket.EAI_AGAIN, "Temporary failure"))
NO_NAME = of_request(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))


@pytest.mark.parametrize(
    ("watching", "says"),
    [
        (closed(*(health(1, s, 2_000_000 if s == 30 else 100) for s in range(60))), "was late"),
        (closed(*(health(0, s, cpu_ratio=0.95) for s in range(3))), "used its whole core for 3 s"),
        (closed(health(0, 0), locust_requests=3), "Locust counted 3 requests, the recorder 0"),
        (closed(cell(0, 0, started=1, done=1)), "told of 0 visits started, their cells of 1"),
        (closed(*(health(0, s, cpu_ratio=0.95) for s in range(2))), ""),
        (closed(cell(0, 0, kinds={UNANSWERED: 1})), "could not send: its look-up of names gave no"),
        (closed(cell(0, 0, kinds={NO_NAME: 1})), ""),
    ],
)
def test_what_the_generator_did_wrong_is_named(watching: Watching, says: str) -> None:
    """One stalled second of one worker is enough, however long the run."""
    got = unsound(watching, 0, 0.25)

    assert got if says else not got
    assert says in got


def test_a_worker_gets_the_rows_of_its_number() -> None:
    """Row index mod N is the worker; where there is not one for each, all take all."""
    whole = Plan("r", "http://h", ("h",), {}, {}, 1.0, 5, "c")
    rows = tuple({"n": str(number)} for number in range(5))

    first, second = (plan.share(whole, {"f": rows, "g": rows[:1]}, one, 2) for one in (0, 1))

    assert [row["n"] for row in first.rows["f"]] == ["0", "2", "4"]
    assert [row["n"] for row in second.rows["f"]] == ["1", "3"]
    assert first.rows["g"] == second.rows["g"] == rows[:1]
    assert (first.max_in_flight, second.max_in_flight) == (3, 2)
    assert plan.from_values(plan.to_values(first)) == first
    assert "t0p" not in repr(a_plan("http://h", Path(), ("f",), 1))


def test_an_open_cell_without_a_lost_worker_stays_as_it_is() -> None:
    """Only what is open is censored."""
    tally = Tally(LoadCell("r", 1, "f", WHOLE, started=2, done=2, response_us={5: 2}))
    assert cells.censor(tally, 9.0) is tally


def test_hosts_are_read_from_a_list_or_a_file(tmp_path: Path) -> None:
    """One worker a name; what is no host is refused before anything is printed."""
    names = tmp_path / "hosts"
    names.write_text("gen-1\n# the second\nload@gen-2 # twice\nload@gen-2\n")

    assert joining.parse("gen-1, 127.0.0.1") == ("gen-1", "127.0.0.1")
    tunnel = "echo c0de | ssh -o ExitOnForwardFailure=yes -R 7:127.0.0.1:7"
    found = joining.parse(str(names))
    assert found == ("gen-1", "load@gen-2", "load@gen-2")
    joins = "forepost load worker --port 7 --name"
    assert joining.commands((*found, "localhost"), 7, "c0de") == [
        f"{tunnel} gen-1 {joins} gen-1",
        f"{tunnel} load@gen-2 {joins} load@gen-2 --count 2",
    ]


@pytest.mark.parametrize(
    "text", ["-oProxyCommand=x", "a;b", ",", "/no/such/file", "a b", "a" * 300]
)
def test_what_is_no_host_is_one_line(text: str) -> None:
    """A name is pasted into a command line."""
    with pytest.raises(LoadError, match=r"^--workers-from.*[^\n]$"):
        joining.parse(text)

"""kill -9 of the browser, of a worker, of the whole program: nothing false, nothing left."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer

from forepost.model import Outcome
from tests.system.home import Home
from tests.system.watching import (
    CONFIG,
    LIMIT_S,
    USUAL_MS,
    Watching,
    browser_of,
    ended,
    lives,
    not_the_shop,
    wait_for,
    watching,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def hook() -> Iterator[HTTPServer]:
    """Yield where alerts go."""
    with HTTPServer() as server:
        server.expect_request("/hook", method="POST").respond_with_data("")
        yield server


@pytest.fixture(scope="module")
def watch(hook: HTTPServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """Yield a watch that several tests may hurt: it has to go on, that is the point."""
    home = Home(tmp_path_factory.mktemp("watch"))
    home.write(CONFIG.format(hook=hook.url_for("/hook")))
    with watching(home) as started:
        yield started


def test_a_killed_browser_is_not_the_shop(watch: Watching, hook: HTTPServer) -> None:
    """The run is broken or passes on retry; the next one works; nobody is woken."""
    watch.in_mid_run()
    at = datetime.now(UTC)
    browser_of(watch).kill()
    watch.pages_take(USUAL_MS)

    run = watch.hit(at)
    assert not_the_shop(run), run
    assert watch.passed_after(run.finished_at)
    assert watch.look(lambda store: store.incidents()) == []
    assert hook.log == []


def test_a_killed_worker_takes_its_browser_along_and_is_not_the_shop(
    watch: Watching, hook: HTTPServer
) -> None:
    """Driver and browser were its children, and would idle for good."""
    watch.in_mid_run()
    worker = watch.find("probes.worker")
    doomed = watch.below(worker)
    at = datetime.now(UTC)
    worker.kill()
    watch.pages_take(USUAL_MS)

    run = watch.hit(at)
    assert len(doomed) > 2
    assert not_the_shop(run), run
    wait_for(lambda: not any(lives(one) for one in doomed), "end of driver and browser")
    assert watch.passed_after(run.finished_at)
    assert watch.look(lambda store: store.incidents()) == []
    assert hook.log == []


def test_a_second_watch_is_refused_with_the_process_that_is_there(watch: Watching) -> None:
    """Two would decide twice and send every alert twice; the first goes on."""
    store = watch.home.folder / "out" / "forepost.sqlite"
    said = watch.home.call("watch").refusal()

    assert said.startswith(f"{store}: another Forepost (process {watch.process.pid}) runs on")
    assert watch.process.poll() is None


def test_a_failure_of_the_shop_right_after_is_told_once(watch: Watching, hook: HTTPServer) -> None:
    """Silence proves something only where a real failure is heard: one alert, on the hook."""
    watch.fault("payment_error")
    wait_for(lambda: hook.log, "alert")
    at = datetime.now(UTC)
    later = wait_for(
        lambda: [
            run for run in watch.runs() if run.started_at > at and run.outcome is Outcome.FAILED
        ],
        "second failure",
    )

    assert {run.flow for run in later} == {"checkout"}
    assert [entry[0].get_json()["severity"] for entry in hook.log]
    assert len(hook.log) == 1
    assert [one.subject for one in watch.look(lambda store: store.incidents())] == ["checkout"]


def test_a_killed_watch_leaves_nothing_running_and_a_new_one_goes_on(
    home: Home, hook: HTTPServer
) -> None:
    """Shop, workers, drivers and browsers end by themselves; the store is sound; SIGTERM drains.

    What was stored before the kill stays as it was and in its order. The row that owns up to
    the gap carries the time of its slot, which lies before the kill, so it may stand among them.
    """
    home.write(CONFIG.format(hook=hook.url_for("/hook")))
    told = len(hook.log)
    with watching(home) as watch:
        watch.in_mid_run()
        words = {word for one in watch.family() for word in one.cmdline()}
        assert {"demoshop", "demoshop.town", "probes.worker"} <= words
        watch.process.kill()
        watch.process.wait()
        ended(watch)
        stored = watch.runs()
    with watching(home) as watch:
        drains(watch)
        before = {run.id for run in stored}
        assert [run for run in watch.runs() if run.id in before] == stored
        assert watch.look(lambda store: store.check()) == []
        assert watch.look(lambda store: store.incidents()) == []
    assert len(hook.log) == told


def drains(watch: Watching) -> None:
    """SIGTERM: exit 0, the run in flight is stored with its verdict, nothing is left running."""
    watch.in_mid_run()
    watch.family()
    at = datetime.now(UTC)
    watch.process.terminate()
    watch.pages_take(USUAL_MS)

    assert watch.process.wait(LIMIT_S) == 0
    assert watch.family() == []
    assert watch.hit(at).outcome.worked
    assert "draining" in watch.said().splitlines()

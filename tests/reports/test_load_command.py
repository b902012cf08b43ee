"""`forepost load report`: which run, which files, one line when it cannot; in a browser too."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import sync_playwright

from forepost.cli import cli
from forepost.errors import LoadError, ReportError, StoreError
from forepost.storage import open_store
from forepost.storage.sqlite import SqliteStore
from probes.browser import launch
from reports.data import ReportContext
from reports.load_build import write_load_report
from reports.load_collect import collect_load, find
from tests.reports import load_samples as samples

CONFIG = '[shop]\nurl = "http://shop.test"\nname = "Fernhill Outfitters"\n'
LONG = "A very long campaign name that nobody would print on a mug " * 4


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a config and a store that holds one load test with walks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "out").mkdir()
    store = open_store(tmp_path / "out" / "forepost.sqlite")
    store.add_load_run(samples.load_run(title=LONG, dates=None))
    store.add_load_cells(samples.cells("load-short"))
    for walk in samples.walks("load-short"):
        store.add_run(walk)
    store.close()
    return tmp_path


def call(*arguments: str) -> Result:
    """Call the program in this process."""
    return CliRunner().invoke(cli, ["load", "report", *arguments])


def test_machine_files_are_written_without_drawing(home: Path) -> None:
    """JUnit and JSON where they were asked for; their paths are the result."""
    result = call("load-s", "--junit", "ci/load.xml", "--json", "load.json")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["ci/load.xml", "load.json"]
    assert ET.parse(home / "ci" / "load.xml").getroot().tag == "testsuites"  # noqa: S314 - ours
    assert json.loads((home / "load.json").read_text("utf-8"))["run"]["id"] == "load-short"
    assert not (home / "out" / "loads").exists()


def test_a_pipe_gets_nothing_but_the_document(home: Path) -> None:
    """`--json -` writes JSON to stdout and everything else to stderr."""
    del home
    result = call("--json", "-", "--junit", "load.xml")

    assert json.loads(result.stdout)["verdict"] == "not ready"
    assert "load.xml" in result.stderr


def test_what_cannot_be_done_costs_one_line(home: Path) -> None:
    """No such run, two options for one file, a folder as a file, no store."""
    for arguments, error, said in (
        (["nope"], LoadError, "nope: no such load test; the latest: load-short"),
        (["--junit", "config.toml/x"], ReportError, "config.toml/x: the report cannot be written"),
    ):
        result = call(*arguments)
        assert isinstance(result.exception, error), result
        assert said in str(result.exception)
        assert "\n" not in str(result.exception)
    twice = call("--json", "x", "--junit", "./x")
    assert twice.exit_code == 2
    assert "two options name this file" in twice.output
    assert call("--json", "out").exit_code == 2
    (home / "out" / "forepost.sqlite").unlink()
    assert isinstance(call().exception, StoreError)


def test_a_run_is_found_by_the_beginning_of_its_id(store: SqliteStore) -> None:
    """Id, unique prefix or the latest; else one line with those that exist."""
    with pytest.raises(LoadError, match="no load test in this store; run one: forepost load run"):
        find(store)
    for name, minute in (("aa1", 0), ("aa2", 1), ("b", 2)):
        begun = samples.START + timedelta(minutes=minute)
        store.add_load_run(replace(samples.ready_run(name), started_at=begun))

    assert find(store).id == "b"
    assert find(store, "aa2").id == "aa2"
    assert find(store, "b").id == "b"
    with pytest.raises(LoadError, match=r"^aa: 2 load tests begin like this; the latest: aa1, aa2"):
        find(store, "aa")
    with pytest.raises(LoadError, match=r"^zz: no such load test; the latest: .*b \(holiday-gift"):
        find(store, "zz")


def test_a_disk_that_refuses_costs_one_line(
    store: SqliteStore, context: ReportContext, tmp_path: Path
) -> None:
    """No half-written page, and the remedy."""
    run = samples.ready_run()
    store.add_load_run(run)
    (tmp_path / "file").write_text("", "utf-8")

    with pytest.raises(ReportError, match="cannot be written"):
        write_load_report(
            collect_load(store, context, run, samples.at(3600)), tmp_path / "file" / "x.html"
        )


@pytest.mark.browser
def test_the_page_reads_on_every_screen_and_prints(home: Path) -> None:
    """No request, no complaint, no side-scrolling, charts drawn; the same as PDF."""
    result = call("--pdf", "board/load.pdf")

    page = home / "out" / "loads" / "load-short" / "report.html"
    assert result.exit_code == 0, result.exception
    assert result.stdout.splitlines() == [str(page), "board/load.pdf"]
    assert [one.name for one in (home / "board").iterdir()] == ["load.pdf"]
    assert [one.name for one in page.parent.iterdir()] == ["report.html"]
    content = (home / "board" / "load.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") >= 3
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright, "chromium", home).browser
        shown = browser.new_page()
        shown.context.set_offline(True)
        shown.on("console", lambda message: said.append(message.text))
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(page.as_uri(), wait_until="load")
        for width in (1280, 768, 360):
            shown.set_viewport_size({"width": width, "height": 800})
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            state = shown.locator(".capacity .state").first.bounding_box()
            assert state
            assert state["x"] + state["width"] <= width  # also on a telephone, without a swipe
        # The verdict is the largest text of the page, and its letters are not cut off.
        large = shown.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.word')).fontSize)"
        )
        title = shown.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)"
        )
        charts = shown.locator("figure svg").count()
        browser.close()

    assert said == []
    assert asked == [page.as_uri()]
    assert large > title
    assert charts == 5

"""What is heard of requests without asking for each: nothing that matters may be missing."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from forepost.model import FlowRun, Outcome
from probes.browser import launch, start_driver
from probes.measures import traffic
from probes.measures.exchanges import unpack
from probes.measures.traffic import Traffic
from probes.pool import ProbePool
from probes.scrubbing.scrub import Scrubber
from tests.probes.site import HELLO, Answer, Ask, Site

pytestmark = pytest.mark.browser
SCRIPT = "text/javascript"


def test_the_driver_tells_of_documents_unasked_and_of_files_when_asked(
    site: Site, elsewhere: Site, tmp_path: Path
) -> None:
    """Redirects too; files are asked for later, each once. A new Playwright must do the same."""
    elsewhere.pages["/cdn.js"] = Answer("1", kind=SCRIPT)
    site.pages["/old"] = Answer("", status=302, headers={"Location": "/"})
    files = f"<img src='/lost.png'><script src='{elsewhere.url}/cdn.js'></script>"
    site.pages["/"] = Answer(HELLO.format(files))
    driver = start_driver()
    browser = launch(driver, "chromium", tmp_path).browser
    context = browser.new_context()
    heard = Traffic(site.url, Scrubber())
    heard.listen(context, every=False)

    context.new_page().goto(f"{site.url}/old")
    documents = [(one.url.removeprefix(site.url), one.status) for one in heard.heard]
    heard.catch_up()
    quiet = len(heard.heard)
    heard.catch_up(failed=True)
    heard.catch_up(failed=True)
    everything = [(one.url.removeprefix(site.url), one.kind, one.status) for one in heard.heard]
    browser.close()
    driver.stop()

    assert documents == [("/old", 302), ("/", 200)]
    assert quiet == len(documents), "nothing was hidden and nothing failed: nothing was asked"
    assert sorted(everything) == [
        ("/", "document", 200),
        ("/lost.png", "image", 404),
        ("/old", "document", 302),
        (f"{elsewhere.url}/cdn.js", "script", 200),
    ]
    assert heard.sizes == {f"{elsewhere.url}/cdn.js": 1}
    assert [(one["url"], one["status"]) for one in heard.failing] == [(f"{site.url}/lost.png", 404)]


def test_a_flood_of_calls_is_not_listened_to_and_documents_still_are(
    site: Site, tmp_path: Path
) -> None:
    """Calls take more time to hear than they come apart; the next page must be known all the same.

    From then on nothing waits for an answer, since none would be heard.
    """
    body = (
        "setInterval(() => { for (let i = 0; i < 4; i++) fetch('/next?' + i).catch(() => 0) }, 5)"
    )
    site.pages["/flood"] = Answer(HELLO.format(f"<script>{body}</script>"))
    driver = start_driver()
    browser = launch(driver, "chromium", tmp_path).browser
    context = browser.new_context()
    heard = Traffic(site.url, Scrubber())
    heard.listen(context, every=True)
    page = context.new_page()

    page.goto(f"{site.url}/flood")
    for _ in range(200):
        page.wait_for_timeout(50)
        if heard.flooded:
            break
    page.goto(f"{site.url}/next")
    before = heard.count
    page.goto(f"{site.url}/")
    page.evaluate("fetch('/next?later').then(() => 0)")
    documents = [one.url.removeprefix(site.url) for one in heard.heard if one.kind == "document"]
    waiting = [one for one in heard.requests() if one.pending]
    browser.close()
    driver.stop()

    assert heard.flooded
    assert not heard.sure
    assert documents == ["/flood", "/next", "/"]
    assert heard.count == before + 1, "the page, and nothing that it called"
    assert not waiting


def test_what_another_site_hides_is_known_from_the_first_run_on(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site, out: Path
) -> None:
    """Bytes and status of its files, and that one is missing; the second run hears at once."""
    elsewhere.pages["/cdn.js"] = Answer("/* 700 bytes */" + " " * 685, kind=SCRIPT)
    tag = f"<script src='{elsewhere.url}/cdn.js'></script>"
    lost = f"<script src='{elsewhere.url}/lost.js'></script>"
    site.pages["/"] = Answer(HELLO.format(f"{tag}{lost}<a href='/next'>next</a>"))
    acts = (("step", "open"), ("open", "/"), ("click", "next"), ("see", "bye"), ("goal", "x"))

    for _ in range(2):
        run = pool.run(ask(*acts))

        assert run.outcome is Outcome.PASSED, run.message
        page = run.steps[0].pages[0]
        assert (page.third_party_requests, page.third_party_bytes) == (2, 712)
        rows = kept(run, out)
        assert rows["/cdn.js"]["status"] == 200
        assert (rows["/cdn.js"]["type"], rows["/cdn.js"]["method"]) == ("script", "GET")
        assert rows["/lost.js"]["status"] == 404


def test_files_of_the_shop_are_told_by_its_own_pages(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Method, kind and status of each, though no event told of them."""
    kinds = {
        "/a.css": ("text/css", "stylesheet"),
        "/styles": ("text/css", "stylesheet"),
        "/a.js": (SCRIPT, "script"),
        "/a.png": ("image/png", "image"),
        "/b.png": ("image/png", "image"),
        "/f.woff2": ("font/woff2", "font"),
    }
    for path, (kind, _) in kinds.items():
        site.pages[path] = Answer("", kind=kind)
    site.pages["/styles"] = Answer(
        "@font-face { font-family: F; src: url(/f.woff2) } h1 { font-family: F }"
        "body { background: url(/b.png) }",
        kind="text/css",
    )
    site.pages["/"] = Answer(
        HELLO.format(
            "<link rel=stylesheet href=/a.css><link rel=stylesheet href=/styles>"
            "<script src=/a.js></script><img src=/a.png>"
        )
    )

    known = "performance.getEntriesByType('resource').length"  # some come after the page is loaded
    look = f"{known} < {len(kinds)} ? setTimeout(look, 20) : done(0)"
    wait = f"new Promise(done => {{ const look = () => {look}; look() }})"
    run = pool.run(ask(("step", "open"), ("open", "/"), ("run script", wait), ("goal", "x")))

    rows = kept(run, out)
    told = {
        path: (rows[path]["method"], rows[path]["status"], rows[path]["type"]) for path in kinds
    }
    assert told == {path: ("GET", 200, kind) for path, (_, kind) in kinds.items()}


def test_a_failure_lists_the_broken_files_of_all_steps(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """No event told of them, and the step that failed had another reason."""
    site.pages["/"] = Answer(HELLO.format("<img src=/x.png><a href='/next'>next</a>"))
    site.pages["/next"] = Answer(HELLO.format("<script src=/app.js></script>"))
    site.pages["/app.js"] = Answer("", status=500)
    steps = (("step", "open"), ("open", "/"), ("step", "pay"), ("click", "next"))

    run = pool.run(ask(*steps, ("click", "done"), step_deadline_s=3.0))

    assert run.outcome is Outcome.FAILED
    (listed,) = [one for one in run.artefacts if one.kind == "requests"]
    failing = json.loads((out / listed.path).read_text("utf-8"))
    told = [(one["url"].removeprefix(site.url), one["status"], one["type"]) for one in failing]
    assert sorted(told) == [("/app.js", 500, "script"), ("/x.png", 404, "image")]


@pytest.fixture(autouse=True)
def forget() -> None:
    """Let no test know of another one's shop."""
    traffic._hiding.clear()


def kept(run: FlowRun, out: Path) -> dict[str, dict[str, Any]]:
    """Return the requests that a run kept, by path; the first of each."""
    (artefact,) = [one for one in run.artefacts if one.kind == "exchanges"]
    rows = unpack((out / artefact.path).read_bytes())["requests"]
    return {urlsplit(one["url"]).path: one for one in reversed(rows)}

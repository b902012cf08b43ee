"""HAR and film of a retry are made of its trace: beside Playwright's own HAR they say the same."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from probes.artefacts.film import durations, film_of, thinned
from probes.artefacts.har import har_of
from probes.artefacts.trace import scrub_zip
from probes.browser import launch
from probes.scrubbing.scrub import Scrubber
from tests.probes.site import HELLO, Answer, Site

SECRET = "cookie-canary-4f1d"
KEPT = "<link rel=stylesheet href=/kept>"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Record one walk twice: as a trace, and by Playwright as a HAR."""
    folder = tmp_path_factory.mktemp("recorded")
    site = Site()
    site.pages["/"] = Answer(
        KEPT
        + HELLO.format("<p id=p></p><script>fetch('/call',{method:'POST',body:'a=1'})</script>"),
        headers={"Set-Cookie": f"session={SECRET}"},
    )
    style = Answer("p{color:red}", kind="text/css", headers={"Cache-Control": "max-age=600"})
    site.pages |= {"/kept": style, "/again": Answer(KEPT + HELLO.format("again"))}
    site.pages["/call"] = Answer('{"ok": true}', kind="application/json")
    site.pages["/favicon.ico"] = Answer("", status=204)
    with sync_playwright() as playwright:
        browser = launch(playwright, "chromium", folder).browser
        context = browser.new_context(record_har_path=folder / "own.har")
        context.tracing.start(screenshots=True, snapshots=True)
        page = context.new_page()
        with page.expect_response("**/call"):
            page.goto(site.url)
        for shade in ("red", "green", "blue", "black", "white", "grey"):
            page.evaluate(f"document.body.style.background='{shade}'")
            page.wait_for_timeout(100)
        page.goto(f"{site.url}/again")  # its style comes from the cache: it waited for nobody
        page.goto(f"{site.url}/missing")
        context.tracing.stop(path=folder / "raw.zip")
        context.close()
        browser.close()
    site.close()
    done = scrub_zip(folder / "raw.zip", folder / "clean.zip", Scrubber())
    assert done.left == []
    return folder / "clean.zip", folder / "own.har"


@pytest.mark.browser
def test_the_har_has_the_requests_of_playwrights_own(recorded: tuple[Path, Path]) -> None:
    """Method, address, status and body of each, and times that are there."""
    clean, own = recorded
    made = json.loads(har_of(clean) or "{}")["log"]
    want = json.loads(own.read_text("utf-8"))["log"]

    def rows(log: dict[str, list[dict[str, dict[str, object]]]]) -> set[tuple[object, ...]]:
        return {
            (entry["request"]["method"], entry["request"]["url"], entry["response"]["status"])
            for entry in log["entries"]
        }

    assert made["version"] == "1.2"
    assert rows(made) == rows(want)
    assert len(made["entries"]) == len(want["entries"])
    call = next(e for e in made["entries"] if e["request"]["url"].endswith("/call"))
    assert json.loads(call["response"]["content"]["text"]) == {"ok": True}
    assert call["request"]["postData"]["text"] == "a=1"
    times = [entry["timings"] for entry in made["entries"]]
    assert all(one[name] >= 0 for one in times for name in ("send", "wait", "receive"))


@pytest.mark.browser
def test_the_har_tells_no_cookie(recorded: tuple[Path, Path]) -> None:
    """Playwright's own does, in the header and in its list of cookies."""
    clean, own = recorded

    assert own.read_text("utf-8").count(SECRET) >= 2
    assert SECRET not in (har_of(clean) or "")


@pytest.mark.browser
def test_the_film_shows_the_frames_for_as_long_as_they_stood(recorded: tuple[Path, Path]) -> None:
    """An animated picture within its bounds; its length is that of the recording."""
    clean, _ = recorded
    with zipfile.ZipFile(clean) as archive:
        frames = [name for name in archive.namelist() if name.startswith("screencast/")]
    film = film_of(clean)
    assert film is not None
    (clean.parent / "film.webp").write_bytes(film)
    with Image.open(clean.parent / "film.webp") as opened:
        count = getattr(opened, "n_frames", 1)
        assert 1 < count <= len(frames)
        assert max(opened.size) <= 640
    few = film_of(clean, 2)
    assert few is not None
    assert len(few) < len(film)


def test_frames_are_spread_evenly_and_end_with_the_last() -> None:
    """Too many are thinned out over the whole length."""
    frames = [(at_ms, str(at_ms)) for at_ms in range(0, 10_000, 10)]
    chosen = thinned(frames, 5)

    assert [at_ms for at_ms, _ in chosen] == pytest.approx([0, 2_500, 5_000, 7_490, 9_990], abs=10)
    assert thinned(frames[:3], 5) == frames[:3]


def test_a_picture_stands_until_the_next() -> None:
    """The last one for a second."""
    assert durations([100, 350, 351]) == [250, 1, 1_000]

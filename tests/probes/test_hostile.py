"""Hostile pages: the run ends inside its deadline, with a verdict and bounded evidence."""

from pathlib import Path

import psutil
import pytest

from forepost.model import Fault, Outcome
from probes import processes
from probes.pool import ProbePool
from tests.probes.hostile import BOUND_BYTES, DEADLINE_S, GRACE_S, held, script, walk
from tests.probes.site import HELLO, Answer, Ask, Site

pytestmark = pytest.mark.browser

# Noise cannot be packed: as a whole it would be a picture of 11 MB.
NOISE = """<canvas id=noise width=1200 height=3000></canvas><script>
const pen = document.querySelector("#noise").getContext("2d");
const drawn = pen.createImageData(1200, 3000);
for (let at = 0; at < drawn.data.length; at += 60000)
  crypto.getRandomValues(drawn.data.subarray(at, at + 60000));
for (let at = 3; at < drawn.data.length; at += 4) drawn.data[at] = 255;
pen.putImageData(drawn, 0, 0);
</script>"""
MEGABYTE = "x" * 999_999 + "\n"


def test_endless_redirects_are_the_shops(sound: ProbePool, ask: Ask, site: Site, out: Path) -> None:
    """The browser gives up by itself; the message says why."""
    site.pages["/loop"] = Answer(status=302, headers={"Location": "/loop"})

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/loop"),
        ("see", "hello"),
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert "ERR_TOO_MANY_REDIRECTS" in run.message
    held(run, out)


def test_redirects_by_script_do_not_hold_a_run(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """A page that reloads itself for ever, each time another address."""
    site.pages["/again"] = script("location.href = '/again?' + Math.random()")

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/again"),
        ("click", "never there"),
        ("goal", "1"),
        step_deadline_s=4.0,
    )

    assert run.outcome is Outcome.FAILED, run.message
    held(run, out)


@pytest.mark.parametrize("kind", ["text/html", "image/png"])
def test_a_response_of_200_megabytes_is_bounded(
    sound: ProbePool, ask: Ask, site: Site, out: Path, kind: str
) -> None:
    """As the page itself: there is a verdict, and the worker's memory is its own afterwards."""
    site.pages["/huge"] = Answer(MEGABYTE, kind=kind, repeat=200)

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/huge"),
        ("click", "never there"),
        ("goal", "1"),
        step_deadline_s=5.0,
        retry=True,
    )

    assert run.outcome in (Outcome.FAILED, Outcome.BROKEN), run.message
    held_retry = (run.finished_at - run.started_at).total_seconds()
    assert held_retry < 2 * (DEADLINE_S + GRACE_S)
    kept = [file for file in (out / "runs" / run.id).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in kept) < 2 * BOUND_BYTES
    (worker,) = sound.pids() or [0]
    if worker:
        assert psutil.Process(worker).memory_info().rss < 400_000_000


def test_a_huge_image_beside_the_page_fails_nothing(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """The customer reaches the goal; what else the page loads is its own affair."""
    site.pages["/shop"] = Answer(HELLO.format("<img src='/huge.png'><p>bye</p>"))
    site.pages["/huge.png"] = Answer(MEGABYTE, kind="image/png", repeat=200)

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/"),
        ("run script", "setTimeout(() => { location.href = '/shop' }, 0)"),
        ("wait", "300"),
        ("see", "bye"),
        step_deadline_s=10.0,
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


@pytest.mark.parametrize(
    "body",
    [
        "for (let i = 0; i < 50; i++) alert('stop ' + i)",
        "setInterval(() => { alert('again'); confirm('sure?'); prompt('name?') }, 1)",
    ],
)
def test_alerts_do_not_stop_a_customer_who_clicks_them_away(
    sound: ProbePool, ask: Ask, site: Site, out: Path, body: str
) -> None:
    """Each is dismissed; the page behind them is read."""
    site.pages["/alerts"] = script(body)

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/alerts"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


def test_an_endless_alert_loop_ends_with_a_verdict(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """The page never gets to an end of its script: it is not usable, for nobody."""
    site.pages["/alerts"] = script("while (true) alert('stop')")

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/alerts"),
        ("see", "hello"),
        step_deadline_s=5.0,
    )

    assert not run.outcome.worked or run.outcome is Outcome.PASSED
    held(run, out)


def test_pop_ups_are_closed_and_cost_nothing(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Forty windows in a second: the journey goes on in its own, few stay open."""
    site.pages["/popups"] = script(
        "let n = 0; const t = setInterval(() => { window.open('/next', 'w' + n);"
        " if (++n > 40) clearInterval(t) }, 20)"
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/popups"),
        ("wait", "1500"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


def test_downloads_leave_nothing_on_disk(sound: ProbePool, ask: Ask, site: Site, out: Path) -> None:
    """A page that pushes a file: not taken, and the page behind it still counts."""
    site.pages["/file"] = Answer(
        MEGABYTE, repeat=100, headers={"Content-Disposition": "attachment; filename=x.bin"}
    )
    site.pages["/pushes"] = script("onload = () => { location.href = '/file' }")

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/pushes"),
        ("wait", "800"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)
    sizes = [file.stat().st_size for file in (out / "workers").rglob("*.bin")]
    assert sum(sizes) < BOUND_BYTES


def test_a_link_that_is_a_download_has_a_verdict(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Asked for as a page it is none: the shop's, in one line."""
    site.pages["/file"] = Answer(
        MEGABYTE, repeat=100, headers={"Content-Disposition": "attachment; filename=x.bin"}
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/file"),
        ("see", "hello"),
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert "the address is a download, not a page" in run.message
    held(run, out)


def test_a_page_that_never_ends_for_a_download_has_a_verdict(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Pushed while the page is being read, a file stops the reading: it is never loaded."""
    site.pages["/file"] = Answer(
        MEGABYTE, repeat=100, headers={"Content-Disposition": "attachment; filename=x.bin"}
    )
    site.pages["/pushes"] = script("location.href = '/file'")

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/pushes"),
        ("see", "hello"),
        step_deadline_s=4.0,
    )

    assert run.outcome is Outcome.FAILED
    held(run, out)


def test_a_page_that_is_never_idle_passes(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """It polls for ever; nobody waits for its silence."""
    site.pages["/busy"] = script(
        "setInterval(() => fetch('/next?' + Math.random()).catch(() => 0), 5)"
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/busy"),
        ("wait", "1000"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


@pytest.mark.parametrize(
    "page",
    [
        "<div style='height:3000000px'>tall</div>",
        "<p>deep</p>" + "<div>" * 3_000 + "x" + "</div>" * 3_000,
        "<ul>" + "<li>row <a href='#'>link</a></li>" * 60_000 + "</ul>",
        NOISE,
    ],
    ids=["tall", "deep", "long", "noisy"],
)
def test_evidence_of_a_giant_page_is_bounded(
    sound: ProbePool, ask: Ask, site: Site, out: Path, page: str
) -> None:
    """The picture is cut, or there is none; never the verdict."""
    site.pages["/giant"] = Answer(HELLO.format(page))

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/giant"),
        ("check", "the shelf is full"),
        ("goal", "1"),
    )

    assert run.outcome is Outcome.FAILED, run.message
    assert "the shelf is full" in run.message
    held(run, out)


def test_a_page_that_asks_before_it_is_left_does_not_hold_the_browser(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """`beforeunload` with a question: the next step and the closing go on."""
    site.pages["/stay"] = script("addEventListener('beforeunload', e => { e.preventDefault() })")

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/stay"),
        ("run script", "document.body.click()"),
        ("step", "go on"),
        ("open", "/"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


def test_a_script_that_overwrites_what_we_read_with_has_no_say(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """A page may break its own functions, not our figures or our verdict."""
    site.pages["/evil"] = script(
        "JSON.stringify = () => { throw 1 }; Array.prototype.map = () => { throw 2 };"
        " performance.getEntriesByType = () => { throw 3 }; Object.keys = null;"
        ' const forged = (traffic) => console.debug(\'__forepost {"began": 1e400, "drift": 0,\''
        ' + \'"url": "http://x/", "inside": false, "traffic": \' + traffic + \'}\');'
        ' forged(\'{"rows": [], "unsized": [], "hosts": []}\');'
        ' forged(\'{"rows": [[7, 1e400]], "unsized": [7], "hosts": {"a": 5}}\');'
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/evil"),
        ("see", "hello"),
        ("step", "go on"),
        ("open", "/"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    held(run, out)


def test_no_hostile_page_left_a_process(pool: ProbePool) -> None:
    """After all of them: only the worker's own tree."""
    assert pool.leftovers() == 0
    assert all(processes.tree(pid) for pid in pool.pids())

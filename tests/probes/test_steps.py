"""Steps and their page timings, against a site whose delays are known."""

import re

import pytest

from forepost.model import Outcome
from probes.lines import URL_LENGTH
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site, names

pytestmark = pytest.mark.browser


def test_a_journey_that_reaches_its_goal_passes(pool: ProbePool, ask: Ask) -> None:
    """Two pages, two steps: both timed, both with the page the customer ended on."""
    run = pool.run(
        ask(("step", "open"), ("open", "/"), ("step", "next"), ("click", "next"), ("see", "bye"))
    )

    assert (run.outcome, run.message, run.fault) == (Outcome.PASSED, "", None)
    assert names(run) == [("open", "passed"), ("next", "passed")]
    assert [step.url.rpartition("/")[2] for step in run.steps] == ["", "next"]
    assert all(step.duration_ms > 0 for step in run.steps)
    assert run.started_at <= run.finished_at
    assert run.browser is not None
    assert run.browser.version
    assert run.cpu_ratio is not None
    assert 0 <= run.cpu_ratio <= 1
    assert {kept.kind for kept in run.artefacts} == {"picture", "exchanges"}


def test_page_timings_contain_the_delays_of_the_site(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site
) -> None:
    """A page held back 400 ms, a picture 300 ms more, a task of 200 ms, a shift of a block."""
    site.pages["/slow"] = Answer(
        HELLO.format(
            f"<img src='/late.svg' width=600 height=400 id='hero'><p>text</p>"
            f"<script src='{elsewhere.url}/third.js'></script>"
            "<script>const painted = then => requestAnimationFrame(() =>"
            " requestAnimationFrame(() => setTimeout(then, 100)));"
            "const say = () => { document.querySelector('p').textContent = 'settled' };"
            "const shift = () => { document.querySelector('h1').style.marginTop = '200px';"
            " painted(say) };"
            "const work = () => { const end = performance.now() + 200;"
            " while (performance.now() < end); painted(shift) };"
            "addEventListener('load', () => painted(work))</script>"
        ),
        delay_s=0.4,
    )
    # Of some weight: a browser does not count pictures of hardly any content.
    inside = f"<rect width='600' height='400' fill='teal'/><!--{'x' * 9_000}-->"
    picture = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='400'>{inside}</svg>"
    site.pages["/late.svg"] = Answer(picture, kind="image/svg+xml", delay_s=0.3)
    elsewhere.pages["/third.js"] = Answer("/*" + "x" * 5_000 + "*/", kind="text/javascript")

    run = pool.run(ask(("step", "open"), ("open", "/slow"), ("see", "settled")))

    assert run.outcome is Outcome.PASSED, run.message
    (page,) = run.steps[0].pages
    assert page.ttfb_ms is not None
    assert page.fcp_ms is not None
    assert page.lcp_ms is not None
    assert page.load_ms is not None
    assert page.dcl_ms is not None
    assert 400 <= page.ttfb_ms <= page.fcp_ms <= page.lcp_ms < 5_000
    assert page.load_ms >= 700
    assert page.dcl_ms <= page.load_ms
    assert page.lcp_element == "img#hero"
    assert page.cls is not None
    assert page.cls > 0.05
    assert page.tbt_ms is not None
    assert page.tbt_ms >= 100
    assert page.begins_ms == page.fcp_ms
    assert (page.requests, page.third_party_requests) == (3, 1)
    assert page.third_party_bytes >= 5_000
    assert page.bytes > page.third_party_bytes


def test_a_soft_navigation_leaves_its_cells_empty(pool: ProbePool, ask: Ask) -> None:
    """No document came, so there is nothing to measure: never zeros."""
    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "filter"),
            ("run script", "history.pushState({}, '', '/filtered')"),
            ("see", "hello"),
        )
    )

    assert run.steps[1].url.endswith("/filtered")
    assert run.steps[1].pages == ()
    assert run.steps[0].pages[0].url.endswith("/")


def test_an_endless_address_is_kept_short(pool: ProbePool, ask: Ask) -> None:
    """A shop that carries its whole state in its address must not fill the store with it."""
    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("run script", "history.pushState({}, '', `/?state=${'x'.repeat(20_000)}`)"),
            ("see", "hello"),
        )
    )

    assert run.outcome is Outcome.PASSED, run.message
    assert len(run.steps[0].url) == URL_LENGTH
    assert all(len(page.url) <= URL_LENGTH for page in run.steps[0].pages)


def test_a_page_that_teaches_every_object_its_own_json_is_measured(
    pool: ProbePool, ask: Ask, site: Site
) -> None:
    """Prototype.js does: figures and requests come through, when looked at and when left."""
    page = Answer(
        "<h1>hello</h1><a href='/next'>next</a><img src='/pixel.svg'><script>"
        "for (const kind of [Array, Object, String, Number])"
        "  kind.prototype.toJSON = () => 'mine';"
        "Object.assign = JSON.stringify = () => 'mine';</script>"
    )
    site.pages |= {"/old": page, "/pixel.svg": Answer("<svg/>", kind="image/svg+xml")}

    run = pool.run(ask(("step", "a"), ("open", "/old"), ("click", "next"), ("see", "bye")))

    old, following = run.steps[0].pages
    assert old.ttfb_ms is not None
    assert old.requests == 2
    assert following.ttfb_ms is not None


def test_every_document_of_a_step_is_measured(pool: ProbePool, ask: Ask) -> None:
    """Two navigations in one step: the first one is not lost when it is left."""
    run = pool.run(ask(("step", "both"), ("open", "/"), ("click", "next"), ("see", "bye")))

    pages = run.steps[0].pages
    assert [page.url.rpartition("/")[2] for page in pages] == ["", "next"]
    assert all(page.ttfb_ms is not None for page in pages)


def test_observation_is_outside_of_the_clock(pool: ProbePool, ask: Ask, site: Site) -> None:
    """A page whose script blocks the moment it is read: the step's time does not grow."""
    site.pages["/busy"] = Answer(
        HELLO.format(
            "<script>setTimeout(() => { const end = performance.now() + 2000;"
            " while (performance.now() < end); }, 150)</script>"
        )
    )

    run = pool.run(
        ask(("step", "open"), ("open", "/busy"), ("see", "hello"), ("step", "rest"), ("goal", "x"))
    )

    assert run.outcome is Outcome.PASSED
    assert run.steps[1].duration_ms < 1_500


def test_a_step_over_its_budget_is_degraded(pool: ProbePool, ask: Ask, site: Site) -> None:
    """The customer got there, but too late: the run says so, and names both times."""
    site.pages["/"].delay_s = 0.3

    run = pool.run(
        ask(("step", "open"), ("open", "/"), ("see", "hello"), settings={"budget_ms": 200.0})
    )

    assert run.outcome is Outcome.DEGRADED
    assert run.steps[0].budget_ms == 200.0
    said = r'told, step "open": done after \d+\.\d s \(budget 0\.2 s\)'
    assert re.fullmatch(said, run.message), run.message


def test_third_parties_and_scripts_that_fail_do_not_fail_a_journey(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site
) -> None:
    """A script that throws and a third party that is down: the goal was reached."""
    site.pages["/"] = Answer(
        HELLO.format(f"<script src='{elsewhere.url}/gone.js'></script><script>oops()</script>")
    )

    run = pool.run(ask(("step", "open"), ("open", "/"), ("see", "hello")))

    assert run.outcome is Outcome.PASSED
    assert {kept.kind for kept in run.artefacts} == {"picture", "exchanges"}


def test_a_second_customer_has_own_cookies(pool: ProbePool, ask: Ask, site: Site) -> None:
    """Two carts that race need two customers."""
    site.pages["/"].headers["Set-Cookie"] = "who=first"

    run = pool.run(
        ask(("step", "two"), ("open", "/"), ("second customer", "/next"), ("see", "hello"))
    )

    assert run.outcome is Outcome.PASSED, run.message
    (second,) = [headers for _, path, headers in site.seen if path == "/next"]
    assert "cookie" not in second


def test_the_shop_gets_the_mark_and_third_parties_do_not(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site
) -> None:
    """Documents, calls and redirects to the shop are marked; a cross-site call needs no leave."""
    site.pages["/old"] = Answer("", status=303, headers={"Location": "/"})
    site.pages["/call"] = Answer("{}", kind="application/json")
    site.pages["/"] = Answer(
        HELLO.format(
            f"<script>Promise.all([fetch('/call'), fetch('{elsewhere.url}/api')])"
            ".then(() => document.body.append('reached'))</script>"
        )
    )
    elsewhere.pages["/api"] = Answer("{}", headers={"Access-Control-Allow-Origin": "*"})

    shop = {"url": site.url.replace("127.0.0.1", "LocalHost")}
    run = pool.run(ask(("step", "open"), ("open", "/old"), ("see", "reached"), shop=shop))

    marks = {path: headers.get("x-synthetic-probe") for _, path, headers in site.seen}
    assert {marks[path] for path in ("/old", "/", "/call")} == {f"forepost/{run.id}"}
    assert [(method, path) for method, path, _ in elsewhere.seen] == [("GET", "/api")]
    assert "x-synthetic-probe" not in elsewhere.seen[0][2]
    assert elsewhere.seen[0][2]["user-agent"].endswith(" Forepost")

"""The synthetic mark: header, suffix and flag, in every browser; not on another load."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from loadtests.generator import visitor
from probes import mark
from probes.blocking import Blocking, known_places
from probes.browser import launch, start_driver
from probes.flows._again import Again
from probes.mark import as_browsers_write, flag_first, mark_by_route, with_flag
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site


@pytest.mark.parametrize(
    ("url", "flagged"),
    [
        ("https://shop.example", "https://shop.example?synthetic=1"),
        ("https://shop.example/a?b=c#d", "https://shop.example/a?b=c&synthetic=1#d"),
        ("https://shop.example/?synthetic=1", "https://shop.example/?synthetic=1"),
    ],
)
def test_a_flag_joins_a_query_as_it_stands(url: str, flagged: str) -> None:
    """Nothing of the address is written anew, and the flag comes once."""
    assert with_flag(url, "synthetic=1") == flagged
    assert with_flag(url, "") == url


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("HTTPS://Shop.Example:443/De", "https://shop.example/De"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("", ""),
    ],
)
def test_an_address_is_compared_as_the_browser_writes_it(url: str, written: str) -> None:
    """Else nothing that the shop's own pages ask for would be known as the shop's."""
    assert as_browsers_write(url) == written


def test_a_request_that_is_sent_again_is_marked_too() -> None:
    """It goes past the page, whose requests the browser marks; the cookies are the browser's."""
    heard: list[Callable[[object], None]] = []
    sent: list[dict[str, Any]] = []

    def fetch(_url: str, **what: Any) -> SimpleNamespace:
        sent.append(what)
        return SimpleNamespace(status=200)

    page = SimpleNamespace(
        on=lambda _, listener: heard.append(listener), request=SimpleNamespace(fetch=fetch)
    )
    again = Again(page, "http://shop.example", "run-1")  # type: ignore[arg-type]
    said = {"headers": {"cookie": "a=b", "accept": "*/*"}, "post_data_buffer": b"x"}
    paid = {"method": "POST", "resource_type": "fetch", "url": "http://shop.example/pay"}
    heard[0](SimpleNamespace(**said, **paid))

    assert again.send() == 200
    assert sent[0]["headers"] == {"accept": "*/*", "x-synthetic-probe": "forepost/run-1"}


@pytest.mark.browser
def test_the_flag_stands_in_the_first_address_of_the_shop_only(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site
) -> None:
    """Another party's page before it, and all pages after it, are as they are."""
    elsewhere.pages["/"] = Answer(HELLO.format(""))
    flag = {"flag": "synthetic=1"}

    run = pool.run(
        ask(
            ("step", "open"),
            ("open elsewhere", f"{elsewhere.url}/"),
            ("open", "/"),
            ("open", "/next"),
            ("see", "hello"),
            shop=flag,
        )
    )

    assert run.outcome.worked, run.message
    assert [path for _, path, _ in site.seen if "ico" not in path] == ["/?synthetic=1", "/next"]
    assert all("synthetic" not in path for _, path, _ in elsewhere.seen)


def test_load_tests_carry_another_mark() -> None:
    """A shop's figures can leave out the one, the other, or both."""
    assert (mark.HEADER, mark.value("run-1")) == ("X-Synthetic-Probe", "forepost/run-1")
    assert visitor.MARK == "X-Load-Test"


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield a browser without a pool."""
    driver: Playwright = start_driver()
    made = launch(driver, "chromium", tmp_path_factory.mktemp("browser")).browser
    yield made
    made.close()
    driver.stop()


@pytest.mark.browser
def test_a_browser_without_cdp_marks_and_blocks_by_route(
    browser: Browser, site: Site, elsewhere: Site
) -> None:
    """Documents and calls to the shop carry the mark, nothing else does, tags are refused."""
    site.pages["/call"] = Answer("{}", kind="application/json")
    site.pages["/"] = Answer(
        HELLO.format(
            "<script src='http://www.google-analytics.com/a.js'></script>"
            f"<script>fetch('/call'); fetch('{elsewhere.url}/api')</script><img src='/x.png'>"
        )
    )
    elsewhere.pages["/api"] = Answer("{}", headers={"Access-Control-Allow-Origin": "*"})
    context = browser.new_context()
    mark_by_route(context, site.url, "run-1", Blocking(known_places()))
    page = context.new_page()
    flag_first(page, site.url, "probe=1")
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))

    page.goto(site.url + "/", wait_until="networkidle")
    context.close()

    marks = {path: headers.get("x-synthetic-probe") for _, path, headers in site.seen}
    assert marks["/?probe=1"] == marks["/call"] == "forepost/run-1"
    assert marks["/x.png"] is None
    assert "x-synthetic-probe" not in elsewhere.seen[0][2]
    assert failed == ["http://www.google-analytics.com/a.js"]

"""Devices: a phone's screen and speed, checked by what a page sees and how long it takes."""

from dataclasses import asdict

import pytest

from forepost.config import Config
from forepost.config.tables import Device
from forepost.errors import ProbeError
from forepost.model import Outcome
from probes.device import BUILT_IN, MOBILE, conditions, context_options, device_of, read, slows
from probes.job import ProbeJob
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site

SEES = """document.title = [innerWidth, devicePixelRatio, navigator.maxTouchPoints > 0,
    matchMedia('(pointer: coarse)').matches, navigator.userAgent].join('|')"""


def config(**devices: Device) -> Config:
    """Return a config with some devices."""
    return Config(devices=devices)


def test_the_built_in_phone_is_lighthouses() -> None:
    """A mid-range phone on slow 4G, as its mobile preset has it."""
    assert (MOBILE.width, MOBILE.height, MOBILE.scale, MOBILE.touch) == (412, 823, 1.75, True)
    assert conditions(MOBILE) == {
        "offline": False,
        "latency": 562.5,
        "downloadThroughput": pytest.approx(1_638 * 1_000 / 8 * 0.9),
        "uploadThroughput": pytest.approx(750 * 1_000 / 8 * 0.9),
    }
    assert conditions(Device(latency_ms=100))["downloadThroughput"] == -1


def test_an_unknown_device_is_one_line_with_those_there_are() -> None:
    """What, the value, the remedy."""
    with pytest.raises(ProbeError) as caught:
        device_of(config(till=Device()), "phone")

    assert str(caught.value) == (
        'device = "phone": no such table [devices.phone]; there is: desktop, mobile, till'
    )


def test_a_device_crosses_the_pipe_as_it_is() -> None:
    """Name and keys; a table of the name of a built-in replaces it."""
    till = Device(width=800, height=600, touch=True)

    assert device_of(config(), "desktop") == {"name": "desktop", **asdict(BUILT_IN["desktop"])}
    assert read(device_of(config(till=till), "till")) == till
    assert read(device_of(config(mobile=till), "mobile")) == till
    assert read({}) == Device()


def test_a_browser_that_cannot_be_slowed_is_told_its_screen_only() -> None:
    """Firefox knows no mobile screen at all; the agent names the version that runs."""
    chromium = context_options(MOBILE, "chromium", "own", "156.0.1")
    firefox = context_options(MOBILE, "firefox", "own", "140.0")

    assert chromium["is_mobile"]
    assert "is_mobile" not in firefox
    assert "Chrome/156.0.0.0 Mobile" in chromium["user_agent"]
    assert context_options(Device(), "webkit", "own", "1")["user_agent"] == "own"
    assert slows(MOBILE)
    assert not slows(Device(width=300))


def job(ask: Ask, device: Device, name: str = "x") -> ProbeJob:
    """Return a job that opens the page on a device."""
    acts = (("step", "open"), ("open", "/"), ("see", "hello"), ("run script", "0"))
    return ask(*acts, device={"name": name, **asdict(device)})


@pytest.mark.browser
def test_the_page_sees_a_phone(pool: ProbePool, ask: Ask, site: Site) -> None:
    """Viewport, density, touch and agent; our mark still ends the agent."""
    meta = "<meta name=viewport content='width=device-width'>"
    script = f"<script>{SEES}; fetch('/told?' + encodeURIComponent(document.title))</script>"
    site.pages["/"] = Answer(HELLO.format(f"{meta}{script}"))
    phone = Device(width=412, height=823, scale=2.0, touch=True, user_agent="Phone/1")

    run = pool.run(job(ask, phone, "phone"))

    assert run.outcome is Outcome.PASSED, run.message
    assert run.device == "phone"
    told = next(path for _, path, _ in site.seen if path.startswith("/told"))
    assert told == "/told?412%7C2%7Ctrue%7Ctrue%7CPhone%2F1%20Forepost"


@pytest.mark.browser
def test_a_slow_line_is_as_slow_as_it_says(pool: ProbePool, ask: Ask, site: Site) -> None:
    """100 kB over 800 kbit/s take a second and more, and each request its latency."""
    site.pages["/"] = Answer(HELLO.format(f"<img src='/big.svg'><!--{'x' * 1_000}-->"))
    picture = f"<svg xmlns='http://www.w3.org/2000/svg'><!--{'y' * 100_000}--></svg>"
    site.pages["/big.svg"] = Answer(picture, kind="image/svg+xml")

    run = pool.run(job(ask, Device(download_kbps=800, latency_ms=100)))

    (page,) = run.steps[0].pages
    assert page.fcp_ms is not None
    assert page.load_ms is not None
    assert page.fcp_ms >= 350
    assert page.load_ms >= 1_000
    # The browser stamps the first byte before it holds it back: no true figure, so none.
    assert (page.ttfb_ms, page.lcp_delay_ms, page.begins_ms) == (None, None, page.fcp_ms)


@pytest.mark.browser
def test_a_slow_processor_takes_its_time(pool: ProbePool, ask: Ask, site: Site) -> None:
    """The same work takes several times as long at a fifteenth of the speed."""
    work = "for (let n = 0; n < 1e7; n++) total += n % 7"
    site.pages["/"] = Answer(
        HELLO.format(
            "<script>requestAnimationFrame(() => setTimeout(async () => { let total = 0;"
            f" const once = () => {{ const began = performance.now(); {work};"
            " return performance.now() - began };"
            # The best of three: whatever else the machine does, it never makes the work shorter.
            " await fetch('/took?' + Math.min(once(), once(), once()));"
            " document.body.append('measured') }, 50))</script>"
        )
    )
    took = []
    for slowdown in (1.0, 15.0):
        site.seen.clear()
        acts = (("step", "open"), ("open", "/"), ("see", "measured"))
        run = pool.run(ask(*acts, device={"name": "x", "cpu_slowdown": slowdown}))
        assert run.outcome is Outcome.PASSED, run.message
        told = next(path for _, path, _ in site.seen if path.startswith("/took?"))
        took.append(float(told.partition("?")[2]))

    assert took[1] > 2 * took[0]

"""Analytics and ads hosts: refused on the way out, and never a failure of the shop."""

from pathlib import Path

import pytest

from forepost.config import Shop
from forepost.model import Outcome
from probes.blocking import Blocking, blocking_of, known_places
from probes.measures.exchanges import unpack
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://www.google-analytics.com/g/collect?v=2", True),
        ("https://google-analytics.com/analytics.js", True),
        ("https://region1.google-analytics.com/g/collect", True),
        ("https://WWW.GOOGLE-ANALYTICS.COM/x", True),
        ("https://www.facebook.com/tr?id=1", True),
        ("https://www.facebook.com/shop", False),
        ("https://notgoogle-analytics.com/", False),
        ("https://shop.example/?ref=google-analytics.com/", False),
        ("https://shop.example/google-analytics.com/x", False),
        ("https://www.google.com/recaptcha/api.js", False),
        ("https://[not an address", False),
    ],
)
def test_a_host_stands_for_all_hosts_below_it(url: str, blocked: bool) -> None:
    """Only the host decides, and where the table says so the beginning of the path."""
    assert Blocking(known_places()).blocks(url) is blocked


def test_a_shop_may_allow_hosts_or_all() -> None:
    """For a test of the analytics themselves."""
    url = "https://www.googletagmanager.com/gtm.js"
    allowing = blocking_of(Shop(allow_requests=("googletagmanager.com",)))

    assert allowing is not None
    assert not allowing.blocks(url)
    assert not any("googletagmanager" in pattern for pattern in allowing.patterns)
    assert allowing.blocks("https://www.clarity.ms/tag/x")
    assert blocking_of(Shop(block_analytics=False)) is None


def test_no_host_of_a_payment_or_a_cdn_is_in_the_table() -> None:
    """What a checkout needs must never be refused."""
    blocking = Blocking(known_places())
    needed = (
        "https://js.stripe.com/v3/",
        "https://www.paypal.com/sdk/js",
        "https://pay.google.com/gp/p/js/pay.js",
        "https://cdn.jsdelivr.net/npm/x",
        "https://cdn.shopify.com/s/x.js",
        "https://fonts.googleapis.com/css",
        "https://www.gstatic.com/recaptcha/x.js",
        "https://consent.cookiebot.com/uc.js",
    )

    assert [url for url in needed if blocking.blocks(url)] == []


@pytest.mark.browser
def test_a_blocked_host_is_not_asked_and_fails_nothing(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """The page's tag is refused before a connection is made; the journey goes on."""
    site.pages["/"] = Answer(
        HELLO.format("<script src='http://www.google-analytics.com/analytics.js'></script>")
    )

    run = pool.run(ask(("step", "open"), ("open", "/"), ("see", "hello")))

    assert run.outcome is Outcome.PASSED
    (kept,) = [one for one in run.artefacts if one.kind == "exchanges"]
    rows = unpack((out / kept.path).read_bytes())["requests"]
    (tag,) = [row for row in rows if "google-analytics" in row["url"]]
    assert tag["failure"] == "blocked by Forepost"

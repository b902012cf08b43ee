"""Page timings: what vitals.js measured, joined with the requests of the same document."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from forepost.model import PageTiming

TOLD = "__forepost "  # begins the console line with which a page that is left tells its figures
GRACE_MS = 50  # how long an unfinished page is waited for, after the step's clock stopped
READ = f"window.__forepost ? window.__forepost.settle({GRACE_MS}) : null"
_TIMES = ("ttfb_ms", "fcp_ms", "lcp_ms", "cls", "tbt_ms", "dcl_ms", "load_ms")


def init_script() -> str:
    """Return the script that measures a document."""
    return files("probes").joinpath("vitals.js").read_text("utf-8")


def timing(
    figures: Mapping[str, Any], url: str, shop_url: str, sizes: Mapping[str, int]
) -> PageTiming:
    """Return the noun of one document.

    `figures` come out of the page and are hostile: anything but a finite, non-negative
    number is dropped. `sizes` are lengths by URL, for requests whose size the page may not
    see. `requests` and `bytes` count all parties; those of iframes are not among them.
    """
    element = figures.get("lcp_element")
    own, third = _traffic(figures.get("traffic"), shop_url, sizes)
    return PageTiming(
        url=url,
        lcp_element=element[:80] if isinstance(element, str) else None,
        requests=own[0] + third[0],
        bytes=own[1] + third[1],
        third_party_requests=third[0],
        third_party_bytes=third[1],
        **{name: _figure(figures.get(name)) for name in _TIMES},
    )


def _traffic(
    found: Any, shop_url: str, sizes: Mapping[str, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return requests and bytes of the shop and of all others."""
    counts = {True: [0, 0], False: [0, 0]}
    hosts, unsized = ({}, []) if not isinstance(found, dict) else (found["hosts"], found["unsized"])
    for origin, (requests, size) in hosts.items():
        mine = counts[first_party(origin, shop_url)]
        mine[0] += int(requests)
        mine[1] += int(size)
    for url in unsized:
        counts[first_party(url, shop_url)][1] += sizes.get(url, 0)
    return (counts[True][0], counts[True][1]), (counts[False][0], counts[False][1])


def first_party(url: str, shop_url: str) -> bool:
    """Whether a request goes to the shop: its host or a host below it.

    On a bare address or localhost the port counts too: there, another port is another party.
    """
    try:
        got, shop = urlsplit(url), urlsplit(shop_url)
        got_host, shop_host = got.hostname or "", (shop.hostname or "").removeprefix("www.")
        if "." not in shop_host or shop_host.replace(".", "").isdigit() or ":" in shop_host:
            return (got_host, got.port) == (shop_host, shop.port)
    except ValueError:
        return False
    return got_host == shop_host or got_host.endswith(f".{shop_host}")


def _figure(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < float("inf") else None

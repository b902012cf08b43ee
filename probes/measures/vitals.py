"""Page timings: what vitals.js measured, joined with the requests of the same document."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forepost.model import HostTraffic, PageTiming

TOLD = "__forepost "  # begins the console line with which a page that is left tells its figures
GRACE_MS = 50  # how long an unfinished page is waited for, after the step's clock stopped
READ = f"window.__forepost ? window.__forepost.settle({GRACE_MS}) : null"
HOSTS = 50  # hosts of one document that are told one by one, those of most bytes
SUM_DIFFERS_MS = 1.0  # the page rounds its figures
_PHASES = ("lcp_delay_ms", "lcp_load_ms", "lcp_render_ms")
_TIMES = (
    "ttfb_ms",
    "fcp_ms",
    "lcp_ms",
    *_PHASES,
    "cls",
    "inp_ms",
    "tbt_ms",
    "dcl_ms",
    "load_ms",
)


def init_script() -> str:
    """Return the script that measures a document."""
    return Path(__file__).with_suffix(".js").read_text("utf-8")


def timing(
    figures: Mapping[str, Any],
    url: str,
    shop_url: str,
    sizes: Mapping[str, int],
    frames: Iterable[Mapping[str, Any]] = (),
) -> PageTiming:
    """Return the noun of one document.

    `figures` come out of the page and are hostile: anything but a finite, non-negative
    number is dropped. `sizes` are lengths by URL, for requests whose size the page may not
    see. `frames` are the figures of its iframes: their requests count too, all else of
    theirs does not. `requests` and `bytes` count all parties.
    """
    element, resource = figures.get("lcp_element"), figures.get("lcp_url")
    hosts = _hosts([figures, *frames], shop_url, sizes)
    third = [host for host in hosts if not host.first_party]
    return PageTiming(
        url=url,
        lcp_element=element[:80] if isinstance(element, str) else None,
        lcp_url=resource[:500] if resource and isinstance(resource, str) else None,
        requests=sum(host.requests for host in hosts),
        bytes=sum(host.bytes for host in hosts),
        third_party_requests=sum(host.requests for host in third),
        third_party_bytes=sum(host.bytes for host in third),
        hosts=tuple(hosts[:HOSTS]),
        **_times(figures),
    )


def _times(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the times; the phases of LCP only if they add up to it."""
    times = {name: _figure(figures.get(name)) for name in _TIMES}
    parts = [times["ttfb_ms"], *(times[name] for name in _PHASES)]
    known = [part for part in parts if part is not None]
    lcp_ms = times["lcp_ms"]
    if len(known) < len(parts) or lcp_ms is None or abs(sum(known) - lcp_ms) > SUM_DIFFERS_MS:
        times.update(dict.fromkeys(_PHASES))
    return times


def _hosts(
    documents: Iterable[Mapping[str, Any]], shop_url: str, sizes: Mapping[str, int]
) -> list[HostTraffic]:
    """Return what each host sent, most bytes first."""
    counts: dict[str, list[int]] = {}
    for document in documents:
        traffic = document.get("traffic")
        for url, requests, size in _told(traffic if isinstance(traffic, dict) else {}, sizes):
            with suppress(ValueError):  # no address
                parts = urlsplit(url)
                mine = counts.setdefault(f"{parts.scheme}://{parts.netloc}", [0, 0])
                mine[0] += requests
                mine[1] += size
    hosts = [
        HostTraffic(urlsplit(origin).netloc[:100], first_party(origin, shop_url), requests, size)
        for origin, (requests, size) in counts.items()
    ]
    return sorted(hosts, key=lambda host: (-host.bytes, -host.requests, host.host))


def _told(traffic: Mapping[str, Any], sizes: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Yield address, requests and bytes as a page tells them; what is no count is left out.

    A page can write a line like ours to its console.
    """
    hosts, unsized = traffic.get("hosts"), traffic.get("unsized")
    for origin, told in hosts.items() if isinstance(hosts, dict) else ():
        with suppress(TypeError, ValueError, OverflowError):
            requests, size = (int(count) for count in told)
            if requests >= 0 and size >= 0:
                yield origin, requests, size
    for url in unsized if isinstance(unsized, list) else ():
        if isinstance(url, str):
            yield url, 0, sizes.get(url, 0)


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

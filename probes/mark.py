"""The synthetic mark: a shop can tell a probe from a customer, in logs, tills and figures.

A header, a suffix of the user agent and, if the shop wants one, a flag in the first address:
each may be dropped on the way. The header goes to the shop only: sent to third parties too,
it makes the browser ask them for leave first (a CORS preflight), and what they do not allow
fails (seen: a cross-site fetch blocked). Only documents and calls are marked; holding up
images and scripts as well cost 10 % of wall time, holding up documents and calls 3 to 6 %.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from playwright.sync_api import BrowserContext, CDPSession, Page, Route
from playwright.sync_api import Error as PlaywrightError

from probes.blocking import Blocking
from probes.measures.flood import Flood
from probes.measures.traffic import one_argument

HEADER = "X-Synthetic-Probe"
USER_AGENT_SUFFIX = "Forepost"
DEFAULT_PORTS = {"http": 80, "https": 443}
MARKED_TYPES = ("Document", "XHR", "Fetch")
FLOOD = 500  # requests of one attempt; a journey of twenty pages makes a fifth of them
Told = Callable[[str, str, str], None]


def value(run_id: str) -> str:
    """Return what the header says."""
    return f"forepost/{run_id}"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def as_browsers_write(url: str) -> str:
    """Return an address as a browser tells it: Shop.Example:443 is shop.example over https.

    What a page asks for is compared with the shop's address letter for letter.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    with suppress(UnicodeError):  # the browser will say what it thinks of such a name
        host = host.encode("idna").decode("ascii")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return urlunsplit(parts._replace(netloc=f"{host}{port}"))


def mark_requests(
    session: CDPSession,
    shop_url: str,
    run_id: str,
    told: Told | None = None,
    blocking: Blocking | None = None,
    learn: Callable[[str, Mapping[str, str]], None] | None = None,
    lost: Callable[[], None] | None = None,
) -> None:
    """Put the header on the page's documents and calls to the shop, redirects included.

    `told` hears method, URL and kind of each of them, `learn` URL and headers. What `blocking`
    names is refused on the way out; a page that asks for none of it pays nothing. A page that
    calls its server without end is marked on its first FLOOD requests, or until too many come at
    once (`probes.measures.flood`), then on documents only; `lost` hears when that begins.
    """
    mark = {"name": HEADER, "value": value(run_id)}
    shop = origin(shop_url)
    held_up, flood = count(1), Flood()

    def paused(event: dict[str, Any]) -> None:
        at_once = event["resourceType"] in MARKED_TYPES[1:] and flood.count()
        if next(held_up) == FLOOD or at_once:
            watch(MARKED_TYPES[:1])
            if lost is not None:
                lost()
        request, held = event["request"], {"requestId": event["requestId"]}
        with suppress(PlaywrightError):  # the page has gone elsewhere meanwhile
            if blocking is not None and blocking.blocks(request["url"]):
                session.send("Fetch.failRequest", {**held, "errorReason": "BlockedByClient"})
            elif origin(request["url"]) != shop or event["resourceType"] not in MARKED_TYPES:
                session.send("Fetch.continueRequest", held)  # it only looked like one to block
            else:
                if learn is not None:
                    learn(request["url"], request["headers"])
                if told is not None:
                    told(request["method"], request["url"], event["resourceType"].lower())
                headers = [{"name": name, "value": v} for name, v in request["headers"].items()]
                session.send("Fetch.continueRequest", {**held, "headers": [*headers, mark]})

    def watch(kinds: Sequence[str]) -> None:
        patterns = [{"urlPattern": f"{shop}/*", "resourceType": kind} for kind in kinds]
        if blocking is not None:
            patterns += [{"urlPattern": pattern} for pattern in blocking.patterns]
        session.send("Fetch.enable", {"patterns": patterns})

    session.on("Fetch.requestPaused", one_argument(paused))
    watch(MARKED_TYPES)


def mark_by_route(
    context: BrowserContext, shop_url: str, run_id: str, blocking: Blocking | None = None
) -> None:
    """Do the same in a browser without CDP: all requests go through a handler.

    There, a redirect keeps the headers of the request that led to it, so a shop that redirects
    to another site marks that request as well.
    """
    shop = origin(shop_url)
    kinds = {kind.lower() for kind in MARKED_TYPES}

    def decide(route: Route) -> None:
        request = route.request
        with suppress(PlaywrightError):
            if blocking is not None and blocking.blocks(request.url):
                route.abort("blockedbyclient")
            elif origin(request.url) == shop and request.resource_type in kinds:
                route.continue_(headers={**request.headers, HEADER: value(run_id)})
            else:
                route.continue_()

    context.route("**/*", decide)


def flag_first(page: Page, shop_url: str, flag: str) -> None:
    """Put `flag` (`name=value`) into the query of the first address of the shop that is opened.

    The page's own scripts see it there: an analytics tool may filter by it.
    """
    go = page.goto

    def flagged(url: str, **options: Any) -> Any:
        if origin(url) == origin(shop_url):
            setattr(page, "goto", go)  # noqa: B010 - a plain assignment to a method is no Python type
            url = with_flag(url, flag)
        return go(url, **options)

    setattr(page, "goto", flagged)  # noqa: B010 - see above


def with_flag(url: str, flag: str) -> str:
    """Return an address with the flag at the end of its query; once, however often it is asked."""
    parts = urlsplit(url)
    if not flag or flag in parts.query.split("&"):
        return url
    query = f"{parts.query}&{flag}" if parts.query else flag
    return urlunsplit(parts._replace(query=query))

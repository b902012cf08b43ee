"""The synthetic mark: a shop can tell a probe from a customer, in logs, tills and figures.

The header goes to the shop only: sent to third parties too, it makes the browser ask them
for leave first (a CORS preflight), and what they do not allow fails (seen: a cross-site
fetch blocked). Only documents and calls are marked; holding up images and scripts as well
cost 10 % of wall time, holding up documents and calls 3 to 6 %.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession
from playwright.sync_api import Error as PlaywrightError

HEADER = "X-Synthetic-Probe"
USER_AGENT_SUFFIX = "Forepost"
MARKED_TYPES = ("Document", "XHR", "Fetch")


def value(run_id: str) -> str:
    """Return what the header says."""
    return f"forepost/{run_id}"


def mark_requests(
    session: CDPSession,
    shop_url: str,
    run_id: str,
    told: Callable[[str, str, str], None] | None = None,
) -> None:
    """Put the header on the page's documents and calls to the shop, redirects included.

    `told` hears method, URL and kind of each of them.
    """
    parts = urlsplit(shop_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    mark = {"name": HEADER, "value": value(run_id)}

    def paused(event: dict[str, Any]) -> None:
        request = event["request"]
        if told is not None:
            told(request["method"], request["url"], event["resourceType"].lower())
        headers = [{"name": name, "value": v} for name, v in request["headers"].items()]
        try:
            session.send(
                "Fetch.continueRequest",
                {"requestId": event["requestId"], "headers": [*headers, mark]},
            )
        except PlaywrightError:
            return  # the page has gone elsewhere meanwhile

    session.on("Fetch.requestPaused", paused)
    patterns = [{"urlPattern": f"{origin}/*", "resourceType": kind} for kind in MARKED_TYPES]
    session.send("Fetch.enable", {"patterns": patterns})

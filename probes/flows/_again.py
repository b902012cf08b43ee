"""The paying request, remembered and sent again as it was: same key, same card, same cart."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from probes.mark import HEADER, value

SEND_LIMIT_MS = 10_000
KINDS = ("document", "xhr", "fetch")


class Again:
    """Listens to a page from its making until `stop`."""

    def __init__(self, page: Page, shop_url: str, run_id: str) -> None:
        self._page = page
        # What is sent past the page is not marked by the browser.
        self._mark = {HEADER.lower(): value(run_id)}
        self._host = urlsplit(shop_url).netloc
        self._sent: Request | None = None
        page.on("request", self._heard)

    def stop(self) -> None:
        """Keep what was heard last; the payment is over."""
        self._page.remove_listener("request", self._heard)

    @property
    def heard(self) -> bool:
        """Whether the shop was sent anything that could be a payment."""
        return self._sent is not None

    def send(self) -> int:
        """Send it again with the customer's cookies; the status it was answered with."""
        assert self._sent is not None  # noqa: S101 - callers look at `heard` first
        sent = self._sent
        answer = self._page.request.fetch(
            sent.url,
            method=sent.method,
            headers={n: text for n, text in sent.headers.items() if n != "cookie"} | self._mark,
            data=sent.post_data_buffer or b"",
            max_redirects=0,
            timeout=SEND_LIMIT_MS,
        )
        return answer.status

    def _heard(self, request: Request) -> None:
        posted = request.method == "POST" and request.resource_type in KINDS
        if posted and urlsplit(request.url).netloc == self._host:
            self._sent = request

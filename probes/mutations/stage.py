"""The stage of a mutation: what one journey's browser and `journey.http` hear passes here.

Pages are fetched by us and handed on changed. A redirect is handed on as a page that goes
there by itself, so that the page behind it passes here too (a browser's own redirects do not).
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus, urljoin, urlsplit

import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Request, Route
from requests.adapters import HTTPAdapter

from probes.journey import Journey
from probes.mark import HEADER, value
from probes.storefront import ShopSettings

CALLS = ("document", "xhr", "fetch")
REDIRECTS = range(300, 400)
CARD = re.compile(r"(?<!\d)(?:\d[ -]?){13,19}(?!\d)")
FACT = "broken on purpose"  # how often a mutation struck
WAIT_MS = 50
HOPS = 20  # redirects that a call of a script may follow


@dataclass(frozen=True, slots=True)
class Answer:
    """A page on its way to the browser."""

    url: str
    method: str
    status: int
    html: str
    sent_card: bool = False  # whether this request carried a card number

    @property
    def path(self) -> str:
        """Where it is, without what changes from look to look."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Hooks:
    """What one mutation does; each returns None where it leaves things as they are."""

    before: "Callable[[Stage, Answer], Answer | None] | None" = None  # instead of sending it
    page: "Callable[[Stage, Answer], Answer | None] | None" = None
    rows: "Callable[[Stage, str, list[Any]], list[Any] | None] | None" = None
    entering: "Callable[[Stage], bool] | None" = None  # a step begins; whether it did something


class Stage:
    """One journey, heard and changed."""

    def __init__(
        self, name: str, hooks: Hooks, at: str, journey: Journey, shop: ShopSettings
    ) -> None:
        self.journey, self.shop = journey, shop
        self.step = ""
        self.pays = False  # whether this step may move money
        self.at = at  # the step it must be noticed in; empty: any
        self.sent = 0  # what this step has sent to be changed (POST, PUT …)
        self.paid = False  # whether this step has sent a card
        self.asked: list[tuple[str, Answer]] = []  # (step, what was asked for), oldest first
        self.seen: list[tuple[str, Answer]] = []  # (step, page) as they came, unchanged
        self.remembered: list[Any] = []  # rows of a book, for a mutation that needs older ones
        self.hits = 0
        self._name, self._hooks = name, hooks
        self._hosts = {urlsplit(url).netloc for url in (shop.url, shop.services.get("gateway", ""))}

    @property
    def here(self) -> bool:
        """Whether the step that must notice it is under way."""
        return self.step == self.at if self.at else self.pays

    def provider(self, url: str) -> bool:
        """Whether an address is the payment provider's."""
        gateway = self.shop.services.get("gateway", "")
        return bool(gateway) and urlsplit(url).netloc == urlsplit(gateway).netloc

    def book(self, url: str) -> str:
        """Return whose book an address is: provider, mail, shop; empty: somebody else's."""
        services = {"provider": "gateway", "mail": "mail", "shop": "orders"}
        for name, key in services.items():
            base = self.shop.services.get(key, "")
            if base and urlsplit(url).netloc == urlsplit(base).netloc:
                return name
        return "shop" if urlsplit(url).netloc == urlsplit(self.shop.url).netloc else ""

    def wait(self, look: Callable[[], Any], limit_ms: int = 5_000) -> Any:
        """Wait until there is something, as long as a person would not notice."""
        for _ in range(limit_ms // WAIT_MS):
            if found := look():
                return found
            self.journey.page.wait_for_timeout(WAIT_MS)
        return None

    def install(self) -> None:
        """Take our place between the journey and the world."""
        self._listen(self.journey.page)
        begin, another = self.journey.step, self.journey.another_customer

        @contextmanager
        def step(name: str, **about: Any) -> Iterator[None]:
            with begin(name, **about):
                self._enter(name, pays=bool(about.get("pays")))
                yield

        def customer() -> Page:
            page = another()
            self._listen(page)
            return page

        vars(self.journey).update(step=step, another_customer=customer)
        if self._hooks.rows is not None:
            for scheme in ("http://", "https://"):
                self.journey.http.mount(scheme, _Books(self))

    def rows(self, url: str, rows: list[Any]) -> list[Any] | None:
        """Change a list that a book answered with."""
        changed = self._hooks.rows(self, url, rows) if self._hooks.rows else None
        if changed is not None and changed != rows:
            self.struck()
            return changed
        return None

    def _enter(self, name: str, *, pays: bool) -> None:
        self.step, self.pays, self.sent, self.paid = name, pays, 0, False
        if self._hooks.entering is not None and self._hooks.entering(self):
            self.struck()

    def struck(self) -> None:
        """Note that the mutation did something: one that never does is not applicable."""
        self.hits += 1
        self.journey.fact(FACT, f"{self._name}: {self.hits}×")

    def _listen(self, page: Page) -> None:
        if self._hooks.before is not None or self._hooks.page is not None:
            page.context.route(lambda url: urlsplit(url).netloc in self._hosts, self._route)

    def _route(self, route: Route, request: Request) -> None:
        """Decide about one request. What the browser gave up meanwhile needs no answer."""
        if request.resource_type not in CALLS:
            route.fallback()
            return
        with suppress(PlaywrightError):
            self._answer(route, request)

    def _answer(self, route: Route, request: Request) -> None:
        asked = Answer(request.url, request.method, 0, "", sent_card=_card_in(request))
        self.paid = self.paid or asked.sent_card
        self.sent += request.method != "GET"
        self.asked.append((self.step, asked))
        instead = self._hooks.before(self, asked) if self._hooks.before else None
        if instead is not None:
            self.struck()
            _fulfil(route, instead)
        elif self._hooks.page is None:
            route.fallback()
        else:
            self._fetch(route, request, asked)

    def _fetch(self, route: Route, request: Request, asked: Answer) -> None:
        document = request.resource_type == "document"
        mark = {HEADER: value(self.journey.run_id)}
        hops = 0 if document else HOPS
        got = route.fetch(headers={**request.headers, **mark}, max_redirects=hops)
        if not document:
            route.fulfill(response=got)
        elif got.status in REDIRECTS and "location" in got.headers:
            _fulfil(route, hop(asked, urljoin(request.url, got.headers["location"])))
        elif "html" not in got.headers.get("content-type", ""):
            route.fulfill(response=got)
        else:
            self._page(route, replace(asked, status=got.status, html=got.text()))

    def _page(self, route: Route, came: Answer) -> None:
        changed = self._hooks.page(self, came) if self._hooks.page else None
        self.seen.append((self.step, came))
        if changed is not None:
            self.struck()
        _fulfil(route, changed or came)


class _Books(HTTPAdapter):
    """Lets `journey.http` read a changed book."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def send(self, request: requests.PreparedRequest, *args: Any, **how: Any) -> requests.Response:
        """Send it, and change the list that comes back."""
        came = super().send(request, *args, **how)
        rows = _list_of(came) if request.method == "GET" else None
        changed = None if rows is None else self._stage.rows(request.url or "", rows)
        if changed is None:
            return came
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = came.status_code, came.url, request
        answer.headers, answer.encoding = came.headers, "utf-8"
        answer.raw = io.BytesIO(json.dumps(changed).encode())
        return answer


def hop(asked: Answer, url: str) -> Answer:
    """Return a page that goes on to `url` by itself and leaves no trace in the history."""
    where = json.dumps(url).replace("<", "\\u003c")
    html = f"<!doctype html><title></title><script>location.replace({where})</script>"
    return replace(asked, status=200, html=html)


def _fulfil(route: Route, answer: Answer) -> None:
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    route.fulfill(status=answer.status, headers=headers, body=answer.html)


def _list_of(came: requests.Response) -> list[Any] | None:
    try:
        rows = came.json()
    except ValueError:
        return None
    return rows if isinstance(rows, list) else None


def _card_in(request: Request) -> bool:
    """Whether a request carries a card number: 13 to 19 digits that keep Luhn's rule."""
    if request.method == "GET":
        return False
    body = unquote_plus((request.post_data_buffer or b"").decode("utf-8", "replace"))
    return any(_luhn(re.sub(r"\D", "", found)) for found in CARD.findall(body))


def _luhn(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0

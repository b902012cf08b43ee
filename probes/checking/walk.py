"""The walk of a check: page by page to the payment page, written down as it goes."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from playwright.sync_api import Error as PlaywrightError

from forepost.errors import ProbeError
from probes.checking.found import REPORT, Stage
from probes.checking.guard import guard, kept_from
from probes.checking.hints import clean
from probes.checking.look import STAGES, Look
from probes.checking.marks import Marks, read_marks
from probes.controls import Controls, load_preset
from probes.deadline import DeadlinePassed, limit
from probes.journey import STEP, Journey
from probes.storefront import Address, CartView, Offer, Storefront

LOOK_S = 8.0
LOOKED_INTO = 5  # links that may lead to a product
LINES = 5  # of the basket that are taken out again
ROOMS = Path(__file__).with_name("rooms.js").read_text("utf-8")
# How Playwright says that there is no browser any more, or no way to it (seen: both were killed).
_GONE = re.compile(r"has been closed|connection closed|Target crashed", re.IGNORECASE)
EMAIL = "forepost-check@probe.invalid"  # a domain that can never receive (RFC 2606)


class Walk:
    """Goes through a shop by its storefront; a stage that fails is written down, not raised."""

    def __init__(self, front: Storefront, journey: Journey, folder: str, product: str) -> None:
        shop = front.settings
        self._front = front
        self._page = journey.page
        self._folder = Path(folder)
        self._controls = Controls(journey.page, shop.controls, load_preset(shop.preset))
        self._look = Look(journey.page, self._controls, self._folder)
        self._url = shop.url
        self._preset = shop.preset
        self._product = product
        self._offer: Offer | None = None
        self._words = ""
        self._marks = Marks()
        self._stages: list[Stage] = []
        self._kept_from = ""
        self._in_cart = False
        self._emptied: bool | None = None
        guard(journey.page)

    @property
    def reached(self) -> bool:
        """Whether at least one page was looked at."""
        return any(stage.reached for stage in self._stages)

    def stages(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield the stages; each depends on what the ones before found."""
        yield "home", self._front.home
        if not self.reached:
            return
        yield "product", self._open_product
        if self._offer is not None:
            yield "search", self._search
            yield "cart", self._fill_cart
        if self._in_cart:
            yield "checkout", lambda: self._front.address(Address(email=EMAIL))
        if any(stage.name == "checkout" and stage.reached for stage in self._stages):
            yield "payment", lambda: self._front.delivery("standard")
            yield "address", self._front.back_to_address
        yield "support", self._support
        if self._in_cart:
            yield "empty the cart", self._empty

    def enter(self, name: str, stage: Callable[[], object]) -> None:
        """Do a stage, look at the page that it leads to, and write the report."""
        said, told = "", None
        try:
            told = stage()
        except DeadlinePassed as passed:
            if str(passed) != STEP:
                raise
            said = "the page did not get ready in time"
        except (PlaywrightError, AssertionError, ProbeError) as error:
            if isinstance(error, PlaywrightError) and _GONE.search(str(error)):
                raise  # our side: nothing that the shop lacks
            said = _reason(error)
        self._kept_from = self._kept_from or clean(kept_from(self._page))
        if name in STAGES:
            self._note(name, said, told)
        self.write()

    def write(self) -> None:
        """Write the report, whole or not at all."""
        data = {
            "preset": self._preset,
            "platform": self._marks.platform,
            "signs": [clean(sign) for sign in self._marks.signs],
            "product": self._product,
            "product_name": clean(self._offer.name) if self._offer else "",
            "words": self._words,
            "stages": [asdict(stage) for stage in self._stages],
            "sightings": [asdict(one) for one in self._look.sightings()],
            "kept_from": self._kept_from,
            "emptied": self._emptied,
        }
        draft = self._folder / f".{REPORT}.{os.getpid()}"
        draft.write_text(json.dumps(data, indent=1), "utf-8")
        draft.replace(self._folder / REPORT)

    def _note(self, name: str, said: str, told: object) -> None:
        """Note the page as it stands: also one that a stage did not get beyond."""
        picture, place = "", ""
        if self._page.url.startswith("http"):
            if name == "home":
                self._marks = read_marks(self._page)
            if name != "product" or self._product:  # else this is some page, and no product's
                with suppress(DeadlinePassed), limit(LOOK_S, "look at the page"):
                    self._look.sight(name, reached=not said)
            self._look.read(name, told)
            by = getattr(self._front, "controls", None)
            if isinstance(by, Controls):
                self._look.used(name, by)
            picture = self._look.photograph(f"{len(self._stages) + 1}-{name}.png")
            place = unquote(urlsplit(self._page.url).path)
        self._stages.append(Stage(name, clean(place), not said, clean(said), picture))

    # -- stages -----------------------------------------------------------------------------

    def _open_product(self) -> Offer:
        """Open the product that was named, or the first that can be put into the cart."""
        for path in [self._product] if self._product else self._products():
            self._page.goto(urljoin(f"{self._url}/", path), wait_until="domcontentloaded")
            if self._product or self._controls.find("add_to_cart") is not None:
                self._product = path
                self._offer = self._front.product(path)
                return self._offer
        raise AssertionError("no link leads to a product; name one with --product PATH")

    def _products(self) -> Iterator[str]:
        """Yield paths of products: from the first page, else from the lists it leads to."""
        rooms = [] if (paths := self._linked()) else self._page.evaluate(ROOMS)
        for room in rooms[:LOOKED_INTO]:
            self._page.goto(urljoin(f"{self._url}/", room), wait_until="domcontentloaded")
            if paths := self._linked():
                self._look.sight("home")
                break
        yield from paths[:LOOKED_INTO]

    def _linked(self) -> list[str]:
        """Return the paths behind the links to products on the page at hand."""
        paths = []
        for found in self._controls.look("product_link")["product_link"]:
            to = urlsplit(urljoin(self._page.url, found.url))
            if to.netloc == urlsplit(self._url).netloc and to.path not in paths:
                paths.append(to.path)
        return paths

    def _search(self) -> tuple[str, ...]:
        """Search for a word of the product's name, as the flow browse will."""
        name = self._offer.name if self._offer else ""
        words = sorted(re.findall(r"\w{4,}", name), key=len, reverse=True)[:1]
        for said in (*words, name):
            self._page.goto(self._url, wait_until="domcontentloaded")
            found = self._front.search(said)
            if found:
                self._words = clean(said)
                return found
        raise AssertionError(f'the search for "{said}" shows nothing')

    def _fill_cart(self) -> CartView:
        """Put the product into the cart, and look at it there."""
        self._in_cart = True  # from here on something may lie in it
        self._front.add_to_cart(self._product)
        return self._front.cart()

    def _support(self) -> None:
        """Open the support form, if a link leads there; nothing is sent."""
        self._page.goto(self._url, wait_until="domcontentloaded")
        link = next(iter(self._controls.look("support_link")["support_link"]), None)
        path = self._controls.address("support_page") or (link.url if link else "")
        if not path:
            raise AssertionError("no link to a support form on the first page")
        self._page.goto(urljoin(self._page.url, path), wait_until="domcontentloaded")

    def _empty(self) -> None:
        """Take everything out of the cart again."""
        self._emptied = False
        for _ in range(LINES):
            lines = self._front.cart().lines
            if not lines:
                break
            self._front.remove(lines[0].sku)
        self._emptied = not self._front.cart().lines


def _reason(error: Exception) -> str:
    """Return what a person needs of an error: what was waited for, without its call log."""
    text = str(error)
    waited = re.search(r"waiting for (.+)", text)
    if waited and "Timeout" in text:
        return f"no {waited[1].strip()}"
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__

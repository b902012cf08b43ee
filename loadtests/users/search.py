"""Search, and open what was found. One arrival is one search."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote_plus

from loadtests.session import FlowFailedError, Row, Session

ENDPOINTS = ("shop.search", "shop.found")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.search]` of a campaign, key for key."""

    words: tuple[str, ...] = ("tent", "mug", "jacket")  # each finds something


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:  # noqa: ARG001 - the room's verb
    """Ask for each of the words in turn."""
    return [{"word": word} for word in settings.words]


def run(session: Session, row: Row, settings: Settings) -> None:  # noqa: ARG001 - the room's verb
    """Ask for a word and open the first product on the list."""
    with session.step("search"):
        page = session.get(
            "shop.search", f"/search?q={quote_plus(row['word'])}", shows='data-testid="results"'
        )
    with session.step("product"):
        results = page.text.partition('data-testid="results"')[2]
        path = unescape(results.partition('href="')[2].partition('"')[0])
        if "/product/" not in path:
            raise FlowFailedError("content", f"{page.url} lists no product first")
        session.get("shop.found", path, shows='data-testid="product"')

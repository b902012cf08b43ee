"""Before money moves: what the shop's books answer decides, and whose fault it is."""

import signal
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests

from forepost.config import Secret
from forepost.errors import BrowserError
from probes import deadline
from probes.leave import LOOK_S, against, books_of
from probes.storefront import CannotTellError
from tests.probes.site import Answer, Site

TOKEN = Secret("canary-7781")


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """Take the alarm as a worker does, and give it back with the time that a test has left."""
    before, (left_s, _) = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    deadline.install()
    yield
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, left_s)


@dataclass(frozen=True, slots=True)
class Services:
    """A storefront that cannot list what was made, with one service that it may ask."""

    url: str
    get: Callable[[str], object]

    def made(self, customer: str) -> tuple[()]:
        """Know no way to."""
        raise CannotTellError(f"no list of what {customer} has")

    def charges(self, reference: str) -> object:
        """Ask the provider."""
        return self.get(f"{self.url}/charges?email={reference}")


def with_requests(url: str) -> object:
    """Ask as the storefronts that ship do."""
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def with_urllib(url: str) -> object:
    """Ask with what comes with Python, as a storefront of one's own may."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the test's own site
        return answer.read()


@pytest.mark.parametrize("get", [with_requests, with_urllib])
@pytest.mark.parametrize(
    ("status", "refused", "silent"),
    [
        (200, False, False),
        (401, True, False),
        (403, True, False),
        (404, False, False),  # of an address that has bought nothing: the token was taken
        (429, False, True),
        (500, False, True),
    ],
)
def test_a_service_that_refuses_is_told_from_one_that_is_down(
    site: Site, get: Callable[[str], object], status: int, refused: bool, silent: bool
) -> None:
    """Whatever it is asked with: the status decides, and one request is enough."""
    site.pages["/charges"] = Answer("[]", status=status)
    books = books_of(Services(site.url, get), "a@probe.invalid", TOKEN)

    assert (bool(books.refused), bool(books.silent)) == (refused, silent)
    assert len(site.seen) == 1
    assert "[shop] token" in books.refused or not refused
    assert "canary" not in f"{books}"


def test_an_answer_that_cannot_be_read_is_silence(site: Site) -> None:
    """The page of a proxy, say: neither a yes nor a no to our token."""
    site.pages["/charges"] = Answer("<h1>we are back soon</h1>")
    books = books_of(Services(site.url, with_requests), "a@probe.invalid", TOKEN)

    assert "JSONDecodeError" in books.silent
    assert not books.refused


@pytest.mark.parametrize("real_money", [False, True])
def test_a_storefront_without_books_pays_test_money_only(real_money: bool) -> None:
    """A sandbox keeps working without them; real money must be looked up again."""
    noted: list[object] = []
    books = books_of(object(), "", None, real_money=real_money)
    reason = against(books, real_money=real_money, note=lambda *fact: noted.append(fact))

    assert bool(reason) is real_money
    assert noted == []


def test_real_money_asks_no_service_that_could_not_save_it(site: Site) -> None:
    """The provider's books list charges; they undo no order."""
    front = Services(site.url, with_requests)
    books = books_of(front, "a@probe.invalid", TOKEN, real_money=True)

    assert "no list of what a@probe.invalid has" in against(
        books, real_money=True, note=lambda *_: None
    )
    assert site.seen == []


def test_the_run_s_own_deadline_is_not_taken_for_silence(site: Site) -> None:
    """It ends the run: nothing may be bought after it."""
    site.pages["/charges"] = Answer("[]", delay_s=2 * LOOK_S)

    with pytest.raises(deadline.DeadlinePassed, match="run"), deadline.limit(0.2, "run"):
        books_of(Services(site.url, with_requests), "a@probe.invalid", TOKEN)


def test_a_refusal_says_that_nothing_was_bought(site: Site) -> None:
    """Who reads it must not go and look for an order."""
    site.pages["/charges"] = Answer("", status=403)
    books = books_of(Services(site.url, with_requests), "a@probe.invalid", None)

    with pytest.raises(BrowserError, match=r"set \[shop\] token to one .*; nothing was bought$"):
        against(books, real_money=False, note=lambda *_: None)

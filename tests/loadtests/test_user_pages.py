"""The user files where no shop is needed: pages that look right, rows of others, a dead API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from forepost import plugins
from loadtests.generator.flow import Flow
from loadtests.generator.plan import Plan
from loadtests.generator.visitor import Door
from loadtests.session import Answer, FlowFailedError
from loadtests.users import _page


def user(name: str) -> ModuleType:
    """Return a user file, found as the load test finds it."""
    return plugins.load("loadtests.users", name)


class Fixed:
    """A shop that has one page for everything; remembers nothing."""

    def __init__(self, page: str) -> None:
        self._page = page

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Show the page."""
        return self.post(endpoint, path, {}, shows=shows)

    def post(
        self, endpoint: str, path: str, form: Mapping[str, str], *, shows: str | None = None
    ) -> Answer:
        """Show the page."""
        del form
        if shows is not None and shows not in self._page:
            raise FlowFailedError("content", f"{endpoint} does not show {shows}")
        return Answer(200, f"http://shop{path}", self._page)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Go on."""
        del name
        yield


SUMS = '<dd data-testid="{}"><data value="{}">x</data></dd>'
WORTH_LESS = "".join(SUMS.format(name, 99) for name in ("balance", "redeemed", "charged"))


@pytest.mark.parametrize(
    ("name", "page", "told"),
    [
        ("gift_card", WORTH_LESS, "redeemed is 99 cents, expected 100"),
        ("gift_balance", WORTH_LESS, "balance is 99 cents, expected 5000"),
        ("gift_buy", f'{WORTH_LESS}<p data-testid="gift-code">', "balance is 99 cents, expected"),
        ("subscribe", '<dd data-state="active">Active</dd>', "active, and nothing is paid"),
        ("search", '<ul data-testid="results"></ul><a href="/terms">', "lists no product first"),
    ],
)
def test_a_page_that_looks_right_must_also_say_the_right_thing(
    name: str, page: str, told: str
) -> None:
    """A card of another worth, nothing found: the words are there, and the goal is not."""
    module = user(name)
    row = {"code": "C", "cents": "5000", "email": "a@example.com", "word": "tent"}
    with pytest.raises(FlowFailedError, match=told):
        module.run(Fixed(page), row, module.Settings())


def test_a_page_that_never_ends_its_elements_holds_no_visit_up() -> None:
    """The shop under load may answer anything; its sums are looked for once."""
    page = Answer(200, "http://shop/", 'data-testid="total" ' * 100_000)
    with pytest.raises(FlowFailedError, match="shows no amount total"):
        _page.cents(page, "total")
    with pytest.raises(FlowFailedError, match="shows no total with datetime"):
        _page.attribute(page, "total", "datetime")


def test_what_a_campaign_brought_along_is_not_undone() -> None:
    """Cards and customers of a data file were there before: a clean-up must not touch them."""
    given = Flow("gift_card", {}, [{"code": "FERN-OURS-BEFORE"}])
    with pytest.raises(FlowFailedError, match="nothing undone: the rows are the campaign's own"):
        given.clean_up(
            Door(Plan("r", "http://shop", ("shop",), {}, {}, 1.0, 9, ""), ask_nobody, print)
        )


def ask_nobody() -> None:
    """No client is to be had: whoever asks for one would send something."""
    raise AssertionError


class Fading:
    """A shop whose test API takes one call and dies in the next."""

    calls = 0

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Hand back what was asked for, once."""
        del method, path
        self.calls += 1
        if self.calls > 1:
            raise TimeoutError
        return [{"id": "1", "key": "k", **one} for one in body]


def test_members_of_a_request_that_died_are_known_by_their_address() -> None:
    """The shop may have moved them in all the same: the clean-up must ask for them too."""
    module, seen = user("renewal"), list[Mapping[str, str]]()
    with pytest.raises(TimeoutError):
        seen.extend(module.prepare(Fading(), 1_500, module.Settings()))

    assert len({row["email"] for row in seen}) == 1_501
    assert sum("key" in row for row in seen) == 1_000

"""Reading what a page of the shop shows, by its test ids."""

import re
from functools import cache

from loadtests.session import Answer, FlowFailedError, Session

# Bounded: a page that never ends its elements costs no more than its length.
_AMOUNT = r'data-testid="{}"[^<>]{{0,300}}><data value="(-?\d{{1,15}})"'
_ATTRIBUTE = r'data-testid="{}"[^<>]{{0,300}}?\s{}="([^"<>]{{0,300}})"'
_CHARGED = 'data-testid="charge" data-status="succeeded"'
_LINK = re.compile(r"/product/([A-Za-z0-9._~-]+)")


def cents(page: Answer, name: str) -> int:
    """Return an amount of money.

    Raises: FlowFailedError if the page shows none of that name.
    """
    return int(_only(page, _pattern(_AMOUNT, name), f"amount {name}"))


def same(page: Answer, name: str, want_cents: int) -> None:
    """See that an amount of money is the one that is expected.

    Raises: FlowFailedError if it is another, or if the page shows none of that name.
    """
    got = cents(page, name)
    if got != want_cents:
        told = f"{page.url}: {name} is {got} cents, expected {want_cents}"
        raise FlowFailedError("wrong amount", told)


def charges(page: Answer) -> int:
    """Return how many charges a membership's page shows as paid."""
    return page.text.count(_CHARGED)


def attribute(page: Answer, name: str, what: str) -> str:
    """Return an attribute of the element with the test id `name`.

    Raises: FlowFailedError if the page has no such element.
    """
    return _only(page, _pattern(_ATTRIBUTE, name, what), f"{name} with {what}")


def products(session: Session) -> list[str]:
    """Return the products that the home page links to, each once, in the page's order.

    Raises: FlowFailedError if it links to none.
    """
    found = _LINK.findall(session.get("shop.home", "/").text)
    if not found:
        raise FlowFailedError("test data", "the home page links to no /product/<sku>")
    return list(dict.fromkeys(found))


@cache
def _pattern(form: str, *names: str) -> re.Pattern[str]:
    """Write names into a pattern: once, not for every visit."""
    return re.compile(form.format(*map(re.escape, names)))


def _only(page: Answer, pattern: re.Pattern[str], what: str) -> str:
    found = pattern.search(page.text)
    if found is None:
        raise FlowFailedError("content", f"{page.url} shows no {what}")
    return found[1]

"""What counts as proof that a goal was reached: a value that a page which failed would not have."""

from collections.abc import Iterator

from playwright.sync_api import APIResponse, Frame, FrameLocator, Locator, Page, Response

from forepost.errors import ProbeError

# There whatever the page shows; an answer also when it says 500.
ALWAYS_THERE = (Locator, FrameLocator, Page, Frame, Response, APIResponse, Iterator)


def empty(value: object, what: str) -> bool:
    """Whether there is nothing in a value; `what` names it.

    Blanks of all kinds are nothing, and so is a list of nothing else: what `all_inner_texts()`
    says of an empty page.
    Raises: ProbeError for what is never empty: how to look (a locator, a method that was not
    called) instead of what was seen.
    """
    if callable(value) or isinstance(value, ALWAYS_THERE):
        raise ProbeError(
            f'goal "{what}": a {type(value).__name__} is never empty; give what it says, '
            "as with inner_text() or .ok"
        )
    if isinstance(value, list | tuple | set | frozenset):
        return all(one is None or (isinstance(one, str) and not _seen(one)) for one in value)
    return not (_seen(value) if isinstance(value, str) else value)


def _seen(text: str) -> str:
    """Return a text without what nobody sees: hard spaces, line ends, marks of width zero."""
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())
